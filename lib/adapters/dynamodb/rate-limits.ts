import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { RateLimits } from '../../app/ports-outage.ts';
import { type CallRate, callRate, callsLeft, waitUs } from '../../domain/rate-limit.ts';
import { rememberIn } from '../../domain/remember.ts';
import { rateConditions } from './outage-conditions.ts';
import { getItem, type Item, type Store, type StoreOptions } from './store.ts';
import { type Key, keys, type Tables, ttlAt } from './table.ts';
import { updateIf } from './update.ts';

/** Races lost to other takers before the caller is sent away for a moment. */
const RACES_MAX = 4;
/** A row that nobody asked for this long is gone; what it said was over in a second. */
const KEPT_MS = 86_400_000;
/** Integrations whose used-up time an instance remembers, to spare itself a request. */
const REMEMBERED_MAX = 1_000;

/**
 * Rate limits in DynamoDB: one time per integration, moved ahead by each grant. An answer that is
 * lost may cost a grant that nobody uses; more than the rate is never granted.
 */
export function dynamoRateLimits(
  db: DynamoDBClient,
  tables: Tables,
  options: Pick<StoreOptions, 'random'>,
): RateLimits {
  const store: Store = { db, table: tables.state, random: options.random };
  // The time only moves ahead: what is remembered of it may be too early, never too late.
  const remembered = new Map<string, number>();
  return {
    async take(integrationId, { perSecond, count, debtMs }, nowMs) {
      const rate = callRate(perSecond, debtMs);
      const nowUs = nowMs * 1000;
      const key = keys.rate(integrationId);
      let usedUpUs = remembered.get(integrationId) ?? 0;
      for (let race = 0; race < RACES_MAX; race++) {
        const granted = Math.min(count, callsLeft(rate, usedUpUs, nowUs));
        if (granted <= 0) return answer(0, count, rate, usedUpUs, nowUs);
        const row = await useUp(store, key, rate, { granted, nowUs, isPast: usedUpUs <= nowUs });
        usedUpUs = usedUpOf(row ?? (await getItem(store, key)));
        rememberIn(remembered, integrationId, usedUpUs, REMEMBERED_MAX);
        if (row !== undefined) return answer(granted, count, rate, usedUpUs, nowUs);
      }
      return { granted: 0, waitMs: Math.ceil(rate.callUs / 1000) };
    },
  };
}

/** One conditional write; two shapes, for an expression cannot ask for the later of two times. */
function useUp(
  store: Store,
  key: Key,
  { callUs, aheadUs }: CallRate,
  grant: { readonly granted: number; readonly nowUs: number; readonly isPast: boolean },
): Promise<Item | undefined> {
  const { granted, nowUs, isPast } = grant;
  const usedUs = granted * callUs;
  const ttl = ttlAt((nowUs + aheadUs) / 1000 + KEPT_MS);
  return isPast
    ? updateIf(store, key, { set: { tat: nowUs + usedUs, ttl } }, rateConditions.isPast(nowUs))
    : updateIf(
        store,
        key,
        { add: { tat: usedUs }, set: { ttl } },
        rateConditions.isBetween(nowUs, nowUs + aheadUs - usedUs),
      );
}

function usedUpOf(row: Item | undefined): number {
  return (row?.tat as number | undefined) ?? 0;
}

function answer(granted: number, count: number, rate: CallRate, usedUpUs: number, nowUs: number) {
  const waitMs = granted >= count ? 0 : Math.ceil(waitUs(rate, usedUpUs, nowUs) / 1000);
  return { granted, waitMs };
}
