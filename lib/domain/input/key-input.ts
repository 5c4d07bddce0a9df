import * as z from 'zod/mini';
import { type RateLimit, SCOPES, type Scope } from '../api-key.ts';
import { BURST_MAX, RATE_PER_SECOND } from '../api-key-rate.ts';
import { INSTANT_RULE, parseInstant } from '../event-input.ts';
import { instant } from '../instant.ts';
import { orDefaults, parseBody } from './body.ts';
import { canonicalCidrs, cidrProblems, cidrs } from './cidr-list.ts';
import { choice, decimal, fields, listOf, refusal, tenantText, text, whole } from './field.ts';

/** Everything a caller may set of a key. */
export interface KeyInput {
  readonly name: string;
  /** Each once. */
  readonly scopes: readonly Scope[];
  readonly tenant?: string;
  readonly expiresAtMs?: number;
  /** Canonical, each once. */
  readonly allowCidrs?: readonly string[];
  readonly denyCidrs?: readonly string[];
  readonly rateLimit?: RateLimit;
}

const NAME_CHARS_MAX = 100;
const READ_ONLY = [...['id', 'key', 'prefix', 'canSign', 'rotatedFrom', 'createdAt', 'lastUsedAt']];
const GRACE_SECONDS = { default: 86_400, max: 604_800 } as const;

export const keySchema = fields({
  name: text(
    /^[^\p{Cc}]+$/u,
    NAME_CHARS_MAX,
    `1 to ${NAME_CHARS_MAX} characters, none of them a control character`,
  ),
  scopes: listOf(choice(SCOPES), 1, SCOPES.length),
  tenant: z.optional(tenantText()),
  allowCidrs: z.optional(cidrs()),
  denyCidrs: z.optional(cidrs()),
  rateLimit: z.optional(
    fields({
      perSecond: decimal(RATE_PER_SECOND.min, RATE_PER_SECOND.max),
      burst: whole(1, BURST_MAX),
    }),
  ),
  expiresAt: z.optional(text(/^/, 40, INSTANT_RULE)),
});

export const keyRotationSchema = fields({
  graceSeconds: z._default(whole(0, GRACE_SECONDS.max, 'seconds'), GRACE_SECONDS.default),
});

/** Reads a key; it must not have expired at `nowMs` already. */
export function parseKeyInput(body: unknown, nowMs: number): KeyInput {
  const { name, scopes, tenant, rateLimit, ...rest } = parseBody(keySchema, body, {
    readOnly: READ_ONLY,
    also: (given) => [
      ...expiryProblems(given.expiresAt, nowMs),
      ...cidrProblems('allowCidrs', given.allowCidrs),
      ...cidrProblems('denyCidrs', given.denyCidrs),
    ],
  });
  const expiresAtMs = rest.expiresAt === undefined ? undefined : parseInstant(rest.expiresAt);
  const allowCidrs = canonicalCidrs(rest.allowCidrs);
  const denyCidrs = canonicalCidrs(rest.denyCidrs);
  return {
    name,
    scopes: [...new Set(scopes)],
    ...(tenant !== undefined && { tenant }),
    ...(allowCidrs !== undefined && { allowCidrs }),
    ...(denyCidrs !== undefined && { denyCidrs }),
    ...(rateLimit !== undefined && { rateLimit }),
    ...(expiresAtMs !== undefined && { expiresAtMs }),
  };
}

/** How long the old key goes on working beside the new one; no body at all asks for a day. */
export function parseKeyRotation(body: unknown): { readonly graceSeconds: number } {
  return parseBody(keyRotationSchema, orDefaults(body));
}

function expiryProblems(given: unknown, nowMs: number) {
  if (typeof given !== 'string') return [];
  const atMs = parseInstant(given);
  if (atMs !== undefined && atMs > nowMs) return [];
  const allowed = `${INSTANT_RULE}, after ${instant(nowMs)}`;
  return [{ path: 'expiresAt', message: refusal(given, allowed) }];
}
