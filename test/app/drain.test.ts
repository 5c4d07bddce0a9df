import { describe, expect, it } from 'vitest';
import { startDrain } from '../../lib/app/drain.ts';
import { drainStep } from '../../lib/app/drain-step.ts';
import { letGoOldest, probeWaiting } from '../../lib/app/probe-waiting.ts';
import { workBatch } from '../../lib/app/work.ts';
import { BREAKER_DEFAULTS } from '../../lib/domain/breaker.ts';
import { forcedOpen } from '../../lib/domain/breaker-transitions.ts';
import { bucketAt, NO_COUNTS } from '../../lib/domain/breaker-window.ts';
import type { Integration } from '../../lib/domain/integration.ts';
import { drainWorld, ERP, TARGET } from './drain-world.ts';

const IDS = (count: number) =>
  Array.from({ length: count }, (_, i) => `evt-${String(i).padStart(6, '0')}`);

async function afterOutage(count: number, more: Partial<Integration> = {}) {
  const world = drainWorld();
  await world.create(more);
  await world.open();
  await world.hold(count);
  world.clock.advance(60_000);
  await world.close();
  await startDrain(world.deps, ERP);
  return world;
}
describe('a drain after an outage', () => {
  it('lets go everything, the oldest first, and ends', async () => {
    const world = await afterOutage(600);
    await world.run(60);
    expect(world.arrived.map(({ eventId }) => eventId)).toEqual(IDS(600));
    await world.run(120);
    expect(await world.deps.drains.load(ERP.id)).toBeUndefined();
    expect(world.telemetry.counts.get('DeliveriesReleased')).toBe(600);
  });

  it('begins with one a second and gets faster while all is well', async () => {
    const world = await afterOutage(900);
    await world.run(41);
    const counts = world.perSecond();
    expect(counts.slice(0, 5)).toEqual([1, 1, 1, 1, 1]);
    expect(counts.slice(5, 10)).toEqual([2, 2, 2, 2, 2]);
    expect(Math.max(...counts)).toBe(28);
  });

  it('leaves the rest held when the breaker opens again, and begins anew when it closes', async () => {
    const world = await afterOutage(1_000);
    await world.run(40);
    const before = world.arrived.length;
    expect(before).toBeGreaterThan(100);
    await world.open();
    await world.run(60);
    expect(world.arrived).toHaveLength(before);
    expect(await world.heldNow()).toEqual(IDS(1_000).slice(before));
    expect(await world.deps.drains.load(ERP.id)).toBeUndefined();
    await world.close();
    await startDrain(world.deps, ERP);
    await world.run(12);
    expect(world.arrived.length - before).toBeLessThanOrEqual(10);
    await world.run(200);
    expect(world.arrived.map(({ eventId }) => eventId)).toEqual(IDS(1_000));
  });

  it('begins anew even if its old token is still about', async () => {
    const world = await afterOutage(2_000);
    await world.run(60);
    await world.open();
    world.clock.advance(1_000);
    await world.close();
    await startDrain(world.deps, ERP);
    const before = world.arrived.length;
    await world.run(5);
    expect(world.arrived.length - before).toBeLessThanOrEqual(5 * 50);
    expect((await world.deps.drains.load(ERP.id))?.rate).toBeLessThanOrEqual(2);
  });

  it('goes back to what was turned away while the breaker was open for less than a step', async () => {
    const world = await afterOutage(1_000);
    await world.run(42);
    const step = (await world.deps.drains.load(ERP.id))?.step;
    await world.open();
    await world.run(2);
    await world.close();
    expect((await world.deps.drains.load(ERP.id))?.step).toBe(step);
    const [oldest] = await world.heldNow();
    await world.run(12);
    expect(world.arrived.map(({ eventId }) => eventId)).toContain(oldest);
  });

  it('halves its rate when calls fail', async () => {
    const world = await afterOutage(2_000);
    await world.run(28);
    const before = (await world.deps.drains.load(ERP.id))?.rate ?? 0;
    await world.deps.breakers.report(TARGET, {
      reporter: 'r',
      counts: { ...NO_COUNTS, failures: 3, trailingFailures: 3 },
      place: bucketAt(BREAKER_DEFAULTS, world.clock.nowMs()),
      firstStartedAtMs: world.clock.nowMs(),
      nowMs: world.clock.nowMs(),
    });
    await world.run(5);
    expect((await world.deps.drains.load(ERP.id))?.rate).toBe(before / 2);
  });

  it('waits for as long as the other side asks', async () => {
    const world = await afterOutage(200);
    await world.run(10);
    const untilMs = world.clock.nowMs() + 40_000;
    await world.deps.breakers.pause(TARGET, untilMs);
    const before = world.arrived.length;
    const released = () => world.telemetry.counts.get('DeliveriesReleased');
    await world.run(1);
    const rung = released();
    await world.run(38);
    expect(released()).toBe(rung);
    expect(world.arrived).toHaveLength(before);
    await world.run(60);
    expect(world.arrived.length).toBeGreaterThan(before);
  });

  it('rings again what was lost, and not what is on its way', async () => {
    const world = await afterOutage(12);
    await world.run(13);
    world.purge();
    expect(world.arrived.length).toBeLessThan(12);
    await world.run(200);
    expect((await world.heldNow()).length).toBe(0);
    const rung = world.telemetry.counts.get('DeliveriesReleased') ?? 0;
    expect(rung).toBeLessThanOrEqual(24);
  });
});

