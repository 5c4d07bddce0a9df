import { describe, expect, it } from 'vitest';
import { parsePattern } from '../../lib/domain/event-pattern-parse.ts';
import { parseExactJson } from '../../lib/domain/exact-json.ts';

const isAccepted = (rule: unknown) => parsePattern({ data: rule }).ok;

/** What event-ruler's JsonRuleCompilerTest accepts and refuses, as facts. */
describe('JsonRuleCompilerTest', () => {
  const numeric = (expression: unknown) => isAccepted({ x: [{ numeric: expression }] });
  it.each(['=', '<', '>', '<=', '>='])('numeric %s takes every number there is', (sign) => {
    for (const n of [3.8, 0.000033, -4e-6, 55555, 1e-320]) expect(numeric([sign, n])).toBe(true);
    for (const n of [true, '-4e-6', null]) expect(numeric([sign, n])).toBe(false);
    expect(numeric([sign])).toBe(false);
  });

  it.each<[unknown[], boolean]>([
    [['>', 0, '<', 1], true],
    [['>=', 0, '<=', 1], true],
    [['<>', 1, '>', 0], false],
    [['==', 1, '>', 0], false],
    [['<', 1, '>', 0], false],
    [['>', 1, '<', 1], false],
    [['>', 30, '<', 1], false],
    [['>', 1, '<', 30, false], false],
  ])('the range %j: %s', (expression, expected) => {
    expect(numeric(expression)).toBe(expected);
  });

  it.each([
    { prefix: 'child' },
    { suffix: { 'equals-ignore-case': 'child' } },
    { 'anything-but': { prefix: ['abc', '123'] } },
    { 'anything-but': { 'equals-ignore-case': ['abc', ''] } },
    { 'anything-but': { wildcard: ['foo*bar', ''] } },
    { 'equals-ignore-case': '' },
  ])('%j is a test of a value', (test) => {
    expect(isAccepted({ a: [test] })).toBe(true);
  });

  it.each([
    { prefix: 'child', foo: [] },
    { prefix: 3 },
    { suffix: [1, 2, 3] },
    { foo: 'child' },
    { cidr: 'foo' },
    { 'anything-but': ['child0', 111, 'child2'] },
    { 'anything-but': { foo: 3 } },
    { 'anything-but': { prefix: 27 } },
    { 'anything-but': { prefix: '' } },
    { 'anything-but': { suffix: ['1', ''] } },
    { 'anything-but': { prefix: 'foo', a: 1 } },
    { 'anything-but': { wildcard: 'foo**bar' } },
    { 'anything-but': { wildcard: ['1', 'foo*bar\\'] } },
    { 'anything-but': { 'equals-ignore-case': [1, 2, 3] } },
    { 'equals-ignore-case': ['abc'] },
    { prefix: { 'equals-ignore-case': ['abc'] } },
    { prefix: { 'equals-ignore-case': 'abc', test: 'def' } },
    { prefix: { 'invalid-expression': 'abc' } },
    { wildcard: ['abc'] },
    { wildcard: 'a*c\\def' },
    { exists: 'badString' },
    { exists: true, extraKey: 1 },
  ])('%j is none', (test) => {
    expect(isAccepted({ a: [test] })).toBe(false);
  });

  it.each([
    { a: 1 },
    { foo: {} },
    { foo: [] },
    { $or: [{ a: ['x'] }] },
    { $or: [{ a: ['x'] }, { b: ['x'] }, [{ foo: ['wrong'] }]] },
    { $or: { a: ['x'], b: ['y'] } },
    { $or: [{ numeric: [123] }, { prefix: ['abc'] }] },
  ])('%j is no pattern', (rule) => {
    expect(isAccepted(rule)).toBe(false);
  });

  it('a list is no pattern', () => {
    expect(parsePattern([1, 2, 3]).ok).toBe(false);
  });
});

/** The problems of a filter, as path → message. */
function problemsOf(filter: unknown): Record<string, string> {
  const parsed = parsePattern(filter);
  if (parsed.ok) throw new Error('The filter was accepted.');
  return Object.fromEntries(parsed.errors.map(({ path, message }) => [path, message]));
}

