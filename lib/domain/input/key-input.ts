import * as z from 'zod/mini';
import { SCOPES, type Scope } from '../api-key.ts';
import { shown } from '../errors.ts';
import { parseInstant } from '../event-input.ts';
import { parseBody } from './body.ts';
import { choice, fields, listOf, tenantText, text } from './field.ts';

/** Everything a caller may set of a key. */
export interface KeyInput {
  readonly name: string;
  /** Each once. */
  readonly scopes: readonly Scope[];
  readonly tenant?: string;
  readonly expiresAtMs?: number;
}

const NAME_CHARS_MAX = 100;
const LATER = ['allowCidrs', 'denyCidrs', 'rateLimit'];
const READ_ONLY = ['id', 'key', 'prefix', 'createdAt', 'lastUsedAt'];

const keySchema = fields({
  name: text(
    /^[^\p{Cc}]+$/u,
    NAME_CHARS_MAX,
    `1 to ${NAME_CHARS_MAX} characters, none of them a control character`,
  ),
  scopes: listOf(choice(SCOPES), 1, SCOPES.length),
  tenant: z.optional(tenantText()),
  expiresAt: z.optional(text(/^/, 40, 'an RFC 3339 time such as 2030-01-31T12:00:00.000Z')),
});

/** Reads a key; it must not have expired at `nowMs` already. */
export function parseKeyInput(body: unknown, nowMs: number): KeyInput {
  const { name, scopes, tenant, expiresAt } = parseBody(keySchema, body, {
    later: LATER,
    readOnly: READ_ONLY,
    also: ({ expiresAt: given }) => expiryProblems(given, nowMs),
  });
  const expiresAtMs = expiresAt === undefined ? undefined : parseInstant(expiresAt);
  return {
    name,
    scopes: [...new Set(scopes)],
    ...(tenant !== undefined && { tenant }),
    ...(expiresAtMs !== undefined && { expiresAtMs }),
  };
}

function expiryProblems(given: unknown, nowMs: number) {
  if (typeof given !== 'string') return [];
  const atMs = parseInstant(given);
  if (atMs !== undefined && atMs > nowMs) return [];
  const now = new Date(nowMs).toISOString();
  const message = `${JSON.stringify(shown(given))} is not allowed: an RFC 3339 time after ${now}`;
  return [{ path: 'expiresAt', message }];
}
