import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Json, until } from './client.ts';
import { type Gateway, startGateway } from './gateway.ts';
import { verifiedByBoth } from './oracles.ts';
import { type Receiver, startReceiver } from './receiver.ts';

const INSTANT = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
const RETRY_DEFAULTS = {
  maxAttempts: 15,
  schedule: [
    ...[5, 300, 1800, 7200, 18000, 36000, 50400, 72000],
    ...[86400, 86400, 86400, 86400, 86400, 86400],
  ],
  jitter: 0.2,
  retryOn: ['network', 'timeout', '408', '409', '425', '429', '5xx', '4xx'],
  honourRetryAfter: true,
  maxAgeSeconds: 864000,
};

const BREAKER_DEFAULTS = {
  enabled: true,
  failureRateThreshold: 0.5,
  slowCallRateThreshold: 1,
  slowCallSeconds: 10,
  minimumCalls: 10,
  windowSeconds: 60,
  consecutiveFailures: 10,
  openSeconds: 30,
  maxOpenSeconds: 900,
  halfOpenCalls: 3,
  halfOpenVerdict: 'any-failure',
};

let gateway: Gateway;
let receiver: Receiver;

beforeAll(async () => {
  gateway = await startGateway();
  receiver = await startReceiver((arrival, nth, response) => {
    response.statusCode = arrival.path.startsWith('/once-500') && nth === 1 ? 500 : 200;
    response.setHeader('content-type', 'text/plain').end('thanks');
  });
});

afterAll(async () => {
  await gateway.stop();
  await receiver.stop();
});

const delivery = async (id: string): Promise<Json> =>
  (await gateway.call('GET', `/v1/deliveries/${id}`)).json;

const deliveryThat = (id: string, status: string): Promise<Json> =>
  until(`${id} to be ${status}`, async () => {
    const found = await delivery(id);
    return found.status === status && found;
  });

