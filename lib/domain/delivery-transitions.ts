import {
  ATTEMPTS_KEPT_MAX,
  type Attempt,
  type Delivery,
  type DeliveryState,
  type DeliveryTask,
  type HeldBy,
} from './delivery.ts';
import type { IntegrationId } from './ids.ts';
import { nextAttemptAt, type RetryPolicy, type Verdict } from './retry.ts';
import { QUEUE_DELAY_MAX_SECONDS } from './work.ts';

/** Below this age the first attempt needs no claim: nobody else can be at it yet. */
export const UNCLAIMED_MS = 15_000;
/** How long after its time a delivery is left to its doorbell before the tick rings again. */
export const RING_GRACE_MS = 90_000;
const RING_GRACE_MS_MAX = 3_600_000;
/** What a claim lasts beyond the attempt itself: time to record it. */
export const LEASE_MARGIN_MS = 15_000;
/** A doorbell this early is on time: clocks differ. */
const EARLY_MS = 500;
/** The longest that SQS delays a message. */
const DOORBELL_DELAY_MS_MAX = QUEUE_DELAY_MAX_SECONDS * 1000;

/** What identifies a delivery that has no row yet. */
export interface DeliverySeed {
  readonly tenant: string;
  readonly eventId: string;
  readonly integrationId: IntegrationId;
  readonly type: string;
  readonly acceptedAtMs: number;
}

/** A delivery as it stands before anything was stored of it. */
export function newDelivery(seed: DeliverySeed, state: DeliveryState, startMs?: number): Delivery {
  return {
    tenant: seed.tenant,
    eventId: seed.eventId,
    integrationId: seed.integrationId,
    type: seed.type,
    acceptedAtMs: seed.acceptedAtMs,
    state,
    attempts: [],
    scheduleBase: 0,
    scheduleStartMs: startMs ?? seed.acceptedAtMs,
    rings: 0,
    version: 0,
  };
}

export function attemptsMade(delivery: Delivery): number {
  return delivery.attempts.at(-1)?.number ?? 0;
}

/** Due at `atMs`; a doorbell is on its way, so the tick rings only when that got lost. */
export function dueAt(atMs: number, nowMs: number): DeliveryState {
  const status = atMs > nowMs ? 'waiting' : 'queued';
  const rung = atMs - nowMs <= DOORBELL_DELAY_MS_MAX;
  return { status, nextAttemptAtMs: atMs, dueAtMs: rung ? atMs + RING_GRACE_MS : atMs };
}

export type Admission =
  /** No row, young: send; the row is written with the result. */
  | { readonly kind: 'send'; readonly delivery: Delivery }
  /** Send after winning the save of `next`. */
  | { readonly kind: 'claim'; readonly delivery: Delivery; readonly next: Delivery }
  /** Too old to be tried: save `next` and be done. */
  | { readonly kind: 'expire'; readonly next: Delivery }
  /** Held no longer, but not to be sent before its `deliverAt`: save `next`. */
  | { readonly kind: 'release'; readonly next: Delivery }
  /** The doorbell came early. */
  | { readonly kind: 'later'; readonly atMs: number }
  | { readonly kind: 'ignore'; readonly reason: 'done' | 'claimed' | 'stale-doorbell' };

/** May this doorbell make an attempt now? `leaseMs` is how long a claim must last. */
export function admit(
  delivery: Delivery | undefined,
  task: DeliveryTask,
  limits: { readonly leaseMs: number; readonly maxAgeSeconds: number },
  nowMs: number,
): Admission {
  // What a drain lets go has a row, always.
  if (delivery === undefined && task.lane === 'drain') return { kind: 'ignore', reason: 'done' };
  const current = delivery ?? newDelivery(task, dueAt(task.acceptedAtMs, nowMs));
  const { state } = current;
  switch (state.status) {
    case 'delivered':
    case 'failed':
    case 'cancelled':
      return { kind: 'ignore', reason: 'done' };
    case 'held':
      return task.lane === 'drain'
        ? letGo(current, limits.leaseMs, nowMs)
        : { kind: 'ignore', reason: 'done' };
    case 'delivering':
      if (state.leaseUntilMs > nowMs) return { kind: 'ignore', reason: 'claimed' };
      break;
    case 'queued':
    case 'waiting':
      // A drain's doorbell is for held rows: this one was released, and has a doorbell of its own.
      if (task.attempt !== attemptsMade(current) + 1) {
        return { kind: 'ignore', reason: 'stale-doorbell' };
      }
      if (state.nextAttemptAtMs > nowMs + EARLY_MS) {
        return { kind: 'later', atMs: state.nextAttemptAtMs };
      }
  }
  // A 202 promises an attempt: what never had one is not too old for it.
  const tooOld = nowMs > current.scheduleStartMs + limits.maxAgeSeconds * 1000;
  if (tooOld && attemptsMade(current) > 0) {
    return { kind: 'expire', next: end(current, 'failed', nowMs) };
  }
  if (delivery === undefined && nowMs - task.acceptedAtMs < UNCLAIMED_MS) {
    return { kind: 'send', delivery: current };
  }
  const leaseUntilMs = nowMs + limits.leaseMs;
  const next: Delivery = { ...current, state: { status: 'delivering', leaseUntilMs } };
  return { kind: 'claim', delivery: current, next };
}

/**
 * A drain's doorbell for a held delivery. It stays held while it is attempted, so that its claim
 * is one write of the row alone and no index entry moves.
 */
