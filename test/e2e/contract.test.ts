import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Asked, Json } from './client.ts';
import { type Gateway, startGateway } from './gateway.ts';
import { expectProblem } from './problems.ts';

const ENDPOINT = 'https://erp.example.com/hooks';
const OAUTH2 = {
  type: 'oauth2ClientCredentials',
  tokenUrl: 'https://login.example.com/token',
  clientId: 'breakwater',
  clientSecret: 's3cret-of-ours',
};
const CONTROL_BYTES_MAX = 262_144;
const BATCH_BYTES_MAX = 4_194_304;

let gateway: Gateway;

beforeAll(async () => {
  gateway = await startGateway();
});

afterAll(async () => {
  await gateway.stop();
});

const post = (path: string, asked: Asked) => gateway.call('POST', path, asked);

describe('a request that is not well-formed', () => {
  const events = '/v1/events';
  it.each<[string, string, string, Asked, number, string]>([
    ['half a body', 'POST', events, { raw: '{"type":' }, 400, 'malformed-json'],
    ['no body', 'POST', events, { raw: '' }, 400, 'malformed-json'],
    ['no UTF-8', 'POST', events, { raw: Uint8Array.of(0x22, 0xff, 0x22) }, 400, 'malformed-json'],
    ['a path that decodes to nothing', 'GET', '/v1/events/%ff', {}, 400, 'malformed-request'],
    ['no cursor', 'GET', '/v1/events?cursor=nonsense', {}, 400, 'invalid-cursor'],
    [
      'an idempotency key with a space',
      'POST',
      events,
      { body: {}, headers: { 'idempotency-key': 'a b' } },
      400,
      'invalid-header',
    ],
    [
      'an idempotency key that is too long',
      'POST',
      '/v1/keys',
      { body: {}, headers: { 'idempotency-key': 'x'.repeat(256) } },
      400,
      'invalid-header',
    ],
    ['an unknown route', 'GET', '/v1/nothing', {}, 404, 'not-found'],
    ['an unknown id', 'GET', '/v1/deliveries/dlv_none', {}, 404, 'not-found'],
    [
      'a large control body',
      'POST',
      '/v1/integrations',
      { raw: `"${'x'.repeat(CONTROL_BYTES_MAX)}"` },
      413,
      'payload-too-large',
    ],
    [
      'a large batch',
      'POST',
      '/v1/events/batch',
      { raw: `"${'x'.repeat(BATCH_BYTES_MAX)}"` },
      413,
      'payload-too-large',
    ],
    [
      'another content type',
      'POST',
      events,
      { raw: '{}', headers: { 'content-type': 'text/plain' } },
      415,
      'unsupported-media-type',
    ],
    [
      'another charset',
      'PATCH',
      '/v1/integrations/x',
      { raw: '{}', headers: { 'content-type': 'application/json; charset=latin1' } },
      415,
      'unsupported-media-type',
    ],
  ])('with %s is told so: %s %s', async (_, method, path, asked, status, code) => {
    expectProblem(await gateway.call(method, path, asked), status, code);
  });

  it.each([
    ['DELETE', '/v1/events', 'GET, POST'],
    ['PUT', '/v1/deliveries', 'GET'],
    ['POST', '/health/live', 'GET'],
    ['PATCH', '/v1/keys/key_1', 'DELETE'],
  ])('by a wrong method is 405 with what is allowed: %s %s', async (method, path, allowed) => {
    const answer = await gateway.call(method, path);
    expectProblem(answer, 405, 'method-not-allowed');
    expect(answer.headers.get('allow')).toBe(allowed);
  });

  it('with a cursor that was changed, or carried to another list, is 400', async () => {
    for (let i = 0; i < 3; i++) await gateway.publish({ type: 'cursor.test' });
    const { nextCursor } = (await gateway.call('GET', '/v1/events?limit=1')).json;
    const good = await gateway.call('GET', `/v1/events?limit=1&cursor=${nextCursor}`);
    expect([good.status, good.json.data.length]).toEqual([200, 1]);
    const last = nextCursor.at(-1) === 'A' ? 'B' : 'A';
    const first = nextCursor[0] === 'A' ? 'B' : 'A';
    for (const path of [
      `/v1/events?limit=1&cursor=${nextCursor.slice(0, -1)}${last}`,
      `/v1/events?limit=1&cursor=${first}${nextCursor.slice(1)}`,
      `/v1/events?limit=1&cursor=${nextCursor}&type=x`,
      `/v1/integrations?limit=1&cursor=${nextCursor}`,
    ]) {
      expectProblem(await gateway.call('GET', path), 400, 'invalid-cursor');
    }
  });
});

