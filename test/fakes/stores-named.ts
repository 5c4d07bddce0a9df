import type { Clock, Integrations, Page, Sources, Targets } from '../../lib/app/ports.ts';
import {
  INTEGRATIONS_PER_TENANT_MAX,
  type Integration,
  routeOf,
} from '../../lib/domain/integration.ts';
import { SOURCES_PER_TENANT_MAX, type Source } from '../../lib/domain/source.ts';

interface Named {
  readonly id: string;
  readonly tenant: string;
  readonly name: string;
  readonly version: number;
}

interface ListQuery {
  readonly tenant?: string;
  readonly after?: string;
  readonly limit: number;
}

/** Integrations in memory. `tenants` remembers those whose integrations are gone. */
export function fakeIntegrations(perTenantMax = INTEGRATIONS_PER_TENANT_MAX): Integrations {
  const tenants = new Set<string>();
  const { create, all, ...named } = fakeNamed<Integration>(perTenantMax);
  return {
    ...named,
    async create(integration) {
      const result = await create(integration);
      if (result === 'created') tenants.add(integration.tenant);
      return result;
    },
    async routes(tenant) {
      return structuredClone(all(tenant).map(routeOf));
    },
    async tenants() {
      return [...tenants].sort();
    },
  };
}

export function fakeSources(perTenantMax = SOURCES_PER_TENANT_MAX): Sources {
  const { all: _, ...sources } = fakeNamed<Source>(perTenantMax);
  return sources;
}

/** Targets without a cache: always as of now. */
export function fakeTargets(integrations: Pick<Integrations, 'byId'>): Targets {
  return { get: (tenant, id) => integrations.byId(id, tenant) };
}

function fakeNamed<T extends Named>(perTenantMax: number) {
  const rows = new Map<string, T>();
  const all = (tenant: string) => [...rows.values()].filter((row) => row.tenant === tenant);
  const named = (tenant: string, name: string) => all(tenant).find((row) => row.name === name);
  const isCurrent = ({ tenant, id, version }: Named) => {
    const row = rows.get(id);
    return row?.tenant === tenant && row.version === version;
  };

  return {
    all,
    async create(resource: T): Promise<'created' | 'name-taken' | 'limit-reached'> {
      if (all(resource.tenant).length >= perTenantMax) return 'limit-reached';
      if (named(resource.tenant, resource.name)) return 'name-taken';
      rows.set(resource.id, structuredClone(resource));
      return 'created';
    },
    async byId(id: string, tenant?: string): Promise<T | undefined> {
      const row = rows.get(id);
      return tenant === undefined || row?.tenant === tenant ? structuredClone(row) : undefined;
    },
    async byName(tenant: string, name: string): Promise<T | undefined> {
      return structuredClone(named(tenant, name));
    },
    async save(next: T, previousName: string): Promise<'saved' | 'stale' | 'name-taken'> {
      const holder = named(next.tenant, next.name);
      if (next.name !== previousName && holder && holder.id !== next.id) return 'name-taken';
      if (!isCurrent(next)) return 'stale';
      rows.set(next.id, structuredClone({ ...next, version: next.version + 1 }));
      return 'saved';
    },
    async remove(resource: T): Promise<'removed' | 'stale'> {
      if (rows.has(resource.id) && !isCurrent(resource)) return 'stale';
      rows.delete(resource.id);
      return 'removed';
    },
    /** Nothing is sealed here. */
    open: async (resource: T) => resource,
    async list({ tenant, after, limit }: ListQuery): Promise<Page<T>> {
      return pageById(tenant === undefined ? [...rows.values()] : all(tenant), after, limit);
    },
  };
}

/** One page of what is there, newest first: ids sort by time of creation. */
export function pageById<T extends { readonly id: string }>(
  rows: readonly T[],
  after: string | undefined,
  limit: number,
): Page<T> {
  const sorted = rows
    .filter((row) => after === undefined || row.id < after)
    .sort((a, b) => (a.id < b.id ? 1 : -1));
  const items = structuredClone(sorted.slice(0, limit));
  return { items, next: sorted.length > limit ? items.at(-1)?.id : undefined };
}

/** What a fake store needs to know of time. */
export type FakeClock = Pick<Clock, 'nowMs'>;
