import type { Integrations } from '../../app/ports.ts';
import type { Integration } from '../../domain/integration.ts';
import { freshReads } from './fresh.ts';
import type { StoreOptions } from './store.ts';

const FRESH_MS = 2_000;
const ENTRIES_MAX = 1_000;

/** Integrations by name, kept for two seconds. */
export function cachedNames(
  integrations: Pick<Integrations, 'byName'>,
  clock: StoreOptions['clock'],
): (tenant: string, name: string) => Promise<Integration | undefined> {
  const read = freshReads(
    (key) => {
      const end = key.indexOf(' ');
      return integrations.byName(key.slice(0, end), key.slice(end + 1));
    },
    { freshMs: FRESH_MS, entriesMax: ENTRIES_MAX },
    clock,
  );
  // No tenant has a space in it.
  return (tenant, name) => read(`${tenant} ${name}`);
}
