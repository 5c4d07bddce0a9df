import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Json, until } from './client.ts';
import { allPages, type Gateway, startGateway } from './gateway.ts';
import { verifiedByBoth } from './oracles.ts';
import { type Receiver, startReceiver } from './receiver.ts';

const HELD = 80;

let gateway: Gateway;
let receiver: Receiver;
/** Paths that answer 500 until they are taken out. */
const failing = new Set<string>();

beforeAll(async () => {
  gateway = await startGateway({ pollersMax: 1 });
  receiver = await startReceiver(({ path }, _nth, response) => {
    response.statusCode = failing.has(path) ? 500 : 200;
    response.end(failing.has(path) ? 'no' : 'yes');
  });
});

afterAll(async () => {
  await gateway.stop();
  await receiver.stop();
});

const register = (name: string, more: Json = {}): Promise<Json> =>
  gateway.register({ name, endpoint: `${receiver.url}/${name}`, eventTypes: [name], ...more });

const deliveriesOf = (integration: string, status: string) =>
  allPages(gateway.call, `/v1/deliveries?integration=${integration}&status=${status}`);

const deliveryThat = (id: string, status: string): Promise<Json> =>
  until(`${id} to be ${status}`, async () => {
    const { json } = await gateway.call('GET', `/v1/deliveries/${id}`);
    return json.status === status && json;
  });

const action = (path: string, body?: Json) =>
  gateway.call('POST', path, body === undefined ? {} : { body });