function letGo(delivery: Delivery, leaseMs: number, nowMs: number): Admission {
  const { state } = delivery;
  if (state.status !== 'held') return { kind: 'ignore', reason: 'done' };
  if ((state.leaseUntilMs ?? 0) > nowMs) return { kind: 'ignore', reason: 'claimed' };
  if (delivery.scheduleStartMs > nowMs + EARLY_MS) {
    return { kind: 'release', next: release(delivery, nowMs) };
  }
  const next: Delivery = { ...delivery, state: { ...state, leaseUntilMs: nowMs + leaseMs } };
  return { kind: 'claim', delivery, next };
}

/** Until when the attempt under way has the delivery to itself; undefined if there is none. */
export function leaseOf({ state }: Delivery): number | undefined {
  return 'leaseUntilMs' in state ? state.leaseUntilMs : undefined;
}

/** The delivery after an attempt of its own: delivered, to be tried again, held or failed. */
export function settle(
  delivery: Delivery,
  attempt: Attempt,
  verdict: Verdict,
  policy: RetryPolicy,
  chance: { readonly nowMs: number; readonly dice: number },
): Delivery {
  const next = withAttempt(heldNoLonger(delivery, attempt), attempt);
  const { nowMs } = chance;
  if (verdict.outcome === 'success') return delivered(next, nowMs);
  if (verdict.disable) return hold(next, 'pause');
  if (verdict.outcome === 'permanent') return end(next, 'failed', nowMs);
  const progress = {
    made: attemptsMade(next) - next.scheduleBase,
    startedAtMs: next.scheduleStartMs,
    retryAfterSeconds: verdict.retryAfterSeconds,
  };
  const atMs = nextAttemptAt(policy, progress, nowMs, chance.dice);
  if (atMs === undefined) return end(next, 'failed', nowMs);
  return { ...next, rings: 0, state: dueAt(atMs, nowMs) };
}

/**
 * The delivery as it stands now, joined by an attempt that was made on an older state of it: the
 * attempt is kept, a success counts, a failure changes nothing.
 */
export function settleLate(
  current: Delivery,
  attempt: Attempt,
  verdict: Verdict,
  nowMs: number,
): Delivery {
  const next = withAttempt(current, { ...attempt, number: attemptsMade(current) + 1 });
  if (verdict.outcome !== 'success' || current.state.status === 'delivered') return next;
  return delivered(next, nowMs);
}

/** What was held until this attempt does not age by the time it was held. */
function heldNoLonger(delivery: Delivery, { startedAtMs }: Attempt): Delivery {
  if (delivery.state.status !== 'held') return delivery;
  return { ...delivery, scheduleStartMs: Math.max(startedAtMs, delivery.scheduleStartMs) };
}

function withAttempt(delivery: Delivery, attempt: Attempt): Delivery {
  return { ...delivery, attempts: [...delivery.attempts, attempt].slice(-ATTEMPTS_KEPT_MAX) };
}

function delivered(delivery: Delivery, nowMs: number): Delivery {
  return { ...delivery, state: { status: 'delivered', via: 'primary', completedAtMs: nowMs } };
}

export function end(delivery: Delivery, status: 'failed' | 'cancelled', nowMs: number): Delivery {
  return { ...delivery, state: { status, completedAtMs: nowMs } };
}

/** Kept as it is until it is released; no attempt is spent. */
export function hold(delivery: Delivery, heldBy: HeldBy): Delivery {
  return { ...delivery, state: { status: 'held', heldBy } };
}

/**
 * Held no longer: due now, or at its `deliverAt` if that is still to come, with the schedule
 * where it was but its age counted from then.
 */
export function release(delivery: Delivery, nowMs: number): Delivery {
  const startMs = Math.max(nowMs, delivery.scheduleStartMs);
  return { ...delivery, rings: 0, scheduleStartMs: startMs, state: dueAt(startMs, nowMs) };
}

/** Tried again from the start of its schedule, because somebody asked for it. */
export function restart(delivery: Delivery, nowMs: number): Delivery {
  const now = { ...delivery, scheduleStartMs: nowMs, scheduleBase: attemptsMade(delivery) };
  return release(now, nowMs);
}

/** Rung by the tick; the next ring of the same attempt waits twice as long, an hour at most. */
export function ring(delivery: Delivery, nextAttemptAtMs: number, nowMs: number): Delivery {
  const graceMs = Math.min(RING_GRACE_MS * 2 ** delivery.rings, RING_GRACE_MS_MAX);
  return {
    ...delivery,
    rings: delivery.rings + 1,
    state: {
      status: nextAttemptAtMs > nowMs ? 'waiting' : 'queued',
      nextAttemptAtMs,
      dueAtMs: Math.max(nextAttemptAtMs, nowMs) + graceMs,
    },
  };
}

/**
 * When the tick should have this delivery attempted, if it is for the tick to ring within
 * `horizonMs`: its doorbell got lost, its worker died, or its time is further off than a
 * doorbell reaches.
 */
export function ringTime(
  { state }: Delivery,
  nowMs: number,
  horizonMs: number,
): number | undefined {
  switch (state.status) {
    case 'queued':
    case 'waiting': {
      const unrung = state.dueAtMs === state.nextAttemptAtMs;
      if (state.dueAtMs > (unrung ? nowMs + horizonMs : nowMs)) return undefined;
      return Math.max(state.nextAttemptAtMs, nowMs);
    }
    case 'delivering':
      return state.leaseUntilMs <= nowMs ? nowMs : undefined;
    case 'held':
    case 'delivered':
    case 'failed':
    case 'cancelled':
      return undefined;
  }
}

/** Whether something will still happen to it by itself or after a release. */
export function isPending({ state }: Delivery): boolean {
  switch (state.status) {
    case 'queued':
    case 'waiting':
    case 'delivering':
    case 'held':
      return true;
    case 'delivered':
    case 'failed':
    case 'cancelled':
      return false;
  }
}
