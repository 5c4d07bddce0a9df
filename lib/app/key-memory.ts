import type { ApiKey } from '../domain/api-key.ts';
import { rememberIn } from '../domain/remember.ts';
import { openSigningKey } from '../domain/request-signature.ts';
import type { ApiKeys, Pepper } from './ports.ts';

/** How long a key that was good is believed without a read: a revoked one may live this long. */
export const KEY_CACHED_MS = 30_000;
const KEYS_CACHED_MAX = 1_000;

/** A key at hand, and by what it signs once that was asked for. */
export interface KnownKey {
  readonly key: ApiKey;
  /** Undefined for a key that was made before requests could be signed. */
  signingKey(): Uint8Array | undefined;
}

/** The keys that were good lately. Only those are kept: a new key works at once. */
export function keyMemory(deps: {
  readonly apiKeys: Pick<ApiKeys, 'byLookup'>;
  readonly pepper: Pepper;
}) {
  const cache = new Map<string, { readonly known: KnownKey; readonly untilMs: number }>();
  return {
    async find(lookup: string, nowMs: number): Promise<KnownKey | undefined> {
      const entry = cache.get(lookup);
      if (entry !== undefined && entry.untilMs > nowMs) return entry.known;
      const key = await deps.apiKeys.byLookup(lookup);
      if (key === undefined) cache.delete(lookup);
      return key && { key, signingKey: openedOnce(key, deps.pepper) };
    },

    /** Whether it was good here when it was used last, however long ago; costs no read. */
    wasGood(lookup: string): boolean {
      return cache.has(lookup);
    },

    /** From its first use on: what is used all the time is read again all the same. */
    keep(known: KnownKey, nowMs: number): void {
      const { lookup } = known.key;
      if ((cache.get(lookup)?.untilMs ?? 0) > nowMs) return;
      rememberIn(cache, lookup, { known, untilMs: nowMs + KEY_CACHED_MS }, KEYS_CACHED_MAX);
    },
  };
}

function openedOnce({ lookup, signing }: ApiKey, pepper: Pepper): () => Uint8Array | undefined {
  let opened: Uint8Array | undefined;
  return () => {
    if (signing !== undefined) opened ??= openSigningKey(pepper, lookup, signing);
    return opened;
  };
}
