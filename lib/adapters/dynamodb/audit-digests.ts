import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { AuditDigests } from '../../app/ports-audit.ts';
import { digestEndAt, NO_DIGEST, type StoredDigest } from '../../domain/audit-digest.ts';
import type { SignedHead } from '../../domain/audit-digest-chain.ts';
import {
  AUDIT_DIGESTS,
  AUDIT_SIGNED,
  type AuditTables,
  auditKeys,
  PLACE_AFTER,
  sortablePlace,
} from './audit-keys.ts';
import { placeOf } from './audit-list.ts';
import { putNew } from './audit-rows.ts';
import { readAll, readRange } from './ranges.ts';
import { getItem, type Item, put, type Store, type StoreOptions } from './store.ts';

/** Digests in the table of the chains; what was signed of each chain is noted beside its anchor. */
export function dynamoAuditDigests(
  db: DynamoDBClient,
  tables: AuditTables,
  options: Pick<StoreOptions, 'random'>,
): AuditDigests {
  const digests: Store = { db, table: tables.audit, random: options.random };
  const state: Store = { db, table: tables.state, random: options.random };
  const rows = (fromNumber: number, order: 'ascending' | 'descending') =>
    readRange(db, {
      table: digests.table,
      partition: ['pk', AUDIT_DIGESTS],
      sort: ['sk', sortablePlace(fromNumber), PLACE_AFTER],
      ...{ order, consistent: true },
    });
  return {
    async end() {
      const [row] = (await rows(1, 'descending').next(1)) ?? [];
      return row === undefined ? NO_DIGEST : digestEndAt(storedOf(row));
    },

    append: (number, text) => putNew(digests, auditKeys.digest(number), { doc: text }),

    async read(fromNumber, limit) {
      const reader = rows(fromNumber, 'ascending');
      const read: Item[] = [];
      // A page of DynamoDB ends at 1 MB.
      for (let page = 0; page < limit && read.length < limit; page++) {
        const items = await reader.next(limit - read.length);
        if (items === undefined) break;
        read.push(...items);
      }
      return read.map(storedOf);
    },

    async signed() {
      const partition = ['pk', AUDIT_SIGNED] as const;
      const range = { table: state.table, partition, order: 'ascending' } as const;
      return (await readAll(db, { ...range, consistent: true })).map(signedOf);
    },

    async signedOf(tenant) {
      const item = await getItem(state, auditKeys.signed(tenant));
      return item === undefined ? undefined : signedOf(item);
    },

    noteSigned({ tenant, seq, hash, digest }) {
      return put(state, auditKeys.signed(tenant), { sq: seq, hs: hash, nr: digest });
    },
  };
}

function signedOf({ sk, sq, hs, nr }: Item): SignedHead {
  return { tenant: String(sk), seq: Number(sq), hash: String(hs), digest: Number(nr) };
}

function storedOf({ sk, doc }: Item): StoredDigest {
  return { place: placeOf(String(sk)), text: typeof doc === 'string' ? doc : '' };
}
