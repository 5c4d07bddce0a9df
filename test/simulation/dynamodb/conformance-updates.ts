import type { Native, SubjectKind } from './subjects.ts';

/** An update, the values of its aliases, the item before it, and the item after it. */
export type UpdateCase = readonly [
  expression: string,
  values: Native,
  before: Native,
  after: Native | 'ValidationException',
  /** What a stand-in makes of it that knows no better. */
  facts?: Readonly<Partial<Record<SubjectKind, Native | 'ValidationException'>>>,
];

const BAD = 'ValidationException';
/** AWS takes the places before the update, as the Developer Guide's example shows. */
const ONE_BY_ONE = { dynoxide: { li: [2, 3] }, dynalite: { li: [2, 3] } };

export const UPDATES: readonly UpdateCase[] = [
  // SET.
  ['SET a = :v', { ':v': 1 }, {}, { a: 1 }],
  ['SET a = :v, b = :w', { ':v': 1, ':w': 'x' }, { a: 0, c: 2 }, { a: 1, b: 'x', c: 2 }],
  ['set a = b, b = a', {}, { a: 1, b: 2 }, { a: 2, b: 1 }],
  ['SET a = a + :v', { ':v': 2 }, { a: 1 }, { a: 3 }],
  ['SET a = :v - a', { ':v': 2 }, { a: 5 }, { a: -3 }],
  ['SET a = a + :v', { ':v': 0.1 }, { a: 0.2 }, { a: 0.3 }],
  ['SET a = if_not_exists(a, :v)', { ':v': 9 }, { a: 1 }, { a: 1 }],
  ['SET a = if_not_exists(a, :v)', { ':v': 9 }, {}, { a: 9 }],
  ['SET a = if_not_exists(a, :z) + :v', { ':v': 2, ':z': 0 }, {}, { a: 2 }],
  ['SET a = if_not_exists(b, :v)', { ':v': 9 }, { b: [1] }, { a: [1], b: [1] }],
  ['SET a = list_append(a, :v)', { ':v': [2] }, { a: [1] }, { a: [1, 2] }],
  ['SET a = list_append(:v, a)', { ':v': [2] }, { a: [1] }, { a: [2, 1] }],
  ['SET a = list_append(if_not_exists(a, :e), :v)', { ':e': [], ':v': [1] }, {}, { a: [1] }],
  ['SET m.x = :v', { ':v': 1 }, { m: { y: 2 } }, { m: { x: 1, y: 2 } }],
  ['SET m.x.y = :v', { ':v': 1 }, { m: { x: {} } }, { m: { x: { y: 1 } } }],
  ['SET li[1] = :v', { ':v': 9 }, { li: [1, 2, 3] }, { li: [1, 9, 3] }],
  [
    'SET li[7] = :v',
    { ':v': 9 },
    { li: [1] },
    { li: [1, 9] },
    { dynoxide: { li: [1, null, null, null, null, null, null, 9] } },
  ],
  ['SET li[0].x = :v', { ':v': 9 }, { li: [{}] }, { li: [{ x: 9 }] }],
  ['SET m.x = :v', { ':v': 1 }, {}, BAD],
  ['SET m.x = :v', { ':v': 1 }, { m: 'text' }, BAD],
  ['SET li[0] = :v', { ':v': 1 }, { li: { x: 1 } }, BAD],
  ['SET a = b', {}, {}, BAD],
  ['SET a = b + :v', { ':v': 1 }, {}, BAD],
  ['SET a = a + :v', { ':v': 1 }, { a: 'text' }, BAD],
  ['SET a = a + :v', { ':v': 'text' }, { a: 1 }, BAD],
  ['SET a = list_append(a, :v)', { ':v': [2] }, { a: 'text' }, BAD],
  ['SET a = list_append(a, :v)', { ':v': 2 }, { a: [1] }, BAD],
  // REMOVE.
  ['REMOVE a, b', {}, { a: 1, c: 2 }, { c: 2 }],
  ['REMOVE m.x', {}, { m: { x: 1, y: 2 } }, { m: { y: 2 } }],
  ['REMOVE m.z', {}, { m: { x: 1 } }, { m: { x: 1 } }],
  ['REMOVE li[0], li[2]', {}, { li: [1, 2, 3, 4] }, { li: [2, 4] }, ONE_BY_ONE],
  ['REMOVE li[9]', {}, { li: [1] }, { li: [1] }],
  ['REMOVE m.x', {}, {}, BAD, { dynoxide: {} }],
  // ADD.
  ['ADD a :v', { ':v': 2 }, {}, { a: 2 }],
  ['ADD a :v', { ':v': -2 }, { a: 1 }, { a: -1 }],
  [
    'ADD a :v',
    { ':v': new Set(['y', 'z']) },
    { a: new Set(['x', 'y']) },
    { a: new Set(['x', 'y', 'z']) },
  ],
  ['ADD a :v', { ':v': new Set([1]) }, {}, { a: new Set([1]) }],
  ['ADD m.x :v', { ':v': 2 }, { m: { x: 1 } }, { m: { x: 3 } }],
  ['ADD a :v', { ':v': 'text' }, {}, BAD],
  ['ADD a :v', { ':v': [1] }, {}, BAD],
  ['ADD a :v', { ':v': 1 }, { a: 'text' }, BAD],
  ['ADD a :v', { ':v': new Set([1]) }, { a: new Set(['x']) }, BAD],
  ['ADD a :v', { ':v': new Set([1]) }, { a: 1 }, BAD],
  // DELETE.
  ['DELETE a :v', { ':v': new Set(['x', 'q']) }, { a: new Set(['x', 'y']) }, { a: new Set(['y']) }],
  ['DELETE a :v', { ':v': new Set(['x']) }, { a: new Set(['x']) }, {}],
  ['DELETE a :v', { ':v': new Set(['x']) }, { b: 1 }, { b: 1 }],
  ['DELETE a :v', { ':v': new Set([1]) }, { a: new Set(['x']) }, BAD],
  ['DELETE a :v', { ':v': 1 }, { a: 1 }, BAD],
  // All of it at once sees the item as it was.
  ['SET a = b REMOVE b ADD c :v', { ':v': 1 }, { a: 1, b: 2, c: 3 }, { a: 2, c: 4 }],
  ['SET a = a + :v REMOVE b', { ':v': 1 }, { a: 1, b: 2 }, { a: 2 }],
  // What is not an update.
  ['', {}, {}, BAD],
  ['SET', {}, {}, BAD],
  ['SET a :v', { ':v': 1 }, {}, BAD],
  ['SET a = :v SET b = :v', { ':v': 1 }, {}, BAD],
  ['SET a = :v, a = :w', { ':v': 1, ':w': 2 }, {}, BAD],
  ['SET a = :v REMOVE a', { ':v': 1 }, {}, BAD],
  ['SET m = :v, m.x = :v', { ':v': {} }, { m: {} }, BAD],
  ['SET m.x = :v, m[0] = :v', { ':v': 1 }, { m: {} }, BAD],
  ['SET pk = :v', { ':v': 'x' }, {}, BAD],
  ['REMOVE sk', {}, {}, BAD],
  ['SET status = :v', { ':v': 'x' }, {}, BAD],
  ['SET a = size(a)', {}, { a: 'x' }, BAD],
  ['SET a = :v', { ':v': 1, ':w': 2 }, {}, BAD],
  ['ADD a b', {}, { b: 1 }, BAD],
  ['SET a = a + a + a', {}, { a: 1 }, BAD],
  // Keys of an index are strings that are not empty.
  ['SET gp = :v', { ':v': 5 }, {}, BAD],
  ['SET gp = :v', { ':v': '' }, {}, BAD, { dynalite: { gp: '' } }],
];
