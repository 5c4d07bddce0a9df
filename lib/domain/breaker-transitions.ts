import {
  BREAKER_ACTOR,
  type Breaker,
  type BreakerConfig,
  type BreakerState,
  type Transition,
} from './breaker.ts';
import { EMPTY_WINDOW, windowOf } from './breaker-window.ts';

/** Every change of state. Each answer is the breaker as it is to be stored over this version. */

/** What of a transition is not decided by the states themselves. */
export interface Cause {
  readonly nowMs: number;
  readonly reason: string;
  /** Left out: the breaker itself. */
  readonly actor?: string;
}

/** Share of an open period that chance adds at most, so that many do not probe at once. */
const JITTER = 0.2;
/** How many windows a breaker must stay closed until its next open period is short again. */
const STABLE_WINDOWS = 2;
/** Doublings beyond this are all above any maximum. */
const DOUBLINGS_MAX = 30;

/** Opens: for twice as long as the last time, and at least until `notBeforeMs`. */
export function opened(
  breaker: Breaker,
  config: BreakerConfig,
  cause: Cause & { readonly dice: number; readonly notBeforeMs?: number },
): Breaker {
  const { nowMs, dice, notBeforeMs = 0 } = cause;
  const before = isStable(breaker, config, nowMs) ? 0 : breaker.openCount;
  const openMs = openSeconds(config, before) * 1000 * (1 + JITTER * dice);
  const openUntilMs = Math.max(nowMs + Math.round(openMs), notBeforeMs);
  const window = windowOf(breaker.buckets, config, nowMs);
  const next = moved(breaker, 'open', { ...cause, window, openUntilMs });
  const callRate = breaker.state === 'closed' ? rateOf(breaker, config, nowMs) : breaker.callRate;
  return {
    ...next,
    openUntilMs,
    openCount: before + 1,
    callRate,
    totals: { ...next.totals, opened: next.totals.opened + 1 },
  };
}

/** Seconds of the open period that follows `before` others, before jitter. */
export function openSeconds(config: BreakerConfig, before: number): number {
  return Math.min(config.openSeconds * 2 ** Math.min(before, DOUBLINGS_MAX), config.maxOpenSeconds);
}

function isStable({ state, sinceMs }: Breaker, config: BreakerConfig, nowMs: number): boolean {
  return state === 'closed' && nowMs - sinceMs > STABLE_WINDOWS * config.windowSeconds * 1000;
}

/** Calls per second over the buckets that hold any. */
function rateOf({ buckets }: Breaker, config: BreakerConfig, nowMs: number): number {
  const { calls } = windowOf(buckets, config, nowMs);
  const bucketMs = config.windowSeconds * 100;
  const first = Math.min(
    ...buckets
      .map(({ startMs }) => startMs)
      .filter((ms) => ms > nowMs - config.windowSeconds * 1000),
  );
  return calls === 0 ? 0 : calls / (Math.max(nowMs - first, bucketMs) / 1000);
}

/** Lets probes through; `leaseMs` is how long one may take. */
export function halfOpened(breaker: Breaker, cause: Cause & { readonly leaseMs: number }): Breaker {
  return {
    ...moved(breaker, 'half-open', cause),
    halfOpen: {
      successes: 0,
      failures: 0,
      deadlineMs: cause.nowMs + 2 * cause.leaseMs,
      leases: [],
    },
  };
}

/** Closed by its probes: the open periods before stay counted until it has proved stable. */
export function closed(breaker: Breaker, cause: Cause): Breaker {
  return moved(breaker, 'closed', cause);
}

/** Closed by hand: as if it had never opened. */
export function reset(breaker: Breaker, cause: Cause): Breaker {
  return { ...moved(breaker, 'closed', cause), openCount: 0, notBeforeMs: 0, slowUntilMs: 0 };
}

/** Closed, and without anything that a reset would take away. */
export function isAsNew(breaker: Breaker, nowMs: number): boolean {
  return (
    breaker.state === 'closed' &&
    breaker.openCount === 0 &&
    breaker.consecutiveFailures === 0 &&
    breaker.suspectSinceMs === undefined &&
    breaker.notBeforeMs <= nowMs &&
    breaker.slowUntilMs <= nowMs
  );
}

/** Open until it is reset, or until `untilMs`. */
export function forcedOpen(
  breaker: Breaker,
  cause: Cause & { readonly untilMs?: number },
): Breaker {
  const { untilMs } = cause;
  return {
    ...moved(breaker, 'forced-open', {
      ...cause,
      ...(untilMs !== undefined && { openUntilMs: untilMs }),
    }),
    openUntilMs: untilMs,
  };
}

export function disabled(breaker: Breaker, cause: Cause & { readonly counting: boolean }): Breaker {
  return moved(breaker, cause.counting ? 'metrics-only' : 'disabled', cause);
}

/** What a half-open breaker's probes came to; undefined while the verdict is out. */
export function verdict(
  breaker: Breaker,
  config: BreakerConfig,
  cause: {
    readonly nowMs: number;
    readonly dice: number;
    /** No probe will come back any more. */
    readonly isOver: boolean;
    readonly notBeforeMs?: number;
  },
): Breaker | undefined {
  const { nowMs, isOver } = cause;
  if (breaker.state !== 'half-open' || breaker.halfOpen === undefined) return undefined;
  const { successes, failures } = breaker.halfOpen;
  const all = successes + failures;
  const reopen = (reason: string) => opened(breaker, config, { ...cause, reason });
  const close = () =>
    closed(breaker, { nowMs, reason: `${successes} of ${all} probes went well.` });
  if (config.halfOpenVerdict === 'any-failure') {
    if (failures > 0) return reopen('A probe failed.');
    if (successes >= config.halfOpenCalls) return close();
  } else if (all >= config.halfOpenCalls) {
    const rate = failures / all;
    return rate >= config.failureRateThreshold
      ? reopen(`${failures} of ${all} probes failed.`)
      : close();
  }
  if (!isOver) return undefined;
  if (all === 0) return reopen('No probe came back.');
  return failures / all >= config.failureRateThreshold
    ? reopen(`${failures} of ${all} probes failed.`)
    : close();
}

function moved(
  breaker: Breaker,
  to: BreakerState,
  {
    nowMs,
    reason,
    actor = BREAKER_ACTOR,
    window = EMPTY_WINDOW,
    openUntilMs,
  }: Cause & Partial<Pick<Transition, 'window' | 'openUntilMs'>>,
): Breaker {
  const version = breaker.version + 1;
  const transition: Transition = {
    from: breaker.state,
    to,
    atMs: nowMs,
    reason,
    actor,
    window,
    version,
    ...(openUntilMs !== undefined && { openUntilMs }),
  };
  return {
    ...breaker,
    state: to,
    version,
    sinceMs: nowMs,
    openUntilMs: undefined,
    suspectSinceMs: undefined,
    buckets: [],
    consecutiveFailures: 0,
    reporters: [],
    halfOpen: undefined,
    unpublished: transition,
    last: transition,
  };
}
