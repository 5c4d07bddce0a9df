import { describe, expect, it } from 'vitest';
import { UNGUARDED_CALLS_MAX } from '../../lib/app/call-attempt.ts';
import { BREAKER_DEFAULTS } from '../../lib/domain/breaker.ts';
import { REQUEST_DEFAULTS } from '../../lib/domain/integration.ts';
import { RETRY_DEFAULTS } from '../../lib/domain/retry.ts';
import { callWorld, links, type Manner } from './call-world.ts';

const GET = { method: 'GET', path: '/items' };
const POST = { method: 'POST', path: '/items', body: { n: 1 } };
const BREAKER = { ...BREAKER_DEFAULTS, minimumCalls: 3, consecutiveFailures: 3 };

describe('a call', () => {
  it('goes below the endpoint with the integration’s credentials and a signature, and comes back whole', async () => {
    const world = callWorld();
    await world.service('erp', {
      auth: { type: 'bearer', token: 'token-of-the-erp' },
      signing: {
        scheme: 'standard-webhooks',
        secrets: [{ secret: 'whsec_c3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3M=' }],
      },
      request: { ...REQUEST_DEFAULTS, headers: { 'X-Env': 'prod' } },
    });
    world.behave('erp', { statusCode: 404, text: 'no\u0000body', responseHeaders: { 'x-a': 'b' } });
    const got = await world.call('erp', {
      ...{ method: 'PUT', path: '/items/7', query: { q: ['a b', 2], ok: true } },
      ...{ headers: { Accept: 'text/csv' }, body: { n: 1 } },
    });
    expect(got).toMatchObject({
      source: 'primary',
      attempts: 1,
      status: 404,
      text: 'no\u0000body',
    });
    expect(got.headers).toEqual({ 'content-type': 'application/json', 'x-a': 'b' });
    const [request] = world.sent;
    expect(request).toMatchObject({
      method: 'PUT',
      url: 'https://erp.example.com/v1/items/7?q=a%20b&q=2&ok=true',
      headers: {
        accept: 'text/csv',
        authorization: 'Bearer token-of-the-erp',
        'breakwater-call': expect.stringMatching(/^call_[0-9a-z]{26}$/),
        'breakwater-attempt': '1',
        'content-type': 'application/json',
        'user-agent': 'Breakwater/0.0.0',
        'webhook-signature': expect.stringMatching(/^v1,/),
        'x-env': 'prod',
      },
    });
    expect(request?.headers['webhook-id']).toBe(request?.headers['breakwater-call']);
    expect(Buffer.from(request?.body ?? []).toString()).toBe('{"n":1}');
  });

  it('never answers with the credentials that the service echoes', async () => {
    const world = callWorld();
    const token = 'a-token-nobody-may-see';
    await world.service('echo', { auth: { type: 'bearer', token } });
    world.behave('echo', {
      text: `{"headers":{"authorization":"Bearer ${token}"}}`,
      responseHeaders: { 'x-echo': token },
    });
    const { text, headers } = await world.call('echo', GET);
    expect(text).toBe('{"headers":{"authorization":"Bearer ***"}}');
    expect(headers['x-echo']).toBe('***');
  });

  it('has the same id on every try, and when it is made again under its idempotency key', async () => {
    const world = callWorld();
    await world.service('erp');
    world.behave('erp', 503, 200);
    const seed = '01hzzzzzzzzzzzzzzzzzzzzzzz';
    await world.call('erp', GET, { seed });
    await world.call('erp', GET, { seed });
    expect(world.sent.map(({ headers }) => headers['breakwater-call'])).toEqual(
      Array.from({ length: 3 }, () => `call_${seed}`),
    );
    expect(world.sent.map(({ headers }) => headers['breakwater-attempt'])).toEqual(['1', '2', '1']);
  });

  it('is for services of the type rest_api alone', async () => {
    const world = callWorld();
    await world.service('hook', { serviceType: 'webhook' });
    const { refusal } = await world.call('hook', GET);
    expect(refusal).toMatchObject({ code: 'invalid', fields: [{ path: 'serviceType' }] });
    expect(world.sent).toEqual([]);
  });

  it('is one line in the log, without its path, query or body', async () => {
    const world = callWorld();
    await world.service('erp');
    await world.call('erp', { method: 'GET', path: '/secret-path', query: { q: 'secret-query' } });
    const lines = world.telemetry.lines.filter(({ message }) => message === 'call.answered');
    expect(lines.map(({ fields }) => fields)).toMatchObject([
      { method: 'GET', status: 200, source: 'primary', attempts: 1, latencyMs: 0 },
    ]);
    expect(JSON.stringify(world.telemetry.lines)).not.toContain('secret-');
    expect(world.telemetry.counts.get('Calls')).toBe(1);
  });
});

