import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { AuditDigests } from '../../app/ports-audit.ts';
import { digestEndAt, NO_DIGEST, type StoredDigest } from '../../domain/audit-digest.ts';
import type { SignedHead } from '../../domain/audit-digest-chain.ts';
import {
  AUDIT_DIGESTS,
  AUDIT_SIGNED,
  type AuditTables,
  auditKeys,
  FIRST_PLACE,
  LAST_PLACE,
  placeOf,
} from './audit-keys.ts';
import { isPlaced, nextPlaced, putNew, upTo } from './audit-rows.ts';
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
  const partition = ['pk', AUDIT_DIGESTS] as const;
  const range = { table: digests.table, partition, consistent: true };
  return {
    async end(upTo) {
      const to = upTo === undefined ? LAST_PLACE : auditKeys.digest(upTo).sk;
      const sort = ['sk', FIRST_PLACE, to] as const;
      const row = await nextPlaced(readRange(db, { ...range, sort, order: 'descending' }));
      return row === undefined ? NO_DIGEST : digestEndAt(storedOf(row));
    },

    append: (number, text) => putNew(digests, auditKeys.digest(number), { doc: text }),

    async read(fromNumber, limit) {
      const sort = ['sk', auditKeys.digest(fromNumber).sk, LAST_PLACE] as const;
      const reader = readRange(db, { ...range, sort, order: 'ascending' });
      return (await upTo(limit, reader, isPlaced)).map(storedOf);
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

function storedOf(item: Item): StoredDigest {
  const { doc } = item;
  return { place: placeOf(item), text: typeof doc === 'string' ? doc : '' };
}
