import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { AuditIntent, AuditIntents } from '../../app/ports-audit.ts';
import { AUDIT_INTENTS, type AuditTables, auditKeys, INTENT_PARTITIONS } from './audit-keys.ts';
import { readRange } from './ranges.ts';
import { type Item, put, remove, type Store, type StoreOptions } from './store.ts';

/** What is about to be changed, in DynamoDB: partitions in which there is hardly ever a row. */
export function dynamoAuditIntents(
  db: DynamoDBClient,
  tables: AuditTables,
  options: Pick<StoreOptions, 'random'>,
): AuditIntents {
  const store: Store = { db, table: tables.state, random: options.random };
  /** Ids of those that an earlier version has stored, as they were read last. */
  let old: ReadonlySet<string> = new Set();
  const rowsOf = async (pk: string, limit: number) => {
    const range = { table: store.table, partition: ['pk', pk], order: 'ascending' } as const;
    return (await readRange(db, { ...range, consistent: true }).next(limit)) ?? [];
  };
  return {
    put: (intent) => put(store, auditKeys.intent(intent.draft.id), { doc: JSON.stringify(intent) }),
    remove: (id) => remove(store, old.has(id) ? auditKeys.oldIntent(id) : auditKeys.intent(id)),
    async oldest(limit) {
      const read = await Promise.all(INTENT_PARTITIONS.map((pk) => rowsOf(pk, limit)));
      const rows = read.flat().sort((a, b) => (String(a.sk) < String(b.sk) ? -1 : 1));
      old = new Set(rows.filter(({ pk }) => pk === AUDIT_INTENTS).map(({ sk }) => String(sk)));
      return rows.slice(0, limit).map(intentOf);
    },
  };
}

function intentOf({ doc }: Item): AuditIntent {
  return JSON.parse(String(doc)) as AuditIntent;
}