/** What the service does, and what the caller gets when nobody else can answer. */
const ALONE: readonly [object, readonly Manner[], number, string | number][] = [
  [GET, [503, 200], 2, 200],
  [GET, [500, 'reset', 200], 3, 200],
  [GET, [408, 200], 2, 200],
  [GET, [500], 3, 500],
  [GET, ['refused'], 3, 'upstream-unreachable'],
  [GET, ['dns'], 3, 'upstream-unreachable'],
  [GET, ['tls'], 3, 'upstream-unreachable'],
  [GET, ['hang'], 1, 'upstream-timeout'],
  [GET, ['body-too-large'], 1, 'answer-too-large'],
  [GET, ['blocked'], 1, 'address-not-allowed'],
  [GET, [{ statusCode: 101 }], 3, 'upstream-unreachable'],
  [GET, [404], 1, 404],
  [GET, [301], 1, 301],
  [GET, [410], 1, 410],
  [GET, [429], 1, 429],
  [GET, [{ statusCode: 503, responseHeaders: { 'retry-after': '20' } }], 1, 503],
  [GET, [{ statusCode: 503, responseHeaders: { 'retry-after': '2' } }, 200], 2, 200],
  [GET, [{ statusCode: 429, responseHeaders: { 'retry-after': '2' } }, 200], 2, 200],
  [POST, [503, 200], 1, 503],
  [POST, ['reset', 200], 1, 'upstream-unreachable'],
  [{ ...POST, idempotent: true }, [503, 200], 2, 200],
  [{ ...GET, idempotent: false }, [503, 200], 1, 503],
  [{ method: 'DELETE', path: '/items/1' }, [500, 204], 2, 204],
  [{ method: 'HEAD', path: '/' }, ['refused', 200], 2, 200],
  [{ method: 'PATCH', path: '/', body: 1 }, [500, 200], 1, 500],
];

