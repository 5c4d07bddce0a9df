import type { Integrations, Targets } from '../../app/ports.ts';
import type { Integration } from '../../domain/integration.ts';
import { freshReads } from './fresh.ts';
import type { StoreOptions } from './store.ts';

const FRESH_MS = 2_000;
const ENTRIES_MAX = 1_000;

/** Integrations as the delivery path reads them, kept for two seconds. */
export function cachedTargets(
  integrations: Pick<Integrations, 'byId'>,
  clock: StoreOptions['clock'],
): Targets {
  const read = freshReads(
    (key) => {
      const [id, tenant] = key.split(' ');
      return integrations.byId(id as Integration['id'], tenant);
    },
    { freshMs: FRESH_MS, entriesMax: ENTRIES_MAX },
    clock,
  );
  return { get: (tenant, id) => read(`${id} ${tenant}`) };
}
