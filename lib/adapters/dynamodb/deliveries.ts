import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Deliveries, DeliveryRef, EventRef } from '../../app/ports.ts';
import { TABLES } from '../../names.ts';
import { deliveryAttributes, deliveryOf, deliverySummary } from './delivery-item.ts';
import { isOver, overSinceMs, timeline } from './history.ts';
import { merged, pageOf } from './merge.ts';
import { readAll, readRange, startingWith } from './ranges.ts';
import { getItem, type Item, putIf, type Store, type StoreOptions } from './store.ts';
import {
  conditions,
  keys,
  parseDeliverySk,
  parseHistoryPk,
  partitions,
  retentionMs,
  sortableMs,
  type Tables,
  ttlAt,
} from './table.ts';

const DUE = TABLES.history.indexes.due;
const MS_MAX = Number.MAX_SAFE_INTEGER;

/** Deliveries in DynamoDB: one row each, its attempts in it, so that one write records both. */
export function dynamoDeliveries(
  db: DynamoDBClient,
  tables: Tables,
  options: StoreOptions,
): Deliveries {
  const store = { db, table: tables.history, random: options.random };
  return {
    async load({ tenant, eventId, integrationId }) {
      const item = await getItem(store, keys.delivery(tenant, eventId, integrationId));
      return item === undefined || isOver(item, options) ? undefined : deliveryOf(item);
    },

    async save(next) {
      const result = await putIf(
        store,
        keys.delivery(next.tenant, next.eventId, next.integrationId),
        {
          ...deliveryAttributes(next),
          ttl: ttlAt(next.acceptedAtMs + retentionMs(options.retentionDays)),
        },
        next.version === 0
          ? conditions.isNewOrAcceptedBefore(overSinceMs(options))
          : conditions.hasVersion(next.version),
      );
      return result.kind === 'written' ? 'saved' : 'stale';
    },

    async ofEvent(ref) {
      const rows = await rowsOf(store, ref, true);
      return rows.filter((row) => !isOver(row, options)).map(deliveryOf);
    },

    async startedOf(ref) {
      const rows = await rowsOf(store, ref, false);
      const current = rows.filter((row) => !isOver(row, options));
      return new Set(current.map((row) => parseDeliverySk(row.sk as string)));
    },

    ofIntegration({ integrationId, range, after, limit }) {
      const merge = timeline(store, options, {
        index: 'timeline',
        partitions: partitions.deliveries(integrationId),
        range,
        order: 'descending',
        ...(after !== undefined && { after }),
      });
      return pageOf(merge, limit, deliverySummary);
    },

    withStatus({ tenant, status, range, after, limit }) {
      const merge = timeline(store, options, {
        index: 'status',
        partitions: partitions.status(tenant, status),
        range,
        order: 'descending',
        ...(after !== undefined && { after }),
      });
      return pageOf(merge, limit, deliverySummary);
    },

    // What was due before this was accepted even earlier, so it is over.
    due: (nowMs, limit) =>
      earliest(store, partitions.due(), [overSinceMs(options) + 1, nowMs], limit),

    held: (integrationId, limit) =>
      earliest(store, partitions.held(integrationId), [overSinceMs(options) + 1, MS_MAX], limit),
  };
}

function rowsOf(store: Store, { tenant, eventId }: EventRef, consistent: boolean) {
  const [low, high] = startingWith('D#');
  return readAll(store.db, {
    table: store.table,
    partition: ['pk', keys.event(tenant, eventId).pk],
    sort: ['sk', low, high],
    order: 'ascending',
    consistent,
  });
}

/** The first of some partitions of the index `due`, between two times (both inclusive). */
async function earliest(
  store: Store,
  of: readonly string[],
  [lowMs, highMs]: readonly [number, number],
  limit: number,
): Promise<readonly DeliveryRef[]> {
  const sequence = merged({
    readers: of.map((partition) =>
      readRange(store.db, {
        table: store.table,
        index: DUE.name,
        partition: [DUE.partitionKey, partition],
        sort: [DUE.sortKey, lowMs, highMs],
        order: 'ascending',
      }),
    ),
    order: 'ascending',
    position: (row) => `${sortableMs(row[DUE.sortKey] as number)}#${row.pk}#${row.sk}`,
  });
  return (await sequence.take(limit)).map(refOf);
}

function refOf(row: Item): DeliveryRef {
  return {
    ...parseHistoryPk(row.pk as string),
    integrationId: parseDeliverySk(row.sk as string),
  };
}
