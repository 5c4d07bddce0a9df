import { describe, expect, it } from 'vitest';
import { attemptDelivery } from '../../lib/app/attempt-delivery.ts';
import { cancelDelivery } from '../../lib/app/delivery-actions.ts';
import { publishEvent } from '../../lib/app/publish-event.ts';
import type { Integration } from '../../lib/domain/integration.ts';
import { TURN_LEASE_MS } from '../../lib/domain/line.ts';
import { dyingAt, untilDeath } from '../fakes/dying.ts';
import { type LineWorld, lineWorld } from './line-world.ts';

const CALLS_MAX = 200;
const PORTS = [
  'integrations',
  'targets',
  'events',
  'deliveries',
  'lines',
  'deliveryQueue',
  'fanOutQueue',
  'workQueue',
  'breakers',
  'sender',
] as const;
/** The longest that a line stands still after a death, whatever else is lost. */
const STILL_MINUTES_MAX = 6;

type Deps = LineWorld['deps'];

/** Runs the scenario with a death at each call that its step makes, before it and after it. */
async function atEveryCall(
  scenario: (
    kill: (step: (deps: Deps) => Promise<unknown>, world: LineWorld) => Promise<void>,
  ) => Promise<void>,
): Promise<number> {
  for (const when of ['before', 'after'] as const) {
    let isThrough = false;
    for (let n = 1; n <= CALLS_MAX && !isThrough; n++) {
      await scenario(async (step, world) => {
        const { deps, reached } = dyingAt(world.deps, PORTS, n, when);
        await untilDeath(step(deps));
        isThrough = !reached();
      });
      if (isThrough && when === 'after') return n - 1;
    }
  }
  throw new Error(`The step makes more than ${CALLS_MAX} calls.`);
}

/** Three of a key; the first doorbell is heard by a process that dies, the others come first or never. */
async function threeInLine(more: Partial<Integration> = {}, others: 'heard' | 'lost' = 'heard') {
  const world = await lineWorld(more);
  const ids = await world.publishMany('a', 3);
  const [bell, ...rest] = world.take();
  if (bell === undefined) throw new Error('There is no doorbell.');
  if (others === 'heard') for (const one of rest) await world.deliver(one);
  return { world, ids, task: bell.task };
}

function expectOrder(world: LineWorld, ids: readonly string[], callsMax: number): void {
  expect(world.arrived('a')).toEqual(ids);
  expect(world.overlaps).toEqual([]);
  expect(world.seen.length).toBeLessThanOrEqual(callsMax);
}

describe('killed at every call, and no doorbell of it comes again', () => {
  it.each(['heard', 'lost'] as const)(
    'a delivery that arrives: the next have their turns all the same (others %s before)',
    async (others) => {
      const calls = await atEveryCall(async (kill) => {
        const { world, ids, task } = await threeInLine({}, others);
        await kill((deps) => attemptDelivery(deps, task), world);
        await world.minutes(STILL_MINUTES_MAX);
        expectOrder(world, ids, 4);
        expect(await world.waiting('a')).toEqual([]);
      });
      expect(calls).toBeGreaterThanOrEqual(12);
    },
  );

  it('a delivery that fails: it is tried again before the next', async () => {
    await atEveryCall(async (kill) => {
      const { world, ids, task } = await threeInLine();
      world.other.answer = (eventId, nth) => (eventId === ids[0] && nth === 1 ? 500 : 200);
      await kill((deps) => attemptDelivery(deps, task), world);
      await world.minutes(STILL_MINUTES_MAX);
      expectOrder(world, ids, 5);
    });
  });

  it('a delivery that is set aside: the line goes on in order', async () => {
    await atEveryCall(async (kill) => {
      const { world, ids, task } = await threeInLine();
      world.other.answer = (eventId) => (eventId === ids[0] ? 301 : 200);
      await kill((deps) => attemptDelivery(deps, task), world);
      await world.minutes(STILL_MINUTES_MAX);
      expectOrder(world, ids.slice(1), 5);
      expect(await world.status(ids[0] ?? '')).toBe('failed');
      // Said once, or never by one who died saying it.
      expect(world.telemetry.counts.get('DeliveriesSetAside') ?? 0).toBeLessThanOrEqual(1);
    });
  });

  it('a cancellation: the line goes on in order', async () => {
    await atEveryCall(async (kill) => {
      const { world, ids, task } = await threeInLine();
      world.other.answer = (eventId) => (eventId === ids[0] ? 500 : 200);
      await attemptDelivery(world.deps, task);
      const ref = { tenant: 'default', eventId: ids[0] ?? '', integrationId: world.id };
      await kill((deps) => cancelDelivery(deps, ref), world);
      const isCancelled = (await world.status(ref.eventId)) === 'cancelled';
      if (!isCancelled) await cancelDelivery(world.deps, ref);
      await world.minutes(STILL_MINUTES_MAX);
      expectOrder(world, ids.slice(1), 4);
    });
  });

  it('a publisher: asked again it takes the place that it had, before what comes later', async () => {
    const event = { tenant: 'default', type: 'order.paid', data: {}, orderingKey: 'a' };
    const calls = await atEveryCall(async (kill) => {
      const world = await lineWorld();
      for (const id of ['first', 'second']) world.keys.set(id, 'a');
      await kill((deps) => publishEvent(deps, { ...event, id: 'first' }), world);
      await publishEvent(world.deps, { ...event, id: 'first' });
      await publishEvent(world.deps, { ...event, id: 'second' });
      for (const bell of world.take().reverse()) await world.deliver(bell);
      await world.minutes(STILL_MINUTES_MAX);
      expectOrder(world, ['first', 'second'], 2);
    });
    expect(calls).toBeGreaterThanOrEqual(4);
  });

  it('a publisher that nobody asks again: what it stored arrives, and keeps nobody waiting', async () => {
    const event = { tenant: 'default', type: 'order.paid', data: {}, orderingKey: 'a' };
    await atEveryCall(async (kill) => {
      const world = await lineWorld();
      for (const id of ['first', 'second']) world.keys.set(id, 'a');
      await kill((deps) => publishEvent(deps, { ...event, id: 'first' }), world);
      const stored = await world.events.get({ tenant: 'default', eventId: 'first' });
      await publishEvent(world.deps, { ...event, id: 'second' });
      await world.minutes(STILL_MINUTES_MAX);
      const all = stored === undefined ? ['second'] : ['first', 'second'];
      expect([...world.arrived('a')].sort()).toEqual(all);
      expect(await world.waiting('a')).toEqual([]);
    });
  });
});

