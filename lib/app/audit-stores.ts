import { type AuditResource, NO_TENANT } from '../domain/audit.ts';
import { deliveryId } from '../domain/ids.ts';
import { targetName } from '../domain/target.ts';
import { breakerState, deliveryState, jobState, keyState } from './audit-views.ts';
import type { Recorded } from './audited-change.ts';
import type { ApiKeys } from './ports.ts';
import type { Deliveries } from './ports-history.ts';
import type { Jobs } from './ports-jobs.ts';
import type { Breakers } from './ports-outage.ts';

export type RecordedKind = 'integration' | 'source' | 'key' | 'breaker' | 'delivery' | 'job';

export type Note = (kind: RecordedKind, change: Recorded) => void;

/** Keys that note what is issued, ended and removed. */
export function keys<S extends Pick<ApiKeys, 'create' | 'byId' | 'remove' | 'expire'>>(
  store: S,
  note: Note,
): S {
  type Key = Parameters<S['create']>[0];
  const tell = ({ id, name, tenant }: Key, before: unknown, after: unknown) =>
    note('key', {
      tenant: tenant ?? NO_TENANT,
      resource: { kind: 'key', id, name },
      before,
      after,
    });
  return {
    ...store,
    async create(key: Key) {
      const result = await store.create(key);
      if (result === 'created') tell(key, null, keyState(key));
      return result;
    },
    async remove(key: Key) {
      await store.remove(key);
      tell(key, keyState(key), null);
    },
    async expire(key: Key, atMs: number) {
      const before = await store.byId(key.id);
      const result = await store.expire(key, atMs);
      if (result !== 'gone') tell(result, before ? keyState(before) : null, keyState(result));
      return result;
    },
  };
}

/** Breakers that note where they were moved. */
export function breakers<S extends Pick<Breakers, 'load' | 'move'>>(store: S, note: Note): S {
  const { load, last } = lastLoaded(store);
  return {
    ...store,
    load,
    async move(next: Parameters<S['move']>[0]) {
      const before = last();
      const was = before?.version === next.version - 1 ? breakerState(before) : null;
      const result = await store.move(next);
      if (result === 'stale') return result;
      const { tenant, integrationId, target } = next;
      const resource = { kind: 'breaker', id: integrationId, name: targetName(target) };
      note('breaker', { tenant, resource, before: was, after: breakerState(next) });
      return result;
    },
  };
}

/** Deliveries that note what became of them. */
export function deliveries<S extends Pick<Deliveries, 'load' | 'save'>>(store: S, note: Note): S {
  const read = new Map<string, Awaited<ReturnType<S['load']>>>();
  return {
    ...store,
    async load(ref: Parameters<S['load']>[0]) {
      const loaded = (await store.load(ref)) as Awaited<ReturnType<S['load']>>;
      if (loaded !== undefined) {
        read.set(`${ref.eventId} ${ref.integrationId} ${loaded.version}`, loaded);
      }
      return loaded;
    },
    async save(next: Parameters<S['save']>[0]) {
      const result = await store.save(next);
      if (result === 'stale') return result;
      const { tenant, eventId, acceptedAtMs, integrationId, version } = next;
      const resource: AuditResource = {
        ...{ kind: 'delivery', id: deliveryId(eventId, acceptedAtMs, integrationId), name: null },
      };
      const was = read.get(`${eventId} ${integrationId} ${version}`);
      const after = deliveryState({ ...next, version: version + 1 });
      note('delivery', { tenant, resource, before: was ? deliveryState(was) : null, after });
      return result;
    },
  };
}

/** Jobs that note their beginning and their end. */
export function jobs<S extends Pick<Jobs, 'create' | 'load' | 'save'>>(store: S, note: Note): S {
  const { load, last } = lastLoaded(store);
  const tell = (job: Parameters<S['save']>[0], before: unknown, version: number) => {
    const { tenant, id } = job;
    const resource: AuditResource = { kind: 'job', id, name: null };
    note('job', { tenant, resource, before, after: jobState({ ...job, version }) });
  };
  return {
    ...store,
    load,
    async create(job: Parameters<S['create']>[0]) {
      const result = await store.create(job);
      if (result === 'created') tell(job, null, 1);
      return result;
    },
    async save(next: Parameters<S['save']>[0]) {
      const read = last();
      const was = read?.id === next.id && read.version === next.version ? jobState(read) : null;
      const result = await store.save(next);
      if (result === 'saved') tell(next, was, next.version + 1);
      return result;
    },
  };
}

/** The store's own reading, and what it has found last. */
function lastLoaded<K, T>(store: { load(key: K): Promise<T> }) {
  let found: T | undefined;
  return {
    async load(key: K): Promise<T> {
      const loaded = await store.load(key);
      found = loaded;
      return loaded;
    },
    last: () => found,
  };
}
