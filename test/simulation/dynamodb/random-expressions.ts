import fc from 'fast-check';

/** An expression with a `?` for each of its values. */
export interface Text {
  readonly text: string;
  readonly values: readonly unknown[];
}

const number = fc.oneof(
  fc.integer({ min: -20, max: 20 }),
  fc.integer({ min: -2_000, max: 2_000 }).map((n) => n / 8),
  fc.constantFrom(1e15, -1e15, 1e-9, 123_456_789_012),
);
const string = fc.oneof(
  fc.constantFrom('', 'a', 'ab', 'b', 'é', '\u{fffd}', '\u{1f600}'),
  fc.string({ maxLength: 4, unit: 'grapheme' }),
);
const set = fc.oneof(
  fc
    .uniqueArray(fc.constantFrom('x', 'y', 'z'), { minLength: 1 })
    .map((members) => new Set(members)),
  fc
    .uniqueArray(fc.integer({ min: 0, max: 3 }), { minLength: 1 })
    .map((members) => new Set(members)),
);
const scalar = fc.oneof(number, string, fc.boolean(), fc.constant(null));
const value: fc.Arbitrary<unknown> = fc.oneof(
  scalar,
  set,
  fc.array(scalar, { maxLength: 3 }),
  fc.record({ x: scalar, y: set }, { requiredKeys: [] }),
);
export const item = fc.record(
  {
    a: value,
    b: value,
    c: number,
    d: set,
    e: string,
    m: fc.record({ x: value }),
    l: fc.array(value),
  },
  { requiredKeys: ['c', 'm'] },
);

const path = fc.constantFrom(
  'a',
  'b',
  'c',
  'd',
  'e',
  'nope',
  'm.x',
  'm.nope',
  'l[0]',
  'l[1]',
  'a.x',
);
const of = (text: string, ...values: unknown[]): Text => ({ text, values });
const comparison = fc.oneof(
  fc.tuple(path, fc.constantFrom('=', '<>'), value).map(([p, op, v]) => of(`${p} ${op} ?`, v)),
  fc
    .tuple(path, fc.constantFrom('=', '<>', '<', '<=', '>', '>='), fc.oneof(number, string))
    .map(([p, op, v]) => of(`${p} ${op} ?`, v)),
  fc
    .tuple(path, fc.constantFrom('<', '='), path)
    .filter(([p, , other]) => p !== other)
    .map(([p, op, other]) => of(`${p} ${op} ${other}`)),
  fc
    .tuple(path, number, fc.integer({ min: -1, max: 9 }))
    .map(([p, v, w]) => of(`${p} BETWEEN ? AND ?`, v, v + w)),
  fc.tuple(path, value, value).map(([p, v, w]) => of(`${p} IN (?, ?)`, v, w)),
  path.map((p) => of(`attribute_exists(${p})`)),
  path.map((p) => of(`attribute_not_exists(${p})`)),
  fc
    .tuple(path, fc.constantFrom('S', 'N', 'SS', 'NS', 'L', 'M', 'BOOL', 'NULL'))
    .map(([p, v]) => of(`attribute_type(${p}, ?)`, v)),
  fc.tuple(path, string).map(([p, v]) => of(`begins_with(${p}, ?)`, v)),
  fc.tuple(path, scalar).map(([p, v]) => of(`contains(${p}, ?)`, v)),
  fc
    .tuple(path, fc.constantFrom('=', '<', '>'), fc.integer({ min: 0, max: 3 }))
    .map(([p, op, v]) => of(`size(${p}) ${op} ?`, v)),
);
export const { condition } = fc.letrec<{ condition: Text }>((tie) => ({
  condition: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    comparison,
    fc.tuple(tie('condition'), fc.constantFrom('AND', 'OR'), comparison).map(([a, op, b]) => ({
      text: `${a.text} ${op} ${b.text}`,
      values: [...a.values, ...b.values],
    })),
    fc.tuple(comparison, fc.constantFrom('AND', 'OR'), comparison).map(([a, op, b]) => ({
      text: `NOT (${a.text} ${op} ${b.text})`,
      values: [...a.values, ...b.values],
    })),
  ),
}));

/** Mostly such as are taken together: a refusal ends a case before it says much. */
const mostly = <T>(often: fc.Arbitrary<T>, seldom: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 9, arbitrary: often }, { weight: 1, arbitrary: seldom });
const target = (...often: string[]) =>
  mostly(fc.constantFrom(...often), fc.constantFrom('a', 'b', 'c', 'd', 'm.x', 'fresh'));
const countable = mostly(fc.constant('c'), path);
const clauses: Readonly<Record<string, fc.Arbitrary<Text>>> = {
  SET: fc.oneof(
    fc.tuple(target('a', 'fresh', 'm.x', 'l[0]'), value).map(([p, v]) => of(`${p} = ?`, v)),
    fc.tuple(target('a', 'fresh'), countable).map(([p, other]) => of(`${p} = ${other}`)),
    fc
      .tuple(target('a', 'fresh', 'm.x'), countable, fc.constantFrom('+', '-'), number)
      .map(([p, other, op, v]) => of(`${p} = ${other} ${op} ?`, v)),
    fc
      .tuple(target('a', 'm.x'), path, value)
      .map(([p, other, v]) => of(`${p} = if_not_exists(${other}, ?)`, v)),
    fc
      .tuple(target('l', 'fresh'), fc.array(scalar, { maxLength: 2 }))
      .map(([p, v]) => of(`${p} = list_append(if_not_exists(l, ?), ?)`, [], v)),
  ),
  REMOVE: fc.constantFrom('b', 'e', 'm.nope', 'nope').map((p) => of(p)),
  ADD: fc.oneof(
    fc.tuple(target('c', 'added'), number).map(([p, v]) => of(`${p} ?`, v)),
    fc.tuple(target('d', 'more'), set).map(([p, v]) => of(`${p} ?`, v)),
  ),
  DELETE: fc.tuple(target('d'), set).map(([p, v]) => of(`${p} ?`, v)),
};
const action = fc.oneof(
  ...Object.entries(clauses).map(([clause, text]) => text.map((made) => ({ clause, ...made }))),
);
const topOf = ({ text }: Text) => text.split(/[ .[]/)[0];
export const update = mostly(
  fc.uniqueArray(action, { minLength: 1, maxLength: 4, selector: topOf }),
  fc.array(action, { minLength: 1, maxLength: 3 }),
).map((actions): Text => {
  const parts = [...Map.groupBy(actions, ({ clause }) => clause)];
  return {
    text: parts.map(([name, all]) => `${name} ${all.map(({ text }) => text).join(', ')}`).join(' '),
    values: parts.flatMap(([, all]) => all.flatMap(({ values }) => values)),
  };
});
