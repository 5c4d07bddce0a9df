import { describe, expect, it } from 'vitest';
import { refusalOf } from '../fakes/registry-world.ts';
import { BOTH, DR, OPS, OTHER_QUEUE, parse, QUEUE, REST, refused } from './fallback-input-world.ts';

describe('a fallback chain', () => {
  it.each([[undefined], [null], [[]]])('is empty when it is %j', (fallback) => {
    expect(parse(fallback)).toEqual([]);
  });

  it('gets the triggers of the contract, and credentials of its own: none', () => {
    expect(parse([DR, OPS, { type: 'queue', arn: QUEUE }, { type: 'hold' }])).toEqual([
      { ...DR, auth: { type: 'none' }, headers: {}, on: BOTH },
      { ...OPS, on: ['exhausted'] },
      { type: 'queue', arn: QUEUE, on: ['exhausted'] },
      { type: 'hold', on: ['breaker-open'] },
    ]);
    const cache = { type: 'cache', maxAgeSeconds: 604_800 };
    expect(parse([cache, { type: 'queue' }, { type: 'static' }], REST)).toEqual([
      { ...cache, on: BOTH },
      { type: 'queue', on: ['exhausted'] },
      { type: 'static', statusCode: 200, headers: {}, body: '', on: BOTH },
    ]);
  });

  it('takes every field of every link', () => {
    const url = {
      ...DR,
      on: ['exhausted'],
      auth: { type: 'apiKey', header: 'X-Key', value: 'v4lue-of-the-key' },
      headers: { 'X-Env': 'dr' },
      signing: { scheme: 'github', secret: 's'.repeat(16) },
    };
    const id = `int_${'0'.repeat(26)}`;
    const answer = {
      type: 'static',
      on: ['exhausted'],
      statusCode: 599,
      headers: { 'Content-Type': 'text/plain', 'X-Own': '1' },
      body: 'é'.repeat(32_768),
    };
    const given = [
      url,
      { type: 'integration', integration: id, on: BOTH },
      { type: 'cache', maxAgeSeconds: 1, on: ['breaker-open'] },
      { type: 'queue', arn: OTHER_QUEUE, on: ['breaker-open'] },
      answer,
    ];
    expect(parse(given, REST)).toEqual(given);
  });

  it.each(['slack', 'discord', 'teams', 'webhook', 'rest_api'])('of %s may be a URL', (type) => {
    expect(parse([DR], { serviceType: type })).toHaveLength(1);
  });

  it('to PagerDuty has the routing key in its credentials', async () => {
    const auth = { type: 'bearer', token: 'a'.repeat(32) };
    const paged = { serviceType: 'pagerduty', auth };
    expect(parse([{ ...DR, auth }], paged)).toHaveLength(1);
    expect(Object.keys(await refused([DR], paged))).toEqual(['fallback.0.auth']);
    const bad = { type: 'bearer', token: 'hunter2' };
    expect(await refused([{ ...DR, auth: bad }], paged)).toEqual({
      'fallback.0.auth.token':
        'the value given is not allowed: a routing key of 32 letters and digits',
    });
  });
});

const OAUTH = { type: 'oauth2ClientCredentials', clientId: 'c', clientSecret: 'hunter2' };
const HMAC = { scheme: 'hmac', hmac: { header: 'X-Sig' } };
const many = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`X-${i}`, '']));

