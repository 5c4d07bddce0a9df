import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Json, until } from './client.ts';
import { type Gateway, startGateway } from './gateway.ts';
import { breakerOf, type Drill, drillOn, type Endpoints, startEndpoints } from './outage-world.ts';

/** Nothing here waits for its end. */
const OPEN_SECONDS = 60;
const FIRST = 'target=fallback:1';

let gateway: Gateway;
let endpoints: Endpoints;
let drill: Drill;

beforeAll(async () => {
  gateway = await startGateway();
  endpoints = await startEndpoints();
  drill = drillOn(gateway, endpoints);
  const { url } = endpoints.receiver;
  await drill.register('erp', {
    breaker: { ...breakerOf(OPEN_SECONDS), halfOpenCalls: 1 },
    fallback: [
      { type: 'url', url: `${url}/dr`, on: ['breaker-open'], headers: { 'x-site': 'dr' } },
      { type: 'hold' },
    ],
  });
  await drill.register('ops-slack', { serviceType: 'slack', eventTypes: ['nothing.else'] });
  await drill.register('crm', {
    retry: { schedule: [1], maxAttempts: 2, jitter: 0 },
    fallback: [{ type: 'integration', integration: 'ops-slack' }],
  });
});

afterAll(async () => {
  await gateway.stop();
  await endpoints.receiver.stop();
});

const read = async (path: string): Promise<Json> => {
  const { status, json, text } = await gateway.call('GET', path);
  if (status !== 200) throw new Error(`GET ${path} was answered ${status}: ${text}`);
  return json;
};
const health = (name: string) => read(`/v1/integrations/${name}/health`);
const breaker = (query = '') => read(`/v1/integrations/erp/breaker?${query}`);
const targetsOf = ({ attempts }: Json) =>
  attempts.map(({ target, outcome }: Json) => [new URL(target).pathname, outcome]);
/** The only delivery of an event, once it has this status. */
const deliveryThatIs = (event: string, wanted: string) =>
  until(`${event} to be ${wanted}`, async () => {
    const { data } = await read(`/v1/events/${event}/deliveries`);
    const [one] = data;
    return one?.status === wanted && (await read(`/v1/deliveries/${one.id}`));
  });

