import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { HealthChecks, HealthWatch } from '../../app/ports-health.ts';
import type { CheckResult } from '../../domain/health.ts';
import type { IntegrationId } from '../../domain/ids.ts';
import { readAll } from './ranges.ts';
import { getItem, type Item, isMarked, removeIf, type Store, type StoreOptions } from './store.ts';
import { conditions, HEALTH_CHECKS, keys, type Tables } from './table.ts';
import { updateIf } from './update.ts';

/** Random bytes that tell one claim from every other. */
const CLAIM_BYTES = 9;

/** Health checks in DynamoDB: one row each, all in one partition, for the tick reads them whole. */
export function dynamoHealthChecks(
  db: DynamoDBClient,
  tables: Tables,
  options: Pick<StoreOptions, 'random'>,
): HealthChecks {
  const store: Store = { db, table: tables.state, random: options.random };
  return {
    async watch({ tenant, integrationId, intervalSeconds }, nowMs) {
      const set = { tn: tenant, ev: intervalSeconds, wa: nowMs };
      await updateIf(store, keys.healthCheck(integrationId), { set, setOnce: { la: 0 } });
    },

    async load(integrationId) {
      const item = await getItem(store, keys.healthCheck(integrationId));
      return item === undefined ? undefined : watchOf(item);
    },

    async all() {
      const partition = ['pk', HEALTH_CHECKS] as const;
      const rows = await readAll(db, { table: store.table, partition, order: 'ascending' });
      return rows.map(watchOf);
    },

    async claim({ integrationId, claimedAtMs }, nowMs) {
      const key = keys.healthCheck(integrationId);
      const mark = store.random.bytes(CLAIM_BYTES);
      const set = { la: nowMs, w: mark };
      const row = await updateIf(store, key, { set }, conditions.wasAskedAt(claimedAtMs));
      if (row !== undefined) return 'claimed';
      // A write whose answer was lost is sent again, and then refused because of itself.
      return isMarked(await getItem(store, key), mark) ? 'claimed' : 'taken';
    },

    // Sent twice it does the same twice: a claim is not changed by its result.
    async record({ integrationId, claimedAtMs, intervalSeconds }, { result, failuresInRow }) {
      const set = { rs: JSON.stringify(result), fl: failuresInRow, ev: intervalSeconds };
      const key = keys.healthCheck(integrationId);
      await updateIf(store, key, { set }, conditions.wasAskedAt(claimedAtMs));
    },

    async unwatch({ integrationId, watchedAtMs }) {
      await removeIf(store, keys.healthCheck(integrationId), conditions.wasWatchedAt(watchedAtMs));
    },
  };
}

function watchOf(item: Item): HealthWatch {
  const row = item as {
    readonly sk: string;
    readonly tn: string;
    readonly ev: number;
    readonly wa: number;
    readonly la: number;
    readonly rs?: string;
    readonly fl?: number;
  };
  return {
    tenant: row.tn,
    integrationId: row.sk as IntegrationId,
    intervalSeconds: row.ev,
    watchedAtMs: row.wa,
    claimedAtMs: row.la,
    ...(row.rs !== undefined && { result: JSON.parse(row.rs) as CheckResult }),
    failuresInRow: row.fl ?? 0,
  };
}
