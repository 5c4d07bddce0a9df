import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findEnd, includesText, needleOf, splitText } from '../../lib/domain/text-search.ts';

/** Few letters, so that parts of a needle are found again and again before the whole of it is. */
const few = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 200 });
const needle = fc.oneof(
  fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1, maxLength: 60 }),
  fc.integer({ min: 33, max: 90 }).map((length) => 'a'.repeat(length)),
);
const around = fc.tuple(few, needle, few);

describe('a search in a text', () => {
  it('finds what the language finds', () => {
    fc.assert(
      fc.property(around, fc.boolean(), ([before, part, after], isIn) => {
        const whole = isIn ? before + part + after : before + after;
        expect(includesText(whole, part)).toBe(whole.includes(part));
        expect(splitText(whole, part)).toEqual(whole.split(part));
        const at = whole.indexOf(part);
        expect(findEnd(needleOf(part), whole, 0).end).toBe(at < 0 ? -1 : at + part.length);
      }),
      { numRuns: 2_000 },
    );
  });

  it('compares each character twice at most, where the language takes the product of both', () => {
    const part = `${'a'.repeat(150_000)}b${'a'.repeat(150_000)}`;
    const whole = 'a'.repeat(600_000);
    expect(findEnd(needleOf(part), whole, 0).compared).toBeLessThanOrEqual(2 * whole.length);
    expect(includesText(whole, part)).toBe(false);
    expect(splitText(whole, part)).toEqual([whole]);
  });
});