it('a doorbell that comes again after a death rings for the next, without the tick', async () => {
  const REDELIVERED_MS = 450_000;
  await atEveryCall(async (kill) => {
    const { world, ids, task } = await threeInLine();
    await kill((deps) => attemptDelivery(deps, task), world);
    world.clock.advance(REDELIVERED_MS);
    await attemptDelivery(world.deps, task);
    await world.run(100_000);
    expectOrder(world, ids, 4);
  });
});

it('cancelled during a call whose process dies: the next has its turn when the lock is over', async () => {
  const { world, ids, task } = await threeInLine({}, 'lost');
  const ref = { tenant: 'default', eventId: ids[0] ?? '', integrationId: world.id };
  let isDead = false;
  world.other.meanwhile = async (eventId) => {
    if (eventId !== ref.eventId) return;
    await cancelDelivery(world.deps, ref);
    isDead = true;
  };
  const dead = async () => {
    if (isDead) throw new Error('killed');
  };
  const { lines, deliveries } = world.deps;
  const dying = {
    ...world.deps,
    lines: { ...lines, unlock: dead },
    deliveries: { ...deliveries, save: dead as never, load: deliveries.load },
  };
  await expect(attemptDelivery(dying, task)).rejects.toThrow('killed');
  await world.run(TURN_LEASE_MS - 5_000);
  expect(world.arrived('a')).toEqual([ids[0]]);
  await world.run(10_000);
  expect(world.arrived('a')).toEqual(ids);
});

describe('lost doorbells', () => {
  it.each([1, 2, 3, 20])(
    'a purge of all queues after %i deliveries costs minutes',
    async (after) => {
      const world = await lineWorld();
      const ids = await world.publishMany('a', 25);
      await world.minutes(3);
      expect(world.arrived('a')).toEqual(ids);
      const more = await world.publishMany('a', 25);
      const start = world.seen.length;
      for (let step = 0; step < 200 && world.seen.length < start + after; step++) {
        const [next, ...rest] = world.take();
        world.queue.rung.push(...rest);
        if (next !== undefined) await world.deliver(next);
      }
      world.take();
      await world.minutes(4);
      expect(world.arrived('a')).toEqual([...ids, ...more]);
      expect(world.seen).toHaveLength(50);
    },
  );

  it('a line whose next was rung for long ago stands still for six minutes at most', async () => {
    const world = await lineWorld({ orderingTimeoutSeconds: 3_600 });
    const [bad = '', ...ids] = await world.publishMany('a', 3);
    world.other.answer = (eventId) => (eventId === bad ? 500 : 200);
    // By then the rows of the others have been rung for several times in vain.
    await world.minutes(30);
    const ref = { tenant: 'default', eventId: bad, integrationId: world.id };
    world.queue.down = true;
    await cancelDelivery(world.deps, ref);
    world.queue.down = false;
    world.take();
    await world.minutes(6);
    expect(world.arrived('a')).toEqual(ids);
  });

  it('a queue that takes nothing for a while loses none, and keeps the order', async () => {
    const world = await lineWorld();
    const ids = await world.publishMany('a', 4);
    const bells = world.take();
    world.queue.down = true;
    for (const bell of bells) await world.deliver(bell);
    world.queue.down = false;
    await world.minutes(STILL_MINUTES_MAX);
    expectOrder(world, ids, 4);
  });
});