describe('the main job', () => {
  it('registers, publishes, delivers signed, and shows what happened as the contract says', async () => {
    const endpoint = `${receiver.url}/main`;
    const { id, createdAt, signing, ...registered } = await gateway.register({
      name: 'billing-erp',
      endpoint,
      eventTypes: ['main.*'],
      metadata: { team: 'finance' },
    });
    expect(id).toMatch(/^int_[0-9a-hjkmnp-tv-z]{26}$/);
    expect(registered).toEqual({
      name: 'billing-erp',
      serviceType: 'webhook',
      endpoint,
      description: '',
      tenant: 'default',
      metadata: { team: 'finance' },
      eventTypes: ['main.*'],
      fallback: [],
      request: {
        method: 'POST',
        contentType: 'application/json',
        headers: {},
        timeoutSeconds: 15,
      },
      auth: { type: 'none' },
      retry: RETRY_DEFAULTS,
      breaker: BREAKER_DEFAULTS,
      limits: null,
      ordering: 'none',
      orderingTimeoutSeconds: null,
      healthCheck: null,
      filter: null,
      transform: null,
      status: 'active',
      disabledReason: null,
      updatedAt: createdAt,
    });
    const { secret } = signing;
    expect(signing).toEqual({ scheme: 'standard-webhooks', secret: expect.any(String) });
    const read = (await gateway.call('GET', '/v1/integrations/billing-erp')).json;
    expect(read).toEqual({
      id,
      createdAt,
      ...registered,
      signing: { scheme: 'standard-webhooks' },
    });

    const published = await gateway.publish({
      type: 'main.paid',
      data: { amount: 120, currency: 'EUR' },
      timestamp: '2026-01-31T12:00:00+01:00',
      metadata: { trace: 'abc' },
    });
    const [promised] = published.deliveries;
    expect(published).toEqual({
      id: expect.stringMatching(/^evt_[0-9a-hjkmnp-tv-z]{26}$/),
      type: 'main.paid',
      tenant: 'default',
      acceptedAt: INSTANT,
      deliveries: [{ id: expect.stringMatching(/^dlv_/), integration: id, status: 'queued' }],
      fanout: 'inline',
    });

    const [arrival] = await receiver.waitFor('/main');
    if (arrival === undefined) throw new Error('nothing arrived');
    expect(arrival).toMatchObject({
      method: 'POST',
      headers: {
        'webhook-id': published.id,
        'webhook-timestamp': expect.stringMatching(/^\d{10}$/),
        'webhook-signature': expect.stringMatching(/^v1,[A-Za-z0-9+/]{43}=$/),
        'user-agent': expect.stringMatching(/^Breakwater\/\d+\.\d+\.\d+$/),
        'content-type': 'application/json',
        'breakwater-delivery': promised.id,
        'breakwater-attempt': '1',
      },
    });
    expect(arrival.body.toString()).toBe(
      '{"type":"main.paid","timestamp":"2026-01-31T11:00:00.000Z","data":{"amount":120,"currency":"EUR"}}',
    );
    verifiedByBoth(arrival, secret);
    await deliveryThat(promised.id, 'delivered');

    expect((await gateway.call('GET', `/v1/events/${published.id}`)).json).toEqual({
      id: published.id,
      type: 'main.paid',
      tenant: 'default',
      timestamp: '2026-01-31T11:00:00.000Z',
      acceptedAt: published.acceptedAt,
      source: null,
      metadata: { trace: 'abc' },
      orderingKey: null,
      deliverAt: null,
      data: { amount: 120, currency: 'EUR' },
    });
    const summary = {
      id: promised.id,
      event: published.id,
      type: 'main.paid',
      integration: id,
      tenant: 'default',
      status: 'delivered',
      attempts: 1,
      nextAttemptAt: null,
      heldBy: null,
      deliveredVia: 'primary',
      createdAt: published.acceptedAt,
      completedAt: INSTANT,
    };
    const page = { data: [summary], nextCursor: null, prevCursor: null };
    const path = `/v1/events/${published.id}/deliveries`;
    expect((await gateway.call('GET', path)).json).toEqual(page);
    expect((await gateway.call('GET', '/v1/deliveries?integration=billing-erp')).json).toEqual(
      page,
    );
    expect(await delivery(promised.id)).toEqual({
      ...summary,
      attempts: [
        {
          id: expect.stringMatching(/^att_[0-9a-hjkmnp-tv-z]{26}$/),
          number: 1,
          startedAt: INSTANT,
          latencyMs: expect.any(Number),
          target: endpoint,
          outcome: 'success',
          error: null,
          statusCode: 200,
          responseHeaders: expect.objectContaining({ 'content-type': 'text/plain' }),
          responseBody: 'thanks',
          retryAfterSeconds: null,
        },
      ],
    });
  });

  it('delivers to a new integration from the very next publish on, and by its wildcards', async () => {
    const wanted = {
      all: ['*'],
      exact: ['wild.paid'],
      below: ['wild.*'],
      deep: ['wild.paid.*'],
      two: ['other.x', 'wild.paid'],
    };
    const names = new Map<string, string>();
    for (const [name, eventTypes] of Object.entries(wanted)) {
      const endpoint = `${receiver.url}/wild`;
      const made = await gateway.register({ name: `wild-${name}`, endpoint, eventTypes });
      names.set(made.id, name);
      const { deliveries } = await gateway.publish({ type: 'wild.paid.late' });
      const isTarget = deliveries.some(({ integration }: Json) => integration === made.id);
      expect([name, isTarget]).toEqual([name, ['all', 'below', 'deep'].includes(name)]);
    }
    const targetsOf = async (type: string) => {
      const { deliveries } = await gateway.publish({ type });
      return deliveries.map(({ integration }: Json) => names.get(integration)).sort();
    };
    expect(await targetsOf('wild')).toEqual(['all']);
    expect(await targetsOf('wild.paid')).toEqual(['all', 'below', 'exact', 'two']);
    expect(await targetsOf('wild.paid.late')).toEqual(['all', 'below', 'deep']);
    expect(await targetsOf('wildcard.paid')).toEqual(['all']);
    expect((await gateway.call('DELETE', '/v1/integrations/wild-all')).status).toBe(204);
    expect(await targetsOf('wild')).toEqual([]);
  });

  it('delivers to the integrations that the event names, by id or name, and to no other', async () => {
    const eventTypes = ['direct.never'];
    const endpoint = `${receiver.url}/direct`;
    const one = await gateway.register({ name: 'direct-one', endpoint, eventTypes });
    const two = await gateway.register({ name: 'direct-two', endpoint, eventTypes });
    await gateway.register({ name: 'direct-three', endpoint, eventTypes: ['direct.*'] });
    const { id, deliveries } = await gateway.publish({
      type: 'direct.sent',
      integrations: [one.id, 'direct-two'],
    });
    const targets = deliveries.map(({ integration }: Json) => integration);
    expect(targets.sort()).toEqual([one.id, two.id].sort());
    for (const { id: delivered } of deliveries) await deliveryThat(delivered, 'delivered');
    expect(receiver.at('/direct').map(({ headers }) => headers['webhook-id'])).toEqual([id, id]);
    const unknown = await gateway.call('POST', '/v1/events', {
      body: { type: 'direct.sent', integrations: ['direct-four'] },
    });
    expect([unknown.status, unknown.json.errors[0].path]).toEqual([422, 'integrations.0']);
  });

  it('delivers at deliverAt, not before', async () => {
    await gateway.register({
      name: 'timed',
      endpoint: `${receiver.url}/timed`,
      eventTypes: ['timed'],
    });
    const atMs = Date.now() + 5_000;
    const deliverAt = new Date(atMs).toISOString();
    const { id, deliveries } = await gateway.publish({ type: 'timed', deliverAt });
    expect(deliveries).toMatchObject([{ status: 'waiting' }]);
    expect(await delivery(deliveries[0].id)).toMatchObject({
      status: 'waiting',
      nextAttemptAt: deliverAt,
      attempts: [],
    });
    expect((await gateway.call('GET', `/v1/events/${id}`)).json.deliverAt).toBe(deliverAt);
    const [arrival] = await receiver.waitFor('/timed');
    // A doorbell half a second early is on time: clocks differ.
    expect(arrival?.atMs).toBeGreaterThanOrEqual(atMs - 500);
    await deliveryThat(deliveries[0].id, 'delivered');
  });

  it('retries on its schedule, and shows the attempts with their numbers', async () => {
    await gateway.register({
      name: 'once-500',
      endpoint: `${receiver.url}/once-500`,
      eventTypes: ['once'],
      retry: { schedule: [1], jitter: 0 },
    });
    const { deliveries } = await gateway.publish({ type: 'once' });
    const arrivals = await receiver.waitFor('/once-500', 2);
    const { attempts } = await deliveryThat(deliveries[0].id, 'delivered');
    expect(attempts).toMatchObject([
      { number: 1, outcome: 'retryable', error: 'http', statusCode: 500 },
      { number: 2, outcome: 'success', error: null, statusCode: 200 },
    ]);
    const [first, second] = arrivals;
    expect(second?.body).toEqual(first?.body);
    expect(second?.headers['webhook-id']).toBe(first?.headers['webhook-id']);
    expect(arrivals.map(({ headers }) => headers['breakwater-attempt'])).toEqual(['1', '2']);
  });
});
