import { parseAddress } from './addresses.ts';
import { type FieldError, shown } from './errors.ts';
import { foldedCase } from './event-pattern-case.ts';
import type { NumericBound, ValueTest } from './event-pattern-values.ts';
import { parseWildcard } from './event-pattern-wildcard.ts';
import { isLongNumber } from './exact-json.ts';
import { isJsonObject } from './merge-patch.ts';

/** Where a mistake is told: its path is that of the value that is wrong. */
export interface Place {
  readonly path: string;
  readonly problems: FieldError[];
}

type Operator = (operand: unknown, place: Place) => ValueTest | undefined;

/** All but `exists`, which is about a field and not about its value. */
const OPERATORS = new Map<string, Operator>([
  ['prefix', affix('prefix')],
  ['suffix', affix('suffix')],
  ['equals-ignore-case', equalsIgnoreCase],
  ['wildcard', wildcard],
  ['anything-but', anythingBut],
  ['numeric', numeric],
  ['cidr', cidr],
]);
export const OPERATOR_NAMES: readonly string[] = [...OPERATORS.keys(), 'exists'];

/** Reads `{operator: operand}`; undefined if it told a problem. */
export function parseOperator(name: string, operand: unknown, place: Place) {
  const operator = OPERATORS.get(name);
  if (operator) return operator(operand, place);
  return refuse(place, `is no operator; allowed: ${OPERATOR_NAMES.join(', ')}`);
}

export function inside(place: Place, name: string | number): Place {
  return { ...place, path: `${place.path}.${shown(String(name))}` };
}

export function refuse({ path, problems }: Place, message: string): undefined {
  problems.push({ path, message });
  return undefined;
}

/** The refusal of a value, with what is allowed in its place. */
export function refuseValue(place: Place, value: unknown, allowed: string): undefined {
  return refuse(place, `${quoted(value)} is not allowed: ${allowed}`);
}

function quoted(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (isLongNumber(value)) return shown(value.rawJSON);
  if (isJsonObject(value)) return 'an object';
  return typeof value === 'string' ? JSON.stringify(shown(value)) : shown(value);
}

/** The only member of an object, or undefined and a problem told. */
export function onlyMember(
  object: Readonly<Record<string, unknown>>,
  place: Place,
  allowed: string,
): readonly [name: string, operand: unknown] | undefined {
  const [first, ...more] = Object.entries(object);
  if (first && more.length === 0) return first;
  return refuse(
    place,
    `${more.length === 0 ? 'is empty' : 'says more than one thing'}: ${allowed}`,
  );
}

function affix(kind: 'prefix' | 'suffix'): Operator {
  return (operand, place) => {
    if (typeof operand === 'string') return { kind, text: operand };
    const allowed = 'a text, or {"equals-ignore-case": a text}';
    if (!isJsonObject(operand) || isLongNumber(operand))
      return refuseValue(place, operand, allowed);
    const member = onlyMember(operand, place, allowed);
    if (member === undefined) return undefined;
    const [name, text] = member;
    const at = inside(place, name);
    if (name !== 'equals-ignore-case') return refuse(at, `is not allowed here: ${allowed}`);
    if (typeof text !== 'string') return refuseValue(at, text, 'a text');
    return { kind: `folded-${kind}`, folded: foldedCase(text) };
  };
}

function equalsIgnoreCase(operand: unknown, place: Place): ValueTest | undefined {
  if (typeof operand !== 'string') return refuseValue(place, operand, 'a text');
  return { kind: 'folded', texts: new Set([foldedCase(operand)]) };
}

function wildcard(operand: unknown, place: Place): ValueTest | undefined {
  if (typeof operand !== 'string') return refuseValue(place, operand, 'a text');
  const parsed = parseWildcard(operand);
  if (!parsed.ok) return refuse(place, `${quoted(operand)} has ${parsed.message}`);
  return { kind: 'wildcard', wildcard: parsed.wildcard };
}

const ANYTHING_BUT =
  'a text, a number, a list of texts or of numbers, or one of prefix, suffix, equals-ignore-case and wildcard';

