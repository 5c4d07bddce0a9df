import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Json, until } from './client.ts';
import { type Gateway, startGateway } from './gateway.ts';
import {
  breakerOf,
  type Drill,
  disorder,
  drillOn,
  type Endpoints,
  startEndpoints,
} from './outage-world.ts';

const HELD = 20;
const OPEN_SECONDS = 10;
/** Let go before the other side fails again. */
const DRAINED_FIRST = 8;

let gateway: Gateway;
let endpoints: Endpoints;
let drill: Drill;

beforeAll(async () => {
  gateway = await startGateway();
  endpoints = await startEndpoints();
  drill = drillOn(gateway, endpoints);
});

afterAll(async () => {
  await gateway.stop();
  await endpoints.receiver.stop();
});

const requestsAt = (name: string) => endpoints.receiver.at(`/${name}`).length;

const sends = () =>
  Object.entries(gateway.run.queues.requests())
    .filter(([operation]) => operation.startsWith('SendMessage'))
    .reduce((sum, [, count]) => sum + count, 0);

describe('an outage of the other side', () => {
  const accepted: string[] = [];

  it('opens the breaker; what is published then is held without an attempt or a message', async () => {
    await drill.register('dead', { breaker: breakerOf(OPEN_SECONDS) });
    endpoints.behave('dead', 500);
    for (const { id } of await drill.publish('dead', 3)) accepted.push(id);
    const opened = await drill.breakerThat('dead', 'open');
    expect(opened).toMatchObject({
      openCount: 1,
      reason: expect.stringContaining('failed'),
      openUntil: expect.any(String),
      config: { consecutiveFailures: 3 },
    });
    accepted.push(...(await drill.publishUntilHeld('dead')));

    const [requests, sent] = [requestsAt('dead'), sends()];
    const answers = await drill.publish('dead', HELD);
    for (const { id, deliveries } of answers) {
      expect(deliveries).toMatchObject([{ status: 'held' }]);
      accepted.push(id);
    }
    await gateway.run.tick();
    expect([requestsAt('dead'), sends()]).toEqual([requests, sent]);
    const held = await drill.deliveries('dead', 'held');
    const fresh = held.filter(({ event }) => answers.some(({ id }) => id === event));
    expect(fresh).toHaveLength(HELD);
    for (const one of fresh) expect(one).toMatchObject({ attempts: 0, heldBy: 'breaker' });
  });

  it('is survived a second time in mid-drain, and then all arrives once, the oldest first', async () => {
    endpoints.behave('dead', 200);
    await until('some to arrive', () => endpoints.taken('dead').length >= DRAINED_FIRST, 60_000);
    endpoints.behave('dead', 500);
    const before = requestsAt('dead');
    await drill.breakerThat('dead', 'open');
    const spent = requestsAt('dead') - before;
    const left = accepted.length - endpoints.taken('dead').length;
    expect(spent).toBeLessThan(left);
    const held = await drill.deliveries('dead', 'held');
    expect(held.length).toBeGreaterThanOrEqual(left - spent);

    endpoints.behave('dead', 200);
    await drill.turn('dead', 'reset', { reason: 'the other side says it is well' });
    await until('all to arrive', () => endpoints.taken('dead').length >= accepted.length, 60_000);
    const came = endpoints.taken('dead');
    expect(came.toSorted()).toEqual(accepted.toSorted());
    // What failed in between comes when its retry is due. By chance it were a half.
    expect(disorder(came, accepted)).toBeLessThan(0.15);
    await until('all to be recorded', async () => {
      return (await drill.deliveries('dead', 'delivered')).length === accepted.length;
    });
    const history = await drill.history('dead');
    expect(history.map(({ from, to, actor }: Json) => [from, to, actor])).toEqual([
      [expect.stringMatching(/open/), 'closed', expect.stringMatching(/^key_/)],
      ['closed', 'open', 'breaker'],
      ['half-open', 'closed', 'breaker'],
      ['open', 'half-open', 'breaker'],
      ['closed', 'open', 'breaker'],
    ]);
  });
});

describe('a breaker turned by hand', () => {
  const key = expect.stringMatching(/^key_/);

  it('holds and lets go, says who did it and why, and tells who subscribed to it', async () => {
    const tenant = 'by-hand';
    const made = await drill.register('manual', { tenant });
    await drill.register('ops', { tenant, eventTypes: ['breakwater.breaker.*'] });
    await drill.register('everything', { tenant, eventTypes: ['*'] });
    const publish = async (): Promise<Json> =>
      (await gateway.publish({ type: 'manual', tenant })).deliveries.find(
        ({ integration }: Json) => integration === made.id,
      );
    expect(await drill.breaker(made.id)).toMatchObject({ state: 'closed', version: 0 });

    const tripped = await drill.turn(made.id, 'trip', { reason: 'maintenance' });
    expect(tripped).toMatchObject({ state: 'forced-open', reason: 'maintenance', openUntil: null });
    await until('it to be held at once', async () => (await publish()).status === 'held', 20_000);
    await drill.turn(made.id, 'reset', { reason: 'done' });
    await until('all to arrive', async () => {
      const left = await drill.deliveries(made.id, 'held');
      return left.length === 0 && endpoints.taken('manual').length > 0;
    });
    expect(await drill.turn(made.id, 'disable', {})).toMatchObject({ state: 'disabled' });
    expect(await drill.turn(made.id, 'enable', { reason: 'again' })).toMatchObject({
      state: 'closed',
    });

    expect(await drill.history(made.id)).toMatchObject([
      { from: 'disabled', to: 'closed', reason: 'again', actor: key, at: expect.any(String) },
      { from: 'closed', to: 'disabled', actor: key },
      { from: 'forced-open', to: 'closed', reason: 'done', actor: key },
      { from: 'closed', to: 'forced-open', reason: 'maintenance', actor: key },
    ]);
    const told = await endpoints.receiver.waitFor('/ops', 4);
    const events = told.map(({ body }) => JSON.parse(body.toString()));
    expect(events.map(({ type }) => type).toSorted()).toEqual([
      'breakwater.breaker.closed',
      'breakwater.breaker.closed',
      'breakwater.breaker.disabled',
      'breakwater.breaker.tripped',
    ]);
    expect(events.find(({ type }) => type.endsWith('tripped')).data).toMatchObject({
      integration: { id: made.id, name: 'manual' },
      breaker: { from: 'closed', to: 'forced-open', reason: 'maintenance', actor: key },
    });
    await endpoints.receiver.waitFor('/everything');
    const types = endpoints.receiver
      .at('/everything')
      .map(({ body }) => JSON.parse(body.toString()).type);
    expect(new Set(types)).toEqual(new Set(['manual']));
  });

  it('is in the list of breakers while it is in trouble', async () => {
    const made = await drill.register('listed');
    const open = async () => {
      const { json } = await gateway.call('GET', '/v1/breakers?state=forced-open');
      return json.data.some((one: Json) => JSON.stringify(one).includes(made.id));
    };
    expect(await open()).toBe(false);
    await drill.turn('listed', 'trip', { reason: 'to be seen' });
    await until('it to be listed', open);
    await drill.turn('listed', 'reset');
    await until('it to be gone', async () => !(await open()));
  });
});