describe('an outage of an integration that has a fallback URL', () => {
  const held: string[] = [];

  it('sends to the fallback while the breaker is open, and every record says so', async () => {
    const [calm] = await drill.publish('erp', 1);
    const before = await deliveryThatIs(calm.id, 'delivered');
    expect([before.deliveredVia, targetsOf(before)]).toEqual(['primary', [['/erp', 'success']]]);

    endpoints.behave('erp', 500);
    const early = await drill.publish('erp', 3);
    await drill.breakerThat('erp', 'open');
    for (const { id } of early) {
      const delivery = await deliveryThatIs(id, 'delivered');
      expect(delivery.deliveredVia).toBe('fallback:1');
      expect(targetsOf(delivery).at(-1)).toEqual(['/dr', 'success']);
    }
    expect(targetsOf(await deliveryThatIs(early[0]?.id, 'delivered'))).toEqual([
      ['/erp', 'retryable'],
      ['/dr', 'success'],
    ]);
    const spent = endpoints.receiver.at('/erp').length;
    const [late] = await drill.publish('erp', 1);
    const delivery = await deliveryThatIs(late.id, 'delivered');
    expect(delivery).toMatchObject({ deliveredVia: 'fallback:1', heldBy: null });
    expect(targetsOf(delivery)).toEqual([['/dr', 'success']]);
    expect(endpoints.receiver.at('/erp')).toHaveLength(spent);

    expect(endpoints.taken('dr').toSorted()).toEqual(
      [...early, late].map(({ id }) => id).toSorted(),
    );
    const arrived = endpoints.receiver.at('/dr').at(-1);
    expect(arrived?.headers).toMatchObject({
      ...{ 'x-site': 'dr', 'webhook-id': late.id, 'breakwater-delivery': delivery.id },
      'webhook-signature': expect.stringMatching(/^v1,/),
    });
    expect(await health('erp')).toMatchObject({
      status: 'degraded',
      reasons: [
        expect.stringMatching(/^The breaker is open/),
        'Deliveries go to fallback:1 meanwhile.',
      ],
    });
  });

  it('holds what neither takes, and shows both breakers', async () => {
    endpoints.behave('dr', 500);
    await drill.turn('erp', 'trip', { reason: 'kept away from it for the drill' });
    const shut = await until('the breaker of the fallback to open', async () => {
      held.push(...(await drill.publish('erp', 1)).map(({ id }) => id));
      const one = await breaker(FIRST);
      return one.state === 'open' && one;
    });
    expect(shut).toMatchObject({ target: 'fallback:1', openCount: 1 });
    for (const id of held) {
      expect(await deliveryThatIs(id, 'held')).toMatchObject({ heldBy: 'breaker' });
    }
    const first = await deliveryThatIs(held[0] ?? '', 'held');
    expect(targetsOf(first)).toEqual([['/dr', 'retryable']]);
    const history = await read(`/v1/integrations/erp/breaker/history?${FIRST}`);
    expect(history.data).toMatchObject([{ from: 'closed', to: 'open', actor: 'breaker' }]);
    const listed = (await read('/v1/breakers?limit=2')).data;
    expect(
      listed.map(({ integration, target, state }: Json) => [integration.name, target, state]),
    ).toEqual([
      ['erp', 'fallback:1', 'open'],
      ['erp', 'primary', 'forced-open'],
    ]);
    const { status, reasons } = await health('erp');
    expect(status).toBe('down');
    expect(reasons).toContainEqual(expect.stringMatching(/^The breaker of fallback:1 is open/));
  });

  it('goes back to the integration by itself when it is well', async () => {
    endpoints.behave('erp', 200);
    await drill.turn('erp', 'trip', { reason: 'for a second more', forSeconds: 1 });
    await drill.breakerThat('erp', 'closed');
    for (const id of held) {
      const delivery = await deliveryThatIs(id, 'delivered');
      expect([delivery.deliveredVia, targetsOf(delivery).at(-1)]).toEqual([
        'primary',
        ['/erp', 'success'],
      ]);
    }
    const [after] = await drill.publish('erp', 1);
    expect((await deliveryThatIs(after.id, 'delivered')).deliveredVia).toBe('primary');
    expect((await breaker()).state).toBe('closed');
    const reset = await gateway.call('POST', `/v1/integrations/erp/breaker/reset?${FIRST}`);
    expect(reset.json).toMatchObject({ target: 'fallback:1', state: 'closed' });
    await until('nothing to be open', async () => {
      const { reasons } = await health('erp');
      return !reasons.some((reason: string) => reason.includes('open'));
    });
  });
});

describe('a delivery whose tries are used up', () => {
  it('tells the channel that its chain names, readably, and is delivered by it', async () => {
    endpoints.behave('crm', 500);
    const data = { title: 'Invoice 17 & its copy', amount: 120 };
    const { id } = await gateway.publish({ type: 'crm', data });
    const delivery = await deliveryThatIs(id, 'delivered');
    expect(delivery.deliveredVia).toBe('fallback:1');
    expect(targetsOf(delivery)).toEqual([
      ['/crm', 'retryable'],
      ['/crm', 'retryable'],
      [expect.stringMatching(/^\//), 'success'],
    ]);
    const [told] = await endpoints.receiver.waitFor('/ops-slack');
    const body = JSON.parse(told?.body.toString() ?? '{}');
    expect(body.text).toBe('crm: Invoice 17 &amp; its copy');
    expect(body.blocks).toHaveLength(3);
    expect(told?.headers['webhook-signature']).toBeUndefined();
    expect(await health('crm')).toMatchObject({
      status: 'degraded',
      reasons: expect.arrayContaining(['A fallback took 1 of the last 1 deliveries attempted.']),
    });
  });
});
