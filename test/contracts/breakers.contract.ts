import { describe, expect, it } from 'vitest';
import { BREAKER_DEFAULTS, type Breaker, newBreaker } from '../../lib/domain/breaker.ts';
import { closed, disabled, forcedOpen, reset } from '../../lib/domain/breaker-transitions.ts';
import { NO_COUNTS } from '../../lib/domain/breaker-window.ts';
import { failed, halfOpen, lease, open, REF, report, succeeded, sum } from './breaker-fixtures.ts';
import { T0 } from './fixtures.ts';
import type { MakeWorld } from './stand-ins.ts';

const many = (count: number) => Array.from({ length: count }, (_, n) => n);

/** What every implementation of `Breakers` promises, but for probes. */
export function breakersContract(make: MakeWorld): void {
  const begin = async () => (await make()).stores.breakers;

  describe('a breaker that is well', () => {
    it('is not stored, and successes do not make it so', async () => {
      const breakers = await begin();
      const answer = await breakers.report(REF, report(succeeded(5)));
      expect(answer).toEqual({ kind: 'counted', breaker: newBreaker(REF) });
      await breakers.reject(REF, 3);
      await breakers.calm(newBreaker(REF));
      await breakers.published(REF, 1);
      await breakers.clear(REF, 0, [lease(1)]);
      expect(await breakers.load(REF)).toBeUndefined();
      expect(await breakers.board()).toEqual([]);
    });
  });

  describe('reports', () => {
    it('put a breaker on the board at its first failure, and both outcomes count from then', async () => {
      const breakers = await begin();
      const first = { ...failed(2), successes: 3, slow: 1, hadSuccess: true };
      const { breaker } = await breakers.report(REF, report(first));
      const expected: Breaker = {
        ...newBreaker(REF),
        suspectSinceMs: T0,
        lastFailureAtMs: T0,
        buckets: [{ startMs: T0, failures: 2, successes: 3, slow: 1 }],
        consecutiveFailures: 2,
        reporters: ['r1'],
        totals: { calls: 5, failures: 2, rejected: 0, opened: 0 },
      };
      expect(breaker).toEqual(expected);
      expect(await breakers.load(REF)).toEqual(expected);
      const { tenant, integrationId, target, state, version, sinceMs } = expected;
      const sign = { tenant, integrationId, target, state, version, sinceMs };
      expect(await breakers.board()).toEqual([
        { ...sign, suspectSinceMs: T0, notBeforeMs: 0, slowUntilMs: 0, openUntilMs: undefined },
      ]);
      const later = await breakers.report(REF, report(succeeded(4), T0 + 100));
      expect(later.breaker).toMatchObject({
        suspectSinceMs: T0,
        lastFailureAtMs: T0,
        consecutiveFailures: 0,
        totals: { calls: 9, failures: 2 },
      });
      expect(sum(later.breaker, 'successes')).toBe(7);
    });

    it('of a hundred at once are all counted, each exactly once', async () => {
      const breakers = await begin();
      const answers = await Promise.all(
        many(100).map((n) => breakers.report(REF, report(failed(1), T0, { reporter: `r${n}` }))),
      );
      expect(answers.every(({ kind }) => kind === 'counted')).toBe(true);
      const breaker = await breakers.load(REF);
      expect(breaker?.totals).toMatchObject({ calls: 100, failures: 100 });
      expect(breaker).toMatchObject({ consecutiveFailures: 100, suspectSinceMs: T0 });
      expect(sum(breaker, 'failures')).toBe(100);
      expect(breaker?.reporters).toHaveLength(16);
      const seen = answers.map((answer) => answer.breaker.totals.failures);
      expect(Math.max(...seen)).toBe(100);
    });

    it('of many at once that turn a bucket over are all counted', async () => {
      const breakers = await begin();
      await breakers.report(REF, report(failed(9)));
      const aWindowLater = T0 + BREAKER_DEFAULTS.windowSeconds * 1000;
      await Promise.all(many(20).map(() => breakers.report(REF, report(failed(1), aWindowLater))));
      const breaker = await breakers.load(REF);
      expect(breaker?.buckets).toEqual([
        { startMs: aWindowLater, failures: 20, successes: 0, slow: 0 },
      ]);
      expect(breaker?.totals.failures).toBe(29);
      expect(breaker?.consecutiveFailures).toBe(29);
    });

    it('fill the ring, and one from a clock far behind takes nothing out of it', async () => {
      const breakers = await begin();
      const bucketMs = BREAKER_DEFAULTS.windowSeconds * 100;
      for (const n of many(10)) {
        await breakers.report(REF, report(failed(n + 1), T0 + n * bucketMs));
      }
      const behind = T0 - BREAKER_DEFAULTS.windowSeconds * 1000;
      await breakers.report(REF, report(failed(9), behind, { firstStartedAtMs: T0 }));
      const breaker = await breakers.load(REF);
      expect(breaker?.buckets).toHaveLength(10);
      expect(sum(breaker, 'failures')).toBe(55);
      expect(breaker?.totals.failures).toBe(64);
    });

    it('start the run of failures anew after a success', async () => {
      const breakers = await begin();
      await breakers.report(REF, report(failed(3)));
      await breakers.report(REF, report(failed(2)));
      expect((await breakers.load(REF))?.consecutiveFailures).toBe(5);
      const mixed = { ...NO_COUNTS, failures: 4, successes: 1, trailingFailures: 1 };
      await breakers.report(REF, report({ ...mixed, hadSuccess: true }));
      expect((await breakers.load(REF))?.consecutiveFailures).toBe(1);
    });

    it('are late, and change nothing, where the breaker has left the state of the calls', async () => {
      const breakers = await begin();
      await breakers.report(REF, report(failed(1)));
      const opened = open((await breakers.load(REF)) ?? newBreaker(REF), T0 + 10);
      await breakers.move(opened);
      const before = await breakers.load(REF);
      const late = await breakers.report(REF, report(failed(5), T0 + 20));
      expect(late).toEqual({ kind: 'late', breaker: before });
      const again = closed(halfOpen(opened), { nowMs: T0 + 40_000, reason: 'Well.' });
      await breakers.move(halfOpen(opened));
      await breakers.move(again);
      const calls = { firstStartedAtMs: T0 + 39_999 };
      for (const counts of [failed(5), succeeded(5)]) {
        const answer = await breakers.report(REF, report(counts, T0 + 40_100, calls));
        expect(answer.kind).toBe('late');
      }
      expect((await breakers.load(REF))?.totals).toMatchObject({ calls: 1, failures: 1 });
      const own = { firstStartedAtMs: T0 + 40_000 };
      const counted = await breakers.report(REF, report(failed(5), T0 + 40_100, own));
      expect(counted).toMatchObject({ kind: 'counted', breaker: { consecutiveFailures: 5 } });
    });

    it('are late for who knew the breaker before it opened and closed', async () => {
      const { stores, another } = await make();
      const elsewhere = another().breakers;
      const { breaker } = await stores.breakers.report(REF, report(failed(1)));
      const opened = open(breaker, T0 + 10);
      const half = halfOpen(opened, T0 + 20);
      const again = closed(half, { nowMs: T0 + 30, reason: 'Well.' });
      for (const next of [opened, half, again]) await elsewhere.move(next);
      const own = { firstStartedAtMs: T0 + 30, reporter: 'r2' };
      await elsewhere.report(REF, report(failed(1), T0 + 40, own));
      const before = await elsewhere.load(REF);
      const late = await stores.breakers.report(REF, report(failed(7), T0 + 50));
      expect(late).toEqual({ kind: 'late', breaker: before });
      expect(await elsewhere.load(REF)).toEqual(before);
    });

    it('count in a breaker that only counts, and do not make it suspect', async () => {
      const breakers = await begin();
      const cause = { nowMs: T0, reason: 'To look.', actor: 'key_1', counting: true };
      await breakers.move(disabled(newBreaker(REF), cause));
      const calls = { firstStartedAtMs: T0 };
      await breakers.report(REF, report(succeeded(2), T0 + 10, calls));
      const { kind, breaker } = await breakers.report(REF, report(failed(1), T0 + 20, calls));
      expect(kind).toBe('counted');
      expect(breaker).toMatchObject({ state: 'metrics-only', suspectSinceMs: undefined });
      expect(breaker.totals).toMatchObject({ calls: 3, failures: 1 });
      expect(breaker.reporters).toEqual(['r1']);
    });
  });

  describe('transitions', () => {
    it.each<[string, (breaker: Breaker) => Breaker]>([
      ['open', (breaker) => open(breaker)],
      ['half-open', (breaker) => halfOpen(breaker)],
      ['closed', (breaker) => closed(breaker, { nowMs: T0, reason: 'a "reason", ünd so on' })],
      ['closed by hand', (breaker) => reset(breaker, { nowMs: T0, reason: '', actor: 'key_1' })],
      ['forced open', (breaker) => forcedOpen(breaker, { nowMs: T0, reason: 'Stop.' })],
      ['forced for a while', (b) => forcedOpen(b, { nowMs: T0, reason: '', untilMs: T0 + 9 })],
      ['off', (b) => disabled(b, { nowMs: T0, reason: 'Off.', counting: false })],
    ])('to %s come back as they were stored, on the board', async (_, change) => {
      const breakers = await begin();
      const before = { ...newBreaker(REF), callRate: 12.5, notBeforeMs: T0 + 5, slowUntilMs: T0 };
      const next = change({ ...before, openCount: 2, totals: { ...before.totals, opened: 2 } });
      expect(await breakers.move(next)).toBe('moved');
      expect(await breakers.load(REF)).toEqual(next);
      expect(await breakers.board()).toEqual([
        expect.objectContaining({ state: next.state, version: 1, openUntilMs: next.openUntilMs }),
      ]);
    });

    it('of a hundred at once exactly one wins, over nothing and over something', async () => {
      const breakers = await begin();
      const first = await Promise.all(
        many(100).map((n) => breakers.move(open(newBreaker(REF), T0 + n, `By ${n}.`))),
      );
      expect(first.filter((result) => result === 'moved')).toHaveLength(1);
      const opened = await breakers.load(REF);
      expect(opened?.last?.reason).toBe(`By ${first.indexOf('moved')}.`);
      expect(opened).toMatchObject({ version: 1, totals: { opened: 1 } });
      const next = halfOpen(opened ?? newBreaker(REF));
      const second = await Promise.all(many(100).map(() => breakers.move(next)));
      expect(second.filter((result) => result === 'moved')).toHaveLength(1);
      expect((await breakers.load(REF))?.version).toBe(2);
    });

    it('are stale over a version that is not stored', async () => {
      const breakers = await begin();
      expect(await breakers.move(open({ ...newBreaker(REF), version: 3 }))).toBe('stale');
      expect(await breakers.load(REF)).toBeUndefined();
      await breakers.move(open());
      expect(await breakers.move(open())).toBe('stale');
      expect(await breakers.move(open({ ...newBreaker(REF), version: 2 }))).toBe('stale');
    });

    it('end suspicion, window and reporters, and lose no count that came meanwhile', async () => {
      const breakers = await begin();
      const { breaker } = await breakers.report(REF, report(failed(4)));
      await breakers.report(REF, report(failed(2), T0 + 50));
      await breakers.reject(REF, 7);
      await breakers.move(open(breaker, T0 + 60));
      expect(await breakers.load(REF)).toMatchObject({
        ...{ state: 'open', suspectSinceMs: undefined, buckets: [], reporters: [] },
        ...{ consecutiveFailures: 0, lastFailureAtMs: T0 + 50 },
        totals: { calls: 6, failures: 6, rejected: 7, opened: 1 },
      });
    });

    it('and reports at the same moment: a report counts before one, or is late after it', async () => {
      const breakers = await begin();
      const { breaker } = await breakers.report(REF, report(failed(1)));
      const reports = many(30).map(() => breakers.report(REF, report(failed(1), T0 + 10)));
      const move = breakers.move(open(breaker, T0 + 10));
      const answers = await Promise.all(reports);
      expect(await move).toBe('moved');
      const counted = answers.filter(({ kind }) => kind === 'counted').length;
      const after = await breakers.load(REF);
      expect(after?.totals.failures).toBe(1 + counted);
      expect(after).toMatchObject({ state: 'open', consecutiveFailures: 0, buckets: [] });
    });

    it('stay on the board until they are published, again and again', async () => {
      const breakers = await begin();
      const opened = open();
      const well = reset(opened, { nowMs: T0 + 5, reason: 'By hand.' });
      await breakers.move(opened);
      await breakers.move(well);
      await breakers.published(REF, 1);
      expect((await breakers.load(REF))?.unpublished).toEqual(well.last);
      expect(await breakers.board()).toHaveLength(1);
      await breakers.published(REF, 2);
      await breakers.published(REF, 2);
      const stored = await breakers.load(REF);
      expect(stored).toEqual({ ...well, unpublished: undefined });
      expect(await breakers.board()).toEqual([]);
    });

    it('published while it is paused, are on the board for the pause', async () => {
      const breakers = await begin();
      const refs = many(20).map((target) => ({ ...REF, target }));
      await Promise.all(
        refs.map(async (ref) => {
          await breakers.move(reset(newBreaker(ref), { nowMs: T0, reason: '' }));
          const published = breakers.published(ref, 1);
          await Promise.all([published, breakers.pause(ref, T0 + 9), breakers.linger(ref, T0)]);
        }),
      );
      const board = await breakers.board();
      expect(board).toHaveLength(refs.length);
      expect(board.every(({ notBeforeMs }) => notBeforeMs === T0 + 9)).toBe(true);
    });

    it('published, leave a breaker on the board that is not closed, paused or watched', async () => {
      const breakers = await begin();
      await breakers.move(open());
      await breakers.published(REF, 1);
      expect(await breakers.board()).toHaveLength(1);
      await breakers.move(reset(open(), { nowMs: T0 + 5, reason: '' }));
      await breakers.report(REF, report(failed(1), T0 + 6, { firstStartedAtMs: T0 + 5 }));
      await breakers.published(REF, 2);
      expect(await breakers.board()).toMatchObject([{ suspectSinceMs: T0 + 6 }]);
      expect((await breakers.load(REF))?.unpublished).toBeUndefined();
    });
  });

  describe('pauses and slow marks', () => {
    it.each(['pause', 'linger'] as const)('of many %s marks the latest stands', async (kind) => {
      const breakers = await begin();
      const times = [3, 9, 1, 7, 9, 2].map((n) => T0 + n);
      await Promise.all(times.map((ms) => breakers[kind](REF, ms)));
      await breakers[kind](REF, T0 + 4);
      const field = kind === 'pause' ? 'notBeforeMs' : 'slowUntilMs';
      const expected = { ...newBreaker(REF), [field]: T0 + 9 };
      expect(await breakers.load(REF)).toEqual(expected);
      expect(await breakers.board()).toMatchObject([{ state: 'closed', [field]: T0 + 9 }]);
    });

    it('are taken off when they were seen to, unless they were prolonged', async () => {
      const breakers = await begin();
      await breakers.pauseSeen(REF, T0 + 3);
      expect(await breakers.load(REF)).toBeUndefined();
      await breakers.pause(REF, T0 + 3);
      await breakers.pause(REF, T0 + 9);
      await breakers.pauseSeen(REF, T0 + 3);
      expect((await breakers.load(REF))?.notBeforeMs).toBe(T0 + 9);
      await breakers.pauseSeen(REF, T0 + 9);
      expect(await breakers.load(REF)).toEqual(newBreaker(REF));
    });

    it('stand beside a state, and do not change it', async () => {
      const breakers = await begin();
      await breakers.move(open());
      await breakers.pause(REF, T0 + 9);
      await breakers.linger(REF, T0 + 8);
      const marked = { ...open(), notBeforeMs: T0 + 9, slowUntilMs: T0 + 8 };
      expect(await breakers.load(REF)).toEqual(marked);
    });
  });
}
