import { invalidField, RequestError, shown } from '../domain/errors.ts';
import { INSTANT_RULE, parseInstant } from '../domain/event-input.ts';
import { TENANT } from '../domain/integration.ts';
import { PAGE_LIMIT_DEFAULT, PAGE_LIMIT_MAX } from '../domain/page.ts';
import type { HttpRequest } from './request.ts';

const TEXT_CHARS_MAX = 256;
/** Problems told in one answer. */
const PROBLEMS_TOLD_MAX = 100;

/** The query parameters of a request, each known to its route and given once. */
export type Query = ReadonlyMap<string, string>;

/** Reads the query string; names that `allowed` does not have are refused, all in one error. */
export function readQuery(request: HttpRequest, allowed: readonly string[]): Query {
  const query = new Map<string, string>();
  const fields = [];
  for (const [name, value] of new URLSearchParams(request.rawQuery)) {
    if (!allowed.includes(name)) {
      fields.push({
        path: shown(name),
        message: `is not a query parameter here; allowed: ${allowed.join(', ') || 'none'}`,
      });
    } else if (query.has(name)) fields.push({ path: name, message: 'is given more than once' });
    query.set(name, value);
  }
  const [first] = fields;
  if (first) {
    throw new RequestError('invalid', `${first.path}: ${first.message}.`, {
      fields: fields.slice(0, PROBLEMS_TOLD_MAX),
    });
  }
  return query;
}

export function textOf(query: Query, name: string): string | undefined {
  const value = query.get(name);
  if (value === undefined || (value !== '' && value.length <= TEXT_CHARS_MAX)) return value;
  throw invalidField(name, `must have 1 to ${TEXT_CHARS_MAX} characters, not ${value.length}`);
}

export function oneOf<T extends string>(
  query: Query,
  name: string,
  allowed: readonly T[],
): T | undefined {
  const value = query.get(name);
  if (value === undefined) return undefined;
  const known = allowed.find((option) => option === value);
  if (known !== undefined) return known;
  throw invalidField(name, `${quote(value)} is not allowed; allowed: ${allowed.join(', ')}`);
}

/** Whether the answer is to say nothing of what payloads, headers and answers hold. */
export function redactOf(query: Query): boolean {
  return oneOf(query, 'redact', ['true', 'false']) === 'true';
}

/** An RFC 3339 time, in milliseconds. */
export function instantOf(query: Query, name: string): number | undefined {
  const value = query.get(name);
  if (value === undefined) return undefined;
  // In a query string a bare `+` is a space: the offset of a time that was not encoded.
  const atMs = parseInstant(value.replace(' ', '+'));
  if (atMs !== undefined) return atMs;
  throw invalidField(name, `${quote(value)} is not allowed; allowed: ${INSTANT_RULE}`);
}

/** `since` (inclusive) and `until` (exclusive). */
export function rangeOf(query: Query): { readonly sinceMs?: number; readonly untilMs?: number } {
  const sinceMs = instantOf(query, 'since');
  const untilMs = instantOf(query, 'until');
  if (sinceMs !== undefined && untilMs !== undefined && sinceMs >= untilMs) {
    throw invalidField('until', 'must be later than since');
  }
  return { ...(sinceMs !== undefined && { sinceMs }), ...(untilMs !== undefined && { untilMs }) };
}

export function limitOf(
  query: Query,
  max = PAGE_LIMIT_MAX,
  otherwise = PAGE_LIMIT_DEFAULT,
): number {
  const value = query.get('limit');
  if (value === undefined) return otherwise;
  const limit = /^\d{1,6}$/.test(value) ? Number(value) : 0;
  if (limit >= 1 && limit <= max) return limit;
  throw invalidField('limit', `${quote(value)} is not allowed; allowed: a whole number 1–${max}`);
}

/** An exact event type, or the beginning of one and `*`. */
export function typeOf(query: Query): string | undefined {
  const value = query.get('type');
  if (value === undefined || /^(?!$)[A-Za-z0-9_.-]{0,128}\*?$/.test(value)) return value;
  throw invalidField(
    'type',
    `${quote(value)} is not allowed; allowed: an event type, or the beginning of one and *`,
  );
}

export function tenantParameter(query: Query): string | undefined {
  const value = query.get('tenant');
  if (value === undefined || TENANT.test(value)) return value;
  throw invalidField(
    'tenant',
    `${quote(value)} is not allowed; allowed: 1–64 of A–Z a–z 0–9 _ . -`,
  );
}

function quote(value: string): string {
  return JSON.stringify(shown(value));
}
