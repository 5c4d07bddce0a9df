import { search } from '@jmespath-community/jmespath';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseExactJson } from '../../lib/domain/exact-json.ts';
import { TOKENS_MAX } from '../../lib/domain/jmespath/cursor.ts';
import { evaluate } from '../../lib/domain/jmespath/evaluate.ts';
import { newMeter } from '../../lib/domain/jmespath/meter.ts';
import { parseExpression } from '../../lib/domain/jmespath/parser.ts';
import { SyntaxProblem } from '../../lib/domain/jmespath/syntax.ts';
import { jsonText } from '../../lib/domain/jmespath/values.ts';

const ORDER = {
  id: 'o-1',
  total: 120.5,
  paid: true,
  note: null,
  customer: { name: 'Zoë', 'e-mail': 'z@example.com' },
  tags: ['b', 'a', 'c'],
  items: [
    { sku: 'x', n: 2, price: 10, parts: [1, [2]] },
    { sku: 'y', n: 1, price: 90.5, parts: [3] },
    { sku: 'z', n: 0, price: 5 },
  ],
  stock: { x: { left: 3 }, y: { left: 0 } },
};
const find = (expression: string, document: unknown = ORDER) =>
  evaluate(parseExpression(expression), document);

describe('a JMESPath expression', () => {
  it.each([
    ['@.id', 'o-1'],
    ['customer.name', 'Zoë'],
    ['customer."e-mail"', 'z@example.com'],
    ['missing.deep[0].too', null],
    ['items[0].sku', 'x'],
    ['items[-1].sku', 'z'],
    ['items[9]', null],
    ['tags[1:]', ['a', 'c']],
    ['tags[:-1]', ['b', 'a']],
    ['tags[::-1]', ['c', 'a', 'b']],
    ['tags[::2]', ['b', 'c']],
    ['tags[5:-9:-1]', ['c', 'a', 'b']],
    ['customer.name[:2]', 'Zo'],
    ['customer.name[::-1]', 'ëoZ'],
    ['items[*].n', [2, 1, 0]],
    ['items[*].parts', [[1, [2]], [3]]],
    ['items[].parts[]', [1, [2], 3]],
    ['items[].parts[][]', [1, 2, 3]],
    ['stock.*.left', [3, 0]],
    ['items[?n > `0`].sku', ['x', 'y']],
    ["items[?sku == 'y'] | [0].price", 90.5],
    ["items[?n > `0` && sku != 'x'].sku", ['y']],
    ['items[?!parts].sku', ['z']],
    ['items[*].[sku, n] | [0]', ['x', 2]],
    ['items[*].{id: sku, all: $.id} | [1]', { id: 'y', all: 'o-1' }],
    ["note || 'none'", 'none'],
    ['paid && total', 120.5],
    ['(missing || customer).name', 'Zoë'],
    ["'it''s' == 'x'", 'error'],
    ["'it\\'s'", "it's"],
    ['`{"a": [1, "\\`"]}`', { a: [1, '`'] }],
    ['total > id', null],
    ['missing.{a: @}', null],
  ])('%s gives %j', (expression, expected) => {
    if (expected === 'error') expect(() => parseExpression(expression)).toThrow(SyntaxProblem);
    else expect(find(expression)).toEqual(expected);
  });

  it.each([
    ['abs(`-2`)', 2],
    ['avg(items[*].n)', 1],
    ['avg(`[]`)', null],
    ['ceil(total)', 121],
    ["contains(tags, 'a')", true],
    ["contains(id, 'o-')", true],
    ["ends_with(id, '1')", true],
    ['floor(total)', 120],
    ['from_items(`[["a", 1]]`)', { a: 1 }],
    ['items(stock.x)', [['left', 3]]],
    ["join(', ', tags)", 'b, a, c'],
    ['keys(stock)', ['x', 'y']],
    ['length(customer.name)', 3],
    ['lower(id) == id', true],
    ['map(&n, items)', [2, 1, 0]],
    ['max(items[*].price)', 90.5],
    ['max_by(items, &price).sku', 'y'],
    ['merge(stock.x, `{"b": 2}`)', { left: 3, b: 2 }],
    ['min(tags)', 'a'],
    ['min_by(items, &n).sku', 'z'],
    ['not_null(note, missing, id)', 'o-1'],
    ["replace(id, '-', '/')", 'o/1'],
    ['reverse(tags)', ['c', 'a', 'b']],
    ['reverse(customer.name)', 'ëoZ'],
    ['sort(tags)', ['a', 'b', 'c']],
    ['sort_by(items, &n)[].sku', ['z', 'y', 'x']],
    ["split('a,b', ',')", ['a', 'b']],
    ["starts_with(id, 'o')", true],
    ['sum(items[].n)', 3],
    ['to_array(id)', ['o-1']],
    ["to_number('1e2')", 100],
    ["to_number('0x1')", null],
    ['to_string(stock.x)', '{"left":3}'],
    ["trim(' a ')", 'a'],
    ['[type(note), type(tags), type(stock), type(total)]', ['null', 'array', 'object', 'number']],
    ['upper(id)', 'O-1'],
    ['values(stock.x)', [3]],
  ])('%s gives %j', (expression, expected) => {
    expect(find(expression)).toEqual(expected);
  });

  it.each([
    ['', 1, 'a value is expected'],
    ['data.', 6, 'the end'],
    ['a b', 3, 'b is not expected'],
    ['{a: b, }', 8, 'a name is expected'],
    ['a[0', 4, 'the end'],
    ['a[::0]', 3, 'never ends'],
    ['a == 1', 6, 'as a value it is `1`'],
    ['@ # b', 3, '"#" is not expected'],
    ["join(',', 'x)", 11, 'not closed'],
    ['a.`{bad}`', 3, 'not JSON'],
    ['x.lenght(@)', 3, 'no function lenght()'],
    ['length(a, b)', 1, 'takes 1 argument, not 2'],
    ['sort_by(a, b)', 1, 'argument 2 of sort_by() is an &expression'],
    ['&a', 1, 'a value is expected'],
    [`${'('.repeat(60)}a`, 41, 'nested deeper'],
    ['a.'.repeat(TOKENS_MAX), TOKENS_MAX + 1, 'has more than 500'],
  ])('%j is refused at character %i: %s', (expression, position, message) => {
    const refusal = () => parseExpression(expression);
    expect(refusal).toThrow(SyntaxProblem);
    expect(refusal).toThrow(message);
    expect(refusal).toThrow(expect.objectContaining({ position }));
  });

  it.each([
    ['length(`1`)', 'length() takes string or array or object as argument 1, not number'],
    ['sum(`["a"]`)', 'sum() takes a list of numbers as argument 1, not another list'],
    ['sort(`[1, "a"]`)', 'only numbers can be put in order'],
    ['from_items(`[1]`)', 'a list of pairs'],
  ])('%s fails when it is evaluated: %s', (expression, message) => {
    expect(() => find(expression)).toThrow(message);
  });

  it('sees only what the document has itself, and makes nothing else', () => {
    for (const name of ['constructor', 'toString', '"__proto__"']) {
      expect(find(name, {})).toBeNull();
      expect(find(`a.${name}`, { a: 'text' })).toBeNull();
    }
    expect(JSON.stringify(find('{"__proto__": id}'))).toBe('{"__proto__":"o-1"}');
    expect(JSON.stringify(find('merge(@, `{"__proto__": 1}`)', {}))).toBe('{"__proto__":1}');
  });

  it('keeps a number that a double cannot hold', () => {
    const document = parseExactJson('{"id": 12345678901234567890, "b": 12345678901234567891}');
    expect(JSON.stringify(find('{a: id}', document))).toBe('{"a":12345678901234567890}');
    expect(find('[type(id), id == b, id > `1`]', document)).toEqual(['number', false, true]);
  });
});

