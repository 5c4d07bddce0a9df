import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SHARDS } from '../../lib/domain/ids.ts';
import { REST_MAX, restOf, slicesOf, stretched, weighed } from '../../lib/domain/stats-sample.ts';

const T0 = Date.UTC(2027, 2, 1);
const row = (acceptedAtMs: number) =>
  ({ acceptedAtMs, state: { status: 'held', heldBy: 'pause' }, attemptCount: 0 }) as const;

describe('slices', () => {
  it('cover the range without gap or overlap, over all shards', () => {
    const lengths = fc.integer({ min: 0, max: 400 * 86_400_000 });
    fc.assert(
      fc.property(lengths, fc.integer({ min: 1, max: 40 }), (lengthMs, count) => {
        const slices = slicesOf(T0, T0 + lengthMs, count);
        expect(slices.length).toBe(Math.min(count, lengthMs));
        expectCovered(slices, T0, T0 + lengthMs);
      }),
    );
    expect(new Set(slicesOf(T0, T0 + 100, 40).map(({ shard }) => shard)).size).toBe(SHARDS);
  });
});

describe('what one read of a slice left', () => {
  const cases = fc
    .tuple(fc.integer({ min: 1, max: 10 * 86_400_000 }), fc.double({ min: 0, max: 1, noNaN: true }))
    .map(([lengthMs, share]) => ({
      slice: { sinceMs: T0, untilMs: T0 + lengthMs, shard: 7 },
      reachedMs: T0 + Math.floor(share * (lengthMs - 1)),
    }));

  it('is covered by few parts without gap or overlap', () => {
    fc.assert(
      fc.property(cases, ({ slice, reachedMs }) => {
        const parts = restOf(slice, [row(slice.untilMs - 1), row(reachedMs)]);
        expect(parts.length).toBeLessThanOrEqual(REST_MAX);
        expect(parts.every(({ shard }) => shard >= 0 && shard < SHARDS)).toBe(true);
        expectCovered([...parts].reverse(), T0, reachedMs);
      }),
    );
  });

  const lengthsOf = (times: readonly number[]) =>
    restOf({ sinceMs: 0, untilMs: 2_000, shard: 0 }, times.map(row)).map(
      ({ sinceMs, untilMs }) => untilMs - sinceMs,
    );

  it('is read in parts that grow with the distance', () => {
    expect(lengthsOf([1_995, 1_975, 1_950])).toEqual([50, 200, 800, 900]);
  });

  it('is read closely where the oldest rows were close, whatever was before them', () => {
    expect(lengthsOf([1_999, 1_001, 1_000])).toEqual([2, 8, 32, 128, 512, 318]);
    expect(lengthsOf([1_000, 1_000, 1_000])).toEqual([1, 4, 16, 64, 256, 659]);
  });
});

describe('rows of a slice', () => {
  it('stand for the other shards', () => {
    expect(weighed([row(1), row(2)]).map(({ weight }) => weight)).toEqual([SHARDS, SHARDS]);
  });

  it('that do not reach its beginning are drawn out over it, and stand for as many more', () => {
    const slice = { sinceMs: 1_000, untilMs: 2_000, shard: 0 };
    const drawn = stretched([row(1_990), row(1_950), row(1_900)], slice);
    expect(drawn.map(({ acceptedAtMs }) => acceptedAtMs)).toEqual([1_900, 1_500, 1_000]);
    expect(drawn.map(({ weight }) => weight)).toEqual([80, 80, 80]);
  });

  it('stay within it, whenever they were', () => {
    const ages = fc.array(fc.integer({ min: 1, max: 1_000 }), { minLength: 1 });
    fc.assert(
      fc.property(ages, (given) => {
        const slice = { sinceMs: T0, untilMs: T0 + 1_000, shard: 0 };
        for (const { acceptedAtMs } of stretched(
          given.map((age) => row(T0 + 1_000 - age)),
          slice,
        )) {
          expect(acceptedAtMs).toBeGreaterThanOrEqual(slice.sinceMs);
          expect(acceptedAtMs).toBeLessThan(slice.untilMs);
        }
      }),
    );
  });
});

function expectCovered(
  slices: readonly { readonly sinceMs: number; readonly untilMs: number }[],
  sinceMs: number,
  untilMs: number,
) {
  let reachedMs = sinceMs;
  for (const slice of slices) {
    expect(slice.sinceMs).toBe(reachedMs);
    expect(slice.untilMs).toBeGreaterThan(reachedMs);
    reachedMs = slice.untilMs;
  }
  expect(reachedMs).toBe(untilMs);
}
