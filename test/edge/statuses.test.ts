import { describe, expect, it } from 'vitest';
import { RequestError, STATUS_OF } from '../../lib/domain/errors.ts';
import { type Answer, httpWorld, keyWith } from './http-world.ts';

const INTEGRATION = { name: 'erp', serviceType: 'webhook', endpoint: 'https://erp.example.com/in' };
const EVENT = { type: 'invoice.paid', data: { amount: 1 } };

function expectProblem(answer: Answer, status: number, code: string) {
  expect([answer.status, answer.json]).toMatchObject([
    status,
    { status, code, type: `urn:breakwater:problem:${code}`, title: expect.any(String) },
  ]);
  expect(answer.headers['content-type']).toBe('application/problem+json');
  expect(answer.json.requestId).toBe(answer.headers['x-request-id']);
}

describe('what a caller gets wrong', () => {
  it('400 malformed-json, with the place and without the payload', async () => {
    const { call } = httpWorld();
    const answer = await call('POST', '/v1/integrations', {
      raw: '{"name": "erp",\n "secret-word" oops}',
      headers: { 'content-type': 'application/json' },
    });
    expectProblem(answer, 400, 'malformed-json');
    expect(answer.json.detail).toContain('line 2, column 16');
    expect(answer.text).not.toContain('secret-word');
    expect(answer.text).not.toContain('oops');
  });

  it('400 malformed-request for a body that is not the base64 it claims to be', async () => {
    const { call } = httpWorld();
    const answer = await call('POST', '/v1/integrations', {
      headers: { 'content-type': 'application/json' },
      event: { body: 'e30=!!', isBase64Encoded: true },
    });
    expectProblem(answer, 400, 'malformed-request');
  });

  it('400 malformed-request for a path that is not percent-encoded UTF-8', async () => {
    const { call } = httpWorld();
    expectProblem(await call('GET', '/v1/integrations/%ff'), 400, 'malformed-request');
  });

  it('400 invalid-header for an idempotency key that is not allowed', async () => {
    const { call } = httpWorld();
    const headers = { 'idempotency-key': 'a b' };
    const answer = await call('POST', '/v1/events', { body: EVENT, headers });
    expectProblem(answer, 400, 'invalid-header');
    expect(answer.json.detail).toContain('1–255 visible ASCII');
  });

  it('400 invalid-cursor', async () => {
    const { call } = httpWorld();
    expectProblem(await call('GET', '/v1/events?cursor=nonsense'), 400, 'invalid-cursor');
  });

  it.each(['missing', 'malformed', 'unknown', 'expired'])(
    '401 for a key that is %s, the same for all',
    async (reason) => {
      const { call, deps } = httpWorld();
      const answer = await call('GET', '/v1/events', { principal: null, reason });
      expectProblem(answer, 401, 'unauthorized');
      expect(answer.headers['www-authenticate']).toBe('Bearer');
      expect(answer.json.detail).toBe(
        'Give a valid key in the header `Authorization: Bearer bwk_…`.',
      );
      expect(deps.telemetry.lines.at(-1)?.fields).toMatchObject({ reason, status: 401 });
    },
  );

  it('403 for a scope that the key does not have', async () => {
    const { call } = httpWorld();
    const principal = keyWith('events:read');
    const answer = await call('POST', '/v1/events', { body: EVENT, principal });
    expectProblem(answer, 403, 'forbidden');
    expect(answer.json.detail).toContain('events:publish');
  });

  it.each([
    ['GET', '/v1/events?tenant=b', undefined],
    ['GET', '/v1/deliveries?tenant=b', undefined],
    ['GET', '/v1/integrations?tenant=b', undefined],
    ['POST', '/v1/events', { ...EVENT, tenant: 'b' }],
  ])('403 when %s %s names a tenant that the key is not for', async (method, url, body) => {
    const { call } = httpWorld();
    const answer = await call(method, url, { body, principal: { tenant: 'a' } });
    expectProblem(answer, 403, 'forbidden');
  });

  it.each([
    '/v1/integrations/int_01k0000000000000000000000a',
    '/v1/events/evt_none',
    '/v1/events/evt_none/deliveries',
    '/v1/deliveries/dlv_none',
    '/v1/sources/none',
    '/v1/nothing',
    '/v1/integrations/',
    '/',
  ])('404 for %s', async (url) => {
    const { call } = httpWorld();
    expectProblem(await call('GET', url), 404, 'not-found');
  });

  it('404 for what is another tenant’s, in the very words of what does not exist', async () => {
    const { call } = httpWorld();
    const made = await call('POST', '/v1/integrations', { body: { ...INTEGRATION, tenant: 'a' } });
    const own = await call('POST', '/v1/events', { body: { ...EVENT, id: 'x', tenant: 'a' } });
    const delivery = own.json.deliveries[0].id;
    const principal = { tenant: 'b' };
    for (const url of [
      `/v1/integrations/${made.json.id}`,
      '/v1/events/x',
      `/v1/deliveries/${delivery}`,
    ]) {
      expect((await call('GET', url)).status).toBe(200);
      expectProblem(await call('GET', url, { principal }), 404, 'not-found');
    }
  });

  it.each([
    ['PUT', '/v1/events', 'GET, POST'],
    ['DELETE', '/v1/deliveries', 'GET'],
    ['POST', '/v1/integrations/erp', 'DELETE, GET, PATCH, PUT'],
    ['OPTIONS', '/v1/keys', 'GET, POST'],
    ['HEAD', '/health/live', 'GET'],
    ['PUT', '/v1/events/batch', 'POST'],
    ['OPTIONS', '/v1/events/evt_1', 'GET'],
    ['GET', '/v1/events/batch/', undefined],
  ])('405 for %s %s with Allow: %s', async (method, url, allow) => {
    const { call } = httpWorld();
    const answer = await call(method, url, { principal: null });
    expect(answer.headers.allow).toBe(allow);
    expect(answer.status).toBe(allow === undefined ? 404 : 405);
    if (method === 'HEAD') expect(answer.text).toBe('');
  });

  it.each([
    ['GET', '/v1%2Fintegrations'],
    ['GET', '/v1%2Fintegrations%2Fw1'],
    ['POST', '/v1/events%2Fbatch'],
    ['GET', '/v1%2Fevents%2Fbatch'],
    ['POST', '/in%2Fsrc_1'],
  ])('404 for %s %s, whose slashes are none', async (method, url) => {
    const { call } = httpWorld();
    // API Gateway hands paths on decoded.
    const event = { rawPath: decodeURIComponent(url) };
    const answer = await call(method, url, { principal: null, event });
    expectProblem(answer, 404, 'not-found');
    expect(answer.headers.allow).toBeUndefined();
  });

  it('200 for a segment with characters that are encoded', async () => {
    const { call } = httpWorld();
    await call('POST', '/v1/integrations', { body: INTEGRATION });
    const name = INTEGRATION.name.replace(/./, (first) => `%${Buffer.from(first).toString('hex')}`);
    expect((await call('GET', `/v1/integrations/${name}`)).status).toBe(200);
  });

  it('409 name-taken, event-id-conflict, invalid-state', async () => {
    const { call } = httpWorld();
    await call('POST', '/v1/integrations', { body: INTEGRATION });
    const taken = await call('POST', '/v1/integrations', { body: INTEGRATION });
    expectProblem(taken, 409, 'name-taken');
    const first = await call('POST', '/v1/events', { body: { ...EVENT, id: 'mine' } });
    const body = { ...EVENT, id: 'mine', data: 'other' };
    expectProblem(await call('POST', '/v1/events', { body }), 409, 'event-id-conflict');
    const retry = await call('POST', `/v1/deliveries/${first.json.deliveries[0].id}/retry`);
    expectProblem(retry, 409, 'invalid-state');
  });

  it('413 for an event above 1 MiB and for a control request above 256 KiB', async () => {
    const { call } = httpWorld();
    const big = await call('POST', '/v1/events', { body: { ...EVENT, data: 'x'.repeat(1 << 20) } });
    expectProblem(big, 413, 'payload-too-large');
    const description = 'x'.repeat(300_000);
    const control = await call('POST', '/v1/integrations', {
      body: { ...INTEGRATION, description },
    });
    expectProblem(control, 413, 'payload-too-large');
  });

  it.each(['text/plain', '', 'application/json; charset=utf-16'])(
    '415 for the content type %j, naming what is allowed',
    async (type) => {
      const { call } = httpWorld();
      const answer = await call('POST', '/v1/events', {
        raw: '{}',
        headers: type === '' ? {} : { 'content-type': type },
      });
      expectProblem(answer, 415, 'unsupported-media-type');
      expect(answer.json.detail).toContain('application/json, application/cloudevents+json');
    },
  );

  it.each([
    ['/v1/events?limit=0', 'limit', '1–250'],
    ['/v1/events?limit=251', 'limit', '1–250'],
    ['/v1/events?limit=ten', 'limit', '"ten"'],
    ['/v1/events?since=yesterday', 'since', 'RFC 3339'],
    ['/v1/events?since=2026-01-02T00:00:00Z&until=2026-01-01T00:00:00Z', 'until', 'later'],
    ['/v1/events?q=', 'q', '1 to 256'],
    ['/v1/events?type=a..%20b', 'type', 'beginning'],
    ['/v1/events?tenant=a%2Fb', 'tenant', 'A–Z'],
    ['/v1/deliveries?status=done', 'status', 'queued, delivering'],
    ['/v1/deliveries?integration=nobody', 'integration', 'nobody'],
    ['/v1/integrations?status=gone', 'status', 'active, paused, disabled'],
    ['/v1/events?limit=1&limit=2', 'limit', 'more than once'],
    ['/health/live?deep=1', 'deep', 'allowed: none'],
  ])('422 for %s, naming the field and what is allowed', async (url, path, message) => {
    const { call } = httpWorld();
    const answer = await call('GET', url);
    expectProblem(answer, 422, 'invalid');
    expect(answer.json.errors).toEqual([{ path, message: expect.stringContaining(message) }]);
  });

  it('422 naming every unknown query parameter', async () => {
    const { call } = httpWorld();
    const answer = await call('GET', '/v1/events?typ=a&limt=2');
    expect(answer.json.errors.map(({ path }: { path: string }) => path)).toEqual(['typ', 'limt']);
  });

  it('422 for a body that is nested too deep or has too many keys', async () => {
    const { call } = httpWorld();
    const deep = JSON.parse(`${'['.repeat(64)}${']'.repeat(64)}`);
    const wide = Object.fromEntries(Array.from({ length: 100_001 }, (_, i) => [i.toString(36), 0]));
    for (const data of [deep, wide]) {
      expectProblem(await call('POST', '/v1/events', { body: { ...EVENT, data } }), 422, 'invalid');
    }
  });

  it('422 for fields where an action takes none', async () => {
    const { call } = httpWorld();
    const answer = await call('POST', '/v1/integrations/erp/pause', { body: { hard: true } });
    expectProblem(answer, 422, 'invalid');
    expect(answer.json.errors[0].path).toBe('hard');
  });
});

