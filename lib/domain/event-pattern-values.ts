import { type AddressBlock, isWithin, parseAddress } from './addresses.ts';
import { foldedCase } from './event-pattern-case.ts';
import {
  CHARS_PER_STEP,
  isSpent,
  type Meter,
  matchesWildcard,
  type Wildcard,
} from './event-pattern-wildcard.ts';
import { isLongNumber, type LongNumber } from './exact-json.ts';

/** What a pattern asks of a single value. */
export type ValueTest =
  | { readonly kind: 'any' }
  | { readonly kind: 'one-of'; readonly values: ReadonlySet<unknown> }
  | { readonly kind: 'prefix' | 'suffix'; readonly text: string }
  | { readonly kind: 'folded-prefix' | 'folded-suffix'; readonly folded: string }
  | { readonly kind: 'folded'; readonly texts: ReadonlySet<string> }
  | { readonly kind: 'wildcard'; readonly wildcard: Wildcard }
  | { readonly kind: 'numeric'; readonly bounds: readonly NumericBound[] }
  | { readonly kind: 'cidr'; readonly blocks: readonly AddressBlock[] }
  | { readonly kind: 'none-of'; readonly tests: readonly ValueTest[] };

export interface NumericBound {
  readonly sign: '=' | '<' | '<=' | '>' | '>=';
  readonly limit: number;
}

type Scalar = string | number | boolean | null | LongNumber;

/** False for objects, lists and what is not there. */
export function isScalar(value: unknown): value is Scalar {
  if (value === undefined) return false;
  return typeof value !== 'object' || value === null || isLongNumber(value);
}

/** Whether one of the tests is passed, or the meter is spent. */
export function somePass(tests: readonly ValueTest[], value: Scalar, meter: Meter): boolean {
  for (const test of tests) {
    meter.steps++;
    if (isSpent(meter) || passes(test, value, meter)) return true;
  }
  return false;
}

function passes(test: ValueTest, value: Scalar, meter: Meter): boolean {
  switch (test.kind) {
    case 'any':
      return true;
    case 'one-of':
      return test.values.has(value);
    case 'numeric':
      if (isLongNumber(value)) meter.steps += value.rawJSON.length / CHARS_PER_STEP;
      return isInBounds(test.bounds, value);
    case 'none-of':
      return !somePass(test.tests, value, meter);
    case 'prefix':
    case 'suffix':
    case 'folded-prefix':
    case 'folded-suffix':
    case 'folded':
    case 'wildcard':
    case 'cidr':
      return typeof value === 'string' && textPasses(test, value, meter);
  }
}

type TextTest = Exclude<ValueTest, { kind: 'any' | 'one-of' | 'numeric' | 'none-of' }>;

function textPasses(test: TextTest, value: string, meter: Meter): boolean {
  switch (test.kind) {
    case 'prefix':
      return value.startsWith(test.text);
    case 'suffix':
      return value.endsWith(test.text);
    // Folding never makes a text shorter, so this much of the value is enough.
    case 'folded-prefix':
      return foldedCase(value.slice(0, test.folded.length)).startsWith(test.folded);
    case 'folded-suffix':
      return foldedCase(value.slice(Math.max(value.length - test.folded.length, 0))).endsWith(
        test.folded,
      );
    case 'folded':
      meter.steps += value.length / CHARS_PER_STEP;
      return test.texts.has(foldedCase(value));
    case 'wildcard':
      return matchesWildcard(test.wildcard, value, meter);
    case 'cidr':
      return isInBlocks(test.blocks, value, meter);
  }
}

/** Reading an address takes about as long as this many visits. */
const STEPS_PER_ADDRESS = 20;
const ADDRESS_CHARS_MAX = 45;

function isInBlocks(blocks: readonly AddressBlock[], value: string, meter: Meter): boolean {
  if (value.length > ADDRESS_CHARS_MAX) return false;
  meter.steps += STEPS_PER_ADDRESS + blocks.length;
  const address = parseAddress(value);
  return address !== undefined && blocks.some((block) => isWithin(address, block));
}

function isInBounds(bounds: readonly NumericBound[], value: Scalar): boolean {
  // A number too long for a double equals none, but it is larger or smaller than most.
  const number = isLongNumber(value) ? Number(value.rawJSON) : value;
  if (typeof number !== 'number') return false;
  return bounds.every((bound) => isInBound(bound, number, value));
}

function isInBound({ sign, limit }: NumericBound, number: number, value: Scalar): boolean {
  switch (sign) {
    case '=':
      return value === limit;
    case '<':
      return number < limit;
    case '<=':
      return number <= limit;
    case '>':
      return number > limit;
    case '>=':
      return number >= limit;
  }
}
