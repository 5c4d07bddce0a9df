import type { ApiKeys } from '../../lib/app/ports.ts';
import type { ApiKey } from '../../lib/domain/api-key.ts';
import type { KeyId } from '../../lib/domain/ids.ts';

/** The key of a caller that a test did not make: it has no bounds. */
export function callersKey(id: KeyId): ApiKey {
  return { id, lookup: id, hash: '', name: id, scopes: ['admin'], createdAtMs: 0 };
}

/** The same keys, and those of these callers: found by id, in no list. */
export function withCallers(apiKeys: ApiKeys, ids: readonly KeyId[]): ApiKeys {
  const known = (id: KeyId) => (ids.includes(id) ? callersKey(id) : undefined);
  return { ...apiKeys, byId: async (id) => (await apiKeys.byId(id)) ?? known(id) };
}
