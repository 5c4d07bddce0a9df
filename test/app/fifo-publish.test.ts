import { describe, expect, it } from 'vitest';
import { cancelDelivery, replayEvent, retryDelivery } from '../../lib/app/delivery-actions.ts';
import { publishBatch } from '../../lib/app/publish-event.ts';
import { startRecovery } from '../../lib/app/recover.ts';
import { ADMIN } from '../fakes/registry-world.ts';
import { lineWorld } from './line-world.ts';

const ref = (eventId: string) => ({ tenant: 'default', eventId });

describe('publishing with a key', () => {
  it('accepts each event after the one before it, whatever the clocks say', async () => {
    const world = await lineWorld();
    const first = await world.publish('a');
    world.clock.advance(-3_000);
    const second = await world.publish('a');
    expect(second.acceptedAtMs).toBe(first.acceptedAtMs + 1);
    const elsewhere = await world.publish('b');
    expect(elsewhere.acceptedAtMs).toBe(world.clock.nowMs());
    await world.run(1_000);
    expect(world.arrived('a')).toEqual([first.id, second.id]);
  });

  it('refuses, for now, what it could only accept too far ahead of the clock', async () => {
    const world = await lineWorld();
    await world.publish('a');
    world.clock.advance(-6_000);
    const refused = { code: 'unavailable', headers: { 'retry-after': '5' } };
    await expect(world.publish('a')).rejects.toMatchObject(refused);
    world.clock.advance(2_000);
    await world.publish('a');
  });

  it('takes a batch in the order of its list, each key by itself', async () => {
    const world = await lineWorld();
    const events = Array.from({ length: 40 }, (_, n) => ({
      ...{ tenant: 'default', type: 'order.paid', data: {}, id: `b${n}` },
      orderingKey: `k${n % 3}`,
    }));
    for (const { id, orderingKey } of events) world.keys.set(id, orderingKey);
    const results = await publishBatch(world.deps, events);
    const got = results.map((result) => result.kind === 'published' && result.published.id);
    expect(got).toEqual(events.map(({ id }) => id));
    for (const bell of world.take().reverse()) await world.deliver(bell);
    await world.run(1_000);
    for (const key of ['k0', 'k1', 'k2']) {
      const wanted = events.filter(({ orderingKey }) => orderingKey === key).map(({ id }) => id);
      expect(world.arrived(key)).toEqual(wanted);
    }
  });

  it('takes one place for an event that is published twice, and none when it is over', async () => {
    const world = await lineWorld();
    const event = { tenant: 'default', type: 'order.paid', data: {}, id: 'mine' };
    for (const _ of [1, 2]) await world.publish('a', event);
    expect(await world.waiting('a')).toEqual(['mine']);
    await world.run(1_000);
    expect((await world.publish('a', event)).duplicate).toBe(true);
    expect(await world.waiting('a')).toEqual([]);
    await expect(world.publish('b', event)).rejects.toMatchObject({ code: 'event-id-conflict' });
  });

  it('lets what has a time of its own stand in line when that has come', async () => {
    const world = await lineWorld();
    const deliverAtMs = world.clock.nowMs() + 60_000;
    const later = await world.publish('a', { deliverAtMs });
    const now = await world.publish('a');
    expect(await world.waiting('a')).toEqual([now.id]);
    await world.run(30_000);
    expect(world.arrived('a')).toEqual([now.id]);
    await world.minutes(2);
    expect(world.arrived('a')).toEqual([now.id, later.id]);
    expect(await world.waiting('a')).toEqual([]);
  });
});

describe('by hand', () => {
  it('a cancelled delivery lets the next have its turn at once', async () => {
    const world = await lineWorld();
    const [bad = '', next] = await world.publishMany('a', 2);
    world.other.answer = (eventId) => (eventId === bad ? 500 : 200);
    await world.run(1_000);
    await cancelDelivery(world.deps, { ...ref(bad), integrationId: world.id });
    await world.run(1_000);
    expect(world.arrived('a')).toEqual([next]);
    expect(await world.waiting('a')).toEqual([]);
  });

  it('a delivery that is cancelled during its call keeps the next waiting until that is over', async () => {
    const world = await lineWorld();
    const [first = '', second] = await world.publishMany('a', 2);
    world.other.meanwhile = async (eventId) => {
      if (eventId !== first) return;
      await cancelDelivery(world.deps, { ...ref(first), integrationId: world.id });
      for (const bell of world.take()) await world.deliver(bell);
    };
    world.other.answer = (eventId) => (eventId === first ? 500 : 200);
    await world.run(1_000);
    expect(world.overlaps).toEqual([]);
    expect(world.arrived('a')).toEqual([second]);
  });

  it.each(['retry', 'replay'] as const)(
    'a %s stands before those accepted after it',
    async (how) => {
      const world = await lineWorld();
      const [first = '', second = '', third] = await world.publishMany('a', 3);
      let isDown = true;
      world.other.answer = (eventId) => {
        if (eventId === first) return isDown ? 301 : 200;
        return isDown ? 500 : 200;
      };
      await world.run(1_000);
      expect(world.calls()).toEqual([first, second]);
      isDown = false;
      if (how === 'retry')
        await retryDelivery(world.deps, { ...ref(first), integrationId: world.id });
      else await replayEvent(world.deps, ref(first), undefined);
      expect(await world.waiting('a')).toEqual([first, second, third]);
      await world.minutes(2);
      expect(world.arrived('a')).toEqual([first, second, third]);
    },
  );

  it('what is recovered after an outage goes in the order in which it was accepted', async () => {
    const world = await lineWorld();
    const ids = await world.publishMany('a', 6);
    let isDown = true;
    world.other.answer = () => (isDown ? 301 : 200);
    await world.run(10_000);
    expect(world.calls()).toEqual(ids);
    isDown = false;
    const since = new Date(world.clock.nowMs() - 3_600_000).toISOString();
    const deps = { ...world.deps, retentionDays: 30 };
    await startRecovery(deps, { principal: ADMIN }, 'erp', { body: { since }, seed: undefined });
    await world.minutes(3);
    expect(world.arrived('a')).toEqual(ids);
    expect(world.seen).toHaveLength(12);
  });

  it('an order that is asked for later begins with what is not tried yet', async () => {
    const world = await lineWorld({ ordering: 'none' });
    const ids = await world.publishMany('a', 3);
    await world.change(world.id, { ordering: 'fifo' });
    for (const bell of world.take()) await world.deliver(bell);
    await world.run(1_000);
    expect(world.arrived('a')).toEqual(ids);
  });

  it('an order that is given up leaves nothing waiting for long', async () => {
    const world = await lineWorld();
    const [bad, ...ids] = await world.publishMany('a', 3);
    world.other.answer = (eventId) => (eventId === bad ? 500 : 200);
    await world.minutes(3);
    await world.change(world.id, { ordering: 'none' });
    await world.minutes(6);
    expect([...world.arrived('a')].sort()).toEqual(ids);
  });
});