describe('a mistake in a fallback chain is refused by its path, with what is allowed', () => {
  it.each<[string, RegExp, unknown]>([
    ['fallback', /^a text is not allowed: a list of 0 to 5 entries$/, 'x'],
    ['fallback', /^an object is not allowed: a list/, {}],
    ['fallback', /^a list of 6 is not allowed: a list of 0 to 5/, Array(6).fill(OPS)],
    ['fallback.0', /^must be an object with type$/, ['https://a.example.com']],
    ['fallback.1', /^must be an object with type$/, [OPS, null]],
    ['fallback.0.type', /^is required: one of url, integration, queue, hold, cache, static$/, [{}]],
    ['fallback.0.type', /^"sms" is not allowed: one of url,/, [{ type: 'sms' }]],
    ['fallback.0.type', /^"toString" is not allowed/, [{ type: 'toString' }]],
    ['fallback.0.url', /^is required: an https URL$/, [{ type: 'url' }]],
    ['fallback.0.url', /^7 is not allowed: an https URL$/, [{ type: 'url', url: 7 }]],
    ['fallback.1.url', /"http:".*https/, [OPS, { ...DR, url: 'http://dr.example.com' }]],
    ['fallback.0.url', /"10\.0\.0\.1".*public/, [{ ...DR, url: 'https://10.0.0.1/' }]],
    [
      'fallback.0.url',
      /"api\.breakwater\.example\.com"/,
      [{ ...DR, url: 'https://api.breakwater.example.com/v1' }],
    ],
    [
      'fallback.0.arn',
      /is not a field here; allowed: type, on, url, auth/,
      [{ ...DR, arn: QUEUE }],
    ],
    ['fallback.0.on', /^a list of 0 is not allowed: a list of 1 to 2/, [{ ...DR, on: [] }]],
    ['fallback.0.on', /^a text is not allowed: a list/, [{ ...DR, on: 'exhausted' }]],
    ['fallback.0.on', /^null is not allowed: a list/, [{ ...DR, on: null }]],
    [
      'fallback.0.on.1',
      /^"late" is not allowed: one of breaker-open, exhausted$/,
      [{ ...DR, on: ['exhausted', 'late'] }],
    ],
    [
      'fallback.0.on.1',
      /^"exhausted" is not allowed: each trigger once$/,
      [{ ...DR, on: ['exhausted', 'exhausted'] }],
    ],
    [
      'fallback.0.on.0',
      /^"exhausted" is not allowed: breaker-open$/,
      [{ type: 'hold', on: ['exhausted'] }],
    ],
    ['fallback.0.auth', /^must be an object with type$/, [{ ...DR, auth: 'hunter2' }]],
    ['fallback.0.auth.token', /^is required/, [{ ...DR, auth: { type: 'bearer' } }]],
    [
      'fallback.0.auth.token',
      /^the value given is not allowed/,
      [{ ...DR, auth: { type: 'bearer', token: 'hunter2\n' } }],
    ],
    [
      'fallback.0.auth.tokenUrl',
      /"10\.0\.0\.1".*public/,
      [{ ...DR, auth: { ...OAUTH, tokenUrl: 'https://10.0.0.1/token' } }],
    ],
    ['fallback.0.headers.Host', /may not be set here/, [{ ...DR, headers: { Host: 'x' } }]],
    [
      'fallback.0.headers.authorization',
      /use "auth"/,
      [{ ...DR, headers: { authorization: 'hunter2' } }],
    ],
    ['fallback.0.headers', /^33 headers; allowed: 32$/, [{ ...DR, headers: many(33) }]],
    [
      'fallback.0.auth.header',
      /^"x-env" is set by fallback\.0\.headers\.X-Env already$/,
      [{ ...DR, headers: { 'X-Env': '' }, auth: { type: 'apiKey', header: 'x-env', value: 'v' } }],
    ],
    ['fallback.0.signing', /^must be an object with scheme$/, [{ ...DR, signing: 'hunter2' }]],
    [
      'fallback.0.signing.scheme',
      /^"rsa" is not allowed: one of/,
      [{ ...DR, signing: { scheme: 'rsa' } }],
    ],
    [
      'fallback.0.signing.secret',
      /^must be 16–256/,
      [{ ...DR, signing: { scheme: 'github', secret: 'hunter2' } }],
    ],
    [
      'fallback.0.signing.hmac.header',
      /^"x-sig" is set by fallback\.0\.headers\.X-Sig/,
      [{ ...DR, headers: { 'X-Sig': '' }, signing: { ...HMAC, hmac: { header: 'x-sig' } } }],
    ],
    [
      'fallback.0.signing.hmac.header',
      /"Host" may not be set/,
      [{ ...DR, signing: { ...HMAC, hmac: { header: 'Host' } } }],
    ],
    [
      'fallback.0.integration',
      /^is required: the name or the id of an integration$/,
      [{ type: 'integration' }],
    ],
    [
      'fallback.0.integration',
      /^"Ops Slack" is not allowed: the name or/,
      [{ ...OPS, integration: 'Ops Slack' }],
    ],
    ['fallback.0.integration', /^"int_1" is not allowed/, [{ ...OPS, integration: 'int_1' }]],
    ['fallback.0.arn', /^7 is not allowed: the ARN of an SQS queue$/, [{ type: 'queue', arn: 7 }]],
    ['fallback.0.arn', /^must be an ARN: arn:/, [{ type: 'queue', arn: 'https://sqs' }]],
    [
      'fallback.0.arn',
      /event-bus/,
      [{ type: 'queue', arn: 'arn:aws:events:eu-central-1:123456789012:event-bus/b' }],
    ],
    [
      'fallback.0.arn',
      /"arn:aws:sqs:eu-central-1:123456789012:own".*targetArns/,
      [{ type: 'queue', arn: 'arn:aws:sqs:eu-central-1:123456789012:own' }],
    ],
    ['fallback.0.arn', /^is required: the ARN .* "rest_api" alone/, [{ type: 'queue' }]],
    [
      'fallback.0.type',
      /^"cache" is not allowed: one of url, integration, queue, hold; .*"rest_api"/,
      [{ type: 'cache', maxAgeSeconds: 1 }],
    ],
    ['fallback.1.type', /^"static" is not allowed: .*"rest_api"/, [OPS, { type: 'static' }]],
  ])('%s: %s', async (path, message, fallback) => {
    const { fields, message: told } = await refusalOf(() => parse(fallback));
    expect(Object.keys(fields)).toEqual([path]);
    expect(fields[path]).toMatch(message);
    expect(JSON.stringify([fields, told])).not.toContain('hunter2');
  });

  it.each<[string, RegExp, unknown]>([
    [
      'fallback.0.maxAgeSeconds',
      /^is required: a whole number of seconds from 1 to 604800$/,
      [{ type: 'cache' }],
    ],
    ['fallback.0.maxAgeSeconds', /^0 is not allowed/, [{ type: 'cache', maxAgeSeconds: 0 }]],
    [
      'fallback.0.maxAgeSeconds',
      /^604801 is not allowed/,
      [{ type: 'cache', maxAgeSeconds: 604_801 }],
    ],
    [
      'fallback.0.statusCode',
      /^199 is not allowed: a whole number from 200 to 599$/,
      [{ type: 'static', statusCode: 199 }],
    ],
    ['fallback.0.statusCode', /^600 is not allowed/, [{ type: 'static', statusCode: 600 }]],
    ['fallback.0.statusCode', /^"200" is not allowed/, [{ type: 'static', statusCode: '200' }]],
    ['fallback.0.body', /^an object is not allowed: a text$/, [{ type: 'static', body: {} }]],
    [
      'fallback.0.body',
      /^65537 bytes; allowed: 65536$/,
      [{ type: 'static', body: `${'é'.repeat(32_768)}x` }],
    ],
    [
      'fallback.0.body',
      /^1 bytes; allowed: none with the status 204$/,
      [{ type: 'static', statusCode: 204, body: 'x' }],
    ],
    ['fallback.0.headers', /^a list of 0 is not allowed/, [{ type: 'static', headers: [] }]],
    ['fallback.0.headers', /^33 headers; allowed: 32$/, [{ type: 'static', headers: many(33) }]],
    [
      'fallback.0.headers',
      /bytes in all; allowed: 8192$/,
      [
        {
          type: 'static',
          headers: Object.fromEntries(
            Array.from({ length: 9 }, (_, i) => [`X-${i}`, 'v'.repeat(1_000)]),
          ),
        },
      ],
    ],
    [
      'fallback.0.headers.x-a',
      /given twice/,
      [{ type: 'static', headers: { 'X-A': '1', 'x-a': '2' } }],
    ],
    ['fallback.0.headers.X-A', /must be text/, [{ type: 'static', headers: { 'X-A': 1 } }]],
    [
      'fallback.0.headers.X-A',
      /visible ASCII/,
      [{ type: 'static', headers: { 'X-A': 'a\r\nb: c' } }],
    ],
  ])('of a REST API: %s: %s', async (path, message, fallback) => {
    const fields = await refused(fallback, REST);
    expect(Object.keys(fields)).toEqual([path]);
    expect(fields[path]).toMatch(message);
  });

  it.each([
    ...['Transfer-Encoding', 'content-length', 'Connection', 'Keep-Alive', 'Upgrade', 'TE'],
    ...['Proxy-Authenticate', 'Set-Cookie', 'Content-Encoding', 'Age', 'Date', 'Host', 'Trailer'],
    ...['X-Breakwater-Source', 'X-Request-Id', 'Access-Control-Allow-Origin', 'x amz'],
    ...['Content-Security-Policy', 'Strict-Transport-Security', 'RateLimit-Limit', 'X-Amzn-Trace'],
  ])('a static answer may not set the header %j', async (name) => {
    const path = `fallback.0.headers.${name}`;
    expect(
      Object.keys(await refused([{ type: 'static', headers: { [name]: 'x' } }], REST)),
    ).toEqual([path]);
  });
});