describe('a mistake in a filter is told at its place', () => {
  it.each<[unknown, string, string]>([
    ['x', 'filter', '"x" is not allowed: an object of fields'],
    [{}, 'filter', 'is empty'],
    [{ detail: { a: [1] } }, 'filter.detail', 'allowed: id, type, source, tenant'],
    [{ $or: [{ data: { a: [1] } }, { datum: ['x'] }] }, 'filter.$or.1.datum', 'no field'],
    [{ type: { a: ['x'] } }, 'filter.type', 'an object is not allowed: a list of values'],
    [{ type: 'x' }, 'filter.type', '"x" is not allowed'],
    [{ data: { amount: [{ numeric: ['>', '9'] }] } }, 'filter.data.amount.0.numeric.1', '"9"'],
    [{ data: { a: [{ numeric: ['>', 1, '<', 1] }] } }, 'filter.data.a.0.numeric.3', 'above 1'],
    [{ data: { a: [{ numeric: ['!=', 1] }] } }, 'filter.data.a.0.numeric.0', 'one of = <'],
    [{ data: { a: [{ numeric: ['>', 1, '>', 2] }] } }, 'filter.data.a.0.numeric.2', 'one of < <='],
    [{ data: { a: ['ok', ['x']] } }, 'filter.data.a.1', 'a list of 1 is not allowed'],
    [{ data: { a: [{ b: ['x'] }] } }, 'filter.data.a.0.b', 'is no operator; allowed: prefix'],
    [{ data: { a: [{ wildcard: 'ab**c' }] } }, 'filter.data.a.0.wildcard', 'at character 3'],
    [{ data: { a: [{ wildcard: 'a\\b' }] } }, 'filter.data.a.0.wildcard', 'at character 2'],
    [{ data: { a: [{ cidr: '10.0.0.0/33' }] } }, 'filter.data.a.0.cidr', 'a block of addresses'],
    [{ data: { a: [{ 'anything-but': ['a', null] }] } }, 'filter.data.a.0.anything-but.1', 'null'],
    [{ data: { a: [{ 'anything-but': [] }] } }, 'filter.data.a.0.anything-but', 'a list of 0'],
    [
      { data: { a: [{ 'anything-but': { suffix: ['x', 1] } }] } },
      'filter.data.a.0.anything-but.suffix.1',
      'not empty',
    ],
    [{ data: { a: [{ exists: 'yes' }] } }, 'filter.data.a.0.exists', 'true or false'],
    [{ data: { $or: [{ prefix: ['x'] }, { a: [1] }] } }, 'filter.data.$or.0.prefix', 'an operator'],
    [parseExactJson('{"data":{"a":[12345678901234567890123]}}'), 'filter.data.a.0', '15'],
    [parseExactJson('{"data":{"a":[{"numeric":["<",1e400]}]}}'), 'filter.data.a.0.numeric.1', '15'],
    [parseExactJson('{"data":{"a":12345678901234567890123}}'), 'filter.data.a', 'a list of values'],
  ])('%j: %s', (filter, path, words) => {
    const problems = problemsOf(filter);
    expect(Object.keys(problems)).toEqual([path]);
    expect(problems[path]).toContain(words);
  });

  it('every one of them at once', () => {
    const filter = { datum: [1], type: [], data: { a: [{ prefix: 1 }, { suffix: 2 }] } };
    expect(Object.keys(problemsOf(filter))).toEqual([
      'filter.datum',
      'filter.type',
      'filter.data.a.0.prefix',
      'filter.data.a.1.suffix',
    ]);
  });
});

describe('a filter is bounded', () => {
  it('in bytes', () => {
    const sized = (chars: number) => ({ data: { a: ['é'.repeat(chars)] } });
    const chars = (4_096 - '{"data":{"a":[""]}}'.length - 1) / 2;
    expect(parsePattern(sized(chars)).ok).toBe(true);
    expect(problemsOf(sized(chars + 1)).filter).toBe('takes 4097 bytes as JSON; allowed are 4096');
  });

  it('in depth, and told where it gets too deep', () => {
    const nested = (depth: number): object => (depth === 0 ? { a: [1] } : { a: nested(depth - 1) });
    expect(parsePattern({ data: nested(17) }).ok).toBe(true);
    const path = `filter.data${'.a'.repeat(19)}`;
    expect(problemsOf({ data: nested(18) })).toEqual({ [path]: 'is nested deeper than 20' });
  });

  it('in the combinations of its $or', () => {
    const group = (name: string, size: number) => ({
      [name]: { $or: Array.from({ length: size }, (_, i) => ({ [`f${i}`]: [1] })) },
    });
    expect(parsePattern({ data: { ...group('a', 20), ...group('b', 50) } }).ok).toBe(true);
    expect(problemsOf({ data: { ...group('a', 20), ...group('b', 51) } })).toEqual({
      filter: 'its $or make 1020 combinations; allowed are 1000',
    });
    const nested = { $or: [{ a: [1] }, { $or: [{ b: [1] }, { c: [1] }], d: [1] }] };
    const eight = Object.fromEntries('abcdefg'.split('').map((name) => [name, nested]));
    expect(problemsOf({ data: eight }).filter).toContain('make 2187 combinations');
  });
});
