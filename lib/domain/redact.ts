import { isLongNumber } from './exact-json.ts';

/** Names like those that programs give; another one may be somebody's address or number. */
const PLAIN_NAME = /^[A-Za-z_][A-Za-z0-9_-]{0,63}$/;

/**
 * JSON of the same shape that says nothing of what was in it: every value has become the name of
 * its type, `null` stays, and so do the names of members that look like a program's own. Nothing
 * tells equal values from others: a hash, even a keyed one, lets whoever may publish try values.
 */
export function redactedJson(value: unknown): unknown {
  if (value === null) return null;
  if (Array.isArray(value)) return value.map(redactedJson);
  if (typeof value !== 'object') return `[${typeof value}]`;
  if (isLongNumber(value)) return '[number]';
  return Object.fromEntries(
    Object.entries(value).map(([name, member], i) => [
      PLAIN_NAME.test(name) ? name : `[name ${i + 1}]`,
      redactedJson(member),
    ]),
  );
}

/** A text as `[string]`; that there is none may be seen. */
export function redactedText<T extends string | null>(text: T): T | '[string]' {
  return text === null || text === '' ? text : '[string]';
}

/** Header names, or those of metadata, with their values gone. */
export function redactedValues(
  values: Readonly<Record<string, string>>,
): Readonly<Record<string, unknown>> {
  return redactedJson(values) as Readonly<Record<string, unknown>>;
}
