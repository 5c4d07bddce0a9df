import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchesPattern } from '../../lib/domain/event-pattern.ts';
import { parsePattern } from '../../lib/domain/event-pattern-parse.ts';
import { parseExactJson } from '../../lib/domain/exact-json.ts';

function patternOf(filter: unknown) {
  const parsed = parsePattern(filter);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  return parsed.pattern;
}
const meter = (stepsMax = 1e9) => ({ steps: 0, stepsMax });
const test = (values: unknown, event: object) =>
  matchesPattern(patternOf({ data: { a: values } }), { data: event }, meter());

describe('values', () => {
  it.each<[unknown, object, boolean]>([
    [[null], { a: null }, true],
    [[null], {}, false],
    [[null], { a: [] }, false],
    [[''], { a: '' }, true],
    [['1'], { a: 1 }, false],
    [[1], { a: '1' }, false],
    [[1], { a: 1.0 }, true],
    [[0], { a: -0 }, true],
    [[true], { a: 'true' }, false],
    [['x'], { a: { x: 'x' } }, false],
    [[{ exists: true }], { a: null }, true],
    [[{ exists: true }], { a: { b: 1 } }, false],
    [[{ exists: true }], { a: [{ b: 1 }] }, false],
    [[{ exists: true }], { a: [[['x']]] }, true],
    [[{ exists: false }], { a: { b: 1 } }, true],
    [[{ exists: false }], { a: [] }, true],
    [[{ exists: false }, 'x'], { a: 'x' }, true],
    [[{ exists: false }, 'x'], { a: 'y' }, false],
    [[{ 'anything-but': 'x' }], {}, false],
    [[{ 'anything-but': 'x' }], { a: { b: 1 } }, false],
    [[{ 'anything-but': { prefix: ['a', 'b'] } }], { a: 'bc' }, false],
    [[{ numeric: ['>', 100] }], { a: 6e9 }, true],
    [[{ numeric: ['>', 100] }], { a: '101' }, false],
    [[{ numeric: ['=', 0.3] }], { a: 0.3 }, true],
    [[{ prefix: '' }], { a: '' }, true],
    [[{ prefix: '' }], { a: 1 }, false],
    [[{ prefix: { 'equals-ignore-case': 'evENT' } }], { a: 'EventB' }, true],
    [[{ suffix: { 'equals-ignore-case': '.PNG' } }], { a: 'x.png' }, true],
    [[{ suffix: { 'equals-ignore-case': '' } }], { a: 'x' }, true],
    [[{ suffix: { 'equals-ignore-case': 'ΟΔΟΣ' } }], { a: 'η οδος' }, true],
    [[{ prefix: { 'equals-ignore-case': 'straSSe' } }], { a: 'Straße 1' }, true],
    [[{ 'equals-ignore-case': 'οδοσ' }], { a: 'ΟΔΟΣ' }, true],
    [[{ wildcard: '*aab*' }], { a: 'xaaab' }, true],
    [[{ wildcard: '*ab*ab' }], { a: 'xab' }, false],
    [[{ wildcard: 'ab*b' }], { a: 'ab' }, false],
    [[{ wildcard: '*abab*c' }], { a: 'abacababc' }, true],
    [[{ cidr: '10.0.0.0/8' }, { cidr: '192.168.0.0/16' }], { a: '192.168.1.1' }, true],
    [[{ cidr: '0.0.0.0/0' }], { a: '::1' }, false],
    [[{ cidr: '10.0.0.0/8' }], { a: 123 }, false],
  ])('%j of %j: %s', (values, event, expected) => {
    expect(test(values, event)).toBe(expected);
  });

  it.each<[unknown, boolean]>([
    [[12345678901234567000], false],
    [[{ 'anything-but': 12345678901234567000 }], true],
    [[{ numeric: ['>', 1] }], true],
    [[{ numeric: ['=', 12345678901234567000] }], false],
    [[{ exists: true }], true],
  ])('%j of a number that no double holds: %s', (values, expected) => {
    expect(test(values, parseExactJson('{"a": 12345678901234567891}') as object)).toBe(expected);
  });

  it('such a number has no fields', () => {
    const filter = patternOf({ data: { a: { rawJSON: [{ exists: true }] } } });
    const data = parseExactJson('{"a": 12345678901234567891}');
    expect(matchesPattern(filter, { data }, meter())).toBe(false);
  });

  it('the name of a field is taken as it is, dots and prototypes included', () => {
    expect(test(['x'], Object.create({ a: 'x' }))).toBe(false);
    const dotted = patternOf({ data: { 'a.b': ['x'] } });
    expect(matchesPattern(dotted, { data: { 'a.b': 'x' } }, meter())).toBe(true);
    expect(matchesPattern(dotted, { data: { a: { b: 'x' } } }, meter())).toBe(false);
  });
});

