import { type CallRate, callsLeft } from '../../domain/rate-limit.ts';
import { rememberIn } from '../../domain/remember.ts';
import { rateConditions } from './outage-conditions.ts';
import { getItem, type Item, type Store } from './store.ts';
import { type Key, ttlAt } from './table.ts';
import { updateIf } from './update.ts';

/** Races lost to other takers before the caller is told that nothing is left for now. */
const RACES_MAX = 4;
/** A bucket that nobody takes from is full, and what its row says over: the row may go. */
const KEPT_MS = 86_400_000;
/** Buckets whose used-up time an instance remembers, to spare itself a request. */
const REMEMBERED_MAX = 1_000;

export interface Taking {
  /** At most what was asked for; 0: nothing is left for now. */
  readonly granted: number;
  /** Until when the bucket is used up, in microseconds, as far as is known. */
  readonly usedUpUs: number;
  /** Others took at the same moment, again and again: there may be something left. */
  readonly isContended: boolean;
}

/**
 * Buckets of one table as one time each (GCRA's theoretical arrival time), moved ahead by each
 * taking. An answer that is lost may cost grants that nobody uses; more than the rate is never
 * granted.
 */
export function usedUpTimes<Bucket extends string>(store: Store, keyOf: (bucket: Bucket) => Key) {
  // The time only moves ahead: what is remembered of it may be too early, never too late. So an
  // empty bucket is known to be empty without a request.
  const remembered = new Map<Bucket, number>();
  return async (bucket: Bucket, rate: CallRate, count: number, nowMs: number): Promise<Taking> => {
    const nowUs = nowMs * 1000;
    const key = keyOf(bucket);
    let usedUpUs = remembered.get(bucket) ?? 0;
    for (let race = 0; race < RACES_MAX; race++) {
      const granted = Math.min(count, callsLeft(rate, usedUpUs, nowUs));
      if (granted <= 0) return { granted: 0, usedUpUs, isContended: false };
      const row = await useUp(store, key, rate, { granted, nowUs, isPast: usedUpUs <= nowUs });
      usedUpUs = usedUpOf(row ?? (await getItem(store, key)));
      rememberIn(remembered, bucket, usedUpUs, REMEMBERED_MAX);
      if (row !== undefined) return { granted, usedUpUs, isContended: false };
    }
    return { granted: 0, usedUpUs, isContended: true };
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
