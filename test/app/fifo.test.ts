import { describe, expect, it } from 'vitest';
import { replayEvent } from '../../lib/app/delivery-actions.ts';
import type { DeliveryRef } from '../../lib/app/ports-history.ts';
import { BREAKER_DEFAULTS } from '../../lib/domain/breaker.ts';
import { ORDERING_TIMEOUT_DEFAULT_SECONDS, TURN_LEASE_MS } from '../../lib/domain/line.ts';
import { TIMEOUT_SECONDS } from '../../lib/names.ts';
import { lineWorld } from './line-world.ts';

const ref = (eventId: string) => ({ tenant: 'default', eventId });

describe('deliveries of one key', () => {
  it('arrive in the order of acceptance, however their doorbells are shuffled', async () => {
    const world = await lineWorld();
    const ids = await world.publishMany('a', 5);
    for (const bell of world.take().reverse()) await world.deliver(bell);
    expect(world.calls()).toEqual(ids.slice(0, 1));
    await world.run(1_000);
    expect(world.calls()).toEqual(ids);
    expect(await world.waiting('a')).toEqual([]);
  });

  it('are called once each, though every doorbell comes twice', async () => {
    const world = await lineWorld();
    const ids = await world.publishMany('a', 5);
    for (let step = 0; step < 100; step++) {
      const bells = world.take();
      if (bells.length === 0) break;
      for (const bell of [...bells, ...bells.toReversed()]) await world.deliver(bell);
    }
    expect(world.calls()).toEqual(ids);
    expect(world.queue.rung).toEqual([]);
  });

  it('ring for the next once: a doorbell for what is over rings for nobody', async () => {
    const world = await lineWorld();
    await world.publishMany('a', 3);
    const [first] = world.take();
    if (first === undefined) throw new Error('There is no doorbell.');
    await world.deliver(first);
    expect(world.take()).toHaveLength(1);
    for (const _ of [1, 2]) await world.deliver(first);
    expect(world.take()).toEqual([]);
  });

  it('are called once each, in order, though a doorbell is late after its row was read', async () => {
    const world = await lineWorld();
    const ids = await world.publishMany('a', 3);
    const [first] = world.take();
    if (first === undefined) throw new Error('There is no doorbell.');
    const { deliveries } = world.deps;
    let isFirstRead = true;
    const late = {
      ...deliveries,
      load: async (wanted: DeliveryRef) => {
        const row = await deliveries.load(wanted);
        if (!isFirstRead) return row;
        isFirstRead = false;
        await world.deliver(first);
        await world.run(1_000);
        return row;
      },
    };
    await world.deliver(first, { ...world.deps, deliveries: late });
    await world.run(1_000);
    expect(world.calls()).toEqual(ids);
    expect(await world.waiting('a')).toEqual([]);
  });

  it('whose lock is held for a moment do not wait for the end of its lease', async () => {
    const world = await lineWorld();
    const ids = await world.publishMany('a', 1);
    const line = { tenant: 'default', integrationId: world.id, orderingKey: 'a' };
    const nowMs = world.clock.nowMs();
    const lock = { eventId: ids[0] ?? '', owner: 'lane', leaseUntilMs: nowMs + TURN_LEASE_MS };
    expect(await world.lines.lock(line, lock, nowMs)).toBe('taken');
    await world.run(500);
    expect(world.calls()).toEqual([]);
    await world.lines.unlock(line, 'lane');
    await world.run(3_000);
    expect(world.calls()).toEqual(ids);
  });

  it('whose worker died holding the lock are rung for a few times, and go on after it', async () => {
    const world = await lineWorld();
    const ids = await world.publishMany('a', 1);
    const line = { tenant: 'default', integrationId: world.id, orderingKey: 'a' };
    const nowMs = world.clock.nowMs();
    const lock = { eventId: ids[0] ?? '', owner: 'dead', leaseUntilMs: nowMs + TURN_LEASE_MS };
    await world.lines.lock(line, lock, nowMs);
    let heard = 0;
    for (let second = 0; second < 85; second++) {
      await world.run(1_000);
      heard = world.telemetry.lines.filter(({ fields }) => fields.reason === 'line-busy').length;
    }
    expect(world.calls()).toEqual(ids);
    expect(heard).toBeLessThanOrEqual(15);
  });

  it('wait while the first is tried again, and follow it then', async () => {
    const world = await lineWorld();
    const ids = await world.publishMany('a', 3);
    world.other.answer = (eventId, nth) => (eventId === ids[0] && nth < 3 ? 500 : 200);
    await world.run(4_000);
    expect(world.calls()).toEqual([ids[0]]);
    expect(await world.lockOf('a')).toBeUndefined();
    expect(await world.waiting('a')).toEqual(ids);
    await world.minutes(8);
    expect(world.calls()).toEqual([ids[0], ids[0], ids[0], ids[1], ids[2]]);
  });

  it('are never called at the same time, also where doorbells are heard during a call', async () => {
    const world = await lineWorld();
    const ids = await world.publishMany('a', 4);
    world.other.meanwhile = async () => {
      world.clock.advance(2_000);
      for (const bell of world.take()) await world.deliver(bell);
    };
    await world.minutes(10);
    expect(world.overlaps).toEqual([]);
    expect(world.arrived('a')).toEqual(ids);
  });

  it('hold up nobody of another key, nor events without one', async () => {
    const world = await lineWorld();
    const [first, second] = await world.publishMany('a', 2);
    const others = await world.publishMany('b', 3);
    const { id: free } = await world.publish('', { orderingKey: undefined });
    world.other.answer = (eventId) => (eventId === first ? 500 : 200);
    await world.run(4_000);
    expect(world.arrived('b')).toEqual(others);
    expect(world.arrived()).toContain(free);
    expect(world.calls()).not.toContain(second);
  });

  it('keep no order at an integration that asks for none', async () => {
    const world = await lineWorld({ ordering: 'none' });
    const ids = await world.publishMany('a', 3);
    expect(await world.waiting('a')).toEqual([]);
    for (const bell of world.take().reverse()) await world.deliver(bell);
    expect(world.calls()).toEqual(ids.toReversed());
  });
});