describe('an integration that is changed', () => {
  it('is created and then replaced by PUT under its name, keeping id and secret', async () => {
    const path = '/v1/integrations/put';
    const body = { endpoint: `${receiver.url}/put`, eventTypes: ['put.a'], description: 'first' };
    const created = await gateway.call('PUT', path, { body });
    expect([created.status, created.json]).toMatchObject([
      201,
      { name: 'put', description: 'first', eventTypes: ['put.a'] },
    ]);
    const { current } = (await gateway.call('GET', `${path}/secret`)).json;
    expect(created.json.signing.secret).toBe(current);
    const replaced = await gateway.call('PUT', path, {
      body: { endpoint: `${receiver.url}/put2` },
    });
    expect([replaced.status, replaced.json]).toMatchObject([
      200,
      { id: created.json.id, description: '', eventTypes: ['*'], endpoint: `${receiver.url}/put2` },
    ]);
    expect(replaced.json.signing).toEqual({ scheme: 'standard-webhooks' });
    expect((await gateway.call('GET', `${path}/secret`)).json).toEqual({ current, previous: [] });
    expect((await gateway.call('DELETE', path)).status).toBe(204);
  });

  it('is changed by a merge patch in what it names, and null takes away', async () => {
    const made = await register('patched', {
      description: 'before',
      metadata: { team: 'finance', tier: 'gold' },
      request: { headers: { 'X-Env': 'prod', 'X-Old': '1' }, timeoutSeconds: 5 },
      auth: { type: 'bearer', token: 'patched-token' },
    });
    const patch = {
      description: 'after',
      metadata: { tier: null, region: 'eu' },
      request: { headers: { 'X-Old': null } },
      retry: { backoff: { initialSeconds: 2 } },
    };
    const { status, json } = await gateway.call('PATCH', `/v1/integrations/${made.id}`, {
      body: patch,
      headers: { 'content-type': 'application/merge-patch+json' },
    });
    expect([status, json]).toMatchObject([200, { name: 'patched', description: 'after' }]);
    expect(json.metadata).toEqual({ team: 'finance', region: 'eu' });
    expect(json.request).toMatchObject({ headers: { 'X-Env': 'prod' }, timeoutSeconds: 5 });
    expect(json.retry.backoff).toEqual({ initialSeconds: 2, factor: 2, maxSeconds: 3600 });
    expect(json.retry.schedule).toBeUndefined();
    await gateway.publish({ type: 'patched' });
    const [arrival] = await receiver.waitFor('/patched');
    expect(arrival?.headers).toMatchObject({
      authorization: 'Bearer patched-token',
      'x-env': 'prod',
    });
    expect(arrival?.headers).not.toHaveProperty('x-old');
  });

  it('signs with the new and the old secret until the grace of a rotation ends', async () => {
    const { id, signing } = await register('rotated');
    const path = `/v1/integrations/${id}/secret`;
    const rotated = await action(`${path}/rotate`, { graceSeconds: 600 });
    const { current, previous } = rotated.json;
    expect([rotated.status, previous]).toEqual([
      200,
      [{ secret: signing.secret, expiresAt: expect.any(String) }],
    ]);
    expect((await gateway.call('GET', path)).json).toEqual({ current, previous });
    await gateway.publish({ type: 'rotated' });
    const [both] = await receiver.waitFor('/rotated');
    if (both === undefined) throw new Error('nothing arrived');
    expect(both.headers['webhook-signature']?.split(' ')).toHaveLength(2);
    verifiedByBoth(both, current);
    verifiedByBoth(both, signing.secret);

    const ended = await action(`${path}/rotate`, { graceSeconds: 0, secret: signing.secret });
    expect(ended.json.current).toBe(signing.secret);
    const arrival = await until('a request with the new secret alone', async () => {
      const { json } = await action(`/v1/integrations/${id}/test`);
      const last = receiver.at('/rotated').at(-1);
      const signatures = json.request.headers['webhook-signature'].split(' ');
      return signatures.length === ended.json.previous.length + 1 && last;
    });
    verifiedByBoth(arrival, signing.secret);
  });

  it('gets a real signed call from a test, and shows both sides of it', async () => {
    const { id, signing } = await register('tested', { auth: { type: 'bearer', token: 'hush-1' } });
    const { status, json } = await action(`/v1/integrations/${id}/test`, {
      type: 'ping.pong',
      data: { n: 1 },
    });
    expect([status, json]).toMatchObject([
      200,
      { ok: true, statusCode: 200, error: null, latencyMs: expect.any(Number) },
    ]);
    expect(json.response.body).toBe('yes');
    expect(json.request).toMatchObject({ method: 'POST', url: `${receiver.url}/tested` });
    expect(json.request.headers.authorization).toBe('***');
    const [arrival] = receiver.at('/tested');
    if (arrival === undefined) throw new Error('nothing arrived');
    expect(arrival.headers.authorization).toBe('Bearer hush-1');
    expect(verifiedByBoth(arrival, signing.secret)).toMatchObject({
      type: 'ping.pong',
      data: { n: 1 },
    });
    failing.add('/tested');
    const failed = (await action(`/v1/integrations/${id}/test`)).json;
    expect(failed).toMatchObject({ ok: false, statusCode: 500, error: 'http' });
    expect(failed.response.body).toBe('no');
    expect(await deliveriesOf(id, 'delivered')).toEqual([]);
  });

  it('holds all that comes while it is paused, and gets it about in order of age after', async () => {
    const { id } = await register('paused');
    expect((await action(`/v1/integrations/${id}/pause`)).json).toMatchObject({
      id,
      status: 'paused',
    });
    const ids: string[] = [];
    for (let i = 0; i < HELD; i++) {
      const { id: event, deliveries } = await gateway.publish({ type: 'paused', data: { i } });
      expect(deliveries).toMatchObject([{ integration: id, status: 'held' }]);
      ids.push(event);
    }
    const held = await deliveriesOf(id, 'held');
    expect(held).toHaveLength(ids.length);
    expect(held[0]).toMatchObject({ heldBy: 'pause', attempts: 0, nextAttemptAt: null });
    await gateway.run.tick();
    expect(receiver.at('/paused')).toEqual([]);

    expect((await action(`/v1/integrations/${id}/resume`)).json.status).toBe('active');
    await gateway.run.tick();
    const arrived = await receiver.waitFor('/paused', ids.length, 60_000);
    const order = arrived.map(({ headers }) => headers['webhook-id'] ?? '');
    expect(order.toSorted()).toEqual(ids.toSorted());
    // Ten at once, and SQS may hand out one ten before the other. By chance it were a third.
    const shifts = order.map((event, i) => Math.abs(ids.indexOf(event) - i));
    const mean = shifts.reduce((sum, shift) => sum + shift) / HELD;
    expect(mean).toBeLessThan(HELD / 5);
    await until('all to be recorded', async () => {
      return (await deliveriesOf(id, 'delivered')).length === ids.length;
    });
  });

  it('takes what is pending with it when it is deleted, and leaves its history', async () => {
    const { id } = await register('deleted');
    const before = await gateway.publish({ type: 'deleted' });
    await deliveryThat(before.deliveries[0].id, 'delivered');
    await action(`/v1/integrations/${id}/pause`);
    const pending = await gateway.publish({ type: 'deleted' });
    expect((await gateway.call('DELETE', `/v1/integrations/${id}`)).status).toBe(204);
    for (const ref of [id, 'deleted']) {
      expect((await gateway.call('GET', `/v1/integrations/${ref}`)).status).toBe(404);
    }
    await gateway.run.tick();
    await deliveryThat(pending.deliveries[0].id, 'cancelled');
    expect(await deliveriesOf(id, 'delivered')).toMatchObject([{ event: before.id }]);
    expect((await gateway.publish({ type: 'deleted' })).deliveries).toEqual([]);
    expect(receiver.at('/deleted')).toHaveLength(1);
    expect((await register('deleted')).id).not.toBe(id);
  });
});

