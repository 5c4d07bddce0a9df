import type { FieldError } from './errors.ts';
import type { EventPattern, FieldPattern, LeafPattern } from './event-pattern.ts';
import {
  inside,
  NUMBER,
  OPERATOR_NAMES,
  onlyMember,
  type Place,
  parseOperator,
  refuse,
  refuseValue,
} from './event-pattern-operators.ts';
import type { ValueTest } from './event-pattern-values.ts';
import { isLongNumber } from './exact-json.ts';
import { isJsonObject, type JsonObject } from './merge-patch.ts';

/** Of the pattern written as JSON, in UTF-8. */
export const PATTERN_BYTES_MAX = 4_096;
/** Objects and lists within each other. */
export const PATTERN_DEPTH_MAX = 20;
/** The most patterns that one would need instead if there were no `$or`. */
export const OR_COMBINATIONS_MAX = 1_000;

/** What an event is to a pattern; the texts have a value each, the other two are objects. */
const TEXTS_OF_EVENT = ['id', 'type', 'source', 'tenant', 'timestamp'];
const FIELDS_OF_EVENT = [...TEXTS_OF_EVENT, 'data', 'metadata'];
const OR = '$or';
const VALUES = 'a list of values';

export type PatternResult =
  | { readonly ok: true; readonly pattern: EventPattern }
  | { readonly ok: false; readonly errors: readonly FieldError[] };

/** Reads a pattern in EventBridge's syntax; each mistake is told with its place below `path`. */
export function parsePattern(value: unknown, path = 'filter'): PatternResult {
  const place: Place = { path, problems: [] };
  checkDepth(value, place, 1);
  // Deeper than that, it is not read at all: the readers below call themselves.
  if (place.problems.length > 0) return { ok: false, errors: place.problems };
  checkSize(value, place);
  const pattern = parseFields(value, place, { isEvent: true, isInOr: false });
  if (pattern !== undefined && place.problems.length === 0) checkCounts(pattern, place);
  return pattern === undefined || place.problems.length > 0
    ? { ok: false, errors: place.problems }
    : { ok: true, pattern };
}

function checkDepth(value: unknown, place: Place, depth: number): void {
  if (typeof value !== 'object' || value === null) return;
  if (depth > PATTERN_DEPTH_MAX) {
    refuse(place, `is nested deeper than ${PATTERN_DEPTH_MAX}`);
    return;
  }
  for (const [name, inner] of Object.entries(value)) {
    checkDepth(inner, inside(place, name), depth + 1);
  }
}

function checkSize(value: unknown, place: Place): void {
  const bytes = Buffer.byteLength(JSON.stringify(value) ?? '');
  if (bytes > PATTERN_BYTES_MAX) {
    refuse(place, `takes ${bytes} bytes as JSON; allowed are ${PATTERN_BYTES_MAX}`);
  }
}

interface Scope {
  /** The names are those of the event itself. */
  readonly isEvent: boolean;
  /** Below a `$or`, where the name of an operator is a mistake and no field. */
  readonly isInOr: boolean;
}

function parseFields(value: unknown, place: Place, scope: Scope): EventPattern | undefined {
  if (!isJsonObject(value) || isLongNumber(value)) {
    return refuseValue(place, value, 'an object of fields');
  }
  const entries = Object.entries(value);
  if (entries.length === 0) return refuse(place, 'is empty: an object of fields');
  const fields: FieldPattern[] = [];
  const anyOf: (readonly EventPattern[])[] = [];
  for (const [name, inner] of entries) {
    const at = inside(place, name);
    if (name === OR) anyOf.push(parseAlternatives(inner, at, scope));
    else fields.push(...parseField(name, inner, at, scope));
  }
  const takesAbsent =
    fields.every((field) => (field.kind === 'leaf' ? field.leaf : field.inside).takesAbsent) &&
    anyOf.every((group) => group.some((alternative) => alternative.takesAbsent));
  return { fields, anyOf, takesAbsent };
}

