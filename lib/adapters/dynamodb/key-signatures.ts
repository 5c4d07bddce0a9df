import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { SignaturesSeen } from '../../app/ports-keys.ts';
import { putIf, type Store, type StoreOptions } from './store.ts';
import { conditions, keys, type Tables, ttlAt } from './table.ts';

/** Signatures that were used, one row each until they would be too old anyway. */
export function dynamoSignaturesSeen(
  db: DynamoDBClient,
  tables: Tables,
  options: Pick<StoreOptions, 'random'>,
): SignaturesSeen {
  const store: Store = { db, table: tables.state, random: options.random };
  return {
    async note(signatureId, untilMs, nowMs) {
      const row = { ex: untilMs, ttl: ttlAt(untilMs) };
      const condition = conditions.isNewOrExpiredAt(nowMs);
      const result = await putIf(store, keys.signature(signatureId), row, condition);
      return result.kind === 'written' ? 'first' : 'again';
    },
  };
}