describe('a service without fallbacks', () => {
  it.each(ALONE)(
    '%j, answered %j, is asked %i times: %s',
    async (call, manners, requests, came) => {
      const world = callWorld();
      await world.service('erp');
      world.behave('erp', ...manners);
      const got = await world.call('erp', call);
      expect(world.sent).toHaveLength(requests);
      expect(got.refusal?.code ?? got.status).toBe(came);
      const attempts = got.refusal?.headers['x-breakwater-attempts'] ?? String(got.attempts);
      expect(attempts).toBe(String(requests));
    },
  );

  it.each([1, 2, 3, 15])('is asked %i times at most, and never more than three', async (max) => {
    const world = callWorld();
    await world.service('erp', { retry: { ...RETRY_DEFAULTS, maxAttempts: max } });
    world.behave('erp', 500);
    await world.call('erp', GET);
    expect(world.sent).toHaveLength(Math.min(max, 3));
  });

  it('may take the time of the call in all, retries and waits included', async () => {
    const world = callWorld();
    await world.service('erp', { request: { ...REQUEST_DEFAULTS, timeoutSeconds: 1 } });
    world.behave('erp', 'hang');
    const got = await world.call('erp', { ...GET, timeoutSeconds: 3 });
    expect(got.refusal?.code).toBe('upstream-timeout');
    expect(world.sent.length).toBe(3);
    expect(got.ms).toBeGreaterThan(2_500);
    expect(got.ms).toBeLessThanOrEqual(3_050);
    expect(world.sent.map(({ timeoutMs }) => timeoutMs)[0]).toBe(1_000);
  });

  it('is not hammered: retries are a fifth of its calls, once there are more than three', async () => {
    const world = callWorld();
    await world.service('erp', { breaker: { ...BREAKER, enabled: false } });
    world.behave('erp', 500);
    for (let i = 0; i < 20; i++) await world.call('erp', GET);
    expect(world.sent.length).toBeLessThanOrEqual(20 + 4);
    expect(world.sent.length).toBeGreaterThanOrEqual(20 + 3);
  });

  it('says when it may be called again while its breaker is open, and is not called', async () => {
    const world = callWorld();
    await world.service('erp', { breaker: BREAKER });
    world.behave('erp', 500);
    await world.call('erp', GET);
    world.behave('erp', 200);
    const { refusal } = await world.call('erp', GET);
    expect(refusal).toMatchObject({
      code: 'breaker-open',
      headers: { 'x-breakwater-attempts': '0' },
    });
    expect(Number(refusal?.headers['retry-after'])).toBeGreaterThan(10);
    expect(world.sent).toHaveLength(3);
    world.clock.advance(BREAKER.maxOpenSeconds * 1000);
    world.behave('erp', 500);
    expect(await world.call('erp', GET)).toMatchObject({ status: 500, attempts: 1 });
    expect((await world.call('erp', GET)).refusal?.code).toBe('breaker-open');
    expect(world.sent).toHaveLength(4);
    world.clock.advance(BREAKER.maxOpenSeconds * 1000);
    world.behave('erp', 200);
    expect(await world.call('erp', GET)).toMatchObject({ status: 200, source: 'primary' });
  });

  it('is probed by one single request, and a probe that its limits forbid is another’s', async () => {
    const world = callWorld();
    const breaker = { ...BREAKER, halfOpenCalls: 1 };
    await world.service('erp', { breaker, limits: { perSecond: 3 } });
    world.behave('erp', 500);
    await world.call('erp', GET);
    world.clock.advance(BREAKER.maxOpenSeconds * 1000);
    const { id } = (await world.integrations.byName('default', 'erp')) ?? expect.fail();
    await world.deps.rateLimits.take(id, { perSecond: 3, count: 3 }, world.clock.nowMs());
    expect((await world.call('erp', GET)).refusal?.code).toBe('too-many-requests');
    world.clock.advance(1_000);
    world.behave('erp', { statusCode: 429, responseHeaders: { 'retry-after': '1' } }, 200);
    expect(await world.call('erp', GET)).toMatchObject({ status: 429, attempts: 1 });
    world.clock.advance(2_000);
    expect(await world.call('erp', GET)).toMatchObject({ status: 200, attempts: 1 });
  });

  it('is not waited for by everybody where its breaker is off', async () => {
    const world = callWorld();
    const breaker = { ...BREAKER_DEFAULTS, enabled: false };
    const { id } = await world.service('erp', { breaker });
    world.behave('erp', 'hang');
    const waiting = Array.from({ length: UNGUARDED_CALLS_MAX }, () =>
      world.call('erp', { ...GET, timeoutSeconds: 20 }),
    );
    const beyond = await world.call('erp', GET);
    expect([beyond.refusal?.code, world.to('erp').length]).toEqual([
      'too-many-requests',
      UNGUARDED_CALLS_MAX,
    ]);
    expect((await Promise.all(waiting)).map(({ refusal }) => refusal?.code)).not.toContain(
      'too-many-requests',
    );
    world.behave('erp', 200);
    expect((await world.call(id, GET)).status).toBe(200);
  });

  it('is not called beyond its own limits', async () => {
    const world = callWorld();
    await world.service('erp', { limits: { perSecond: 2 } });
    for (const status of [200, 200]) expect((await world.call('erp', GET)).status).toBe(status);
    const { refusal } = await world.call('erp', GET);
    expect(refusal).toMatchObject({ code: 'too-many-requests', headers: { 'retry-after': '1' } });
    expect(world.sent).toHaveLength(2);
  });

  it('says how long its rate has no room for another call', async () => {
    const world = callWorld();
    await world.service('erp', { limits: { perSecond: 0.1 } });
    expect((await world.call('erp', GET)).status).toBe(200);
    const waits = async () => (await world.call('erp', GET)).refusal?.headers['retry-after'];
    expect(await waits()).toBe('10');
    world.clock.advance(7_500);
    expect(await waits()).toBe('3');
    world.clock.advance(2_500);
    expect((await world.call('erp', GET)).status).toBe(200);
  });

  it('has as many calls at a time as its limit, whoever makes them', async () => {
    const world = callWorld();
    await world.service('erp', { limits: { concurrency: 1 } });
    world.behave('erp', 'hang');
    const slow = world.call('erp', { ...GET, timeoutSeconds: 2 });
    const second = await world.call('erp', GET, { by: world.instance('second') });
    expect(second.refusal?.code).toBe('too-many-requests');
    await slow;
    world.behave('erp', 200);
    expect((await world.call('erp', GET)).status).toBe(200);
  });

  it.each([
    ['paused', 'integration-paused', '30'],
    ['disabled', 'invalid-state', undefined],
  ] as const)('is not called while it is %s: %s', async (status, code, retryAfter) => {
    const world = callWorld();
    await world.service('erp', { status });
    const { refusal } = await world.call('erp', GET);
    expect([refusal?.code, refusal?.headers['retry-after']]).toEqual([code, retryAfter]);
    expect(world.sent).toEqual([]);
  });
});

it('a fallback answers for a paused integration as for one whose breaker is open', async () => {
  const world = callWorld();
  await world.service('erp', { status: 'paused', fallback: [links.answer('later')] });
  expect(await world.call('erp', GET)).toMatchObject({
    source: 'static',
    status: 203,
    text: 'later',
  });
});
