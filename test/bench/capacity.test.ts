import { describe, expect, it } from 'vitest';
import { writeCapacity } from '../../bench/units/capacity.ts';
import { itemBytes, readUnits, type WireItem, writeUnits } from '../../bench/units/sizes.ts';
import { requestsFor } from '../../bench/units/sqs-meter.ts';
import type { TableShape } from '../../bench/units/tables.ts';

describe('an item', () => {
  it.each<readonly [string, WireItem, number]>([
    // The example of the developer guide.
    ['is names and texts', { 'shirt-color': { S: 'R' }, 'shirt-size': { S: 'M' } }, 23],
    ['counts bytes, not characters', { a: { S: 'ü' } }, 3],
    ['counts binary values as bytes', { a: { B: Buffer.alloc(30).toString('base64') } }, 31],
    ['counts two digits as one byte', { a: { N: '1795367000001' } }, 1 + 7 + 1],
    ['adds one for a sign', { a: { N: '-12' } }, 1 + 1 + 1 + 1],
    ['drops zeros at both ends', { a: { N: '0.0500' } }, 1 + 1 + 1],
    ['adds three for a list and one for each element', { a: { L: [{ S: 'xy' }] } }, 1 + 3 + 1 + 2],
    ['adds three for a map and one for each entry', { a: { M: { k: { BOOL: true } } } }, 7],
    ['sums a set', { a: { SS: ['x', 'yz'] } }, 1 + 1 + 2],
  ])('%s', (_, item, bytes) => {
    expect(itemBytes(item)).toBe(bytes);
  });
});

it.each([
  [0, 1, 0.5],
  [1_024, 1, 0.5],
  [1_025, 2, 0.5],
  [4_096, 4, 0.5],
  [4_097, 5, 1],
])('%i bytes take %d units to write and %d to read without strong consistency', (bytes, w, r) => {
  expect(writeUnits(bytes)).toBe(w);
  expect(readUnits(bytes, false)).toBe(r);
  expect(readUnits(bytes, true)).toBe(2 * r);
});

it.each([
  [0, 1],
  [65_536, 1],
  [65_537, 2],
])('a request to SQS with %i bytes is billed as %d', (bytes, requests) => {
  expect(requestsFor(bytes)).toBe(requests);
});

describe('a write', () => {
  const table: TableShape = {
    name: 'history',
    keys: ['pk', 'sk'],
    indexes: [
      { name: 'timeline', keys: ['tlPk', 'tlSk'], project: ['ty'] },
      { name: 'due', keys: ['duPk', 'duSk'], project: [] },
      { name: 'kind', keys: ['kindPk', 'kindSk'], project: 'all' },
    ],
  };
  const text = (S: string) => ({ S });
  const row = (more: WireItem = {}): WireItem => ({ pk: text('a'), sk: text('b'), ...more });
  const listed = { tlPk: text('t'), tlSk: text('1'), ty: text('x') };

  it.each<readonly [string, WireItem | undefined, WireItem | undefined, object]>([
    ['of a row that no index holds', undefined, row(), { table: 1, indexes: {} }],
    ['puts it into an index', undefined, row(listed), { table: 1, indexes: { timeline: 1 } }],
    ['takes it out', row(listed), undefined, { table: 1, indexes: { timeline: 1 } }],
    [
      'leaves an index alone that holds nothing of what changed',
      row({ ...listed, bd: text('old') }),
      row({ ...listed, bd: text('new') }),
      { table: 1, indexes: {} },
    ],
    [
      'changes an entry in its place',
      row(listed),
      row({ ...listed, ty: text('y') }),
      { table: 1, indexes: { timeline: 1 } },
    ],
    [
      'moves an entry by two writes',
      row(listed),
      row({ ...listed, tlSk: text('2') }),
      { table: 1, indexes: { timeline: 2 } },
    ],
    [
      'takes what the larger of both rows does',
      row({ bd: text('x'.repeat(3_000)) }),
      row(),
      { table: 3, indexes: {} },
    ],
    [
      'counts an index by what it holds, and whole where that is all',
      undefined,
      row({ ...listed, kindPk: text('k'), kindSk: text('1'), bd: text('x'.repeat(2_100)) }),
      { table: 3, indexes: { timeline: 1, kind: 3 } },
    ],
    ['needs both keys of an index', undefined, row({ duPk: text('d') }), { table: 1, indexes: {} }],
  ])('%s', (_, before, after, capacity) => {
    expect(writeCapacity(table, before, after)).toEqual(capacity);
  });

  it('does not mind the order of attributes', () => {
    const reversed = Object.fromEntries(Object.entries(row(listed)).reverse());
    expect(writeCapacity(table, row(listed), reversed).indexes).toEqual({});
  });
});