describe('fields', () => {
  const items = (filter: object, list: unknown) =>
    matchesPattern(patternOf({ data: { items: filter } }), { data: { items: list } }, meter());

  it('of one object match within one element; an alternative of it too', () => {
    const filter = { sku: ['a'], $or: [{ price: [{ numeric: ['>', 5] }] }, { free: [true] }] };
    expect(
      items(filter, [
        { sku: 'a', price: 1 },
        { sku: 'b', price: 9 },
      ]),
    ).toBe(false);
    expect(items(filter, [{ sku: 'a', price: 1 }, 7, null, { sku: 'a', free: true }])).toBe(true);
  });

  it('of two objects may match in two elements', () => {
    const filter = patternOf({
      data: { items: { a: [1] } },
      $or: [{ data: { items: { b: [1] } } }, { type: ['x'] }],
    });
    expect(matchesPattern(filter, { data: { items: [{ a: 1 }, { b: 1 }] } }, meter())).toBe(true);
  });

  it('that must not exist may be alternatives of each other', () => {
    const either = { $or: [{ a: [{ exists: false }] }, { b: [{ exists: false }] }] };
    expect(items(either, {})).toBe(true);
    expect(items(either, { a: 1 })).toBe(true);
    expect(items(either, { a: 1, b: 1 })).toBe(false);
  });

  it('that must not exist are in no element, or not in the one that has the others', () => {
    const none = { b: [{ exists: false }] };
    expect(items(none, [{ a: 1 }, { b: 1 }])).toBe(false);
    expect(items(none, [{ a: 1 }, 'x'])).toBe(true);
    expect(items({ a: [1], ...none }, [{ a: 1 }, { b: 1 }])).toBe(true);
    expect(items({ a: [1], ...none }, [{ a: 1, b: 1 }])).toBe(false);
  });
});

const letters = fc.stringMatching(/^[ab]{1,6}$/);
const aTest = fc.oneof(
  letters,
  fc.constantFrom(null, true, 1, { exists: true }, { exists: false }, { numeric: ['>', 0] }),
  letters.map((text) => ({ prefix: text })),
  letters.map((text) => ({ suffix: { 'equals-ignore-case': text } })),
  fc.array(letters, { minLength: 1 }).map((parts) => ({ wildcard: parts.join('*') })),
  fc.array(letters, { minLength: 1 }).map((texts) => ({ 'anything-but': { prefix: texts } })),
);
/** Filters, most of them right. */
const { fields } = fc.letrec<{ fields: object }>((tie) => {
  const inner = fc.oneof(
    { maxDepth: 3, depthIdentifier: 'fields' },
    fc.array(fc.oneof({ weight: 20, arbitrary: aTest }, fc.jsonValue({ maxDepth: 1 })), {
      minLength: 1,
      maxLength: 3,
    }),
    tie('fields'),
  );
  const group = fc.array(tie('fields'), { minLength: 2, maxLength: 2 });
  const or = fc.oneof(
    { maxDepth: 2, depthIdentifier: 'or' },
    fc.constant({}),
    group.map((list) => ({ $or: list })),
  );
  return {
    fields: fc
      .tuple(fc.dictionary(fc.constantFrom('a', 'b'), inner, { minKeys: 1, maxKeys: 2 }), or)
      .map(([named, alternatives]) => ({ ...named, ...alternatives })),
  };
});
const anyEvent = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.jsonValue(),
    fc.stringMatching(/^[ab]{0,12}$/),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom('a', 'b'), tie('value'), { maxKeys: 2 }),
  ),
})).value;

