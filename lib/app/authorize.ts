import type { ApiKey, Principal } from '../domain/api-key.ts';
import { isSecretOf, parseKey } from '../domain/keys.ts';
import type { ApiKeys, Clock, Pepper } from './ports.ts';

export interface AuthorizeDeps {
  readonly apiKeys: Pick<ApiKeys, 'byLookup' | 'used'>;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly pepper: Pepper;
}

export type Authorization =
  | { readonly principal: Principal }
  | { readonly reason: 'missing' | 'malformed' | 'unknown' | 'expired' };

/** How long a key that was good is believed without a read: a revoked one may live this long. */
export const KEY_CACHED_MS = 30_000;
const KEYS_CACHED_MAX = 1_000;
const HEADER_CHARS_MAX = 256;
const BEARER = /^bearer +(\S+) *$/i;

/**
 * Makes the check of `Authorization` headers, with a memory of its own. A text that never was a
 * key is refused without a read.
 */
export function authorizer(
  deps: AuthorizeDeps,
): (header: string | undefined) => Promise<Authorization> {
  const cache = new Map<string, { readonly key: ApiKey; readonly untilMs: number }>();

  const recall = (lookup: string, nowMs: number): ApiKey | undefined => {
    const entry = cache.get(lookup);
    if (entry === undefined || entry.untilMs > nowMs) return entry?.key;
    cache.delete(lookup);
    return undefined;
  };
  const remember = (key: ApiKey, nowMs: number): void => {
    const oldest = cache.size < KEYS_CACHED_MAX ? undefined : cache.keys().next().value;
    if (oldest !== undefined) cache.delete(oldest);
    cache.set(key.lookup, { key, untilMs: nowMs + KEY_CACHED_MS });
  };

  return async (header) => {
    if (header === undefined || header === '') return { reason: 'missing' };
    const [, text = ''] = header.length > HEADER_CHARS_MAX ? [] : (BEARER.exec(header) ?? []);
    const parts = parseKey(text);
    if (parts === undefined) return { reason: 'malformed' };
    const nowMs = deps.clock.nowMs();
    const recalled = recall(parts.lookup, nowMs);
    const key = recalled ?? (await deps.apiKeys.byLookup(parts.lookup));
    if (key === undefined || !isSecretOf(key, deps.pepper, parts.secret)) {
      return { reason: 'unknown' };
    }
    if (key.expiresAtMs !== undefined && key.expiresAtMs <= nowMs) return { reason: 'expired' };
    if (recalled === undefined) remember(key, nowMs);
    await deps.apiKeys.used(key, nowMs);
    return { principal: principalOf(key) };
  };
}

function principalOf({ id, name, scopes, tenant }: ApiKey): Principal {
  return { keyId: id, name, scopes, ...(tenant !== undefined && { tenant }) };
}
