import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { AuditTrail } from '../../app/ports-audit.ts';
import {
  type ChainHead,
  EMPTY_CHAIN,
  endAt,
  entryText,
  placeInTime,
  type StoredEntry,
} from '../../domain/audit.ts';
import {
  AUDIT_HEADS,
  type AuditTables,
  auditKeys,
  FIRST_PLACE,
  LAST_PLACE,
  placeOf,
} from './audit-keys.ts';
import { inTimeOf, listEntries, TIME_PARTITION } from './audit-list.ts';
import { listedRows } from './audit-listed.ts';
import { isPlaced, nextPlaced, putNew, upTo } from './audit-rows.ts';
import { readAll, readRange } from './ranges.ts';
import { getItem, type Item, putIf, type Store, type StoreOptions } from './store.ts';
import { type Condition, conditions } from './table.ts';

/** Chains of audit entries in DynamoDB, a partition each; their anchors are in another table. */
export function dynamoAuditTrail(
  db: DynamoDBClient,
  tables: AuditTables,
  options: Pick<StoreOptions, 'random'>,
): AuditTrail {
  const chains: Store = { db, table: tables.audit, random: options.random };
  const state: Store = { db, table: tables.state, random: options.random };
  const range = (tenant: string, sort?: readonly [low: string, high?: string]) => ({
    table: chains.table,
    partition: ['pk', auditKeys.entry(tenant, 0).pk] as const,
    ...(sort !== undefined && { sort: ['sk', ...sort] as const }),
    consistent: true,
  });
  return {
    async end(tenant, upTo) {
      const to = upTo === undefined ? LAST_PLACE : auditKeys.entry(tenant, upTo).sk;
      const placed = range(tenant, [FIRST_PLACE, to]);
      const row = await nextPlaced(readRange(db, { ...placed, order: 'descending' }));
      return row === undefined ? EMPTY_CHAIN : endAt(storedOf(row));
    },

    async append(entry) {
      const { tenant, seq } = entry;
      return await putNew(chains, auditKeys.entry(tenant, seq), {
        ...{ doc: entryText(entry), tmPk: TIME_PARTITION, tmSk: placeInTime(entry) },
      });
    },

    async read(tenant, fromSeq, limit) {
      const placed = range(tenant, [auditKeys.entry(tenant, fromSeq).sk, LAST_PLACE]);
      const reader = readRange(db, { ...placed, order: 'ascending' });
      return (await upTo(limit, reader, isPlaced)).map(storedOf);
    },

    async everyRow(tenant, afterSeq, limit) {
      const { sk } = auditKeys.entry(tenant, afterSeq);
      // A row may stand right behind it, before the next place.
      const all = afterSeq === 0 ? range(tenant) : range(tenant, [sk]);
      const isBehind = (item: Item) => afterSeq === 0 || item.sk !== sk;
      const reader = readRange(db, { ...all, order: 'ascending' });
      return (await upTo(limit, reader, isBehind)).map(storedOf);
    },

    list: (query) => listEntries(chains, query),
    listed: (after) => listedRows(chains, after),

    async anchor(tenant) {
      const item = await getItem(state, auditKeys.head(tenant));
      return item === undefined ? undefined : headOf(item);
    },

    async heads() {
      const partition = ['pk', AUDIT_HEADS] as const;
      const range = {
        table: state.table,
        partition,
        order: 'ascending',
        consistent: true,
      } as const;
      const rows = await readAll(db, range);
      return rows.map((item) => ({ tenant: String(item.sk), ...headOf(item) }));
    },

    async moveAnchor(tenant, from, to) {
      const condition = from === undefined ? conditions.isNew : isAt(from);
      const attributes = { sq: to.seq, hs: to.hash };
      const { kind } = await putIf(state, auditKeys.head(tenant), attributes, condition);
      return kind === 'written' ? 'moved' : 'stale';
    },
  };
}

function isAt({ seq, hash }: ChainHead): Condition {
  return { ConditionExpression: 'sq = :sq AND hs = :hs', values: { ':sq': seq, ':hs': hash } };
}

function headOf(item: Item): ChainHead {
  const { sq: seq, hs: hash } = item as { readonly sq: number; readonly hs: string };
  return { seq, hash };
}

function storedOf(item: Item): StoredEntry {
  const { doc } = item;
  const text = typeof doc === 'string' ? doc : '';
  return { place: placeOf(item), text, inTime: inTimeOf(item) };
}