describe('what goes wrong here', () => {
  const failingWith = (error: unknown) => {
    const world = httpWorld();
    Object.assign(world.deps.events, { get: async () => Promise.reject(error) });
    return world;
  };

  it('500 internal says nothing and logs the reason', async () => {
    const { call, deps } = failingWith(new TypeError('bwk_secret in table history'));
    const answer = await call('GET', '/v1/events/evt_a');
    expectProblem(answer, 500, 'internal');
    expect(answer.text).not.toContain('history');
    const { level, fields } = deps.telemetry.lines.at(-1) ?? {};
    expect([level, fields?.status, fields?.code]).toEqual(['error', 500, 'internal']);
    expect(fields?.error).toBeInstanceOf(TypeError);
  });

  it.each([
    Object.assign(new Error('slow'), { name: 'TimeoutError' }),
    Object.assign(new Error('no'), { name: 'ProvisionedThroughputExceededException' }),
    Object.assign(new Error('5xx'), { $fault: 'server' }),
    Object.assign(new AggregateError([], 'refused'), { code: 'ECONNREFUSED' }),
    new Error('wrapped', { cause: Object.assign(new Error('reset'), { code: 'ECONNRESET' }) }),
  ])('503 unavailable with Retry-After for an outage: %s', async (error) => {
    const { call } = failingWith(error);
    const answer = await call('GET', '/v1/events/evt_a');
    expectProblem(answer, 503, 'unavailable');
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
  });

  it('503 when keys cannot be checked', async () => {
    const { call } = httpWorld();
    const answer = await call('GET', '/v1/events', { principal: null, reason: 'unavailable' });
    expectProblem(answer, 503, 'unavailable');
  });

  it('429 keeps the headers that say when to come back', async () => {
    const headers = { 'retry-after': '7', 'ratelimit-limit': '10' };
    const { call } = failingWith(new RequestError('too-many-requests', 'Slow down.', { headers }));
    const answer = await call('GET', '/v1/events/evt_a');
    expectProblem(answer, 429, 'too-many-requests');
    expect(answer.headers).toMatchObject(headers);
  });

  it('gives every code a status of the contract', () => {
    // 502 and 504 are about the service that was called.
    const allowed = [400, 401, 403, 404, 405, 409, 413, 415, 422, 429, 500, 502, 503, 504];
    expect(Object.values(STATUS_OF).filter((status) => !allowed.includes(status))).toEqual([]);
  });
});
