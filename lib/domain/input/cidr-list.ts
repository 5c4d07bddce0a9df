import { CIDRS_MAX, canonicalCidr } from '../cidr.ts';
import type { FieldError } from '../errors.ts';
import { listOf, refusal, text } from './field.ts';

/** Blocks of addresses as a request lists them, for keys and for sources. */

const CIDR_CHARS_MAX = 49;
const CIDR_RULE = 'a block such as 192.0.2.0/24 or 2001:db8::/32, all bits behind its prefix zero';

/** What is no block is told by `cidrProblems`: a schema cannot say it. */
export const cidrs = () => listOf(text(/^/, CIDR_CHARS_MAX, CIDR_RULE), 1, CIDRS_MAX);

/** Each block once, as it is written in one way only. */
export function canonicalCidrs(given: readonly string[] | undefined) {
  return given && [...new Set(given.flatMap((cidr) => canonicalCidr(cidr) ?? []))];
}

/** One problem for each text of the list that is no block. */
export function cidrProblems(field: string, given: unknown): readonly FieldError[] {
  if (!Array.isArray(given)) return [];
  return given.slice(0, CIDRS_MAX).flatMap((cidr: unknown, i) => {
    if (typeof cidr !== 'string' || cidr.length > CIDR_CHARS_MAX) return [];
    if (canonicalCidr(cidr) !== undefined) return [];
    return [{ path: `${field}.${i}`, message: refusal(cidr, CIDR_RULE) }];
  });
}
