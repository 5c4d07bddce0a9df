import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Deliveries, DeliveryRef, EventRef, HeldRef } from '../../app/ports-history.ts';
import { TABLES } from '../../names.ts';
import { deliveryAttributes, deliveryOf, deliverySummary } from './delivery-item.ts';
import { isOver, overSinceMs, timeline } from './history.ts';
import { merged, pageOf } from './merge.ts';
import { type RangeReader, readAll, readRange, startingWith } from './ranges.ts';
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
import { tiesInOrder } from './tie-order.ts';

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

    ofIntegration({ integrationId, range, order, after, limit }) {
      const merge = timeline(store, options, {
        index: 'timeline',
        partitions: partitions.deliveries(integrationId),
        range,
        order: order === 'oldest-first' ? 'ascending' : 'descending',
        ...(after !== undefined && { after }),
      });
      return pageOf(merge, limit, deliverySummary);
    },

    async sample({ integrationId, shard, range, limit }) {
      const partition = partitions.deliveries(integrationId)[shard];
      const merge = timeline(store, options, {
        index: 'timeline',
        partitions: partition === undefined ? [] : [partition],
        range,
        order: 'descending',
      });
      return (await merged(merge).take(limit)).map(deliverySummary);
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

    async due(nowMs, limit) {
      // What was due before this was accepted even earlier, so it is over.
      const range = [overSinceMs(options) + 1, nowMs] as const;
      const rows = earliest(dueReaders(store, partitions.due(), range));
      return (await rows.take(limit)).map(refOf);
    },

    async held({ integrationId, after, limit }) {
      const sinceMs = after === undefined ? 0 : Number(after.slice(0, after.indexOf('#')));
      const range = [Math.max(overSinceMs(options) + 1, sinceMs), MS_MAX] as const;
      const readers = dueReaders(store, partitions.held(integrationId), range).map((reader) =>
        tiesInOrder(reader, DUE.sortKey, positionOf),
      );
      return (await earliest(readers, after).take(limit)).map(heldRefOf);
    },
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

/** Some partitions of the index `due`, between two times (both inclusive). */
function dueReaders(
  store: Store,
  of: readonly string[],
  [lowMs, highMs]: readonly [number, number],
): readonly RangeReader[] {
  return of.map((partition) =>
    readRange(store.db, {
      table: store.table,
      index: DUE.name,
      partition: [DUE.partitionKey, partition],
      sort: [DUE.sortKey, lowMs, highMs],
      order: 'ascending',
    }),
  );
}

function earliest(readers: readonly RangeReader[], after?: string) {
  return merged({
    readers,
    order: 'ascending',
    position: positionOf,
    ...(after !== undefined && { after }),
  });
}

/** Where a row stands in the index `due`; rows of the same millisecond have an order too. */
function positionOf(row: Item): string {
  return `${sortableMs(row[DUE.sortKey] as number)}#${row.pk}#${row.sk}`;
}

function refOf(row: Item): DeliveryRef {
  return {
    ...parseHistoryPk(row.pk as string),
    integrationId: parseDeliverySk(row.sk as string),
  };
}

function heldRefOf(row: Item): HeldRef {
  return {
    ...refOf(row),
    acceptedAtMs: row[DUE.sortKey] as number,
    position: positionOf(row),
  };
}