describe('a request that is well-formed but invalid names the field', () => {
  const integration = (more: Json) => ({ name: 'erp', endpoint: ENDPOINT, ...more });
  const deep = JSON.parse(`${'['.repeat(70)}${']'.repeat(70)}`);

  it.each<[string, Json]>([
    ['name', { name: 'Not A Name' }],
    ['name', { name: 7 }],
    ['endpoint', { endpoint: undefined }],
    ['endpoint', { endpoint: 'http://erp.example.com/' }],
    ['endpoint', { endpoint: 'https://10.0.0.1/' }],
    ['endpoint', { endpoint: 'https://169.254.169.254/latest' }],
    ['endpoint', { endpoint: 'https://user:pass@erp.example.com/' }],
    ['endpoint', { endpoint: 'https://metadata.internal/' }],
    ['eventTypes', { eventTypes: 'invoice.*' }],
    ['eventTypes.0', { eventTypes: ['*.paid'] }],
    ['metadata.a', { metadata: { a: 1 } }],
    ['nonsense', { nonsense: 1 }],
    ['id', { id: 'int_1' }],
    ['status', { status: 'paused' }],
    ['request.method', { request: { method: 'GET' } }],
    ['request.timeoutSeconds', { request: { timeoutSeconds: 31 } }],
    ['request.headers.Host', { request: { headers: { Host: 'x' } } }],
    ['request.headers.Authorization', { request: { headers: { Authorization: 'x' } } }],
    ['auth.tokenUrl', { auth: { ...OAUTH2, tokenUrl: 'https://10.0.0.1/token' } }],
    ['auth.clientSecret', { auth: { ...OAUTH2, clientSecret: undefined } }],
    ['auth.type', { serviceType: 'slack', auth: OAUTH2 }],
    ['auth.token', { auth: { type: 'bearer', token: 'two\nlines' } }],
    ['signing.scheme', { signing: { scheme: 'rot13' } }],
    ['signing.secret', { signing: { scheme: 'standard-webhooks', secret: 'whsec_short' } }],
    ['retry.maxAttempts', { retry: { maxAttempts: 0 } }],
    ['retry.backoff', { retry: { schedule: [1], backoff: {} } }],
    ['retry.retryOn.0', { retry: { retryOn: ['2xx'] } }],
    ['serviceType', { serviceType: 'carrier-pigeon' }],
    ['endpoint', { serviceType: 'sqs' }],
    ['endpoint', { serviceType: 'eventbridge' }],
    ['breaker.halfOpenCalls', { breaker: { halfOpenCalls: 0 } }],
    ['breaker.failureRateThreshold', { breaker: { failureRateThreshold: 1.5 } }],
    ['breaker.windowSeconds', { breaker: { windowSeconds: 5 } }],
    ['breaker.maxOpenSeconds', { breaker: { openSeconds: 60, maxOpenSeconds: 30 } }],
    ['fallback.0.on.0', { fallback: [{ type: 'hold', on: ['exhausted'] }] }],
    ['fallback.0.integration', { fallback: [{ type: 'integration', integration: 'nobody' }] }],
    ['limits.perSecond', { limits: { perSecond: 0 } }],
    ['healthCheck.url', { healthCheck: { url: 'https://10.0.0.1/' } }],
    ['ordering', { ordering: 'lifo' }],
    ['orderingTimeoutSeconds', { ordering: 'fifo', orderingTimeoutSeconds: 59 }],
    ['orderingTimeoutSeconds', { orderingTimeoutSeconds: 600 }],
    ['filter', { filter: {} }],
    ['transform.expression', { transform: { language: 'jmespath', expression: 'data.' } }],
    ['transform.language', { transform: { language: 'jq', expression: 'data' } }],
    ['auth', { serviceType: 'pagerduty' }],
  ])('%s of an integration: %j', async (path, more) => {
    const body = integration(more);
    const paths = expectProblem(await post('/v1/integrations', { body }), 422, 'invalid');
    expect(paths).toEqual([path]);
    expect((await gateway.call('GET', '/v1/integrations/erp')).status).toBe(404);
  });

  it.each<[string, string, Json]>([
    ['/v1/events', 'type', {}],
    ['/v1/events', 'type', { type: 'two words' }],
    ['/v1/events', 'type', { type: 'breakwater.breaker.opened' }],
    ['/v1/events', 'id', { type: 'x', id: 'has.dot' }],
    ['/v1/events', 'tenant', { type: 'x', tenant: 'a/b' }],
    ['/v1/events', 'timestamp', { type: 'x', timestamp: 'yesterday' }],
    ['/v1/events', 'deliverAt', { type: 'x', deliverAt: '2126-01-01T00:00:00Z' }],
    ['/v1/events', 'orderingKey', { type: 'x', orderingKey: 'two words' }],
    ['/v1/events', 'integrations', { type: 'x', integrations: [] }],
    ['/v1/events', 'nonsense', { type: 'x', nonsense: 1 }],
    ['/v1/events', '', { type: 'x', data: deep }],
    ['/v1/events', '', 'a text'],
    ['/v1/sources', 'provider', { name: 's', provider: 'slack' }],
    ['/v1/sources', 'secret', { name: 's', provider: 'github' }],
    ['/v1/sources', 'allowCidrs', { name: 's', provider: 'none', allowCidrs: [] }],
    [
      '/v1/sources',
      'response.statusCode',
      { name: 's', provider: 'none', response: { statusCode: 500 } },
    ],
    ['/v1/keys', 'scopes.0', { name: 'k', scopes: ['everything'] }],
    ['/v1/keys', 'scopes', { name: 'k', scopes: [] }],
    ['/v1/keys', 'rateLimit', { name: 'k', scopes: ['admin'], rateLimit: 5 }],
    ['/v1/keys', 'expiresAt', { name: 'k', scopes: ['admin'], expiresAt: '2020-01-01T00:00:00Z' }],
  ])('POST %s: %s', async (route, path, body) => {
    expect(expectProblem(await post(route, { body }), 422, 'invalid')).toEqual([path]);
  });

  it.each([
    ['limit', '/v1/events?limit=0'],
    ['limit', '/v1/deliveries?limit=many'],
    ['page', '/v1/sources?page=2'],
    ['pretty', '/v1/providers?pretty=1'],
    ['status', '/v1/deliveries?status=lost'],
    ['since', '/v1/events?since=yesterday'],
    ['tenant', '/v1/keys?tenant=a%2Fb'],
    ['type', '/v1/events?type=a&type=b'],
    ['integration', '/v1/deliveries?integration=nobody'],
  ])('%s of the query: %s', async (path, url) => {
    expect(expectProblem(await gateway.call('GET', url), 422, 'invalid')).toEqual([path]);
  });

  it('and all of them at once', async () => {
    const body = { name: '', endpoint: 'x', eventTypes: [], fallback: {}, nonsense: 1 };
    const paths = expectProblem(await post('/v1/integrations', { body }), 422, 'invalid');
    expect(paths.toSorted()).toEqual(Object.keys(body).toSorted());
  });
});

