import type { Delivery, DeliveryState, HeldBy } from './delivery.ts';
import type { IntegrationId } from './ids.ts';
import { QUEUE_DELAY_MAX_SECONDS } from './work.ts';

/** How long after its time a delivery is left to its doorbell before the tick rings again. */
export const RING_GRACE_MS = 90_000;
const RING_GRACE_MS_MAX = 3_600_000;
/** What a claim lasts beyond the attempt itself: time to record it. */
export const LEASE_MARGIN_MS = 15_000;
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

/** Until when the attempt under way has the delivery to itself; undefined if there is none. */
export function leaseOf({ state }: Delivery): number | undefined {
  return 'leaseUntilMs' in state ? state.leaseUntilMs : undefined;
}

/** Without a place in its fallback chain: the integration itself is next. */
export function withoutChain(delivery: Delivery): Delivery {
  const { chain: _, ...rest } = delivery;
  return rest;
}

export function end(delivery: Delivery, status: 'failed' | 'cancelled', nowMs: number): Delivery {
  return { ...delivery, state: { status, completedAtMs: nowMs } };
}

/** Kept as it is until it is released; no attempt is spent. */
export function hold(delivery: Delivery, heldBy: HeldBy): Delivery {
  // Let go again it asks its integration first, unless that is done with.
  const kept = delivery.chain?.trigger === 'breaker-open' ? withoutChain(delivery) : delivery;
  return { ...kept, state: { status: 'held', heldBy } };
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
  const scheduleBase = attemptsMade(delivery);
  return release({ ...withoutChain(delivery), scheduleStartMs: nowMs, scheduleBase }, nowMs);
}

/**
 * Rung by the tick; the next ring of the same attempt waits twice as long, `graceMsMax` (an hour)
 * at most.
 */
export function ring(
  delivery: Delivery,
  nextAttemptAtMs: number,
  nowMs: number,
  graceMsMax = RING_GRACE_MS_MAX,
): Delivery {
  const graceMs = Math.min(RING_GRACE_MS * 2 ** delivery.rings, graceMsMax);
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
