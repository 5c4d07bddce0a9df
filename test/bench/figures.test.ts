import { describe, expect, it } from 'vitest';
import { lastArrivalMs, tally } from '../../bench/local/tally.ts';
import { dollars } from '../../bench/prices.ts';
import { asTable, atMost } from '../../bench/report.ts';
import { median, percentile } from '../../bench/statistics.ts';
import { agreement, breakdown, type Entry, hottest, unitsOf } from '../../bench/units/ledger.ts';

it.each([
  [0.5, 3],
  [0.95, 5],
  [0, 1],
  [1, 5],
])('the percentile %d is the value at its nearest rank', (p, value) => {
  expect(percentile([5, 1, 4, 2, 3], p)).toBe(value);
});

it('the median of an even number lies between the two in the middle', () => {
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(median([9, 1, 2])).toBe(2);
});

describe('the ledger', () => {
  const write = (partition: string, units: number, standIn?: number): Entry => ({
    caller: 'publish',
    operation: 'PutItem',
    kind: 'write',
    shares: [
      { resource: 'history', partition, units },
      { resource: 'history/timeline', partition: 'one', units: 1 },
    ],
    bytes: 100,
    ...(standIn !== undefined && { standIn }),
  });
  const entries = [write('a', 1, 2), write('a', 2, 2), write('b', 1)];

  it('sums units over a request’s table and indexes', () => {
    expect(unitsOf(entries, 'write')).toBe(7);
    expect(unitsOf(entries, 'read')).toBe(0);
  });

  it('counts a request once, whatever it touched', () => {
    expect(breakdown(entries, 1)).toEqual([
      { what: 'publish PutItem history', requestsEach: 3, unitsEach: 4 },
      { what: 'publish PutItem history/timeline', requestsEach: 0, unitsEach: 3 },
    ]);
  });

  it('finds the busiest partition of each resource', () => {
    expect(hottest(entries, 'write')).toEqual([
      { resource: 'history', keys: 2, key: 'a', units: 4, share: 0.75 },
      { resource: 'history/timeline', keys: 1, key: 'one', units: 3, share: 1 },
    ]);
  });

  it('compares with the stand-in only where that says something', () => {
    expect(agreement(entries)).toMatchObject({ compared: 2, differing: 1 });
  });
});

it('a million deliveries cost what the price list says', () => {
  const each = { writeUnits: 4, readUnits: 2, sqsRequests: 1.2, httpRequests: 1, logBytes: 1_580 };
  const { total, ...parts } = dollars({ ...each, invocations: {} }, 1_000_000);
  expect(parts.dynamodb).toBeCloseTo(4 * 0.625 + 2 * 0.125);
  expect(parts.sqs).toBeCloseTo(0.48);
  expect(parts.httpApi).toBeCloseTo(1);
  // 420 bytes of access log beside the functions' own.
  expect(parts.logs).toBeCloseTo(2 * 0.5);
  expect(total).toBeCloseTo(2.75 + 0.48 + 1 + 1);
});

it('Lambda is billed by requests and by memory held', () => {
  const nothing = { writeUnits: 0, readUnits: 0, sqsRequests: 0, httpRequests: 0, logBytes: 0 };
  const { lambda } = dollars({ ...nothing, invocations: { deliver: 0.1 } }, 1_000_000);
  // 100,000 times 230 ms of 1 GB.
  expect(lambda).toBeCloseTo(0.02 + 23_000 * 0.0000133334);
});

it('a tally tells lost, doubled and unanswered events apart', () => {
  const came = (id: string, times: number, firstAtMs: number) => ({
    ...{ path: '/one', id, times, refused: 0, firstAtMs },
    lastAtMs: firstAtMs,
  });
  const arrivals = [came('a', 1, 10), came('b', 2, 30), came('unanswered', 1, 20)];
  expect(tally(new Set(['a', 'b', 'c']), arrivals)).toEqual({
    ...{ accepted: 3, arrived: 2, lost: 1 },
    ...{ twice: 1, surplus: 1, unanswered: 1 },
  });
  expect(lastArrivalMs(arrivals)).toBe(30);
});

it('the table says of each budget whether it holds', () => {
  const row = (figure: number) => ({ what: 'writes', figure, unit: 'WRU' });
  const rows = [row(3.999), row(4), row(4.001)].map((one) => ({
    ...one,
    budget: atMost(one.figure, 4),
  }));
  const table = asTable([{ name: 'units', rows, notes: ['a note'], details: {} }]);
  expect(table.split('\n').map((line) => line.split(/\s+/).at(-1))).toEqual(
    expect.arrayContaining(['holds', 'yes', 'NO']),
  );
  expect(table.match(/ yes$/gm)).toHaveLength(2);
  expect(table.match(/ NO$/gm)).toHaveLength(1);
  expect(table).toContain('units: a note');
});
