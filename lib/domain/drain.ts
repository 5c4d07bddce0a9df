import type { IntegrationId } from './ids.ts';
import type { Limits } from './integration.ts';

/**
 * How far the release of an integration's held deliveries has come, and how fast it goes. It goes
 * round after round over all that is held, the oldest first, until two rounds have found nothing:
 * a doorbell that got lost is rung again in the next one.
 */
export interface Drain {
  readonly tenant: string;
  readonly integrationId: IntegrationId;
  /** Steps so far; a token for another step is a duplicate. */
  readonly step: number;
  /** Deliveries per second let go at most. */
  readonly rate: number;
  /** Up to here the rate doubles, beyond it grows slowly; 0 until the first step sets it. */
  readonly threshold: number;
  /** The last delivery let go, where the next step goes on; undefined: from the oldest. */
  readonly position: string | undefined;
  /** After an outage that ended later than this the rate begins anew. */
  readonly startedAtMs: number;
  /** 0 before the first step. */
  readonly lastStepAtMs: number;
  /** When the token for the next step comes out of the queue. */
  readonly nextStepAtMs: number;
  /** When the rate was last judged. */
  readonly pacedAtMs: number;
  readonly roundStartedAtMs: number;
  /** When a step last let something go; 0 if none has. */
  readonly lastFoundAtMs: number;
  /** Rounds in a row that found nothing. */
  readonly emptyRounds: number;
}

/** The rate after an outage: one a second, and only what comes back tells how much more. */
const RAMP_RATE = 1;
/** The rate where there was no outage. */
const FREE_RATE = 50;
/** Until the first step, every function instance has seen that deliveries pass again. */
const SEEN_AFTER_OUTAGE_MS = 6_000;
const SEEN_MS = 3_000;
/** A token this late is lost. */
const LOST_MS = 30_000;
/** What a drain had learned of the other side is out of date then. */
const FORGOTTEN_MS = 300_000;

/**
 * The first step of a new drain, or the next one of a drain whose token got lost. `ramp`: after an
 * outage, gently.
 */
export function begun(
  ref: Pick<Drain, 'tenant' | 'integrationId'>,
  before: Drain | undefined,
  ramp: boolean,
  nowMs: number,
): Drain {
  const nextStepAtMs = nowMs + (ramp ? SEEN_AFTER_OUTAGE_MS : SEEN_MS);
  if (before !== undefined && nowMs - before.nextStepAtMs < FORGOTTEN_MS) {
    return { ...before, step: before.step + 1, nextStepAtMs };
  }
  return {
    tenant: ref.tenant,
    integrationId: ref.integrationId,
    step: (before?.step ?? 0) + 1,
    rate: ramp ? RAMP_RATE : FREE_RATE,
    threshold: ramp ? 0 : FREE_RATE,
    position: undefined,
    startedAtMs: nowMs,
    lastStepAtMs: 0,
    nextStepAtMs,
    pacedAtMs: nowMs,
    roundStartedAtMs: nowMs,
    lastFoundAtMs: 0,
    emptyRounds: 0,
  };
}

/** The same drain at the rate after an outage: there has been one since it began. */
export function rampedAnew(drain: Drain, nowMs: number): Drain {
  return { ...drain, rate: RAMP_RATE, threshold: 0, startedAtMs: nowMs, pacedAtMs: nowMs };
}

/** Whether the token for the next step is still to be expected. */
export function isAlive(drain: Drain, nowMs: number): boolean {
  return nowMs - drain.nextStepAtMs <= LOST_MS;
}

/** A pause of the other side is looked at again after this long: it may be ended by hand. */
const PAUSE_MS_MAX = 60_000;

/** The other side wants nothing until `untilMs`: the next step is to look again. */
export function waiting(drain: Drain, untilMs: number, nowMs: number): Drain {
  const nextStepAtMs = Math.min(untilMs, nowMs + PAUSE_MS_MAX);
  return { ...drain, step: drain.step + 1, lastStepAtMs: nowMs, nextStepAtMs };
}

const STEP_SECONDS = 5;
/** Deliveries that one step lets go at most. */
const LET_GO_MAX = 5_000;
/** Calls at a time turned into calls a second: such a limit is full with calls of 250 ms. */
const PER_PLACE_PER_SECOND = 4;
const RATE_MAX = LET_GO_MAX / STEP_SECONDS;
const UNLIMITED_RATE_MIN = 500;

/** The rate that is not gone beyond; `callRate` is what the other side took before its outage. */
export function rateMax(limits: Limits, callRate: number): number {
  const { perSecond, concurrency } = limits;
  if (perSecond !== undefined) return Math.min(perSecond, RATE_MAX);
  const known = Math.min(Math.max(2 * callRate, UNLIMITED_RATE_MIN), RATE_MAX);
  return concurrency === undefined ? known : Math.min(concurrency * PER_PLACE_PER_SECOND, known);
}

/**
 * Seconds from step to step. Where live traffic shares a limit, one: then the drain never takes
 * calls further ahead than the limit's own burst, and live traffic finds the others free. A limit
 * below two calls a second is shared call by call.
 */
export function stepSeconds({ perSecond }: Limits): number {
  if (perSecond === undefined) return STEP_SECONDS;
  return Math.max(Math.ceil(2 / perSecond), 1);
}

/** How many deliveries a step lets go at this rate. */
export function stepCount(rate: number, seconds: number): number {
  return Math.min(Math.max(Math.floor(rate * seconds), 1), LET_GO_MAX);
}

/** A call may take thirty seconds; what is rung for is mostly gone after these. */
const ON_THE_WAY_SECONDS = 20;

/** With so many rung for and held still, nobody takes them as fast as that: no more are let go. */
export function onTheWayMax(rate: number): number {
  return Math.min(Math.ceil(rate * ON_THE_WAY_SECONDS), LET_GO_MAX);
}

/** After how many seconds each of `count` doorbells rings: evenly, the oldest first. */
export function spread(count: number, seconds: number): readonly number[] {
  return Array.from({ length: count }, (_, i) => Math.floor((i * seconds) / count));
}
