import type { ServiceCall } from './call.ts';
import type { CallAnswer } from './call-answer.ts';
import type { FallbackChain } from './fallback.ts';
import { fingerprint } from './ids.ts';
import type { Integration } from './integration.ts';
import { headersStruck } from './redaction-bytes.ts';

/** The last good answers of a service, for when it cannot give one. */

/** An answer as it was kept. */
export interface KeptCallAnswer extends CallAnswer {
  readonly storedAtMs: number;
}

/** A larger body is not kept; packed it must fit into a row. */
export const KEPT_BODY_BYTES_MAX = 1_048_576;
/** Keeping is a write: so often at most for one request, in one function instance. */
const REWRITE_MS_MIN = 5_000;
const REWRITES_PER_AGE = 10;
/** They are different each time, and change no answer. */
const INDIFFERENT: ReadonlySet<string> = new Set([
  ...['traceparent', 'tracestate', 'baggage', 'x-request-id', 'x-correlation-id'],
  'idempotency-key',
]);

/**
 * Names the answers that may stand for each other: the same request, to the same endpoint, with the
 * same credentials. Every header that the caller gave is part of it but those of tracing, so
 * nobody gets an answer that was meant for another; so is everything that is sent besides.
 */
export function cacheKey(integration: Integration, call: ServiceCall): string {
  const { endpoint, auth, request } = integration;
  const headers = Object.entries(call.headers).filter(([name]) => !INDIFFERENT.has(name));
  return fingerprint(
    JSON.stringify([endpoint, auth, sorted(Object.entries(request.headers))]),
    JSON.stringify([call.method, call.path, call.query, sorted(headers)]),
    call.body === undefined ? '' : `=${call.body}`,
  );
}

function sorted(pairs: readonly (readonly [string, string])[]) {
  return pairs.toSorted(([a], [b]) => (a < b ? -1 : 1));
}

/** The longest age that any cache link of the chain takes; undefined: it has none. */
export function cacheSecondsOf(chain: FallbackChain): number | undefined {
  const ages = chain.flatMap((link) => (link.type === 'cache' ? [link.maxAgeSeconds] : []));
  return ages.length === 0 ? undefined : Math.max(...ages);
}

/**
 * Whether an answer may be kept: good, not too large, not one that says `no-store`, nor one that
 * repeats a credential that the caller's own headers have given.
 */
export function isStorable(
  { statusCode, headers, body }: CallAnswer,
  lines: readonly (readonly [name: string, value: string])[],
  call: Pick<ServiceCall, 'headers'>,
): boolean {
  if (statusCode < 200 || statusCode > 299 || body.length > KEPT_BODY_BYTES_MAX) return false;
  const strike = headersStruck(call.headers);
  if (strike.isIn(body)) return false;
  if (Object.values(headers).some((value) => strike.text(value) !== value)) return false;
  return !lines.some(([name, value]) => name === 'cache-control' && /\bno-store\b/i.test(value));
}

/** How old a kept answer must be before it is worth another write, in milliseconds. */
export function rewriteMs(maxAgeSeconds: number): number {
  return Math.max(REWRITE_MS_MIN, (maxAgeSeconds * 1000) / REWRITES_PER_AGE);
}

/** Whole seconds since it was kept; undefined if that is too long ago. */
export function ageOf(
  { storedAtMs }: KeptCallAnswer,
  maxAgeSeconds: number,
  nowMs: number,
): number | undefined {
  const ageMs = Math.max(nowMs - storedAtMs, 0);
  return ageMs <= maxAgeSeconds * 1000 ? Math.floor(ageMs / 1000) : undefined;
}
