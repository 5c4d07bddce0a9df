import type { Delivery, HeldBy } from './delivery.ts';
import { hold, restart } from './delivery-transitions.ts';

export const RECOVER_STATUSES = ['failed', 'cancelled', 'waiting', 'held'] as const;
export type RecoverStatus = (typeof RECOVER_STATUSES)[number];

/** Which of an integration's deliveries are to be sent again. */
export interface RecoverRequest {
  /** Accepted at this time or later. */
  readonly sinceMs: number;
  /** Accepted before this time. */
  readonly untilMs: number;
  readonly statuses: readonly RecoverStatus[];
  /** Only count them. */
  readonly dryRun: boolean;
}

/**
 * Whether somebody who asked at `askedAtMs` meant this delivery. One that has been let go again
 * since then is not meant any more, however it ended: so a page may be done twice, and each
 * delivery is recovered once. Nor is one meant that waits for the `deliverAt` of its event.
 */
export function isMeant(
  { state, scheduleStartMs }: Pick<Delivery, 'state' | 'scheduleStartMs'>,
  statuses: readonly RecoverStatus[],
  askedAtMs: number,
): boolean {
  switch (state.status) {
    case 'failed':
    case 'cancelled':
      return statuses.includes(state.status) && state.completedAtMs < askedAtMs;
    case 'waiting':
      return statuses.includes('waiting') && scheduleStartMs < askedAtMs;
    case 'held':
      return statuses.includes('held');
    case 'queued':
    case 'delivering':
    case 'delivered':
      return false;
  }
}

/**
 * The delivery at the start of its schedule again, but held: a drain lets it go in its turn, so
 * that a service that has just come back is not run over. Undefined where nothing is to be stored.
 */
export function recovered(
  delivery: Delivery,
  asked: { readonly atMs: number; readonly heldBy: HeldBy },
  nowMs: number,
): Delivery | undefined {
  if (delivery.state.status === 'held') return undefined;
  // The clocks of two machines differ: what was recovered must not look older than the request.
  const startMs = Math.max(nowMs, asked.atMs);
  // The `deliverAt` of its event may be still to come; what lets it go waits for that.
  const isEarly = delivery.scheduleStartMs > startMs;
  return hold(isEarly ? delivery : restart(delivery, startMs), asked.heldBy);
}
