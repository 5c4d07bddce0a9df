import { isScalar, somePass, type ValueTest } from './event-pattern-values.ts';
import { isSpent, type Meter } from './event-pattern-wildcard.ts';
import { isLongNumber } from './exact-json.ts';

/** A filter ready to be matched; `parsePattern` makes it. */
export interface EventPattern {
  readonly fields: readonly FieldPattern[];
  /** Of each group one must match, besides all fields. */
  readonly anyOf: readonly (readonly EventPattern[])[];
  /** It matches a value that has none of its fields. */
  readonly takesAbsent: boolean;
}

export type FieldPattern =
  | { readonly name: string; readonly kind: 'object'; readonly inside: EventPattern }
  | { readonly name: string; readonly kind: 'leaf'; readonly leaf: LeafPattern };

export interface LeafPattern {
  readonly tests: readonly ValueTest[];
  readonly takesAbsent: boolean;
}

/**
 * How much of a pattern a value has. `absent`: only what it says must not be there, so that
 * elsewhere in the same list it must not be there either.
 */
type Verdict = 'no' | 'absent' | 'found';

/**
 * Whether an event matches. Fields of one object of the pattern match within one element of a
 * list. Every value is visited once per place of the pattern that may name it; when that comes
 * to more steps than the meter allows, the answer is yes.
 */
export function matchesPattern(pattern: EventPattern, event: unknown, meter: Meter): boolean {
  const verdict = matchValue(pattern, event, meter);
  // A filter is given up in favour of the event: one too many does less harm than one too few.
  return isSpent(meter) || verdict !== 'no';
}

function matchValue(pattern: EventPattern, value: unknown, meter: Meter): Verdict {
  meter.steps++;
  if (isSpent(meter)) return 'found';
  if (!Array.isArray(value)) return matchObject(pattern, value, meter);
  let all: Verdict = pattern.takesAbsent ? 'absent' : 'no';
  for (const element of value) {
    const verdict = matchValue(pattern, element, meter);
    if (verdict === 'found') return 'found';
    if (verdict === 'no') all = 'no';
  }
  return all;
}

function matchObject(pattern: EventPattern, value: unknown, meter: Meter): Verdict {
  if (typeof value !== 'object' || value === null || isLongNumber(value)) {
    return pattern.takesAbsent ? 'absent' : 'no';
  }
  let all: Verdict = 'absent';
  for (const field of pattern.fields) {
    const inner: unknown = Object.hasOwn(value, field.name)
      ? Reflect.get(value, field.name)
      : undefined;
    const verdict =
      field.kind === 'leaf'
        ? matchLeaf(field.leaf, inner, meter)
        : matchValue(field.inside, inner, meter);
    if (verdict === 'no') return 'no';
    if (verdict === 'found') all = 'found';
  }
  for (const alternatives of pattern.anyOf) {
    const verdict = best(alternatives, value, meter);
    if (verdict === 'no') return 'no';
    if (verdict === 'found') all = 'found';
  }
  return all;
}

function best(alternatives: readonly EventPattern[], value: object, meter: Meter): Verdict {
  let best: Verdict = 'no';
  for (const alternative of alternatives) {
    meter.steps++;
    const verdict = matchObject(alternative, value, meter);
    if (verdict === 'found') return 'found';
    if (verdict === 'absent') best = 'absent';
  }
  return best;
}

/** An object is no leaf: a leaf there counts as absent. */
function matchLeaf(leaf: LeafPattern, value: unknown, meter: Meter): Verdict {
  meter.steps++;
  if (isSpent(meter)) return 'found';
  if (Array.isArray(value)) {
    let all: Verdict = leaf.takesAbsent ? 'absent' : 'no';
    for (const element of value) {
      const verdict = matchLeaf(leaf, element, meter);
      if (verdict === 'found') return 'found';
      if (verdict === 'no') all = 'no';
    }
    return all;
  }
  if (!isScalar(value)) return leaf.takesAbsent ? 'absent' : 'no';
  return somePass(leaf.tests, value, meter) ? 'found' : 'no';
}
