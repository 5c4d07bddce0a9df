import { describe, expect, it } from 'vitest';
import { answerOf, passedHeaders, staticAnswer } from '../../lib/domain/call-answer.ts';
import { isFailure, isUnprocessed, retryAfterMs } from '../../lib/domain/call-outcome.ts';
import { credentialsStruck } from '../../lib/domain/redaction-bytes.ts';

describe('the headers of an answer', () => {
  it('are the service’s, but for those of the connection and those that speak for Breakwater', () => {
    const lines = [
      ['content-type', 'text/csv'],
      ['connection', 'close, X-Hop'],
      ['x-hop', '1'],
      ['keep-alive', 'timeout=5'],
      ['transfer-encoding', 'chunked'],
      ['content-length', '12'],
      ['set-cookie', 'a=b'],
      ['x-breakwater-source', 'cache'],
      ['access-control-allow-origin', '*'],
      ['content-security-policy', 'none'],
      ['strict-transport-security', 'max-age=0'],
      ['x-request-id', 'theirs'],
      ['cache-control', 'public'],
      ['vary', '*'],
      ['link', '<a>; rel=next'],
      ['link', '<b>; rel=last'],
      ['x-amzn-trace', '1'],
      ['bad header', '1'],
      ['location', '/items/7'],
      ['etag', '"7"'],
    ] as const;
    expect(passedHeaders(200, lines)).toEqual({
      'content-type': 'text/csv',
      etag: '"7"',
      link: '<a>; rel=next, <b>; rel=last',
      location: '/items/7',
    });
  });

  it('lead no client to another route with its key: what it would act on has a name of its own', () => {
    const lines = [
      ['location', '/v1/integrations/payments/call'],
      ['www-authenticate', 'Basic realm="theirs"'],
      ['ratelimit-remaining', '0'],
      ['ratelimit', '"a";r=0'],
      ['retry-after', '7'],
      ['x-ratelimit-remaining', '1'],
      ['permissions-policy', 'x'],
      ['speculation-rules', '"/v1"'],
      ['timing-allow-origin', '*'],
      ['public-key-pins-report-only', 'x'],
    ] as const;
    const passed = {
      'retry-after': '7',
      'x-breakwater-service-www-authenticate': 'Basic realm="theirs"',
      'x-breakwater-service-ratelimit-remaining': '0',
      'x-breakwater-service-ratelimit': '"a";r=0',
      'x-ratelimit-remaining': '1',
    };
    for (const status of [300, 301, 302, 303, 307, 308, 399]) {
      const location = { 'x-breakwater-service-location': '/v1/integrations/payments/call' };
      expect(passedHeaders(status, lines)).toEqual({ ...passed, ...location });
    }
    expect(passedHeaders(201, lines)).toEqual({ ...passed, location: lines[0][1] });
  });

  it('of a static link lead nobody there either', () => {
    const headersAt = (statusCode: number) => {
      const headers = { Location: '/v1/keys', 'X-A': 'b' };
      return staticAnswer({ type: 'static', on: ['exhausted'], statusCode, headers, body: '' })
        .headers;
    };
    expect(headersAt(307)).toEqual({ 'x-breakwater-service-location': '/v1/keys', 'x-a': 'b' });
    expect(headersAt(201)).toEqual({ location: '/v1/keys', 'x-a': 'b' });
  });

  it('are so many and so long at most, what the body needs first', () => {
    const many = Array.from({ length: 100 }, (_, i) => [`x-${i}`, 'v'] as const);
    expect(Object.keys(passedHeaders(200, [...many, ['content-type', 'a/b']]))).toHaveLength(64);
    const long = [['x-long', 'v'.repeat(8_190)] as const, ['content-type', 'a/b'] as const];
    expect(passedHeaders(200, long)).toEqual({ 'content-type': 'a/b' });
  });

  it('say what a body without a type is, so that it is not taken for text', () => {
    expect(answerOf(200, [], Buffer.from('x')).headers).toEqual({
      'content-type': 'application/octet-stream',
    });
    expect(answerOf(204, [], new Uint8Array()).headers).toEqual({});
  });
});

describe('what came back', () => {
  const seen = (statusCode: number | null, error: string | null = null, retryAfter?: string) => ({
    ...{ statusCode, error },
    responseHeaders: retryAfter === undefined ? {} : { 'retry-after': retryAfter },
  });

  it.each([
    [seen(200), false, false, undefined],
    [seen(404), false, false, undefined],
    [seen(500), true, false, 0],
    [seen(503), true, false, 0],
    [seen(503, null, '3'), true, true, 3_000],
    [seen(429, null, '-1'), true, true, undefined],
    [seen(429), true, true, 0],
    [seen(425), true, false, 0],
    [seen(null, 'dns'), true, true, 0],
    [seen(null, 'timeout'), true, false, 0],
    [seen(500, 'reset'), true, false, 0],
    [seen(null, 'blocked'), true, true, undefined],
    [seen(200, 'body-too-large'), true, false, undefined],
    [seen(null), true, false, 0],
    [{ ...seen(null, 'timeout'), isUnsent: true as const }, true, true, 0],
    [seen(101), true, false, 0],
    [seen(600), true, false, 0],
  ])('%j is a failure: %s, surely did nothing: %s, may be asked again after: %s', (...row) => {
    const [came, failed, unprocessed, afterMs] = row;
    expect([isFailure(came), isUnprocessed(came), retryAfterMs(came, 0)]).toEqual([
      ...[failed, unprocessed, afterMs],
    ]);
  });
});