function anythingBut(operand: unknown, place: Place): ValueTest | undefined {
  if (isJsonObject(operand) && !isLongNumber(operand)) {
    const member = onlyMember(operand, place, ANYTHING_BUT);
    return member && noneOf(member[0], member[1], inside(place, member[0]));
  }
  const values: readonly unknown[] = Array.isArray(operand) ? operand : [operand];
  const type = typeof values[0];
  if (values.length === 0 || (type !== 'string' && type !== 'number')) {
    return refuseValue(place, operand, ANYTHING_BUT);
  }
  const stray = values.findIndex((value) => typeof value !== type);
  if (stray >= 0) {
    return refuseValue(inside(place, stray), values[stray], `a ${type}, as the ones before it`);
  }
  return { kind: 'none-of', tests: [{ kind: 'one-of', values: new Set(values) }] };
}

function noneOf(name: string, operand: unknown, place: Place): ValueTest | undefined {
  const isAffix = name === 'prefix' || name === 'suffix';
  if (!isAffix && name !== 'equals-ignore-case' && name !== 'wildcard') {
    return refuse(place, `is not allowed here: ${ANYTHING_BUT}`);
  }
  const texts: readonly unknown[] = Array.isArray(operand) ? operand : [operand];
  if (texts.length === 0) return refuseValue(place, operand, 'a text, or a list of texts');
  const tests = texts.flatMap((text, at) => {
    const where = Array.isArray(operand) ? inside(place, at) : place;
    const isEmpty = isAffix && text === '';
    if (typeof text === 'string' && !isEmpty) return parseOperator(name, text, where) ?? [];
    refuseValue(where, text, isAffix ? 'a text that is not empty' : 'a text');
    return [];
  });
  return tests.length === texts.length ? { kind: 'none-of', tests } : undefined;
}

const NUMERIC = '["=", n], [">" or ">=", n], ["<" or "<=", n], or two in one: [">", n, "<", n]';
/** What a double holds; more would be another number than the one written. */
export const NUMBER = 'a number of at most 15 significant digits';

function numeric(operand: unknown, place: Place): ValueTest | undefined {
  if (!Array.isArray(operand) || (operand.length !== 2 && operand.length !== 4)) {
    return refuseValue(place, operand, NUMERIC);
  }
  if (operand.length === 2) {
    const only = bound(operand, 0, ['=', '<', '<=', '>', '>='], place);
    return only && { kind: 'numeric', bounds: [only] };
  }
  const lower = bound(operand, 0, ['>', '>='], place);
  const upper = bound(operand, 2, ['<', '<='], place);
  if (lower === undefined || upper === undefined) return undefined;
  if (upper.limit <= lower.limit) {
    return refuseValue(inside(place, 3), upper.limit, `a number above ${lower.limit}`);
  }
  return { kind: 'numeric', bounds: [lower, upper] };
}

/** The sign at `at` and the number behind it. */
function bound(
  operand: readonly unknown[],
  at: number,
  signs: readonly NumericBound['sign'][],
  place: Place,
): NumericBound | undefined {
  const sign = signs.find((each) => each === operand[at]);
  const limit = operand[at + 1];
  if (sign === undefined) {
    refuseValue(inside(place, at), operand[at], `one of ${signs.join(' ')}, as in ${NUMERIC}`);
  }
  if (typeof limit !== 'number') return refuseValue(inside(place, at + 1), limit, NUMBER);
  return sign && { sign, limit };
}

const CIDR = 'a block of addresses such as 10.0.0.0/8 or 2001:db8::/32';

/** The bits behind the block's length say nothing: 10.1.2.3/8 is 10.0.0.0/8. */
function cidr(operand: unknown, place: Place): ValueTest | undefined {
  const [address = '', length = '', ...more] =
    typeof operand === 'string' ? operand.split('/', 3) : [];
  const base = parseAddress(address);
  const bits = /^(0|[1-9]\d{0,2})$/.test(length) ? Number(length) : Number.POSITIVE_INFINITY;
  if (base === undefined || more.length > 0 || bits > base.length * 8) {
    return refuseValue(place, operand, CIDR);
  }
  return { kind: 'cidr', blocks: [{ base, bits }] };
}
