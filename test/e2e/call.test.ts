import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Json, until } from './client.ts';
import { type Gateway, startGateway } from './gateway.ts';
import { breakerOf } from './outage-world.ts';
import { type Receiver, type Script, startReceiver } from './receiver.ts';

/** How much later than its time a call may be answered. */
const LATE_MS_MAX = 250;
const TRIES = 5;
/** What an integration's settings may lag behind, for calls as for deliveries. */
const SETTINGS_LAG_MS = 10_000;

let gateway: Gateway;
let receiver: Receiver;
/** By the first part of the path: how that service answers. */
const manners = new Map<string, Script>();

beforeAll(async () => {
  receiver = await startReceiver((arrival, nth, response) => {
    const service = arrival.path.split('/')[1] ?? '';
    const manner = manners.get(service);
    if (manner === undefined) response.end();
    else manner(arrival, nth, response);
  });
  gateway = await startGateway();
});

afterAll(async () => {
  await gateway.stop();
  await receiver.stop();
});

const status = (code: number, text = '', headers: Record<string, string> = {}): Script => {
  return (_arrival, _nth, response) => response.writeHead(code, headers).end(text);
};
const hang: Script = () => {};

/** One service at a path of its own. */
function service(name: string, more: Json = {}): Promise<Json> {
  return gateway.register({
    ...{ name, serviceType: 'rest_api', endpoint: `${receiver.url}/${name}` },
    ...{ eventTypes: ['none.of.them'], retry: { schedule: [1, 1, 1, 1, 1], jitter: 0 } },
    ...more,
  });
}

const GET = { method: 'GET', path: '/items' };

function call(name: string, body: Json = GET, asked: Json = {}) {
  return gateway.call('POST', `/v1/integrations/${name}/call`, { body, ...asked });
}

/** Requests that have come to the path of a service, with whatever query. */
const asked = (prefix: string) =>
  receiver.arrivals.filter(({ path }) => path.startsWith(`/${prefix}/`));

describe('a call', () => {
  it('is answered by the service itself: status, headers and every byte', async () => {
    const bytes = Buffer.from([0, 1, 254, 255, 128, 10, 13]);
    manners.set('plain', (_arrival, _nth, response) =>
      response
        .writeHead(207, { 'content-type': 'image/x', etag: '"1"', 'set-cookie': 'a=b' })
        .end(bytes),
    );
    await service('plain', { auth: { type: 'bearer', token: 'token-of-the-service' } });
    const key = await gateway.key({ scopes: ['integrations:call'] });
    const response = await fetch(`${gateway.run.url}/v1/integrations/plain/call`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        method: 'PUT',
        path: '/a/b',
        query: { q: ['x y', 1] },
        body: { n: 1 },
      }),
    });
    expect(Buffer.from(await response.arrayBuffer())).toEqual(bytes);
    expect(response.status).toBe(207);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      ...{ 'content-type': 'image/x', etag: '"1"', 'x-content-type-options': 'nosniff' },
      ...{ 'x-breakwater-source': 'primary', 'x-breakwater-attempts': '1' },
      'x-request-id': expect.any(String),
    });
    expect(response.headers.get('set-cookie')).toBeNull();
    expect(asked('plain')).toMatchObject([
      {
        ...{ method: 'PUT', path: '/plain/a/b?q=x%20y&q=1', body: Buffer.from('{"n":1}') },
        headers: {
          authorization: 'Bearer token-of-the-service',
          'breakwater-call': expect.stringMatching(/^call_/),
          'webhook-signature': expect.stringMatching(/^v1,/),
        },
      },
    ]);
    const other = await gateway.key({ scopes: ['integrations:read'] });
    expect((await call('plain', GET, { key: other })).status).toBe(403);
  });

  it('is tried again where it may be, and the answer says how often', async () => {
    manners.set('flaky', (_arrival, nth, response) => {
      response.statusCode = nth === 1 ? 503 : 200;
      response.end('{"ok":true}');
    });
    await service('flaky');
    const answer = await call('flaky');
    expect([answer.status, answer.json]).toEqual([200, { ok: true }]);
    expect(answer.headers.get('x-breakwater-attempts')).toBe('2');
    manners.set('once', status(503, 'busy'));
    await service('once');
    const post = await call('once', { method: 'POST', path: '/items', body: {} });
    expect([post.status, post.text, asked('once').length]).toEqual([503, 'busy', 1]);
  });

  it('is answered in time by 504 where the service hangs', async () => {
    manners.set('hanging', hang);
    await service('hanging');
    const times: number[] = [];
    // The machine may be busy with other tests: what counts is the quickest.
    for (let i = 0; i < TRIES && Math.min(...times) >= 1_000 + LATE_MS_MAX; i++) {
      const startedMs = performance.now();
      const answer = await call('hanging', { ...GET, timeoutSeconds: 1 });
      times.push(performance.now() - startedMs);
      expect([answer.status, answer.json.code]).toEqual([504, 'upstream-timeout']);
      expect(answer.headers.get('content-type')).toBe('application/problem+json');
    }
    const ms = Math.min(...times);
    expect(ms).toBeGreaterThan(950);
    expect(ms).toBeLessThan(1_000 + LATE_MS_MAX);
  });

  it('never leaves the endpoint, however its path is written', async () => {
    await service('walled');
    for (const path of ['//127.0.0.1:1/', '/../plain/x', '/%2e%2e/plain', '/a?b', 'a', '/..;/x']) {
      const { status: code, json } = await call('walled', { method: 'GET', path });
      expect([code, json.code, json.errors[0].path]).toEqual([422, 'invalid', 'path']);
    }
    expect(asked('walled')).toEqual([]);
    await gateway.register({ name: 'hook', endpoint: `${receiver.url}/hook` });
    const { status: code, json } = await call('hook');
    expect([code, json.errors[0].path]).toEqual([422, 'serviceType']);
  });

  it('under an idempotency key is made once, and answered again as it was', async () => {
    manners.set('paid', (_arrival, nth, response) => response.writeHead(201).end(`paid ${nth}`));
    await service('paid');
    const body = { method: 'POST', path: '/payments', body: { amount: 1 } };
    const headers = { 'idempotency-key': 'payment-1' };
    const answers = [await call('paid', body, { headers }), await call('paid', body, { headers })];
    expect(answers.map(({ status: code, text }) => [code, text])).toEqual([
      [201, 'paid 1'],
      [201, 'paid 1'],
    ]);
    expect(answers[1]?.headers.get('idempotency-replayed')).toBe('true');
    expect(asked('paid')).toHaveLength(1);
  });
});