/** Values of a JSON document, and its characters: what a single visit of it would cost. */
function sizeOf(value: unknown): number {
  return JSON.stringify(value ?? null).length;
}

describe('whatever comes', () => {
  it('reading a filter never throws, and a filter that was taken never does', () => {
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), fields), anyEvent, (filter, event) => {
        for (const tried of [filter, { data: filter }]) {
          const parsed = parsePattern(tried);
          if (!parsed.ok) expect(parsed.errors.length).toBeGreaterThan(0);
          else
            expect(typeof matchesPattern(parsed.pattern, { data: event }, meter())).toBe('boolean');
        }
      }),
      { numRuns: 500 },
    );
  });

  it('matching takes no more steps than event × filter', () => {
    fc.assert(
      fc.property(fields, anyEvent, (filter, event) => {
        const parsed = parsePattern({ data: filter });
        fc.pre(parsed.ok);
        const used = meter();
        if (parsed.ok) matchesPattern(parsed.pattern, { data: event }, used);
        expect(used.steps).toBeLessThanOrEqual(sizeOf({ data: event }) * sizeOf({ data: filter }));
      }),
      { numRuns: 500 },
    );
  });

  it('a filter that may not take its steps lets the event through', () => {
    fc.assert(
      fc.property(fields, anyEvent, fc.nat(20), (filter, event, stepsMax) => {
        const parsed = parsePattern({ data: filter });
        fc.pre(parsed.ok);
        const used = meter(stepsMax);
        const passes = parsed.ok && matchesPattern(parsed.pattern, { data: event }, used);
        expect(passes || used.steps <= stepsMax).toBe(true);
      }),
      { numRuns: 500 },
    );
    const filter = patternOf({ data: [{ 'anything-but': ['x'] }] });
    expect(matchesPattern(filter, { data: 'x' }, meter(4))).toBe(false);
    expect(matchesPattern(filter, { data: 'x' }, meter(3))).toBe(true);
  });

  it('a number of many digits is paid for each time that it is read', () => {
    const numeric = Array.from({ length: 100 }, (_, i) => ({ numeric: ['>', 100 + i] }));
    const long = parseExactJson(`[1.${'0'.repeat(400_000)}1]`);
    const used = meter();
    expect(matchesPattern(patternOf({ data: numeric }), { data: long }, used)).toBe(false);
    expect(used.steps).toBeGreaterThan((100 * 400_000) / 4);
  });

  it.each([1_000, 2_000, 4_000])('a hostile wildcard takes steps in proportion: %i', (chars) => {
    const wildcard = `*${'a'.repeat(500)}b*`.repeat(3).replaceAll('**', '*');
    const used = meter();
    matchesPattern(patternOf({ data: [{ wildcard }] }), { data: 'a'.repeat(chars) }, used);
    expect(used.steps).toBeLessThanOrEqual(chars);
  });

  it('a wildcard finds what the plain way finds', () => {
    const text = fc.stringMatching(/^[ab]{0,14}$/);
    fc.assert(
      fc.property(
        fc.array(fc.stringMatching(/^[ab]{0,4}$/), { minLength: 1 }),
        text,
        (parts, value) => {
          const wildcard = parts.join('*').replaceAll(/\*{2,}/g, '*');
          const plain = new RegExp(`^${wildcard.replaceAll('*', '[ab]*')}$`);
          expect(test([{ wildcard }], { a: value })).toBe(plain.test(value));
        },
      ),
      { numRuns: 1_000 },
    );
  });
});