describe('a poisoned delivery', () => {
  it('is set aside when its time is over, and then its line goes on in order', async () => {
    const world = await lineWorld({ orderingTimeoutSeconds: 600 });
    const [bad = '', ...ids] = await world.publishMany('a', 4);
    world.other.answer = (eventId) => (eventId === bad ? 500 : 200);
    await world.minutes(5);
    expect(world.arrived('a')).toEqual([]);
    await world.minutes(8);
    expect(world.arrived('a')).toEqual(ids);
    expect(await world.status(bad)).toBe('failed');
    const told = world.telemetry.lines.filter(({ message }) => message === 'delivery.set-aside');
    expect(told.map(({ fields }) => fields.eventId)).toEqual([bad]);
    expect(world.telemetry.counts.get('DeliveriesSetAside')).toBe(1);
  });

  it('counts its time from its first turn: behind others nothing grows old', async () => {
    const world = await lineWorld({ orderingTimeoutSeconds: 600 });
    const [bad, next = ''] = await world.publishMany('a', 2);
    world.other.answer = (eventId, nth) => (eventId === bad || nth < 3 ? 500 : 200);
    await world.minutes(14);
    expect(world.arrived('a')).toEqual([next]);
    expect(world.calls().filter((id) => id === next)).toHaveLength(3);
  });

  it('that is tried again by hand has its time anew, however long it waits for its turn', async () => {
    const world = await lineWorld({ orderingTimeoutSeconds: 600 });
    const [bad = '', next = ''] = await world.publishMany('a', 2);
    world.other.answer = () => 301;
    await world.run(1_000);
    world.other.answer = (eventId) => (eventId === bad ? 500 : 200);
    for (const eventId of [bad, next]) await replayEvent(world.deps, ref(eventId), undefined);
    world.clock.advance(400_000);
    await world.minutes(14);
    expect(await world.status(bad)).toBe('failed');
    expect(world.arrived('a')).toEqual([next]);
  });

  it('is set aside at once where it is refused for good', async () => {
    const world = await lineWorld();
    const [bad = '', ...ids] = await world.publishMany('a', 3);
    world.other.answer = (eventId) => (eventId === bad ? 301 : 200);
    await world.run(1_000);
    expect(await world.status(bad)).toBe('failed');
    expect(world.arrived('a')).toEqual(ids);
  });

  it('goes to its fallback in its turn; refused there too, it is set aside', async () => {
    const link = { type: 'url', on: ['exhausted'], url: 'https://b.example.com/', headers: {} };
    const fallback = [{ ...link, auth: { type: 'none' } } as never];
    const world = await lineWorld({ fallback, orderingTimeoutSeconds: 60 });
    const [bad = '', ...ids] = await world.publishMany('a', 2);
    world.other.answer = (eventId, nth) => (eventId === bad && nth < 3 ? 301 : 200);
    await world.run(1_000);
    expect(world.calls()).toEqual([bad, bad, ...ids]);
    expect(await world.status(bad)).toBe('waiting');
    expect(world.telemetry.counts.get('DeliveriesSetAside')).toBe(1);
    await world.minutes(3);
    expect(await world.status(bad)).toBe('delivered');
  });

  it('waits an hour where nothing else is said, and no longer', async () => {
    expect(ORDERING_TIMEOUT_DEFAULT_SECONDS).toBe(3_600);
    const world = await lineWorld();
    const [bad = '', next] = await world.publishMany('a', 2);
    world.other.answer = (eventId) => (eventId === bad ? 500 : 200);
    await world.minutes(62);
    expect(await world.status(bad)).toBe('failed');
    expect(world.arrived('a')).toEqual([next]);
  });
});