describe('a drain without an outage', () => {
  it('begins with fifty a second', async () => {
    const world = drainWorld();
    await world.create();
    await world.hold(300, 'pause');
    await startDrain(world.deps, ERP, { ramp: false });
    await world.run(8);
    expect(world.perSecond().slice(0, 5)).toEqual([50, 50, 50, 50, 50]);
  });

  it('is one, however many start it at once', async () => {
    const world = drainWorld();
    await world.create();
    await world.hold(300, 'limit');
    const start = () => startDrain(world.deps, ERP, { ramp: false });
    await Promise.all(Array.from({ length: 50 }, start));
    expect(world.workQueue.rung).toHaveLength(1);
    await world.run(4);
    await start();
    await world.run(5);
    expect(Math.max(...world.perSecond())).toBe(50);
    expect(world.arrived.map(({ eventId }) => eventId)).toEqual(IDS(world.arrived.length));
  });

  it('leaves a paused integration alone', async () => {
    const world = drainWorld();
    await world.create({ status: 'paused' });
    await world.hold(5, 'pause');
    await startDrain(world.deps, ERP);
    await world.run(130);
    expect(await world.heldNow()).toHaveLength(5);
    expect(await world.stores.progress.sweeps()).toHaveLength(1);
  });
});

describe('a drain under a limit', () => {
  it('lets go no more in any second than the limit', async () => {
    const world = await afterOutage(400, { limits: { perSecond: 10 } });
    await world.run(70);
    expect(world.arrived.map(({ eventId }) => eventId)).toEqual(IDS(400));
    expect(Math.max(...world.perSecond())).toBe(10);
  });

  it.each([0.5, 1, 2, 3])('keeps %d calls a second over the minutes', async (perSecond) => {
    const world = await afterOutage(300, { limits: { perSecond } });
    await world.run(61);
    expect(world.arrived.length).toBeLessThanOrEqual(perSecond * 60 + 1);
    expect(world.arrived.length).toBeGreaterThanOrEqual(perSecond * 25);
  });

  it.each([
    ['half of the limit beside live traffic that wants it all', 20, 1_000, 10],
    ['what live traffic leaves', 20, 5, 15],
  ])('gets %s', async (_, perSecond, live, expected) => {
    const world = await afterOutage(1_500, { limits: { perSecond } });
    await world.run(40);
    let livePassed = 0;
    const before = world.arrived.length;
    for (let i = 0; i < 30; i++) {
      await world.run(1);
      const asked = { perSecond, count: live };
      livePassed += (await world.deps.rateLimits.take(ERP.id, asked, world.clock.nowMs())).granted;
    }
    const drained = world.arrived.length - before;
    expect(drained / 30).toBeGreaterThanOrEqual(expected - 1);
    expect(livePassed + drained).toBeLessThanOrEqual(perSecond * 31);
    if (live < perSecond / 2) expect(livePassed).toBe(live * 30);
  });

  it('is not over while the limit gives no leave', async () => {
    const world = drainWorld();
    await world.create({ limits: { perSecond: 10 } });
    await world.hold(1, 'limit');
    await startDrain(world.deps, ERP, { ramp: false });
    const take = async () => ({ granted: 0, waitMs: 100 });
    const deps = { ...world.deps, rateLimits: { take } };
    for (let i = 0; i < 5; i++) {
      const token = world.workQueue.rung.shift();
      if (token?.task.kind !== 'drain') throw new Error('no token');
      world.clock.advance(token.delaySeconds * 1_000);
      await drainStep(deps, token.task);
    }
    expect(await world.deps.drains.load(ERP.id)).toMatchObject({ step: 6, emptyRounds: 0 });
  });

  it('rings for four a second and place where only the places are limited', async () => {
    const world = await afterOutage(900, { limits: { concurrency: 3 } });
    await world.run(60);
    expect(Math.max(...world.perSecond())).toBe(12);
  });
});