describe('while its service is down', () => {
  it('a call is answered by a fallback URL, with that one’s own credentials', async () => {
    manners.set('down', status(500, 'down'));
    manners.set('dr', status(200, 'from dr'));
    const auth = { type: 'bearer', token: 'token-of-the-fallback' };
    await service('down', {
      auth: { type: 'bearer', token: 'token-of-the-service' },
      fallback: [{ type: 'url', url: `${receiver.url}/dr`, auth }],
    });
    const answer = await call('down');
    expect([answer.status, answer.text]).toEqual([200, 'from dr']);
    expect(answer.headers.get('x-breakwater-source')).toBe('fallback:1');
    expect(asked('dr')[0]?.headers.authorization).toBe('Bearer token-of-the-fallback');
  });

  it('a call is answered by the last good answer with its age, then by a fixed one', async () => {
    manners.set('prices', status(200, '{"price":1}', { 'content-type': 'application/json' }));
    const fixed = { type: 'static', statusCode: 200, body: '{"price":null}' };
    await service('prices', { fallback: [{ type: 'cache', maxAgeSeconds: 60 }, fixed] });
    expect((await call('prices')).headers.get('age')).toBeNull();
    manners.set('prices', status(500));
    const cached = await call('prices');
    expect([cached.status, cached.json]).toEqual([200, { price: 1 }]);
    expect(cached.headers.get('x-breakwater-source')).toBe('cache');
    expect(Number(cached.headers.get('age'))).toBeLessThan(10);
    const other = await call('prices', { method: 'GET', path: '/others' });
    expect([other.headers.get('x-breakwater-source'), other.json]).toEqual([
      'static',
      { price: null },
    ]);
  });

  it('a call is queued, and made as soon as the service is well', async () => {
    manners.set('later', status(503, '', { 'retry-after': '1' }));
    await service('later', { fallback: [{ type: 'queue' }] });
    await gateway.register({ name: 'all', endpoint: `${receiver.url}/all`, eventTypes: ['*'] });
    const body = { method: 'POST', path: '/orders', query: { v: 2 }, body: { n: 1 } };
    const answer = await call('later', body);
    expect([answer.status, answer.headers.get('x-breakwater-source')]).toEqual([202, 'queued']);
    expect(answer.json).toMatchObject({
      ...{ type: 'breakwater.call', deliveries: [{ id: expect.stringMatching(/^dlv_/) }] },
    });
    manners.set('later', status(201));
    const [delivery] = answer.json.deliveries;
    await until('the call to be delivered', async () => {
      const { json } = await gateway.call('GET', `/v1/deliveries/${delivery.id}`);
      return json.status === 'delivered';
    });
    const made = asked('later').at(-1);
    expect(made).toMatchObject({
      ...{ method: 'POST', path: '/later/orders?v=2', body: Buffer.from('{"n":1}') },
      headers: { 'breakwater-delivery': delivery.id, 'content-type': 'application/json' },
    });
    expect(made?.headers['breakwater-call']).toBe(asked('later')[0]?.headers['breakwater-call']);
    expect(receiver.at('/all')).toEqual([]);
  });

  it('a call is refused with the time to come back once the breaker is open, and costs no request', async () => {
    manners.set('broken', status(500));
    await service('broken', { breaker: breakerOf(2) });
    const opened = await until('the breaker to open', async () => {
      const answer = await call('broken');
      return answer.status === 503 && answer;
    });
    expect(opened.json.code).toBe('breaker-open');
    expect(Number(opened.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    const before = asked('broken').length;
    expect((await call('broken')).headers.get('x-breakwater-attempts')).toBe('0');
    expect(asked('broken').length).toBe(before);
    manners.set('broken', status(200, 'well'));
    await until(
      'a probe to close it',
      async () => (await call('broken')).text === 'well',
      SETTINGS_LAG_MS,
    );
  });
});
