import * as z from 'zod/mini';
import { type FieldError, RequestError, shown } from '../errors.ts';
import { HOSTILE_NAMES } from '../json-names.ts';
import { isJsonObject, type JsonObject } from '../merge-patch.ts';
import { holderRefusal } from './field.ts';

/** What a body may hold besides the fields of its schema. */
export interface BodyRules {
  /** Fields of the contract that this version does not have yet. */
  readonly later?: readonly string[];
  /** Fields of the answer that a request may not set. */
  readonly readOnly?: readonly string[];
  /** Problems that the schema cannot see; runs whatever the schema says. */
  readonly also?: (body: JsonObject) => readonly FieldError[];
}

/** Depth and number of values that a body of the registry may have. */
export const BODY_DEPTH_MAX = 32;
export const BODY_VALUES_MAX = 5_000;
/** Problems told in one answer. */
const PROBLEMS_TOLD_MAX = 100;

/** The checked value of a body, or one error with every problem of it. */
export function parseBody<T extends z.core.$ZodType>(
  schema: T,
  body: unknown,
  rules: BodyRules = {},
): z.output<T> {
  const object = jsonBody(body);
  const outside = [...(rules.later ?? []), ...(rules.readOnly ?? [])];
  const known = Object.entries(object).filter(([name]) => !outside.includes(name));
  const parsed = z.safeParse(schema, Object.fromEntries(known));
  const problems = [
    ...presentOf(object, rules.later, 'is not available in this version; leave it out'),
    ...presentOf(object, rules.readOnly, 'is set by Breakwater; leave it out'),
    ...(parsed.success ? [] : problemsOf(parsed.error.issues)),
    ...(rules.also?.(object) ?? []),
  ];
  if (parsed.success && problems.length === 0) return parsed.data;
  throw invalid(problems);
}

/** No body at all asks for the defaults; `null` is one, and is refused as any that is no object. */
export function orDefaults(body: unknown): unknown {
  return body === undefined ? {} : body;
}

/** The body as an object, free of keys that could reach a prototype and of absurd nesting. */
export function jsonBody(body: unknown): JsonObject {
  if (!isJsonObject(body)) {
    throw invalid([{ path: '', message: holderRefusal(body, 'a JSON object') }]);
  }
  const problems = structureProblems(body);
  if (problems.length > 0) throw invalid(problems);
  return body;
}

/** One error for all of them; its message is the first. */
export function invalid(problems: readonly FieldError[]): RequestError {
  // One wrong value may break several rules: its first refusal names all that is allowed.
  const byPath = new Map(problems.toReversed().map((problem) => [problem.path, problem]));
  const told = problems.filter((problem) => byPath.get(problem.path) === problem);
  const [first = { path: '', message: 'is not valid' }] = told;
  const more = told.length > 1 ? ` (and ${told.length - 1} more)` : '';
  return new RequestError('invalid', `${first.path || 'body'}: ${first.message}${more}`, {
    fields: told.slice(0, PROBLEMS_TOLD_MAX),
  });
}

/** The problems that a schema found, below the path of what it was applied to. */
export function problemsOf(
  issues: readonly z.core.$ZodIssue[],
  above: readonly string[] = [],
): readonly FieldError[] {
  return issues.flatMap((issue) => {
    const path = [...above, ...issue.path.map((part) => shown(String(part)))];
    const paths =
      issue.code === 'unrecognized_keys'
        ? issue.keys.map((name) => [...path, shown(name)])
        : [path];
    return paths.map((full) => ({ path: full.join('.'), message: issue.message }));
  });
}

function presentOf(body: JsonObject, names: readonly string[] = [], message: string) {
  return names.filter((name) => Object.hasOwn(body, name)).map((path) => ({ path, message }));
}

interface Place {
  readonly value: unknown;
  readonly path: readonly string[];
}

function structureProblems(body: JsonObject): readonly FieldError[] {
  const problems: FieldError[] = [];
  const open: Place[] = [{ value: body, path: [] }];
  for (let seen = 0; ; seen++) {
    const place = open.pop();
    if (place === undefined) return problems;
    if (seen >= BODY_VALUES_MAX) {
      return [{ path: '', message: `has more than ${BODY_VALUES_MAX} values` }];
    }
    if (typeof place.value !== 'object' || place.value === null) continue;
    if (place.path.length >= BODY_DEPTH_MAX) {
      problems.push({
        path: place.path.join('.'),
        message: `is nested deeper than ${BODY_DEPTH_MAX}`,
      });
      continue;
    }
    for (const [name, value] of Object.entries(place.value)) {
      const path = [...place.path, shown(name)];
      if (HOSTILE_NAMES.includes(name)) {
        problems.push({ path: path.join('.'), message: 'is not allowed as the name of a field' });
      }
      open.push({ value, path });
    }
  }
}
