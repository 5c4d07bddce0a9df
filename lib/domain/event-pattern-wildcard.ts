/** Texts with `*` in them: matched in one pass, whatever the text and the pattern. */
import { findEnd, type Needle, needleOf } from './text-search.ts';

/** What matching has cost, and what it may cost. */
export interface Meter {
  /** Visits of a value; characters that are looked at one by one count as a quarter of one. */
  steps: number;
  readonly stepsMax: number;
}

/** From here on, matching is given up. */
export function isSpent(meter: Meter): boolean {
  return meter.steps > meter.stepsMax;
}

/** Characters that take about as long as one visit. */
export const CHARS_PER_STEP = 4;

export interface Wildcard {
  readonly head: string;
  /** Between the first `*` and the last one; in this order, none overlapping another. */
  readonly middle: readonly Needle[];
  /** Undefined: there is no `*`, and `head` is the whole text. */
  readonly tail: string | undefined;
}

export type WildcardResult =
  | { readonly ok: true; readonly wildcard: Wildcard }
  | { readonly ok: false; readonly message: string };

/** Reads `*`, `\*` and `\\`; any other escape, and `**`, is refused with its place. */
export function parseWildcard(text: string): WildcardResult {
  const parts = [''];
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at);
    if (char === '*' && text[at + 1] === '*') {
      return { ok: false, message: `two * in a row, at character ${at + 1}` };
    }
    if (char === '*') {
      parts.push('');
      continue;
    }
    if (char === '\\') at++;
    const plain = text.charAt(at);
    if (char === '\\' && plain !== '*' && plain !== '\\') {
      return { ok: false, message: `a \\ before something else than * or \\, at character ${at}` };
    }
    parts.push(`${parts.pop() ?? ''}${plain}`);
  }
  const [head = '', ...rest] = parts;
  const tail = rest.pop();
  return { ok: true, wildcard: { head, middle: rest.map(needleOf), tail } };
}

/**
 * Each part is taken where it is found first: a later place never makes room for the next one.
 * So nothing is tried twice, and the cost is the length of the value.
 */
export function matchesWildcard({ head, middle, tail }: Wildcard, value: string, meter: Meter) {
  if (tail === undefined) return value === head;
  const end = value.length - tail.length;
  if (end < head.length || !value.startsWith(head) || !value.endsWith(tail)) return false;
  let from = head.length;
  for (const part of middle) {
    const found = endOf(part, value, from, meter);
    if (found < 0 || found > end) return false;
    from = found;
  }
  return true;
}

/** The place behind the first `part` from `from` on, or -1. */
function endOf(part: Needle, value: string, from: number, meter: Meter): number {
  const { end, compared } = findEnd(part, value, from);
  meter.steps += compared / CHARS_PER_STEP;
  return end;
}
