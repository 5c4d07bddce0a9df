import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Checkpoint, Progress, Sweep } from '../../app/ports.ts';
import { readAll } from './ranges.ts';
import { getItem, put, putIf, removeIf, type Store, type StoreOptions } from './store.ts';
import { conditions, keys, SWEEPS, type Tables } from './table.ts';

/** What the tick remembers, in DynamoDB. */
export function dynamoProgress(
  db: DynamoDBClient,
  tables: Tables,
  options: Pick<StoreOptions, 'random'>,
): Progress {
  const store: Store = { db, table: tables.state, random: options.random };
  return {
    async checkpoint(tenant) {
      const item = await getItem(store, keys.checkpoint(tenant));
      if (item === undefined) return undefined;
      const { doc, v: version } = item as { readonly doc: string; readonly v: number };
      return { ...(JSON.parse(doc) as Omit<Checkpoint, 'version'>), version };
    },

    async saveCheckpoint(next) {
      const { version, ...rest } = next;
      const result = await putIf(
        store,
        keys.checkpoint(next.tenant),
        { doc: JSON.stringify(rest), v: version + 1 },
        version === 0 ? conditions.isNew : conditions.hasVersion(version),
      );
      return result.kind === 'written' ? 'saved' : 'stale';
    },

    async startSweep(sweep) {
      const { kind, integrationId, tenant, startedAtMs } = sweep;
      await put(store, keys.sweep(kind, integrationId), {
        kind,
        integrationId,
        tenant,
        startedAtMs,
      });
    },

    async sweeps() {
      const rows = await readAll(db, {
        table: store.table,
        partition: ['pk', SWEEPS],
        order: 'ascending',
        consistent: true,
      });
      return rows.map((row) => {
        const { kind, integrationId, tenant, startedAtMs } = row as unknown as Sweep;
        return { kind, integrationId, tenant, startedAtMs };
      });
    },

    async endSweep({ kind, integrationId, startedAtMs }) {
      await removeIf(store, keys.sweep(kind, integrationId), conditions.wasStartedAt(startedAtMs));
    },
  };
}
