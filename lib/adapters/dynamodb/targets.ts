import type { Integrations, Targets } from '../../app/ports.ts';
import type { Integration } from '../../domain/integration.ts';
import { freshReads } from './fresh.ts';
import type { StoreOptions } from './store.ts';

const LIMITS = { freshMs: 2_000, entriesMax: 1_000 } as const;
/** Whoever has just made one may call it. */
const LIMITS_OF_FOUND = { ...LIMITS, keepsNothing: false } as const;

type Clock = StoreOptions['clock'];
type Limits = typeof LIMITS | typeof LIMITS_OF_FOUND;

/** Integrations as the delivery path reads them, kept for two seconds. */
export function cachedTargets(integrations: Pick<Integrations, 'byId'>, clock: Clock): Targets {
  const byId = idReader(integrations, LIMITS, clock);
  return { get: (tenant, id) => byId(id, tenant) };
}

/** Integrations by name, kept for two seconds. */
export function cachedNames(
  integrations: Pick<Integrations, 'byName'>,
  clock: Clock,
): Integrations['byName'] {
  return nameReader(integrations, LIMITS, clock);
}

/** Integrations by id or by name, kept for two seconds; one that is not there is looked for anew. */
export function cachedLookups(
  integrations: Pick<Integrations, 'byId' | 'byName'>,
  clock: Clock,
): Pick<Integrations, 'byId' | 'byName'> {
  return {
    byId: idReader(integrations, LIMITS_OF_FOUND, clock),
    byName: nameReader(integrations, LIMITS_OF_FOUND, clock),
  };
}

/** No id and no tenant has a space in it. */
function idReader(
  integrations: Pick<Integrations, 'byId'>,
  limits: Limits,
  clock: Clock,
): Integrations['byId'] {
  const read = freshReads(
    (key) => {
      const [id, tenant] = key.split(' ');
      return integrations.byId(id as Integration['id'], tenant);
    },
    limits,
    clock,
  );
  return (id, tenant) => read(tenant === undefined ? id : `${id} ${tenant}`);
}

function nameReader(
  integrations: Pick<Integrations, 'byName'>,
  limits: Limits,
  clock: Clock,
): Integrations['byName'] {
  const read = freshReads(
    (key) => {
      const [tenant = '', name = ''] = key.split(' ');
      return integrations.byName(tenant, name);
    },
    limits,
    clock,
  );
  return (tenant, name) => read(`${tenant} ${name}`);
}
