import { expect, it } from 'vitest';
import type { Breaker } from '../../lib/domain/breaker.ts';
import { halfOpen, lease, open, REF } from './breaker-fixtures.ts';
import { T0 } from './fixtures.ts';
import type { MakeWorld } from './stand-ins.ts';

const many = (count: number) => Array.from({ length: count }, (_, n) => n);
const ROOM = 3;

/** What every implementation of `Breakers` promises of a half-open breaker and its probes. */
export function probesContract(make: MakeWorld): void {
  const begin = async () => {
    const { breakers } = (await make()).stores;
    const opened = open();
    const half = halfOpen(opened);
    await breakers.move(opened);
    await breakers.move(half);
    const { version } = half;
    const seen = { version, room: ROOM, successes: 0, failures: 0 };
    return { breakers, half, version, seen };
  };

  it('of two hundred callers at once never more than the room get a lease', async () => {
    const { breakers, seen } = await begin();
    const race = await Promise.all(many(200).map((n) => breakers.lease(REF, seen, lease(n))));
    const taken = many(200).filter((n) => race[n] === 'taken');
    expect(taken).toHaveLength(ROOM);
    const leases = (await breakers.load(REF))?.halfOpen?.leases;
    expect(leases).toHaveLength(ROOM);
    expect(leases).toEqual(expect.arrayContaining(taken.map((n) => lease(n))));
  });

  it('one lease that is asked for again is one', async () => {
    const { breakers, seen } = await begin();
    for (const _ of many(3)) expect(await breakers.lease(REF, seen, lease(1))).toBe('taken');
    expect((await breakers.load(REF))?.halfOpen?.leases).toEqual([lease(1)]);
  });

  it('a lease is refused over another version, other results, or another state', async () => {
    const { breakers, seen, version } = await begin();
    for (const change of [{ version: version - 1 }, { successes: 1 }, { failures: 1 }]) {
      expect(await breakers.lease(REF, { ...seen, ...change }, lease(1))).toBe('refused');
    }
    const elsewhere = { ...REF, target: 1 };
    expect(await breakers.lease(elsewhere, seen, lease(1))).toBe('refused');
    await breakers.move(open(halfOpen(open()), T0 + 60_000));
    const moved = { ...seen, version: version + 1 };
    expect(await breakers.lease(REF, moved, lease(1))).toBe('refused');
    expect(await breakers.load(elsewhere)).toBeUndefined();
  });

  it.each([
    ['success', { successes: 1, failures: 0 }, { calls: 1, failures: 0 }],
    ['failure', { successes: 0, failures: 1 }, { calls: 1, failures: 1 }],
    ['neutral', { successes: 0, failures: 0 }, { calls: 0, failures: 0 }],
  ] as const)('a %s is counted once, and gives the lease back', async (outcome, came, totals) => {
    const { breakers, seen, version, half } = await begin();
    await breakers.lease(REF, seen, lease(1));
    const settled = await breakers.settle(REF, version, lease(1), outcome);
    const expected: Breaker = {
      ...half,
      halfOpen: half.halfOpen && { ...half.halfOpen, ...came, leases: [] },
      totals: { ...half.totals, ...totals },
    };
    expect(settled).toEqual(expected);
    expect(await breakers.settle(REF, version, lease(1), outcome)).toBe('late');
    expect(await breakers.load(REF)).toEqual(expected);
  });

  it('many results at once are all counted', async () => {
    const { breakers, seen, version } = await begin();
    const leases = many(20).map((n) => lease(n));
    for (const one of leases) await breakers.lease(REF, { ...seen, room: 20 }, one);
    const outcome = (n: number) => (n % 2 === 0 ? 'success' : 'failure');
    await Promise.all(leases.map((one, n) => breakers.settle(REF, version, one, outcome(n))));
    const after = await breakers.load(REF);
    expect(after?.halfOpen).toMatchObject({ successes: 10, failures: 10, leases: [] });
  });

  it('a dead prober loses its place to the next, and its result is late', async () => {
    const { breakers, seen, version } = await begin();
    for (const n of many(ROOM)) await breakers.lease(REF, seen, lease(n));
    expect(await breakers.lease(REF, seen, lease(7))).toBe('refused');
    await Promise.all(many(5).map(() => breakers.clear(REF, version, [lease(0), lease(1)])));
    expect((await breakers.load(REF))?.halfOpen?.leases).toEqual([lease(2)]);
    expect(await breakers.lease(REF, seen, lease(7))).toBe('taken');
    const before = await breakers.load(REF);
    expect(await breakers.settle(REF, version, lease(0), 'success')).toBe('late');
    expect(await breakers.load(REF)).toEqual(before);
  });

  it('a result of an earlier half-open state changes nothing, though its lease stood', async () => {
    const { breakers, seen, version, half } = await begin();
    await breakers.lease(REF, seen, lease(1));
    const again = open(half, T0 + 70_000);
    const later = halfOpen(again, T0 + 200_000);
    for (const next of [again, later]) {
      await breakers.move(next);
      for (const outcome of ['success', 'failure', 'neutral'] as const) {
        expect(await breakers.settle(REF, version, lease(1), outcome)).toBe('late');
      }
      expect(await breakers.load(REF)).toEqual(next);
    }
    const now = { ...seen, version: later.version };
    expect(await breakers.lease(REF, now, lease(1))).toBe('taken');
    expect(await breakers.settle(REF, version, lease(1), 'success')).toBe('late');
    await breakers.clear(REF, version, [lease(1)]);
    expect((await breakers.load(REF))?.halfOpen?.leases).toEqual([lease(1)]);
  });

  it('room is what the results leave of it', async () => {
    const { breakers, seen, version } = await begin();
    await breakers.lease(REF, seen, lease(1));
    await breakers.settle(REF, version, lease(1), 'success');
    expect(await breakers.lease(REF, seen, lease(2))).toBe('refused');
    const left = { ...seen, successes: 1, room: ROOM - 1 };
    const race = await Promise.all(many(9).map((n) => breakers.lease(REF, left, lease(n + 2))));
    expect(race.filter((result) => result === 'taken')).toHaveLength(ROOM - 1);
  });

  it('a half-open breaker takes no reports, and keeps its deadline', async () => {
    const { breakers, half } = await begin();
    const reported = await breakers.report(REF, {
      ...{ reporter: 'r1', nowMs: T0 + 40_000, firstStartedAtMs: T0 + 39_000 },
      place: { index: 0, startMs: T0 + 36_000 },
      counts: { failures: 1, successes: 0, slow: 0, trailingFailures: 1, hadSuccess: false },
    });
    expect(reported).toEqual({ kind: 'late', breaker: half });
    expect((await breakers.load(REF))?.halfOpen?.deadlineMs).toBe(T0 + 70_000);
  });
}
