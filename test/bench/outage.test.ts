import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mostWithin, orderOf } from '../../bench/outage/order.ts';
import { sums } from '../../bench/outage/sums.ts';

describe('the order of a drain', () => {
  it.each([
    ['the order of age', [1, 2, 3, 4], 0, 0],
    ['backwards', [4, 3, 2, 1], 1, 3],
    ['one that came last', [2, 3, 4, 1], 0.5, 3],
    ['neighbours changed', [1, 3, 2, 4], 1 / 6, 1],
    ['equal ages', [5, 5, 5, 5], 0, 0],
    ['one among equals', [5, 5, 1, 5], 1 / 3, 2],
    ['nothing', [], 0, 0],
    ['one', [7], 0, 0],
  ])('of %s', (_, ages, inversions, displacement) => {
    expect(orderOf(ages)).toEqual({ inversions, displacement });
  });

  it('counts each pair that came the wrong way round, once', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20), { minLength: 2, maxLength: 40 }), (ages) => {
        const wrong = ages.flatMap((a, i) => ages.slice(i + 1).filter((b) => b < a)).length;
        const pairs = (ages.length * (ages.length - 1)) / 2;
        expect(orderOf(ages).inversions).toBeCloseTo(wrong / pairs, 10);
      }),
    );
  });
});

it.each([
  [[0, 100, 900, 1_000, 1_100], 1_000, 3],
  [[0, 999], 1_000, 2],
  [[0, 1_000], 1_000, 1],
  [[], 1_000, 0],
])('of %j, within %d ms there are %d at most', (instants, ms, most) => {
  expect(mostWithin(instants, ms)).toBe(most);
});

it('sums requests and units, a request once whatever it touched, and begins anew', () => {
  const tally = sums();
  const share = (resource: string, units: number) => ({ resource, partition: 'p', units });
  const write = { caller: 'x', operation: 'PutItem', kind: 'write', bytes: 1 } as const;
  tally.add({ ...write, shares: [share('history', 2), share('history/due', 1)] });
  tally.add({ ...write, shares: [share('history', 1)] });
  tally.add({ ...write, operation: 'Query', kind: 'read', shares: [share('history', 0.5)] });
  expect(tally.take()).toEqual({
    writes: 2,
    writeUnits: 4,
    reads: 1,
    readUnits: 0.5,
    lines: {
      'PutItem history': { requests: 2, units: 3 },
      'PutItem history/due': { requests: 0, units: 1 },
      'Query history': { requests: 1, units: 0.5 },
    },
  });
  expect(tally.take()).toMatchObject({ writes: 0, reads: 0, lines: {} });
});
