import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseJson } from '../../lib/edge/json.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

function faultOf(text: string): string {
  try {
    parseJson(bytes(text));
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error(`${text} was read`);
}

describe('reading JSON', () => {
  it('reads what JSON.parse reads, as it reads it', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(parseJson(bytes(text))).toEqual(JSON.parse(text));
      }),
    );
  });

  it('refuses what JSON.parse refuses, always with a place inside the text', () => {
    const almost = fc
      .tuple(
        fc.json(),
        fc.nat(),
        fc.constantFrom('{', '}', '[', ']', ',', ':', '"', '\\', 'x', '0'),
      )
      .map(
        ([text, at, char]) => text.slice(0, at % text.length) + char + text.slice(at % text.length),
      );
    fc.assert(
      fc.property(almost, (text) => {
        try {
          JSON.parse(text);
        } catch {
          const [, line, column] = /line (\d+), column (\d+)/.exec(faultOf(text)) ?? [];
          const lines = text.split('\n');
          expect(Number(line)).toBeLessThanOrEqual(lines.length);
          expect(Number(column)).toBeLessThanOrEqual((lines[Number(line) - 1]?.length ?? 0) + 1);
        }
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['{"a":1,}', 'it breaks at line 1, column 8'],
    ['{"a" 1}', 'it breaks at line 1, column 6'],
    ['[1 2]', 'it breaks at line 1, column 4'],
    ['{"a":1', 'it ends too early, at line 1, column 7'],
    ['{\n  "a": tru\n}', 'it breaks at line 2, column 8'],
    ['{"a":"b\u0001"}', 'it breaks at line 1, column 6'],
    ['{"a":"\\x"}', 'it breaks at line 1, column 6'],
    ['[1]]', 'it breaks at line 1, column 4'],
    ['01', 'it breaks at line 1, column 2'],
    ['{1:2}', 'it breaks at line 1, column 2'],
    ['[}', 'it breaks at line 1, column 2'],
    ['[1}', 'it breaks at line 1, column 3'],
    ['{"a":1]', 'it breaks at line 1, column 7'],
    [`"${'x'.repeat(1_000_000)}`, 'it breaks at line 1, column 1'],
    ['   ', 'is empty'],
  ])('%.20s: %s', (text, place) => {
    expect(faultOf(text)).toContain(place);
  });

  it('refuses what is not UTF-8', () => {
    expect(() => parseJson(new Uint8Array([0x22, 0xff, 0x22]))).toThrow('not UTF-8');
  });

  it('allows 64 levels and 10,000 keys, and one more of neither', () => {
    const deep = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
    const wide = (keys: number) =>
      JSON.stringify(Object.fromEntries(Array.from({ length: keys }, (_, i) => [`k${i}`, i])));
    expect(() => parseJson(bytes(deep(64)))).not.toThrow();
    expect(faultOf(deep(65))).toContain('64 deep');
    expect(faultOf(deep(100_000))).toContain('64 deep');
    // A number that no double holds is looked for by recursion.
    expect(faultOf(`${'['.repeat(200_000)}1e400${']'.repeat(200_000)}`)).toContain('64 deep');
    expect(() => parseJson(bytes(wide(10_000)))).not.toThrow();
    expect(faultOf(wide(10_001))).toContain('10000 keys');
  });
});