describe('a delivery that is acted upon', () => {
  it('is sent again by retry after it failed, with the numbers going on', async () => {
    const { id } = await register('again', { retry: { maxAttempts: 1 } });
    failing.add('/again');
    const { deliveries } = await gateway.publish({ type: 'again' });
    const failed = await deliveryThat(deliveries[0].id, 'failed');
    expect(failed).toMatchObject({ completedAt: expect.any(String), nextAttemptAt: null });
    expect(await deliveriesOf(id, 'failed')).toMatchObject([{ id: failed.id, attempts: 1 }]);
    failing.delete('/again');
    const retried = await action(`/v1/deliveries/${failed.id}/retry`);
    expect([retried.status, retried.json]).toMatchObject([202, { id: failed.id }]);
    const { attempts } = await deliveryThat(failed.id, 'delivered');
    expect(attempts.map((one: Json) => [one.number, one.statusCode])).toEqual([
      [1, 500],
      [2, 200],
    ]);
  });

  it('never arrives once it is cancelled, and can be cancelled once', async () => {
    const { id } = await register('cancelled');
    await action(`/v1/integrations/${id}/pause`);
    const { deliveries } = await gateway.publish({ type: 'cancelled' });
    const path = `/v1/deliveries/${deliveries[0].id}/cancel`;
    const cancelled = await action(path);
    expect([cancelled.status, cancelled.json]).toMatchObject([
      200,
      { status: 'cancelled', completedAt: expect.any(String), attempts: [] },
    ]);
    const twice = await action(path);
    expect([twice.status, twice.json.code]).toEqual([409, 'invalid-state']);
    await action(`/v1/integrations/${id}/resume`);
    await gateway.run.tick();
    const next = await gateway.publish({ type: 'cancelled' });
    const arrived = await receiver.waitFor('/cancelled');
    expect(arrived.map(({ headers }) => headers['webhook-id'])).toEqual([next.id]);
  });

  it('is sent again by a replay of its event: same id, same bytes, the targets of today', async () => {
    await register('replayed');
    const { id, deliveries } = await gateway.publish({ type: 'replayed', data: { n: 1 } });
    await deliveryThat(deliveries[0].id, 'delivered');
    const later = await register('replayed-later', { eventTypes: ['replayed'] });
    const all = await action(`/v1/events/${id}/replay`);
    expect([all.status, all.json]).toMatchObject([202, { id }]);
    expect(all.json.deliveries).toHaveLength(2);
    const [first, second] = await receiver.waitFor('/replayed', 2);
    expect(second?.headers['webhook-id']).toBe(first?.headers['webhook-id']);
    expect(second?.body).toEqual(first?.body);
    await receiver.waitFor('/replayed-later');
    for (const one of all.json.deliveries) await deliveryThat(one.id, 'delivered');

    const named = await action(`/v1/events/${id}/replay`, { integrations: [later.id] });
    expect(named.json.deliveries).toMatchObject([{ integration: later.id }]);
    await receiver.waitFor('/replayed-later', 2);
    expect(receiver.at('/replayed')).toHaveLength(2);
  });
});
