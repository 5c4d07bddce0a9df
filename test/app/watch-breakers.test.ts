import { describe, expect, it } from 'vitest';
import { watchBreakers } from '../../lib/app/watch-breakers.ts';
import { BREAKER_DEFAULTS, newBreaker } from '../../lib/domain/breaker.ts';
import { disabled, forcedOpen, halfOpened, opened } from '../../lib/domain/breaker-transitions.ts';
import { bucketAt, NO_COUNTS } from '../../lib/domain/breaker-window.ts';
import { drainWorld, ERP, TARGET } from './drain-world.ts';

type World = ReturnType<typeof drainWorld>;
const never = () => false;
const watch = (world: World) => watchBreakers(world.deps, never);

async function setUp() {
  const world = drainWorld();
  await world.create();
  return world;
}

async function failOnce(world: World) {
  const nowMs = world.clock.nowMs();
  await world.deps.breakers.report(TARGET, {
    reporter: 'r',
    counts: { ...NO_COUNTS, failures: 1, trailingFailures: 1 },
    place: bucketAt(BREAKER_DEFAULTS, nowMs),
    firstStartedAtMs: nowMs,
    nowMs,
  });
}

describe('watching the breakers', () => {
  it('announces a transition whose maker died, once it is ten seconds old', async () => {
    const world = await setUp();
    const nowMs = world.clock.nowMs();
    await world.deps.breakers.move(
      opened(newBreaker(TARGET), BREAKER_DEFAULTS, { nowMs, reason: 'It failed.', dice: 0 }),
    );
    const history = async () => (await world.deps.breakers.history(TARGET, { limit: 9 })).items;
    world.clock.advance(10_000);
    await watch(world);
    expect(await history()).toEqual([]);
    world.clock.advance(1);
    await watch(world);
    await watch(world);
    expect(await history()).toHaveLength(1);
    expect((await world.deps.breakers.load(TARGET))?.unpublished).toBeUndefined();
    const id = `breaker-${ERP.id}-0-1`;
    const event = await world.stores.events.get({ tenant: 'default', eventId: id });
    expect(event?.type).toBe('breakwater.breaker.opened');
  });

  it('lets the oldest one try when an open period is over and its token got lost', async () => {
    const world = await setUp();
    await world.open();
    await world.hold(3);
    await watch(world);
    expect([...world.deliveryQueue.rung, ...world.workQueue.rung]).toEqual([]);
    world.clock.advance(31_000);
    await watch(world);
    expect(world.deliveryQueue.rung.map(({ task }) => task.eventId)).toEqual(['evt-000000']);
  });

  it('does so for one that was tripped until now, and not for one tripped for good', async () => {
    for (const forMs of [60_000, undefined]) {
      const world = await setUp();
      const nowMs = world.clock.nowMs();
      const until = forMs === undefined ? {} : { untilMs: nowMs + forMs };
      await world.move((one) => forcedOpen(one, { nowMs, reason: 'By hand.', ...until }));
      await world.hold(1);
      world.clock.advance(61_000);
      await watch(world);
      expect(world.deliveryQueue.rung).toHaveLength(forMs === undefined ? 0 : 1);
    }
  });

  it('closes one whose settings were switched off while it was open', async () => {
    const world = await setUp();
    await world.open();
    await world.change({ breaker: { ...BREAKER_DEFAULTS, enabled: false } });
    await watch(world);
    expect(await world.deps.breakers.load(TARGET)).toMatchObject({
      state: 'closed',
      last: { reason: 'The breaker was switched off.', actor: 'breaker' },
    });
  });

  it('does not probe for an integration that is paused', async () => {
    const world = await setUp();
    await world.open();
    await world.hold(1);
    await world.change({ status: 'paused' });
    world.clock.advance(60_000);
    await watch(world);
    expect(world.deliveryQueue.rung).toEqual([]);
  });

  it('judges a half-open one by what came back when its time is over', async () => {
    const world = await setUp();
    await world.open();
    world.clock.advance(31_000);
    const reason = 'Its open period is over.';
    await world.move((one) =>
      halfOpened(one, { nowMs: world.clock.nowMs(), reason, leaseMs: 20_000 }),
    );
    await watch(world);
    expect((await world.deps.breakers.load(TARGET))?.state).toBe('half-open');
    world.clock.advance(40_001);
    await watch(world);
    const breaker = await world.deps.breakers.load(TARGET);
    expect(breaker).toMatchObject({ state: 'open', openCount: 2 });
    expect(breaker?.last?.reason).toBe('No probe came back.');
  });

  it('takes one off the board that is over its failures', async () => {
    const world = await setUp();
    await failOnce(world);
    world.clock.advance(60_001);
    await watch(world);
    expect(await world.deps.breakers.board()).toHaveLength(1);
    const nowMs = world.clock.nowMs();
    await world.deps.breakers.report(TARGET, {
      reporter: 'r',
      counts: { ...NO_COUNTS, successes: 1, hadSuccess: true },
      place: bucketAt(BREAKER_DEFAULTS, nowMs),
      firstStartedAtMs: nowMs,
      nowMs,
    });
    await watch(world);
    expect(await world.deps.breakers.board()).toEqual([]);
  });

  it('keeps one that failed within its window, or is slow, on the board', async () => {
    const world = await setUp();
    await failOnce(world);
    await watch(world);
    expect(await world.deps.breakers.board()).toHaveLength(1);
    world.clock.advance(86_400_001);
    await world.deps.breakers.linger(TARGET, world.clock.nowMs() + 1_000);
    await watch(world);
    expect(await world.deps.breakers.board()).toHaveLength(1);
    world.clock.advance(1_000);
    await watch(world);
    expect(await world.deps.breakers.board()).toEqual([]);
  });

  it('starts drains after a pause for a few minutes, not for as long as it is watched', async () => {
    const world = await setUp();
    await failOnce(world);
    await world.deps.breakers.pause(TARGET, world.clock.nowMs() + 5_000);
    let minutes = 0;
    for (let minute = 1; minute <= 60; minute++) {
      world.clock.advance(60_000);
      const before = world.workQueue.rung.length;
      await watch(world);
      if (world.workQueue.rung.length > before) minutes = minute;
    }
    expect(minutes).toBe(3);
    expect(await world.deps.breakers.load(TARGET)).toMatchObject({ notBeforeMs: 0 });
  });

  it('starts a drain for what was held in a pause before the mark of it goes', async () => {
    const world = await setUp();
    await world.deps.breakers.pause(TARGET, world.clock.nowMs() + 5_000);
    await world.hold(4, 'limit');
    world.clock.advance(60_000);
    await watch(world);
    expect(await world.deps.breakers.board()).toEqual([]);
    expect(await world.stores.progress.sweeps()).toHaveLength(1);
    await world.run(10);
    expect(await world.heldNow()).toEqual([]);
  });

  it('forgets the breaker of an integration that is gone', async () => {
    const world = drainWorld();
    await world.open();
    await watch(world);
    expect(await world.deps.breakers.board()).toEqual([]);
    expect(world.deliveryQueue.rung).toEqual([]);
  });

  it('leaves alone what was switched off by hand', async () => {
    const world = await setUp();
    const nowMs = world.clock.nowMs();
    await world.move((one) => disabled(one, { nowMs, reason: 'By hand.', counting: false }));
    world.clock.advance(86_400_000);
    await watch(world);
    expect((await world.deps.breakers.load(TARGET))?.state).toBe('disabled');
  });

  it('counts those that are not closed', async () => {
    const world = await setUp();
    await failOnce(world);
    await watch(world);
    expect(world.telemetry.counts.get('BreakersTroubled')).toBe(0);
    await world.open();
    await watch(world);
    expect(world.telemetry.counts.get('BreakersTroubled')).toBe(1);
  });

  it('goes on with the others when one fails, says so, and stops when time is over', async () => {
    const world = await setUp();
    const other = { ...TARGET, integrationId: 'int_other' } as const;
    await world.create({ id: other.integrationId, name: 'other' });
    for (const target of [TARGET, other]) await world.deps.breakers.linger(target, 1);
    const load: typeof world.deps.breakers.load = async (ref) => {
      if (ref.integrationId === ERP.id) throw new Error('throttled');
      return await world.deps.breakers.load(ref);
    };
    const deps = { ...world.deps, breakers: { ...world.deps.breakers, load } };
    await watchBreakers(deps, () => true);
    expect(await world.deps.breakers.board()).toHaveLength(2);
    await expect(watchBreakers(deps, never)).rejects.toThrow(AggregateError);
    const left = await world.deps.breakers.board();
    expect(left.map(({ integrationId }) => integrationId)).toEqual([ERP.id]);
  });
});
