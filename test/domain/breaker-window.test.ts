import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BREAKER_DEFAULTS, type Breaker, newBreaker } from '../../lib/domain/breaker.ts';
import {
  added,
  BUCKETS,
  bucketAt,
  type Counts,
  counted,
  isOverIt,
  NO_COUNTS,
  tripReason,
  windowOf,
  YOUNG_MS,
} from '../../lib/domain/breaker-window.ts';

const T = Date.UTC(2026, 5, 1);
const config = BREAKER_DEFAULTS;
const REF = { tenant: 'default', integrationId: 'int_a', target: 0 } as const;

function counts(failures: number, successes = 0, slow = 0): Counts {
  return { ...NO_COUNTS, failures, successes, slow };
}

function watched(change: Partial<Breaker>): Breaker {
  return { ...newBreaker(REF), suspectSinceMs: T - YOUNG_MS, lastFailureAtMs: T, ...change };
}

function holding(failures: number, successes = 0, slow = 0): Breaker['buckets'] {
  return added([], bucketAt(config, T), counts(failures, successes, slow), config);
}

describe('the sliding window', () => {
  it('counts what ended within it and forgets it a window later', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 10, max: 3_600 }),
        fc.array(fc.tuple(fc.integer({ min: 0, max: 200_000 }), fc.boolean()), { maxLength: 60 }),
        (windowSeconds, calls) => {
          const own = { ...config, windowSeconds };
          const ordered = [...calls].sort(([a], [b]) => a - b);
          let buckets: Breaker['buckets'] = [];
          for (const [afterMs, ok] of ordered) {
            const one = ok ? counts(0, 1) : counts(1);
            buckets = added(buckets, bucketAt(own, T + afterMs), one, own);
          }
          const nowMs = T + (ordered.at(-1)?.[0] ?? 0);
          const windowMs = windowSeconds * 1000;
          const seen = windowOf(buckets, own, nowMs).calls;
          const surely = ordered.filter(([at]) => T + at > nowMs - windowMs + windowMs / BUCKETS);
          const atMost = ordered.filter(([at]) => T + at > nowMs - windowMs);
          expect(seen).toBeGreaterThanOrEqual(surely.length);
          expect(seen).toBeLessThanOrEqual(atMost.length);
          expect(windowOf(buckets, own, nowMs + windowMs).calls).toBe(0);
          expect(buckets.length).toBeLessThanOrEqual(BUCKETS);
        },
      ),
    );
  });

  it('counts nothing of a bucket that lies ahead: a clock that ran fast does not trip it', () => {
    const ahead = added([], bucketAt(config, T + 120_000), counts(50), config);
    expect(windowOf(ahead, config, T)).toMatchObject({ calls: 0, failureRate: null });
  });

  it('replaces what a bucket held a turn ago', () => {
    const before = added([], bucketAt(config, T), counts(9), config);
    const after = added(before, bucketAt(config, T + 60_000), counts(1), config);
    expect(windowOf(after, config, T + 60_000)).toMatchObject({ calls: 1, failures: 1 });
  });

  it('counts trailing failures over the calls of a batch', () => {
    const calls = [false, true, false, false].map((ok) => ({ ok, slow: false }));
    expect(calls.reduce(counted, NO_COUNTS)).toEqual({
      failures: 3,
      successes: 1,
      slow: 0,
      trailingFailures: 2,
      hadSuccess: true,
    });
  });
});

describe('a breaker trips', () => {
  const table: readonly (readonly [string, Partial<Breaker>, boolean])[] = [
    ['at the failure rate exactly, on enough calls', { buckets: holding(5, 5) }, true],
    ['not below the failure rate', { buckets: holding(4, 6) }, false],
    ['not on fewer calls than the minimum, all of them failed', { buckets: holding(9) }, false],
    ['at the minimum of calls', { buckets: holding(10) }, true],
    ['when all calls are slow, though none failed', { buckets: holding(0, 10, 10) }, true],
    ['not when one call in ten was quick', { buckets: holding(0, 10, 9) }, false],
    ['at so many failures in a row, whatever the window', { consecutiveFailures: 10 }, true],
    ['not one before', { consecutiveFailures: 9 }, false],
    ['not again while it is open', { state: 'open', buckets: holding(50) }, false],
    ['not while it only counts', { state: 'metrics-only', buckets: holding(50) }, false],
    [
      'not while it is half-open: probes decide',
      { state: 'half-open', buckets: holding(50) },
      false,
    ],
  ];
  it.each(table)('%s', (_, change, trips) => {
    expect(tripReason(watched(change), config, T) !== undefined).toBe(trips);
  });

  it('at once for three instances, later for many: their first failures say little', () => {
    const young = { suspectSinceMs: T - 1_000, buckets: holding(10) };
    const reporters = (count: number) => Array.from({ length: count }, (_, i) => `r${i}`);
    expect(tripReason(watched({ ...young, reporters: reporters(3) }), config, T)).toBeDefined();
    expect(tripReason(watched({ ...young, reporters: reporters(4) }), config, T)).toBeUndefined();
    const row = { suspectSinceMs: T - 1_000, consecutiveFailures: 10 };
    expect(tripReason(watched({ ...row, reporters: reporters(9) }), config, T)).toBeUndefined();
    const old = { ...row, suspectSinceMs: T - YOUNG_MS, reporters: reporters(9) };
    expect(tripReason(watched(old), config, T)).toBeDefined();
  });

  it('not for slow calls when those that failed at once are left out: they were quick', () => {
    const young = { suspectSinceMs: T - 1_000, reporters: ['a', 'b', 'c', 'd'] };
    const change = { ...young, buckets: holding(1, 12, 12) };
    expect(tripReason(watched(change), config, T)).toBeUndefined();
  });

  it('says what it saw', () => {
    expect(tripReason(watched({ buckets: holding(7, 3) }), config, T)).toBe(
      '7 of 10 calls failed within 60 s.',
    );
  });
});

describe('a watched breaker is over it', () => {
  it.each([
    ['a window after its last failure, if its last call went well', 60_001, 0, true],
    ['not within the window', 60_000, 0, false],
    ['not while a run of failures goes on over a pause in the traffic', 3_600_000, 4, false],
    ['a day after even so', 86_400_001, 4, true],
  ])('%s', (_, sinceMs, consecutiveFailures, over) => {
    const breaker = watched({ lastFailureAtMs: T - sinceMs, consecutiveFailures });
    expect(isOverIt(breaker, config, T)).toBe(over);
  });
});
