import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { LockOuts } from '../../app/ports-keys.ts';
import { type LockOut, lockOutEndMs } from '../../domain/lock-out.ts';
import { getItem, putIf, type Store, type StoreOptions } from './store.ts';
import { conditions, keys, type Tables, ttlAt } from './table.ts';

/** Lock-outs in DynamoDB: one row for each network that somebody tried wrong keys from. */
export function dynamoLockOuts(
  db: DynamoDBClient,
  tables: Tables,
  options: Pick<StoreOptions, 'random'>,
): LockOuts {
  const store: Store = { db, table: tables.state, random: options.random };
  return {
    async load(network) {
      const row = await getItem(store, keys.lockOut(network));
      if (row === undefined) return { value: undefined, version: 0 };
      return { value: JSON.parse(row.doc as string) as LockOut, version: row.v as number };
    },

    async save(network, value, version) {
      const attributes = {
        doc: JSON.stringify(value),
        v: version + 1,
        ttl: ttlAt(lockOutEndMs(value)),
      };
      const condition = version === 0 ? conditions.isNew : conditions.hasVersion(version);
      const result = await putIf(store, keys.lockOut(network), attributes, condition);
      return result.kind === 'written' ? 'saved' : 'stale';
    },
  };
}
