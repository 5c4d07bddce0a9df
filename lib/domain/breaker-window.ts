import type { Breaker, BreakerConfig, Bucket, WindowFigures } from './breaker.ts';

/** The sliding window: a ring of ten buckets, each a tenth of the window long. */
export const BUCKETS = 10;

/** Where in the ring the calls that end now belong. */
export interface BucketPlace {
  readonly index: number;
  readonly startMs: number;
}

export function bucketAt({ windowSeconds }: BreakerConfig, nowMs: number): BucketPlace {
  const lengthMs = (windowSeconds * 1000) / BUCKETS;
  const number = Math.floor(nowMs / lengthMs);
  return { index: number % BUCKETS, startMs: number * lengthMs };
}

/** What the window holds now; buckets that have left it, or lie ahead, count nothing. */
export function windowOf(
  buckets: readonly Bucket[],
  config: BreakerConfig,
  nowMs: number,
): WindowFigures {
  const last = bucketAt(config, nowMs).startMs;
  const first = last - (config.windowSeconds * 1000 * (BUCKETS - 1)) / BUCKETS;
  const inWindow = buckets.filter(({ startMs }) => startMs >= first && startMs <= last);
  const failures = sum(inWindow, 'failures');
  // A slow call that then failed takes its success back, maybe after that one has left the window.
  const calls = Math.max(failures + sum(inWindow, 'successes'), failures);
  return figures({ calls, failures, slow: sum(inWindow, 'slow') });
}

export const EMPTY_WINDOW: WindowFigures = figures({ calls: 0, failures: 0, slow: 0 });

/** Counts with their rates. */
export function figures(counts: Pick<WindowFigures, 'calls' | 'failures' | 'slow'>): WindowFigures {
  const { calls, failures, slow } = counts;
  const rate = (part: number) => (calls === 0 ? null : Math.min(part / calls, 1));
  return { ...counts, failureRate: rate(failures), slowRate: rate(slow) };
}

function sum(buckets: readonly Bucket[], field: 'failures' | 'successes' | 'slow'): number {
  return buckets.reduce((total, bucket) => total + bucket[field], 0);
}

/** What one function instance adds to a breaker at once. */
export interface Counts {
  readonly failures: number;
  readonly successes: number;
  readonly slow: number;
  /** Failures since the last success, and whether there was one before them. */
  readonly trailingFailures: number;
  readonly hadSuccess: boolean;
}

export const NO_COUNTS: Counts = {
  failures: 0,
  successes: 0,
  slow: 0,
  trailingFailures: 0,
  hadSuccess: false,
};

/** A call that is over. */
export interface EndedCall {
  readonly ok: boolean;
  readonly slow: boolean;
  /** It was counted as a slow success when it had taken too long, before its end was known. */
  readonly wasOverdue?: boolean;
}

/** The counts with one more call, which ended after all the others. */
export function counted(counts: Counts, call: EndedCall): Counts {
  const { ok, slow, wasOverdue = false } = call;
  const before = wasOverdue ? 1 : 0;
  return {
    failures: counts.failures + (ok ? 0 : 1),
    successes: counts.successes + (ok ? 1 : 0) - before,
    slow: counts.slow + (slow ? 1 : 0) - before,
    trailingFailures: ok ? 0 : counts.trailingFailures + 1,
    hadSuccess: counts.hadSuccess || ok,
  };
}

/** The counts with one more call that is slow already, however it will end. */
export function countedOverdue(counts: Counts): Counts {
  return { ...counts, successes: counts.successes + 1, slow: counts.slow + 1 };
}

/** The ring with `counts` in the bucket of `place`; what that bucket held of an older turn goes. */
export function added(
  buckets: readonly Bucket[],
  place: BucketPlace,
  counts: Counts,
  config: BreakerConfig,
): readonly Bucket[] {
  const lengthMs = (config.windowSeconds * 1000) / BUCKETS;
  const isPlace = ({ startMs }: Bucket) => Math.round(startMs / lengthMs) % BUCKETS === place.index;
  const old = buckets.find((bucket) => isPlace(bucket) && bucket.startMs === place.startMs);
  const next: Bucket = {
    startMs: place.startMs,
    failures: (old?.failures ?? 0) + counts.failures,
    successes: (old?.successes ?? 0) + counts.successes,
    slow: (old?.slow ?? 0) + counts.slow,
  };
  return [...buckets.filter((bucket) => !isPlace(bucket)), next];
}

/** How long an episode is young: until every instance has seen the board once more. */
export const YOUNG_MS = 6_000;
/** Instances whose first failure counts in full even so. */
const REPORTERS_TRUSTED = 3;

/** Why a watched breaker must open, or undefined if it must not. */
export function tripReason(
  breaker: Breaker,
  config: BreakerConfig,
  nowMs: number,
): string | undefined {
  if (breaker.state !== 'closed') return undefined;
  const { calls, failures, slow } = windowOf(breaker.buckets, config, nowMs);
  const excess = discount(breaker, nowMs);
  const n = calls - excess;
  const failed = failures - excess;
  if (n >= config.minimumCalls && failed / n >= config.failureRateThreshold) {
    return `${failures} of ${calls} calls failed within ${config.windowSeconds} s.`;
  }
  if (breaker.consecutiveFailures - excess >= config.consecutiveFailures) {
    return `${breaker.consecutiveFailures} calls in a row failed.`;
  }
  // Of all calls: the failures that say little were calls, and quick ones.
  if (n >= config.minimumCalls && slow / calls >= config.slowCallRateThreshold) {
    return `${slow} of ${calls} calls took longer than ${config.slowCallSeconds} s.`;
  }
  return undefined;
}

/**
 * While an episode is young, only instances that saw a failure have reported: each one's first
 * failure is the reason why it is among them, so of many instances it says little. Without this
 * an endpoint that fails three times in ten would look dead to a fleet.
 */
function discount({ suspectSinceMs, reporters }: Breaker, nowMs: number): number {
  const isYoung = suspectSinceMs !== undefined && nowMs - suspectSinceMs < YOUNG_MS;
  return isYoung ? Math.max(reporters.length - REPORTERS_TRUSTED, 0) : 0;
}

/** After this long without a failure a watched breaker whose last call went well is well again. */
export function isOverIt(breaker: Breaker, config: BreakerConfig, nowMs: number): boolean {
  const sinceMs = nowMs - breaker.lastFailureAtMs;
  if (breaker.consecutiveFailures === 0) return sinceMs > config.windowSeconds * 1000;
  return sinceMs > SUSPICION_MS_MAX;
}

/** A run of failures is remembered over pauses in the traffic, but not for ever. */
const SUSPICION_MS_MAX = 86_400_000;
