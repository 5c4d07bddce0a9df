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

/** Integrations by id or by name, kept for two seconds. */
export function cachedLookups(
  integrations: Pick<Integrations, 'byId' | 'byName'>,
  clock: StoreOptions['clock'],
): Pick<Integrations, 'byId' | 'byName'> {
  // Whoever has just made one may call it.
  const limits = { freshMs: FRESH_MS, entriesMax: ENTRIES_MAX, keepsNothing: false } as const;
  const byId = freshReads(
    (key) => {
      const [id, tenant] = key.split(' ');
      return integrations.byId(id as Integration['id'], tenant);
    },
    limits,
    clock,
  );
  const byName = freshReads(
    (key) => {
      const [tenant = '', name = ''] = key.split(' ');
      return integrations.byName(tenant, name);
    },
    limits,
    clock,
  );
  return {
    byId: (id, tenant) => byId(tenant === undefined ? id : `${id} ${tenant}`),
    byName: (tenant, name) => byName(`${tenant} ${name}`),
  };
}