const BARE = {
  auth: { type: 'none' },
  request: { headers: {} },
  serviceType: 'rest_api',
  endpoint: 'https://api.example.com/v1',
} as const;

describe('credentials in an answer', () => {
  it.each([
    ['?api_key=QUERY-CREDENTIAL-123&page=2', '?api_key=***&page=2'],
    ['?page=2&sig=abc%2Bdef%2Fghi%3D0123', '?page=2&sig=***'],
    ['?code=QUERY-CREDENTIAL-123', '?code=***'],
    [
      '?to=https://x.example.com/in?token=QUERY-CREDENTIAL-123',
      '?to=https://x.example.com/in?token=***',
    ],
    ['?api-version=2026-02-15-preview', '?api-version=2026-02-15-preview'],
  ])('of the query %s are struck out, and its other words are not', (query, shown) => {
    const endpoint = `${BARE.endpoint}${query}`;
    const strike = credentialsStruck({ ...BARE, endpoint });
    expect(strike.text(`<${endpoint}>; rel="next"`)).toBe(`<${BARE.endpoint}${shown}>; rel="next"`);
  });

  it('are struck out of any bytes, and nothing else is changed', () => {
    const strike = credentialsStruck({
      ...BARE,
      auth: { type: 'bearer', token: 'token-0123456789' },
    });
    const bytes = Buffer.concat([
      Buffer.from([0, 255]),
      Buffer.from('token-0123456789'),
      Buffer.from([254]),
    ]);
    expect(Buffer.from(strike.bytes(bytes))).toEqual(Buffer.from([0, 255, 42, 42, 42, 254]));
    const other = Buffer.from([0, 255, 128]);
    expect(strike.bytes(other)).toBe(other);
  });

  it('are struck out wherever they are, however often, without a copy of the answer', () => {
    const password = 'pässword–0123456789';
    const auth = { type: 'basic', username: 'a', password } as const;
    const headers = { 'X-Api-Key': 'key-0123456789', 'X-Env': 'production-1' };
    const strike = credentialsStruck({ ...BARE, auth, request: { headers } });
    const bytes = Buffer.from(`${password}${password}-key-0123456789-production-1-${password}`);
    expect(strike.isIn(bytes)).toBe(true);
    const struck = Buffer.from(strike.bytes(bytes));
    expect(struck.toString()).toBe('******-***-production-1-***');
    expect(strike.bytes(bytes).buffer).toBe(bytes.buffer);
    expect(strike.isIn(Buffer.from('production-1'))).toBe(false);
  });

  it('are left where they are as short as a word', () => {
    const strike = credentialsStruck({
      ...BARE,
      auth: { type: 'basic', username: 'a', password: 'orders' },
    });
    expect(strike.text('{"orders":1}')).toBe('{"orders":1}');
  });
});

describe('a credential that is echoed', () => {
  const token = 'to/ken+"sec<ret&0123==';
  it.each([
    ['as it is', token],
    ['in JSON', JSON.stringify({ token })],
    ['in JSON that escapes slashes', JSON.stringify({ token }).replaceAll('/', '\\/')],
    ['in a URL', `http://x.example.com/?t=${encodeURIComponent(token)}`],
    ['in a form', new URLSearchParams({ token }).toString()],
    ['in a URL as it is parsed', new URL(`http://x.example.com/?t=${token}`).href],
    ['in JSON of Go', '{"t":"to/ken+\\"sec\\u003cret\\u00260123=="}'],
    ['in JSON of PHP', '{"t":"to\\/ken+\\"sec<ret&0123=="}'],
    ['in JSON of Gson', '{"t":"to/ken+\\"sec\\u003cret\\u00260123\\u003d\\u003d"}'],
    ['in JSON of .NET', '{"t":"to/ken\\u002B\\u0022sec\\u003Cret\\u00260123=="}'],
    ['in HTML', '<p>to/ken+&quot;sec&lt;ret&amp;0123==</p>'],
    ['in HTML of Go', '<p>to/ken+&#34;sec&lt;ret&amp;0123==</p>'],
  ])('%s is struck out', (_, text) => {
    const strike = credentialsStruck({ ...BARE, auth: { type: 'bearer', token } });
    expect(strike.text(text)).toContain('***');
    expect(strike.text(text)).not.toMatch(/0123/);
    expect(Buffer.from(strike.bytes(Buffer.from(text))).toString()).not.toMatch(/0123/);
  });
});
