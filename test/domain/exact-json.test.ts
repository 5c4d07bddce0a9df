import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseExactJson } from '../../lib/domain/exact-json.ts';

describe('exact JSON', () => {
  it.each([
    '12345678901234567890',
    '-12345678901234567890',
    '0.1234567890123456789',
    '1e400',
    '-1E+400',
    '1e-400',
    '[{"id":9007199254740993}]',
    '{"a":"12345678901234567890","b":1.000000000000000001}',
  ])('%s is written as it was read', (text) => {
    expect(JSON.stringify(parseExactJson(text))).toBe(text);
  });

  it.each([
    ['1e3', 1000],
    ['0e5', 0],
    ['9007199254740991', 9007199254740991],
    ['10000000000000000000000', 1e22],
    ['0.1234567890123456', 0.1234567890123456],
    ['"1234567890123456789"', '1234567890123456789'],
  ])('%s is an ordinary value', (text, value) => {
    expect(parseExactJson(text)).toBe(value);
  });

  it.each([
    ['1', ''],
    ['0.', ''],
    ['1.', 'e5'],
  ])('reads %s000…1%s of a million digits as fast as any other', (head, tail) => {
    const text = `${head}${'0'.repeat(1_000_000)}1${tail}`;
    expect(JSON.stringify(parseExactJson(`[${text}]`))).toBe(`[${text}]`);
  });

  it('is JSON.parse for whatever JSON.stringify writes', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value);
        expect(parseExactJson(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  it('keeps a __proto__ key as data', () => {
    const value = parseExactJson('{"__proto__":{"a":12345678901234567890}}');
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(JSON.stringify(value)).toBe('{"__proto__":{"a":12345678901234567890}}');
  });

  it('refuses what is no JSON', () => {
    expect(() => parseExactJson('{')).toThrow(SyntaxError);
    expect(() => parseExactJson('12345678901234567890x')).toThrow(SyntaxError);
  });
});