function parseAlternatives(value: unknown, place: Place, scope: Scope): readonly EventPattern[] {
  if (!Array.isArray(value) || value.length < 2) {
    refuseValue(place, value, 'a list of two objects of fields or more');
    return [];
  }
  return value.flatMap(
    (each, at) => parseFields(each, inside(place, at), { ...scope, isInOr: true }) ?? [],
  );
}

function parseField(
  name: string,
  value: unknown,
  place: Place,
  { isEvent, isInOr }: Scope,
): readonly FieldPattern[] {
  if (isEvent && !FIELDS_OF_EVENT.includes(name)) {
    refuse(place, `is no field of an event; allowed: ${FIELDS_OF_EVENT.join(', ')}, ${OR}`);
    return [];
  }
  if (isInOr && OPERATOR_NAMES.includes(name)) {
    refuse(place, `is an operator: below ${OR} no field may be called so`);
    return [];
  }
  if (Array.isArray(value)) {
    const leaf = parseLeaf(value, place);
    return leaf ? [{ name, kind: 'leaf', leaf }] : [];
  }
  const isText = isEvent && TEXTS_OF_EVENT.includes(name);
  if (isText || !isJsonObject(value) || isLongNumber(value)) {
    refuseValue(place, value, isText ? VALUES : `${VALUES}, or an object of fields`);
    return [];
  }
  const inner = parseFields(value, place, { isEvent: false, isInOr });
  return inner ? [{ name, kind: 'object', inside: inner }] : [];
}

function parseLeaf(list: readonly unknown[], place: Place): LeafPattern | undefined {
  if (list.length === 0) return refuse(place, `is empty: ${VALUES}`);
  const values = new Set<unknown>();
  const tests: ValueTest[] = [];
  let takesAbsent = false;
  list.forEach((entry, index) => {
    const at = inside(place, index);
    if (isLongNumber(entry)) refuseValue(at, entry, NUMBER);
    else if (Array.isArray(entry)) refuseValue(at, entry, 'a value, or an operator in an object');
    else if (!isJsonObject(entry)) values.add(entry);
    else {
      const parsed = parseOperation(entry, at);
      if (parsed === 'absent') takesAbsent = true;
      else if (parsed) tests.push(parsed);
    }
  });
  const exact: readonly ValueTest[] = values.size > 0 ? [{ kind: 'one-of', values }] : [];
  return { tests: [...exact, ...withOneCidr(tests)], takesAbsent };
}

/** All blocks of addresses in one test, so that a value is read as an address once. */
function withOneCidr(tests: readonly ValueTest[]): readonly ValueTest[] {
  const blocks = tests.flatMap((test) => (test.kind === 'cidr' ? test.blocks : []));
  const others = tests.filter((test) => test.kind !== 'cidr');
  return blocks.length > 0 ? [...others, { kind: 'cidr', blocks }] : others;
}

function parseOperation(entry: JsonObject, place: Place): ValueTest | 'absent' | undefined {
  const member = onlyMember(entry, place, `one of ${OPERATOR_NAMES.join(', ')}`);
  if (member === undefined) return undefined;
  const [name, operand] = member;
  const at = inside(place, name);
  if (name !== 'exists') return parseOperator(name, operand, at);
  if (typeof operand !== 'boolean') return refuseValue(at, operand, 'true or false');
  return operand ? { kind: 'any' } : 'absent';
}

function checkCounts(pattern: EventPattern, place: Place): void {
  const combinations = combinationsOf(pattern);
  if (combinations > OR_COMBINATIONS_MAX) {
    refuse(
      place,
      `its ${OR} make ${combinations} combinations; allowed are ${OR_COMBINATIONS_MAX}`,
    );
  }
}

function combinationsOf({ fields, anyOf }: EventPattern): number {
  const inFields = fields.map((field) =>
    field.kind === 'object' ? combinationsOf(field.inside) : 1,
  );
  const inGroups = anyOf.map((group) =>
    group.reduce((sum, alternative) => sum + combinationsOf(alternative), 0),
  );
  return [...inFields, ...inGroups].reduce((product, count) => product * count, 1);
}
