import { describe, expect, it } from 'vitest';
import { httpWorld } from './http-world.ts';

const EVENT = { type: 'invoice.paid', data: { amount: 1 } };
const HEADERS = { 'idempotency-key': 'k-1' };
const INTEGRATION = { name: 'erp', serviceType: 'webhook', endpoint: 'https://erp.example.com/in' };

describe('Idempotency-Key over HTTP', () => {
  it('202 again with Idempotency-Replayed, and one event', async () => {
    const { call } = httpWorld();
    const first = await call('POST', '/v1/events', { body: EVENT, headers: HEADERS });
    const second = await call('POST', '/v1/events', { body: EVENT, headers: HEADERS });
    expect([first.status, second.status]).toEqual([202, 202]);
    expect(second.text).toBe(first.text);
    expect(first.headers['idempotency-replayed']).toBeUndefined();
    expect(second.headers['idempotency-replayed']).toBe('true');
    expect(second.headers['x-request-id']).not.toBe(first.headers['x-request-id']);
    expect((await call('GET', '/v1/events')).json.data).toHaveLength(1);
  });

  it('lets one of twenty concurrent requests run; the others get 409 or its answer', async () => {
    const { call } = httpWorld();
    const answers = await Promise.all(
      Array.from({ length: 20 }, () =>
        call('POST', '/v1/integrations', { body: INTEGRATION, headers: HEADERS }),
      ),
    );
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 201)).toHaveLength(1);
    expect(statuses.filter((status) => status === 409)).toHaveLength(19);
    expect((await call('GET', '/v1/integrations')).json.data).toHaveLength(1);
  });

  it('replays the secret that only the first answer shows', async () => {
    const { call } = httpWorld();
    const create = () => call('POST', '/v1/integrations', { body: INTEGRATION, headers: HEADERS });
    const [first, second] = [await create(), await create()];
    expect(first.json.signing.secret).toMatch(/^whsec_/);
    expect(second.json).toEqual(first.json);
    expect(second.headers.location).toBe(first.headers.location);
  });

  it.each([
    ['another body', '/v1/events', { ...EVENT, data: 2 }, {}],
    ['another path', '/v1/events/batch', [EVENT], {}],
    ['other CloudEvents attributes', '/v1/events', EVENT, { 'ce-specversion': '1.0' }],
  ])('422 for %s under the same key', async (_, path, body, headers) => {
    const { call } = httpWorld();
    await call('POST', '/v1/events', { body: EVENT, headers: HEADERS });
    const answer = await call('POST', path, { body, headers: { ...HEADERS, ...headers } });
    expect([answer.status, answer.json.code]).toEqual([422, 'idempotency-key-reused']);
    expect(answer.json.errors[0].path).toBe('idempotency-key');
  });

  it('is not shared between two API keys', async () => {
    const { call } = httpWorld();
    await call('POST', '/v1/events', { body: EVENT, headers: HEADERS });
    const answer = await call('POST', '/v1/events', {
      body: { ...EVENT, data: 2 },
      headers: HEADERS,
      principal: { keyId: 'key_other' },
    });
    expect(answer.status).toBe(202);
  });

  it('replays a refusal with its own request id in the body', async () => {
    const { call } = httpWorld();
    const bad = { body: { type: '' }, headers: HEADERS };
    const [first, second] = [
      await call('POST', '/v1/events', bad),
      await call('POST', '/v1/events', bad),
    ];
    expect([first.status, second.status]).toEqual([422, 422]);
    expect(second.text).toBe(first.text);
  });

  it('keeps no outage', async () => {
    const { call, deps } = httpWorld();
    const { store } = deps.events;
    Object.assign(deps.events, {
      store: async () => Promise.reject(Object.assign(new Error('x'), { name: 'TimeoutError' })),
    });
    expect((await call('POST', '/v1/events', { body: EVENT, headers: HEADERS })).status).toBe(503);
    Object.assign(deps.events, { store });
    expect((await call('POST', '/v1/events', { body: EVENT, headers: HEADERS })).status).toBe(202);
  });

  it('a write that was made though its answer was lost is the same event on the next try', async () => {
    const { call, deps } = httpWorld();
    const { store } = deps.events;
    const stored: string[] = [];
    Object.assign(deps.events, {
      store: async (event: Parameters<typeof store>[0]) => {
        await store(event);
        stored.push(event.id);
        throw Object.assign(new Error('x'), { name: 'TimeoutError' });
      },
    });
    expect((await call('POST', '/v1/events', { body: EVENT, headers: HEADERS })).status).toBe(503);
    Object.assign(deps.events, { store });
    const again = await call('POST', '/v1/events', { body: EVENT, headers: HEADERS });
    expect([again.status, again.json.id]).toEqual([202, stored[0]]);
  });

  it('a run that died after storing is completed by the next, with 202 and the same event', async () => {
    const { call, deps, clock } = httpWorld();
    const { finish } = deps.claims;
    Object.assign(deps.claims, { finish: async () => Promise.reject(new Error('killed')) });
    const first = await call('POST', '/v1/events', { body: EVENT, headers: HEADERS });
    Object.assign(deps.claims, { finish });
    clock.advance(20_000);
    const second = await call('POST', '/v1/events', { body: EVENT, headers: HEADERS });
    expect([second.status, second.json.id]).toEqual([202, first.json.id]);
    expect((await call('GET', '/v1/events')).json.data).toHaveLength(1);
  });

  it('a batch that died is completed with the same events', async () => {
    const { call, deps, clock } = httpWorld();
    const { finish } = deps.claims;
    Object.assign(deps.claims, { finish: async () => Promise.reject(new Error('killed')) });
    const send = () => call('POST', '/v1/events/batch', { body: [EVENT, EVENT], headers: HEADERS });
    const first = await send();
    Object.assign(deps.claims, { finish });
    clock.advance(20_000);
    expect((await send()).json).toEqual(first.json);
    expect((await call('GET', '/v1/events')).json.data).toHaveLength(2);
  });
});
