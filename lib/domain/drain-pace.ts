import type { Breaker, BreakerConfig } from './breaker.ts';
import { BUCKETS, windowOf } from './breaker-window.ts';
import type { Drain } from './drain.ts';

/** How the other side bears a drain: the rate grows while it does well, and halves when not. */
export type Bearing = 'well' | 'slow' | 'failing';

/** The rate is judged no more often than this: what was let go must have come back. */
export const PACE_MS = 5_000;
/** Clocks and queues are not exact: a step this much early is on time. */
const EARLY_MS = 500;
const RATE_MIN = 1;
const THRESHOLD_MIN = 25;
const GROWTH = 0.1;
const GROWTH_MIN = 1;
const FAILURE_RATE = 0.05;
const CALLS_MIN = 3;

/** How the other side has borne the calls since the rate was last judged. */
export function bearing(
  breaker: Breaker | undefined,
  config: BreakerConfig,
  sinceMs: number,
  nowMs: number,
): Bearing {
  if (breaker === undefined) return 'well';
  if (breaker.notBeforeMs > sinceMs) return 'failing';
  const bucketMs = (config.windowSeconds * 1000) / BUCKETS;
  const recent = breaker.buckets.filter(({ startMs }) => startMs + bucketMs > sinceMs);
  const { calls, failureRate } = windowOf(recent, config, nowMs);
  if (calls >= CALLS_MIN && (failureRate ?? 0) >= FAILURE_RATE) return 'failing';
  return breaker.slowUntilMs > nowMs ? 'slow' : 'well';
}

/**
 * The drain at the rate of its next step. Doubles up to the threshold, half of what the other side
 * took before its outage, then grows by a tenth of it; halves when calls fail or are refused. One
 * that is slow gets no more than the threshold: it may always have been slow.
 */
export function paced(
  drain: Drain,
  seen: { readonly bearing: Bearing; readonly callRate: number; readonly max: number },
  nowMs: number,
): Drain {
  const threshold = drain.threshold || Math.max(seen.callRate / 2, THRESHOLD_MIN);
  const set = (rate: number, to = threshold): Drain => ({
    ...drain,
    rate: Math.min(rate, seen.max),
    threshold: to,
    pacedAtMs: nowMs,
  });
  const { rate } = drain;
  if (drain.lastStepAtMs === 0) return set(rate);
  if (nowMs - drain.pacedAtMs < PACE_MS - EARLY_MS) {
    return { ...drain, rate: Math.min(rate, seen.max), threshold };
  }
  if (seen.bearing === 'failing') {
    const halved = Math.max(rate / 2, RATE_MIN);
    return set(halved, halved);
  }
  // Nothing was let go: nothing has been learned.
  if (drain.lastFoundAtMs < drain.pacedAtMs) return set(rate);
  if (seen.bearing === 'slow' && rate >= threshold) return set(Math.max(rate / 2, threshold));
  if (rate < threshold) return set(Math.min(rate * 2, threshold));
  return set(rate + Math.max(threshold * GROWTH, GROWTH_MIN));
}