describe('a token', () => {
  it('that comes twice lets nothing go twice', async () => {
    const world = await afterOutage(50);
    const [token] = world.workQueue.rung;
    if (token?.task.kind !== 'drain') throw new Error('no token');
    const { task } = token;
    await Promise.all([drainStep(world.deps, task), drainStep(world.deps, task)]);
    await drainStep(world.deps, task);
    expect(world.deliveryQueue.rung).toHaveLength(5);
    expect(world.workQueue.rung).toHaveLength(2);
  });

  it('for a drain that is over does nothing', async () => {
    const world = drainWorld();
    await world.create();
    await world.hold(1);
    await drainStep(world.deps, { kind: 'drain', ...TARGET, step: 1 });
    expect(world.deliveryQueue.rung).toEqual([]);
  });

  it('that breaks down is handed back, and keeps no other from its turn', async () => {
    const world = await afterOutage(5);
    const load: typeof world.deps.drains.load = async (id) => {
      if (id === 'int_bad') throw new Error('throttled');
      return await world.deps.drains.load(id);
    };
    const deps = { ...world.deps, drains: { ...world.deps.drains, load } };
    const drain = (integrationId: `int_${string}`, messageId: string) => ({
      messageId,
      task: { kind: 'drain', tenant: 'default', integrationId, step: 1 } as const,
    });
    const job = { messageId: 'c', task: { kind: 'job', jobId: 'job_gone' } as const };
    const batch = [drain('int_bad', 'a'), drain(ERP.id, 'b'), job];
    expect(await workBatch(deps, batch, () => 50_000)).toEqual(['a']);
    expect(world.deliveryQueue.rung).toHaveLength(5);
    expect(await workBatch(deps, batch, () => 10_000)).toEqual(['a', 'b', 'c']);
  });
});

describe('a probe token', () => {
  async function openWorld(held: number) {
    const world = drainWorld();
    await world.create();
    const { version, openUntilMs = 0 } = await world.open();
    await world.hold(held);
    const task = { kind: 'probe', ...TARGET, version } as const;
    return { ...world, task, openUntilMs };
  }

  it('lets the oldest one go when the open period is over', async () => {
    const { task, openUntilMs, ...world } = await openWorld(3);
    world.clock.advance(openUntilMs - world.clock.nowMs());
    await probeWaiting(world.deps, task);
    expect(world.deliveryQueue.rung).toEqual([
      {
        task: expect.objectContaining({ eventId: 'evt-000000', lane: 'drain', attempt: 0 }),
        delaySeconds: 0,
      },
    ]);
  });

  it('that comes early is rung again for the rest of the time, fifteen minutes at most', async () => {
    const { task, openUntilMs, ...world } = await openWorld(3);
    await probeWaiting(world.deps, task);
    const delaySeconds = (openUntilMs - world.clock.nowMs()) / 1_000;
    expect(world.workQueue.rung).toEqual([{ task, delaySeconds }]);
    expect(world.deliveryQueue.rung).toEqual([]);
    const untilMs = world.clock.nowMs() + 7_200_000;
    const forced = await world.move((breaker) =>
      forcedOpen(breaker, { nowMs: world.clock.nowMs(), reason: 'By hand.', untilMs }),
    );
    await probeWaiting(world.deps, { ...task, version: forced.version });
    expect(world.workQueue.rung.at(-1)?.delaySeconds).toBe(900);
  });

  it('for an earlier state, a closed breaker, or one tripped for good, does nothing', async () => {
    const { task, ...world } = await openWorld(3);
    world.clock.advance(3_600_000);
    await probeWaiting(world.deps, { ...task, version: task.version + 1 });
    const forced = await world.move((breaker) =>
      forcedOpen(breaker, { nowMs: world.clock.nowMs(), reason: 'By hand.' }),
    );
    await probeWaiting(world.deps, { ...task, version: forced.version });
    const closed = await world.close();
    await probeWaiting(world.deps, { ...task, version: closed.version });
    expect([...world.deliveryQueue.rung, ...world.workQueue.rung]).toEqual([]);
  });

  it('with nothing held does nothing', async () => {
    const { task, ...world } = await openWorld(0);
    world.clock.advance(60_000);
    await probeWaiting(world.deps, task);
    expect([...world.deliveryQueue.rung, ...world.workQueue.rung]).toEqual([]);
  });

  it('passes over those that are held no longer, or under way', async () => {
    const world = drainWorld();
    await world.create();
    await world.hold(4);
    const shown = await world.stores.deliveries.held({ integrationId: ERP.id, limit: 10 });
    const [gone, busy] = await Promise.all(
      shown.slice(0, 2).map((ref) => world.stores.deliveries.load(ref)),
    );
    if (gone === undefined || busy === undefined) throw new Error('no rows');
    const completedAtMs = world.clock.nowMs();
    await world.stores.deliveries.save({ ...gone, state: { status: 'cancelled', completedAtMs } });
    const leaseUntilMs = world.clock.nowMs() + 1;
    const state = { status: 'held', heldBy: 'breaker', leaseUntilMs } as const;
    await world.stores.deliveries.save({ ...busy, state });
    const deliveries = { ...world.stores.deliveries, held: async () => shown };
    expect(await letGoOldest({ ...world.deps, deliveries }, ERP, 1)).toBe(1);
    expect(world.deliveryQueue.rung.map(({ task }) => task.eventId)).toEqual(['evt-000002']);
  });
});
