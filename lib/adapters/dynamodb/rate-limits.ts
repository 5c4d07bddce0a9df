import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { RateLimits } from '../../app/ports-outage.ts';
import { type CallRate, callRate, waitUs } from '../../domain/rate-limit.ts';
import type { Store, StoreOptions } from './store.ts';
import { keys, type Tables } from './table.ts';
import { type Taking, usedUpTimes } from './used-up.ts';

/** Rate limits of integrations in DynamoDB: more than the rate is never granted. */
export function dynamoRateLimits(
  db: DynamoDBClient,
  tables: Tables,
  options: Pick<StoreOptions, 'random'>,
): RateLimits {
  const store: Store = { db, table: tables.state, random: options.random };
  const takeFrom = usedUpTimes(store, keys.rate);
  return {
    async take(integrationId, { perSecond, count, debtMs }, nowMs) {
      const rate = callRate(perSecond, debtMs);
      const taking = await takeFrom(integrationId, rate, count, nowMs);
      return { granted: taking.granted, waitMs: waitOf(taking, count, rate, nowMs) };
    },
  };
}

/** When there is more: after others took at the same moment, as soon as one call may be made. */
function waitOf(
  { granted, usedUpUs, isContended }: Taking,
  count: number,
  rate: CallRate,
  nowMs: number,
) {
  if (granted >= count) return 0;
  return Math.ceil((isContended ? rate.callUs : waitUs(rate, usedUpUs, nowMs * 1000)) / 1000);
}