describe('an evaluation', () => {
  const wide = { list: Array.from({ length: 2_000 }, (_, i) => ({ i, text: `t${i}` })) };

  it.each([
    `@${' | [@, @][]'.repeat(60)}`,
    `to_string([@, @]${' | [@, @]'.repeat(60)})`,
    `'${'x'.repeat(900)}'${" | join('', [@, @, @, @])".repeat(12)}`,
    'list[*].map(&@.i, $.list)',
    'list[?contains($.list, @)] | list[?contains($.list, @)]',
    'list[*].to_string($)',
    "replace(to_string(@), 't', to_string(@))",
    "split(to_string(@), '') | [*].to_string($)",
    'length(list[*].sort_by($.list, &text))',
    `([@, @]${' | [@, @]'.repeat(30)}) == ([@, @]${' | [@, @]'.repeat(30)})`,
  ])('%.40s… ends within its steps', (expression) => {
    const startedAtMs = performance.now();
    expect(() => find(expression, wide)).toThrow('it takes more than 500000 steps');
    expect(performance.now() - startedAtMs).toBeLessThan(2_000);
  });

  const names = Array.from({ length: 60_000 }, (_, i) => [`k${i}`, 0]);
  const large = {
    ...{ list: Array.from({ length: 2_000 }, () => 0), object: Object.fromEntries(names) },
    empties: Array.from({ length: 60_000 }, () => []),
    long: parseExactJson(`1.${'0'.repeat(700_000)}1`),
    digits: '1'.repeat(700_000),
    text: 'a'.repeat(600_000),
    part: `${'a'.repeat(150_000)}b${'a'.repeat(150_000)}`,
  };

  it.each([
    'list[*].[$.empties[]]',
    'list[*].merge($.object, $.object)',
    'list[*].items($.object)',
    'list[?$.object]',
    'list[?!($.object)]',
    'list[*].[$.object && @]',
    'list[*].length($.object)',
    'list[?$.object == $.object]',
    'list[?$.object != `{"k0": 1}`]',
    'list[?$.long > `1`]',
    'list[?$.long == $.long]',
    'list[*].abs($.long)',
    'list[*].to_string($.long)',
    'list[*].to_number($.digits)',
    'list[*].sum([$.long, @])',
    'list[*].contains($.text, $.part)',
    'list[*].split($.text, $.part)',
    "list[*].replace($.text, $.part, '')",
    // For nothing it would take minutes, and so run out of the time of a test.
  ])('%s pays for what it looks at', (expression) => {
    expect(() => find(expression, large)).toThrow('it takes more than 500000 steps');
  });

  it('counts what its result takes as JSON', () => {
    const meter = newMeter();
    const value = evaluate(parseExpression(`@${' | [@, @]'.repeat(40)}`), 1, meter);
    expect(() => jsonText(value, meter)).toThrow('steps');
  });
});

