import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { KeyRates } from '../../app/ports-keys.ts';
import { keyRate } from '../../domain/api-key-rate.ts';
import { type CallRate, callsLeft } from '../../domain/rate-limit.ts';
import { rememberIn } from '../../domain/remember.ts';
import { rateConditions } from './outage-conditions.ts';
import { getItem, type Item, type Store, type StoreOptions } from './store.ts';
import { keys, type Tables, ttlAt } from './table.ts';
import { updateIf } from './update.ts';

/** Races lost to other takers before the caller is told that nothing is left for now. */
const RACES_MAX = 4;
/** A bucket that nobody takes from is full, and its row gone. */
const KEPT_MS = 86_400_000;
const REMEMBERED_MAX = 1_000;

/**
 * Buckets of keys in DynamoDB: one time per bucket, moved ahead by each taking. An answer that is
 * lost may cost requests that nobody makes; more than the limit is never granted.
 */
export function dynamoKeyRates(
  db: DynamoDBClient,
  tables: Tables,
  options: Pick<StoreOptions, 'random'>,
): KeyRates {
  const store: Store = { db, table: tables.state, random: options.random };
  // The time only moves ahead: what is remembered of it may be too early, never too late. So an
  // empty bucket is known to be empty without a request.
  const remembered = new Map<string, number>();
  return {
    async take(bucket, limit, count, nowMs) {
      const rate = keyRate(limit);
      const nowUs = nowMs * 1000;
      let usedUpUs = remembered.get(bucket) ?? 0;
      for (let race = 0; race < RACES_MAX; race++) {
        const granted = Math.min(count, callsLeft(rate, usedUpUs, nowUs));
        if (granted <= 0) return { granted: 0, usedUpUs };
        const row = await useUp(store, bucket, rate, { granted, nowUs, usedUpUs });
        usedUpUs = usedUpOf(row ?? (await getItem(store, keys.keyRate(bucket))));
        rememberIn(remembered, bucket, usedUpUs, REMEMBERED_MAX);
        if (row !== undefined) return { granted, usedUpUs };
      }
      return { granted: 0, usedUpUs };
    },
  };
}

/** One conditional write; two shapes, for an expression cannot ask for the later of two times. */
function useUp(
  store: Store,
  bucket: string,
  { callUs, aheadUs }: CallRate,
  take: { readonly granted: number; readonly nowUs: number; readonly usedUpUs: number },
): Promise<Item | undefined> {
  const { granted, nowUs, usedUpUs } = take;
  const key = keys.keyRate(bucket);
  const usedUs = granted * callUs;
  const ttl = ttlAt((nowUs + aheadUs) / 1000 + KEPT_MS);
  if (usedUpUs <= nowUs) {
    const changes = { set: { tat: nowUs + usedUs, ttl } };
    return updateIf(store, key, changes, rateConditions.isPast(nowUs));
  }
  const fits = rateConditions.isBetween(nowUs, nowUs + aheadUs - usedUs);
  return updateIf(store, key, { add: { tat: usedUs }, set: { ttl } }, fits);
}

function usedUpOf(row: Item | undefined): number {
  return (row?.tat as number | undefined) ?? 0;
}