describe('an outage', () => {
  it('holds every key, and lets each go in order when it is over', async () => {
    const world = await lineWorld({ breaker: { ...BREAKER_DEFAULTS, consecutiveFailures: 2 } });
    let isDown = true;
    world.other.answer = () => (isDown ? 500 : 200);
    const a = await world.publishMany('a', 2);
    await world.run(20_000);
    a.push(...(await world.publishMany('a', 3)));
    const b = await world.publishMany('b', 3);
    expect(await world.status(b[0] ?? '')).toBe('held');
    isDown = false;
    await world.minutes(20);
    expect(world.arrived('a')).toEqual(a);
    expect(world.arrived('b')).toEqual(b);
    expect(world.overlaps).toEqual([]);
  });

  it('is probed by another key, where the oldest that is held waits for a retry', async () => {
    const world = await lineWorld({ breaker: { ...BREAKER_DEFAULTS, consecutiveFailures: 2 } });
    const [first] = await world.publishMany('a', 1);
    world.other.answer = (eventId) => (eventId === first ? 500 : 200);
    await world.run(20_000);
    await world.publishMany('a', 5);
    const b = await world.publishMany('b', 3);
    expect(await world.status(b[0] ?? '')).toBe('held');
    // The retry of the first is five minutes away.
    await world.minutes(2);
    expect(world.arrived('b')).toEqual(b);
    expect(world.arrived('a')).toEqual([]);
  });

  it('rings for large bodies without them', async () => {
    const world = await lineWorld({ breaker: { ...BREAKER_DEFAULTS, consecutiveFailures: 2 } });
    const data = { text: 'x'.repeat(100_000) };
    const ids: string[] = [];
    for (let n = 0; n < 3; n++) ids.push((await world.publish('a', { data })).id);
    let largest = 0;
    const { ring } = world.queue;
    world.queue.ring = async (bells) => {
      largest = Math.max(largest, ...bells.map(({ task }) => task.body?.length ?? 0));
      return await ring(bells);
    };
    world.other.answer = (eventId, nth) => (eventId === ids[0] && nth < 3 ? 500 : 200);
    await world.minutes(12);
    expect(world.arrived('a')).toEqual(ids);
    expect(largest).toBe(0);
  });
});

it('a turn lasts longer than the function that took it', () => {
  expect(TURN_LEASE_MS).toBeGreaterThan(TIMEOUT_SECONDS.deliver * 1_000);
});
