import type { FieldError } from '../errors.ts';
import { parsePattern } from '../event-pattern-parse.ts';
import { isJsonObject, type JsonObject } from '../merge-patch.ts';

/** What is wrong with an event pattern, each mistake at its place; null and absent are none. */
export function filterProblems({ filter }: JsonObject): readonly FieldError[] {
  if (filter === undefined || filter === null) return [];
  const parsed = parsePattern(filter);
  return parsed.ok ? [] : parsed.errors;
}

/** Absent where there is none. */
export function filterOf(filter: unknown): { readonly filter?: JsonObject } {
  return isJsonObject(filter) ? { filter } : {};
}
