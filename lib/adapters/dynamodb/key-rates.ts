import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { KeyRates } from '../../app/ports-keys.ts';
import { keyRate } from '../../domain/api-key-rate.ts';
import type { Store, StoreOptions } from './store.ts';
import { keys, type Tables } from './table.ts';
import { usedUpTimes } from './used-up.ts';

/** Buckets of keys in DynamoDB: more than the limit is never granted. */
export function dynamoKeyRates(
  db: DynamoDBClient,
  tables: Tables,
  options: Pick<StoreOptions, 'random'>,
): KeyRates {
  const store: Store = { db, table: tables.state, random: options.random };
  const takeFrom = usedUpTimes(store, keys.keyRate);
  return {
    async take(bucket, limit, count, nowMs) {
      const { granted, usedUpUs } = await takeFrom(bucket, keyRate(limit), count, nowMs);
      return { granted, usedUpUs };
    },
  };
}
