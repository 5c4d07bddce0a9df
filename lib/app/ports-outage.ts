import type {
  Breaker,
  BreakerRef,
  BreakerSign,
  HalfOpen,
  ProbeLease,
  Transition,
} from '../domain/breaker.ts';
import type { ProbeOutcome } from '../domain/breaker-outcome.ts';
import type { BucketPlace, Counts } from '../domain/breaker-window.ts';
import type { Drain } from '../domain/drain.ts';
import type { IntegrationId } from '../domain/ids.ts';
import type { WorkTask } from '../domain/work.ts';
import type { Page } from './ports.ts';

/** What the use cases need to get through the other side's outages: breakers, limits, drains. */

/** What one function instance saw of a breaker since it last said so. */
export interface BreakerReport {
  /** The instance, unlike any other. */
  readonly reporter: string;
  readonly counts: Counts;
  /** The bucket of the ring that the counts go into. */
  readonly place: BucketPlace;
  /** When the first of the calls began: a state entered later is not theirs. */
  readonly firstStartedAtMs: number;
  readonly nowMs: number;
}

export interface Breakers {
  /**
   * Every breaker that is not simply closed and well; may lag a second. Throws when the store
   * does not answer.
   */
  board(): Promise<readonly BreakerSign[]>;
  /** Strongly consistent; undefined if it never was anything but well. */
  load(ref: BreakerRef): Promise<Breaker | undefined>;
  /**
   * Adds the counts to a breaker that is closed or metrics-only, and puts it on the board; none
   * of many at once is lost. `late`: it left that state, or entered it after the calls began;
   * then nothing is changed. A success alone (no failure, not watched) makes no breaker.
   */
  report(
    ref: BreakerRef,
    report: BreakerReport,
  ): Promise<{ readonly kind: 'counted' | 'late'; readonly breaker: Breaker }>;
  /**
   * Stores a transition: `next`, whose version is one more than the stored breaker's, which has
   * none where nothing is stored. Of many at once exactly one wins. Counts that others add
   * meanwhile to `totals` are kept: only `totals.opened` is taken from `next`.
   */
  move(next: Breaker): Promise<'moved' | 'stale'>;
  /**
   * Takes a place among the probes of a half-open breaker: only while its version and its
   * results are these, and fewer than `room` leases stand.
   */
  lease(
    ref: BreakerRef,
    seen: { readonly version: number; readonly room: number } & Pick<
      HalfOpen,
      'successes' | 'failures'
    >,
    lease: ProbeLease,
  ): Promise<'taken' | 'refused'>;
  /** Takes away leases whose owners are dead. */
  clear(ref: BreakerRef, version: number, leases: readonly ProbeLease[]): Promise<void>;
  /**
   * A probe's result, once: `late` if its lease is gone or the breaker has moved on. `neutral`
   * gives the lease back.
   */
  settle(
    ref: BreakerRef,
    version: number,
    lease: ProbeLease,
    outcome: ProbeOutcome,
  ): Promise<Breaker | 'late'>;
  /** No call before that time, whatever the state; an earlier one than is set changes nothing. */
  pause(ref: BreakerRef, notBeforeMs: number): Promise<void>;
  /** The pause until then has been seen to: its mark goes, unless it was prolonged meanwhile. */
  pauseSeen(ref: BreakerRef, notBeforeMs: number): Promise<void>;
  /** Calls take long: the slow lane until then; an earlier one than is set changes nothing. */
  linger(ref: BreakerRef, slowUntilMs: number): Promise<void>;
  /** Adds to `totals.rejected` of a stored breaker. */
  reject(ref: BreakerRef, count: number): Promise<void>;
  /**
   * Takes a breaker that is well again off the board, and ends its watch: only if its version and
   * its last failure are still these.
   */
  calm(breaker: Breaker): Promise<void>;
  /** The transition to this version is in the history and its event is out. */
  published(ref: BreakerRef, version: number): Promise<void>;
  /** Stores a transition in the history; the same one twice is one. Kept for 90 days. */
  record(ref: BreakerRef, transition: Transition): Promise<void>;
  /** Newest first. */
  history(
    ref: BreakerRef,
    query: { readonly after?: string; readonly limit: number },
  ): Promise<Page<Transition>>;
}

/**
 * How many calls per second an integration takes, over all functions: the generic cell rate
 * algorithm (ITU-T I.371) on one number, so that a grant is one conditional write.
 */
export interface RateLimits {
  /**
   * Grants as many of `count` calls as the rate allows now, with a burst of one second (one call
   * at least). `debtMs` may be taken in advance, by whoever spreads the calls over that time.
   */
  take(
    integrationId: IntegrationId,
    asked: { readonly perSecond: number; readonly count: number; readonly debtMs?: number },
    nowMs: number,
  ): Promise<{ readonly granted: number; readonly waitMs: number }>;
}

/** How many calls an integration takes at the same time, over all functions: leased places. */
export interface ConcurrencyLimits {
  /** Leases as many of `count` places as are free; dead owners' places are free. */
  take(
    integrationId: IntegrationId,
    asked: {
      readonly max: number;
      readonly count: number;
      /** Unlike that of any other call, so that asking twice leases once. */
      readonly owner: string;
      readonly expiresAtMs: number;
    },
    nowMs: number,
  ): Promise<readonly string[]>;
  give(integrationId: IntegrationId, places: readonly string[]): Promise<void>;
}

export interface Drains {
  /** Strongly consistent. */
  load(integrationId: IntegrationId): Promise<Drain | undefined>;
  /** Stores `next` over exactly the step before it (`next.step - 1`; a first step over none). */
  save(next: Drain): Promise<'saved' | 'stale'>;
  remove(drain: Drain): Promise<void>;
}

/** A token for the background worker: what it is for is in the table, so losing it costs time. */
export interface WorkToken {
  readonly task: WorkTask;
  readonly delaySeconds: number;
}

export interface WorkQueue {
  /** Never throws: the tick begins again what was not rung. */
  ring(tokens: readonly WorkToken[]): Promise<{ readonly failed: number }>;
}
