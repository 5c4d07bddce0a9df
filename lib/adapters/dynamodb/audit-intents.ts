import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { AuditIntent, AuditIntents } from '../../app/ports-audit.ts';
import { AUDIT_INTENTS, type AuditTables, auditKeys } from './audit-keys.ts';
import { readRange } from './ranges.ts';
import { type Item, put, remove, type Store, type StoreOptions } from './store.ts';

/** What is about to be changed, in DynamoDB: one partition, in which there is hardly ever a row. */
export function dynamoAuditIntents(
  db: DynamoDBClient,
  tables: AuditTables,
  options: Pick<StoreOptions, 'random'>,
): AuditIntents {
  const store: Store = { db, table: tables.state, random: options.random };
  return {
    put: (intent) => put(store, auditKeys.intent(intent.draft.id), { doc: JSON.stringify(intent) }),
    remove: (id) => remove(store, auditKeys.intent(id)),
    async oldest(limit) {
      const partition = ['pk', AUDIT_INTENTS] as const;
      const range = {
        table: store.table,
        partition,
        order: 'ascending',
        consistent: true,
      } as const;
      return ((await readRange(db, range).next(limit)) ?? []).map(intentOf);
    },
  };
}

function intentOf({ doc }: Item): AuditIntent {
  return JSON.parse(String(doc)) as AuditIntent;
}
