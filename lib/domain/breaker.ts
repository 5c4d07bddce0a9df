import type { IntegrationId } from './ids.ts';

/**
 * One circuit breaker: may an integration's target be called now. Shared by all functions; what
 * decides is here and in `breaker-*.ts` beside it, what is stored only says what was decided.
 */

/** The integration's endpoint; its fallback URLs are 1 and up, each with a breaker of its own. */
export const PRIMARY_TARGET = 0;

export interface BreakerRef {
  readonly tenant: string;
  readonly integrationId: IntegrationId;
  readonly target: number;
}

export type BreakerState =
  | 'closed'
  | 'open'
  | 'half-open'
  /** Tripped by hand: stays until it is reset, or until `openUntilMs`. */
  | 'forced-open'
  /** Lets everything pass and counts nothing. */
  | 'disabled'
  /** Counts, and lets everything pass. */
  | 'metrics-only';

export const BREAKER_STATES = [
  'closed',
  'open',
  'half-open',
  'forced-open',
  'disabled',
  'metrics-only',
] as const satisfies readonly BreakerState[];

/** Rates are shares from 0 to 1, reached when they are equal (`>=`). */
export interface BreakerConfig {
  readonly enabled: boolean;
  readonly failureRateThreshold: number;
  readonly slowCallRateThreshold: number;
  /** A call is slow when it takes longer than this. */
  readonly slowCallSeconds: number;
  /** No rate is judged on fewer calls in the window. */
  readonly minimumCalls: number;
  readonly windowSeconds: number;
  /** Second rule, whatever the rates and however far apart the calls. */
  readonly consecutiveFailures: number;
  /** The first open period; each further one is twice as long, up to `maxOpenSeconds`. */
  readonly openSeconds: number;
  readonly maxOpenSeconds: number;
  /** Calls let through in half-open. */
  readonly halfOpenCalls: number;
  /** `any-failure`: the first failed probe opens again. `rate`: judged after all of them. */
  readonly halfOpenVerdict: 'any-failure' | 'rate';
}

export const BREAKER_DEFAULTS: BreakerConfig = {
  enabled: true,
  failureRateThreshold: 0.5,
  slowCallRateThreshold: 1,
  slowCallSeconds: 10,
  minimumCalls: 10,
  windowSeconds: 60,
  consecutiveFailures: 10,
  openSeconds: 30,
  maxOpenSeconds: 900,
  halfOpenCalls: 3,
  halfOpenVerdict: 'any-failure',
};

/** Calls that ended within one tenth of the window. Every call is a failure or a success. */
export interface Bucket {
  readonly startMs: number;
  readonly failures: number;
  readonly successes: number;
  /** How many of either were slow. */
  readonly slow: number;
}

/** A probe under way: until it is over nobody else gets its place. */
export interface ProbeLease {
  /** Unlike any other. */
  readonly owner: string;
  readonly expiresAtMs: number;
}

export interface HalfOpen {
  readonly successes: number;
  readonly failures: number;
  /** After this the probes that came back are all there is to judge by. */
  readonly deadlineMs: number;
  readonly leases: readonly ProbeLease[];
}

/** What the window held when something was decided. Rates are null where there were no calls. */
export interface WindowFigures {
  readonly calls: number;
  readonly failures: number;
  readonly slow: number;
  readonly failureRate: number | null;
  readonly slowRate: number | null;
}

export interface Transition {
  readonly from: BreakerState;
  readonly to: BreakerState;
  readonly atMs: number;
  readonly reason: string;
  /** `breaker` itself, or the key of whoever asked for it. */
  readonly actor: string;
  readonly window: WindowFigures;
  /** The breaker's version after it: transitions are numbered without a gap. */
  readonly version: number;
  readonly openUntilMs?: number;
}

export interface Breaker extends BreakerRef {
  readonly state: BreakerState;
  /** Counts transitions; a result from before the last one changes nothing. */
  readonly version: number;
  /** When this state began; 0 for a breaker that never moved. */
  readonly sinceMs: number;
  /** Of an open one; of a forced-open one only if it ends by itself. */
  readonly openUntilMs: number | undefined;
  /** Open periods in a row, without a stable close between. */
  readonly openCount: number;
  /** The other side asked for a pause until then (429); 0 if it did not. */
  readonly notBeforeMs: number;
  /** Set while a closed breaker is watched: since the first failure of an episode. */
  readonly suspectSinceMs: number | undefined;
  /** The last failed or slow call. */
  readonly lastFailureAtMs: number;
  /** Calls take so long that deliveries go through the slow lane until then; 0 if they do not. */
  readonly slowUntilMs: number;
  /** Ten at most, in no order, stale ones included. */
  readonly buckets: readonly Bucket[];
  readonly consecutiveFailures: number;
  /** Function instances that reported to this state, sixteen at most. */
  readonly reporters: readonly string[];
  /** Only of a half-open one. */
  readonly halfOpen: HalfOpen | undefined;
  /** Calls per second when it last opened, as far as they were counted; 0 if never. */
  readonly callRate: number;
  readonly totals: BreakerTotals;
  /** The last transition, until it is in the history and its event is published. */
  readonly unpublished: Transition | undefined;
  readonly last: Transition | undefined;
}

/** What was counted in the breaker's life; calls are counted while it is watched. */
export interface BreakerTotals {
  readonly calls: number;
  readonly failures: number;
  readonly rejected: number;
  readonly opened: number;
}

/** A breaker that has never been anything but well: none is stored. */
export function newBreaker({ tenant, integrationId, target }: BreakerRef): Breaker {
  return {
    tenant,
    integrationId,
    target,
    state: 'closed',
    version: 0,
    sinceMs: 0,
    openUntilMs: undefined,
    openCount: 0,
    notBeforeMs: 0,
    suspectSinceMs: undefined,
    lastFailureAtMs: 0,
    slowUntilMs: 0,
    buckets: [],
    consecutiveFailures: 0,
    reporters: [],
    halfOpen: undefined,
    callRate: 0,
    totals: { calls: 0, failures: 0, rejected: 0, opened: 0 },
    unpublished: undefined,
    last: undefined,
  };
}

/** What the board shows of a breaker that is not simply closed and well. */
export type BreakerSign = BreakerRef &
  Pick<
    Breaker,
    | 'state'
    | 'version'
    | 'sinceMs'
    | 'openUntilMs'
    | 'notBeforeMs'
    | 'suspectSinceMs'
    | 'slowUntilMs'
  >;

/** Whether the breaker has anything to show: then it is on the board. */
export function isTroubled(breaker: Breaker, nowMs: number): boolean {
  return (
    breaker.state !== 'closed' ||
    breaker.suspectSinceMs !== undefined ||
    breaker.unpublished !== undefined ||
    breaker.notBeforeMs > nowMs ||
    breaker.slowUntilMs > nowMs
  );
}

/** `breaker` is what the breaker itself decides. */
export const BREAKER_ACTOR = 'breaker';