/** Where the community edition and the specification say the same. */
const name = fc.constantFrom('id', 'items', 'n', 'sku', 'tags', 'stock', 'parts', 'missing');
const { tree } = fc.letrec<{ tree: string }>((again) => ({
  tree: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    name,
    fc.constantFrom('@', '`1`', '`null`', "'a'", '`[1,[2],[]]`', '$'),
    fc.tuple(again('tree'), name).map(([a, b]) => `${a}.${b}`),
    fc.tuple(again('tree'), again('tree')).map(([a, b]) => `(${a}) | (${b})`),
    again('tree').map((a) => `(${a})[0]`),
    again('tree').map((a) => `${a}[*].n`),
    again('tree').map((a) => `${a}[]`),
    again('tree').map((a) => `(${a}).*`),
    again('tree').map((a) => `(${a})[::-1]`),
    fc.tuple(again('tree'), again('tree')).map(([a, b]) => `${a}[?${b}]`),
    fc.tuple(again('tree'), again('tree')).map(([a, b]) => `[${a}, ${b}]`),
    fc.tuple(again('tree'), again('tree')).map(([a, b]) => `{a: ${a}, b: ${b}}`),
    fc.tuple(again('tree'), again('tree')).map(([a, b]) => `(${a}) == (${b})`),
    fc.tuple(again('tree'), again('tree')).map(([a, b]) => `(${a}) || (${b})`),
    fc.tuple(again('tree'), again('tree')).map(([a, b]) => `(${a}) && !(${b})`),
    again('tree').map((a) => `to_array(${a})`),
    again('tree').map((a) => `type(${a})`),
    again('tree').map((a) => `to_string(${a})`),
  ),
}));

describe('beside the JMESPath community’s own implementation', () => {
  it('any expression gives the same', () => {
    fc.assert(
      fc.property(tree, (expression) => {
        expect(find(expression)).toEqual(search(ORDER, expression));
      }),
      { numRuns: 2_000 },
    );
  });

  it('any text is parsed or refused with a position within it', () => {
    const piece = fc.constantFrom(...'.*[]{}(),:|&!<>=@$`\'"ab1-? ', 'length(', '[?', '||');
    const text = fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(fc.oneof(text, fc.string()), (expression) => {
        try {
          parseExpression(expression);
        } catch (error) {
          if (!(error instanceof SyntaxProblem)) throw error;
          expect(error.position).toBeGreaterThanOrEqual(1);
          expect(error.position).toBeLessThanOrEqual(expression.length + 1);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
