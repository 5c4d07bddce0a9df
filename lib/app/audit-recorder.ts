import type { Integration } from '../domain/integration.ts';
import type { Source } from '../domain/source.ts';
import { breakers, deliveries, jobs, keys, type Note, type RecordedKind } from './audit-stores.ts';
import {
  integrationState,
  secretsChanged,
  secretsOfIntegration,
  secretsOfSource,
  sourceState,
} from './audit-views.ts';
import type { Recorded } from './audited-change.ts';
import type { Named, NamedStore } from './named-registry.ts';
import type { ApiKeys, Integrations, Sources } from './ports.ts';
import type { Deliveries } from './ports-history.ts';
import type { Jobs } from './ports-jobs.ts';
import type { Breakers } from './ports-outage.ts';

/** The stores that a request may change something in. */
export interface RecordedStores {
  readonly integrations: Pick<Integrations, keyof NamedStore<Integration>>;
  readonly sources: Pick<Sources, keyof NamedStore<Source>>;
  readonly apiKeys: Pick<ApiKeys, 'create' | 'byId' | 'remove' | 'expire'>;
  readonly breakers: Pick<Breakers, 'load' | 'move'>;
  readonly deliveries: Pick<Deliveries, 'load' | 'save'>;
  readonly jobs: Pick<Jobs, 'create' | 'load' | 'save'>;
}

/** Everything that one request has stored, by kind; what it did to one resource is one change. */
export interface Recorder {
  of(kind: RecordedKind): readonly Recorded[];
}

/**
 * The stores of one request, which note what it stores: how it was, by the very version that the
 * write's condition named, and how it is.
 */
export function recording<S extends RecordedStores>(stores: S): { stores: S; recorder: Recorder } {
  const changes = new Map<RecordedKind, Map<string, Recorded>>();
  const note: Note = (kind, { before, ...change }) => {
    const ofKind = changes.get(kind) ?? new Map<string, Recorded>();
    changes.set(kind, ofKind);
    const key = `${change.resource.id} ${change.resource.name}`;
    ofKind.set(key, { ...change, before: ofKind.get(key)?.before ?? before });
  };
  const integrations = named<Integration>(
    stores.integrations,
    note,
    'integration',
    (item, before) => ({
      ...(integrationState(item) as object),
      secretsChanged: secretsChanged(secretsOfIntegration, before, item),
    }),
  );
  const sources = named<Source>(stores.sources, note, 'source', (item, before) => ({
    ...(sourceState(item) as object),
    secretsChanged: secretsChanged(secretsOfSource, before, item),
  }));
  const recorded: RecordedStores = {
    integrations: { ...stores.integrations, ...integrations },
    sources: { ...stores.sources, ...sources },
    apiKeys: keys(stores.apiKeys, note),
    breakers: breakers(stores.breakers, note),
    deliveries: deliveries(stores.deliveries, note),
    jobs: jobs(stores.jobs, note),
  };
  return {
    stores: { ...stores, ...recorded },
    recorder: { of: (kind) => [...(changes.get(kind)?.values() ?? [])] },
  };
}

/** Items as they were read, by id and version, so that a change finds what it was made upon. */
const READ_MAX = 20;

function named<T extends Named>(
  store: NamedStore<T>,
  note: Note,
  kind: RecordedKind,
  stateOf: (item: T, before: T | undefined) => unknown,
): NamedStore<T> {
  const read = new Map<string, T>();
  const keep = (item: T | undefined) => {
    if (item !== undefined && read.size < READ_MAX) read.set(`${item.id} ${item.version}`, item);
    return item;
  };
  const tell = (item: T, before: T | undefined, after: T | undefined) => {
    note(kind, {
      tenant: item.tenant,
      resource: { kind, id: item.id, name: item.name },
      before: before === undefined ? null : stateOf(before, before),
      after: after === undefined ? null : stateOf(after, before),
    });
  };
  return {
    byId: async (id: T['id'], tenant?: string) => keep(await store.byId(id, tenant)),
    byName: async (tenant: string, name: string) => keep(await store.byName(tenant, name)),
    async open(item: T) {
      const opened = await store.open(item);
      keep(opened);
      return opened;
    },
    async create(item: T) {
      const result = await store.create(item);
      if (result === 'created') tell(item, undefined, item);
      return result;
    },
    async save(next: T, previousName: string) {
      const result = await store.save(next, previousName);
      const before = read.get(`${next.id} ${next.version}`);
      if (result === 'saved') tell(next, before, { ...next, version: next.version + 1 });
      return result;
    },
    async remove(item: T) {
      const result = await store.remove(item);
      if (result === 'removed') tell(item, item, undefined);
      return result;
    },
  };
}
