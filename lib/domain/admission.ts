import type { Delivery, DeliveryTask } from './delivery.ts';
import { exhausted } from './delivery-chain.ts';
import {
  attemptsMade,
  dueAt,
  LEASE_MARGIN_MS,
  newDelivery,
  release,
} from './delivery-transitions.ts';
import type { FallbackChain } from './fallback.ts';
import { ATTEMPT_SECONDS_MAX } from './integration.ts';

/** Whether a doorbell may make an attempt: it may ring twice, late, early, or for what is over. */

/** Below this age the first attempt needs no claim: nobody else can be at it yet. */
export const UNCLAIMED_MS = 15_000;
/** After this no unclaimed first attempt can be under way any more, nor about to be recorded. */
export const UNCLAIMED_WINDOW_MS = UNCLAIMED_MS + ATTEMPT_SECONDS_MAX * 1000 + LEASE_MARGIN_MS;
/** A doorbell this early is on time: clocks differ. */
const EARLY_MS = 500;

export type Admission =
  /** No row, young: send; the row is written with the result. */
  | { readonly kind: 'send'; readonly delivery: Delivery }
  /** Send after winning the save of `next`. */
  | { readonly kind: 'claim'; readonly delivery: Delivery; readonly next: Delivery }
  /** Too old for its integration: save `next`, which its fallback may still take. */
  | { readonly kind: 'expire'; readonly next: Delivery }
  /** Held no longer, but not to be sent before its `deliverAt`: save `next`. */
  | { readonly kind: 'release'; readonly next: Delivery }
  /** The doorbell came early. */
  | { readonly kind: 'later'; readonly atMs: number }
  | { readonly kind: 'ignore'; readonly reason: 'done' | 'claimed' | 'stale-doorbell' };

export interface AdmissionLimits {
  /** How long a claim must last. */
  readonly leaseMs: number;
  readonly maxAgeSeconds: number;
  readonly fallback: FallbackChain;
}

/** May this doorbell make an attempt now? */
export function admit(
  delivery: Delivery | undefined,
  task: DeliveryTask,
  limits: AdmissionLimits,
  nowMs: number,
): Admission {
  // What a drain lets go has a row, always.
  if (delivery === undefined && task.lane === 'drain') return { kind: 'ignore', reason: 'done' };
  // Accepted a little ahead of the clock, so as to be after another, it is due all the same.
  const current = delivery ?? newDelivery(task, dueAt(Math.min(task.acceptedAtMs, nowMs), nowMs));
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
  if (tooOld && attemptsMade(current) > 0 && current.chain?.trigger !== 'exhausted') {
    return { kind: 'expire', next: exhausted(current, limits.fallback, nowMs) };
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
