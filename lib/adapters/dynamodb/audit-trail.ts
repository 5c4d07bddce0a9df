import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { AuditTrail } from '../../app/ports-audit.ts';
import {
  type ChainHead,
  EMPTY_CHAIN,
  endAt,
  entryText,
  type StoredEntry,
} from '../../domain/audit.ts';
import {
  AUDIT_HEADS,
  type AuditTables,
  auditKeys,
  PLACE_AFTER,
  sortablePlace,
} from './audit-keys.ts';
import { listEntries, placeOf, TIME_PARTITION, timeKey } from './audit-list.ts';
import { putNew } from './audit-rows.ts';
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
  const rows = (tenant: string, low: string, order: 'ascending' | 'descending') =>
    readRange(db, {
      table: chains.table,
      partition: ['pk', auditKeys.entry(tenant, 0).pk],
      sort: ['sk', low, PLACE_AFTER],
      ...{ order, consistent: true },
    });
  return {
    async end(tenant) {
      const [row] = (await rows(tenant, sortablePlace(1), 'descending').next(1)) ?? [];
      return row === undefined ? EMPTY_CHAIN : endAt(storedOf(row));
    },

    async append(entry) {
      const { tenant, seq, at } = entry;
      const times = { tmPk: TIME_PARTITION, tmSk: timeKey(entry, at) };
      return await putNew(chains, auditKeys.entry(tenant, seq), {
        doc: entryText(entry),
        ...times,
      });
    },

    async read(tenant, fromSeq, limit) {
      const reader = rows(tenant, sortablePlace(fromSeq), 'ascending');
      const read: Item[] = [];
      // A page of DynamoDB ends at 1 MB.
      for (let page = 0; page < limit && read.length < limit; page++) {
        const items = await reader.next(limit - read.length);
        if (items === undefined) break;
        read.push(...items);
      }
      return read.map(storedOf);
    },

    list: (query) => listEntries(chains, query),

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

function storedOf({ sk, doc }: Item): StoredEntry {
  return { place: placeOf(String(sk)), text: typeof doc === 'string' ? doc : '' };
}
