import { describe, expect, it } from 'vitest';
import { watchBreakers } from '../../lib/app/watch-breakers.ts';
import { BREAKER_DEFAULTS, type Breaker, newBreaker } from '../../lib/domain/breaker.ts';
import { closed, forcedOpen, halfOpened, opened } from '../../lib/domain/breaker-transitions.ts';
import { bucketAt, NO_COUNTS } from '../../lib/domain/breaker-window.ts';
import { CHAIN } from './breaker-world.ts';
import { drainWorld, ERP, TARGET } from './drain-world.ts';

const FIRST = { ...TARGET, target: 1 };
const HOUR = 3_600_000;
const never = () => false;

async function setUp() {
  const world = drainWorld();
  await world.create({ fallback: CHAIN });
  const { breakers } = world.deps;
  const load = () => breakers.load(FIRST);
  /** As somebody did who died before telling of it, unless it is `told`. */
  const move = async (make: (breaker: Breaker) => Breaker, told = true) => {
    const next = make((await load()) ?? newBreaker(FIRST));
    await breakers.move(next);
    if (told) await breakers.published(FIRST, next.version);
  };
  const open = (told = true) => {
    const cause = { nowMs: world.clock.nowMs(), reason: 'It failed.', dice: 0 };
    return move((breaker) => opened(breaker, BREAKER_DEFAULTS, cause), told);
  };
  const report = async (counts: Partial<typeof NO_COUNTS>) => {
    const nowMs = world.clock.nowMs();
    await breakers.report(FIRST, {
      ...{ reporter: 'r', counts: { ...NO_COUNTS, ...counts } },
      ...{ place: bucketAt(BREAKER_DEFAULTS, nowMs), firstStartedAtMs: nowMs, nowMs },
    });
  };
  const watch = () => watchBreakers(world.deps, never);
  const history = async () => (await breakers.history(FIRST, { limit: 9 })).items;
  return { ...world, load, move, open, report, watch, history };
}

describe('watching the breakers of fallbacks', () => {
  it('announces a transition whose maker died', async () => {
    const { open, clock, watch, history, load, stores } = await setUp();
    await open(false);
    clock.advance(10_001);
    await watch();
    expect(await history()).toHaveLength(1);
    expect((await load())?.unpublished).toBeUndefined();
    const id = `breaker-${ERP.id}-1-1`;
    const event = await stores.events.get({ tenant: 'default', eventId: id });
    expect(event?.type).toBe('breakwater.breaker.opened');
  });

  it('takes one off the board that is over its failures', async () => {
    const { report, clock, watch, deps } = await setUp();
    await report({ failures: 1, trailingFailures: 1 });
    clock.advance(60_001);
    await report({ successes: 1, hadSuccess: true });
    await watch();
    expect(await deps.breakers.board()).toEqual([]);
  });

  it('lets nothing go that waits for the endpoint, and probes with nothing', async () => {
    const { open, hold, clock, watch, deps, deliveryQueue, workQueue, stores } = await setUp();
    await hold(3);
    await open();
    await deps.breakers.pause(FIRST, clock.nowMs() + 1_000);
    clock.advance(60_000);
    await watch();
    expect([...deliveryQueue.rung, ...workQueue.rung]).toEqual([]);
    expect(await stores.progress.sweeps()).toEqual([]);
  });

  it('starts no drain when a pause that the fallback asked for is over', async () => {
    const { hold, clock, watch, deps, workQueue, stores } = await setUp();
    await hold(3);
    await deps.breakers.pause(FIRST, clock.nowMs() + 1_000);
    clock.advance(60_000);
    await watch();
    expect([workQueue.rung, await stores.progress.sweeps()]).toEqual([[], []]);
    expect(await deps.breakers.board()).toEqual([]);
  });

  it('judges a half-open one by what came back', async () => {
    const { open, move, clock, watch, load } = await setUp();
    await open();
    clock.advance(31_000);
    const nowMs = clock.nowMs();
    await move((one) => halfOpened(one, { nowMs, reason: 'x', leaseMs: 20_000 }));
    clock.advance(40_001);
    await watch();
    expect(await load()).toMatchObject({ state: 'open', openCount: 2 });
  });

  it('closes one that nothing has needed for an hour since it could be probed', async () => {
    const { open, clock, watch, load, history, deps } = await setUp();
    await open();
    clock.advance(30_000 + HOUR - 1);
    await watch();
    expect((await load())?.state).toBe('open');
    clock.advance(1);
    await watch();
    expect(await load()).toMatchObject({ state: 'closed', openCount: 1 });
    expect((await history())[0]?.reason).toMatch(/Nothing has needed it for an hour/);
    expect(await deps.breakers.board()).toEqual([]);
  });

  it('does not close one that was tripped for good', async () => {
    const { move, clock, watch, load } = await setUp();
    await move((one) => forcedOpen(one, { nowMs: clock.nowMs(), reason: 'By hand.' }));
    clock.advance(100 * HOUR);
    await watch();
    expect((await load())?.state).toBe('forced-open');
  });

  it('closes one whose settings were switched off', async () => {
    const { open, change, watch, load } = await setUp();
    await open();
    await change({ breaker: { ...BREAKER_DEFAULTS, enabled: false } });
    await watch();
    expect((await load())?.state).toBe('closed');
  });

  it.each([
    ['the chain became shorter', []],
    ['another kind of link is there now', CHAIN.slice(1)],
  ])('forgets one when %s, and nobody is told', async (_, fallback) => {
    const { open, change, watch, load, history, deps, deliveryQueue } = await setUp();
    await open();
    await change({ fallback });
    await watch();
    await watch();
    expect(await deps.breakers.board()).toEqual([]);
    expect(await load()).toMatchObject({
      state: 'closed',
      last: { reason: 'The fallback was taken out.', actor: 'breaker' },
    });
    expect(await history()).toEqual([]);
    expect(deliveryQueue.rung).toEqual([]);
  });

  it('of both, sees to each on its own account', async () => {
    const { open, move, clock, watch, load, deps, open: openFirst } = await setUp();
    await openFirst();
    const nowMs = clock.nowMs();
    const own = opened(newBreaker(TARGET), BREAKER_DEFAULTS, { nowMs, reason: 'x', dice: 0 });
    await deps.breakers.move(own);
    await deps.breakers.published(TARGET, 1);
    await move((one) => closed(one, { nowMs, reason: 'Well.' }));
    await watch();
    expect((await load())?.state).toBe('closed');
    expect((await deps.breakers.load(TARGET))?.state).toBe('open');
    await open();
    expect(await deps.breakers.board()).toHaveLength(2);
  });
});