describe('the contract itself', () => {
  it('is there for programs and for people, without a key and under a policy each', async () => {
    const [json, page] = await Promise.all(
      ['/openapi.json', '/docs'].map((path) => gateway.call('GET', path, { key: null })),
    );
    expect(json?.headers.get('content-security-policy')).toMatch(/^default-src 'none'; base-uri/);
    expect(page?.headers.get('content-security-policy')).toMatch(/; style-src 'sha256-[^']+'; img/);
    expect(page?.headers.get('content-type')).toBe('text/html; charset=utf-8');
    for (const id of ['publishEvent', 'schema-NewEvent', 'error-rate-limited']) {
      expect(page?.text).toContain(`id="${id}"`);
    }
    expect(page?.text).not.toContain('<script');
  });

  it('is kept by who has it, and told by HEAD alone', async () => {
    const { headers, text } = await gateway.call('GET', '/docs', { key: null });
    expect([headers.get('content-encoding'), text.length > 100_000]).toEqual(['gzip', true]);
    const head = await gateway.call('HEAD', '/docs', { key: null });
    expect([head.status, head.text]).toEqual([200, '']);
    for (const name of ['etag', 'content-encoding', 'content-length']) {
      expect([name, head.headers.get(name)]).toEqual([name, headers.get(name)]);
    }
    expect(Number(head.headers.get('content-length'))).toBeGreaterThan(10_000);
    const known = { 'if-none-match': headers.get('etag') ?? '' };
    const again = await gateway.call('GET', '/docs', { key: null, headers: known });
    expect([again.status, again.headers.get('cache-control')]).toEqual([
      304,
      'public, max-age=300',
    ]);
  });
});
