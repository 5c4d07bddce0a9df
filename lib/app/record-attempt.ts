import type { Attempt, Delivery } from '../domain/delivery.ts';
import { leaseOf } from '../domain/delivery-transitions.ts';
import { deliveryId } from '../domain/ids.ts';
import { instant } from '../domain/instant.ts';
import type { Integration } from '../domain/integration.ts';
import type { Verdict } from '../domain/retry.ts';
import { settleLate } from '../domain/settlement.ts';
import { targetName } from '../domain/target.ts';
import type { BreakerBoard } from './breaker-board.ts';
import { doorbellOf } from './doorbells.ts';
import type { Clock, DeliveryQueue, Telemetry } from './ports.ts';
import type { Deliveries } from './ports-history.ts';

export interface RecordDeps {
  readonly board: Pick<BreakerBoard, 'sign'>;
  readonly deliveries: Pick<Deliveries, 'load' | 'save'>;
  readonly deliveryQueue: DeliveryQueue;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

/** Each lost race means that somebody else got on with it; more than this is a bug. */
const RACES_MAX = 8;
/** A request was made: its record is worth waiting for a store that comes back. */
const OUTAGE_WAITS_MS = [200, 1_000, 3_000];

export interface Outcome {
  /** As it stood, claimed or new, when the attempt began. */
  readonly delivery: Delivery;
  readonly attempt: Attempt;
  readonly verdict: Verdict;
  /** Place of the chain's link that it went to; 0: the integration itself. */
  readonly target: number;
  /** What the attempt makes of a delivery that is still this attempt's own. */
  readonly outcome: (current: Delivery) => Delivery;
}

/**
 * Stores the attempt and what follows from it in one write. Where the delivery changed while the
 * attempt was under way, the attempt joins what is there. Returns the delivery as stored.
 */
export async function record(deps: RecordDeps, made: Outcome): Promise<Delivery> {
  let wanted = made.outcome(made.delivery);
  for (let race = 0; race < RACES_MAX; race++) {
    if ((await saveThroughOutage(deps, wanted)) === 'saved') {
      if (race > 0) deps.telemetry.count('LateResults');
      await ringNext(deps, wanted);
      return wanted;
    }
    const current = await deps.deliveries.load(made.delivery);
    if (current === undefined) break;
    // The write came through and its answer was lost.
    if (current.attempts.some(({ id }) => id === made.attempt.id)) {
      await ringNext(deps, current);
      return current;
    }
    wanted = holdsStill(made.delivery, current)
      ? made.outcome(current)
      : settleLate(current, made.attempt, made.verdict, made.target, deps.clock.nowMs());
  }
  throw new Error(`Attempt ${made.attempt.id} could not be recorded in ${RACES_MAX} races.`);
}

/** Whether the claim under which the attempt was made still stands: then its verdict counts. */
function holdsStill(claimed: Delivery, current: Delivery): boolean {
  const lease = leaseOf(claimed);
  return lease !== undefined && lease === leaseOf(current);
}

async function saveThroughOutage(deps: RecordDeps, delivery: Delivery) {
  for (const waitMs of OUTAGE_WAITS_MS) {
    try {
      return await deps.deliveries.save(delivery);
    } catch (error) {
      deps.telemetry.warn('record.retried', { eventId: delivery.eventId, waitMs, error });
      await deps.clock.sleep(waitMs);
    }
  }
  return await deps.deliveries.save(delivery);
}

/** Rings for the next attempt where a doorbell reaches that far; the row brings back the others. */
async function ringNext(deps: RecordDeps, delivery: Delivery): Promise<void> {
  const doorbell = doorbellOf(delivery, deps.board, deps.clock.nowMs());
  if (doorbell === undefined) return;
  await deps.deliveryQueue.ring([doorbell]);
}

interface Reported {
  readonly attempt: Attempt;
  readonly link: number;
  readonly detail: string | undefined;
}

/** The one wide line of an attempt, and its figures. */
export function report(
  telemetry: Telemetry,
  integration: Integration,
  delivery: Delivery,
  { attempt, link, detail }: Reported,
): void {
  const { state } = delivery;
  telemetry.millis('AttemptLatency', attempt.latencyMs);
  if (attempt.outcome !== 'success') telemetry.count('AttemptsFailed');
  if (state.status === 'waiting' || state.status === 'queued') telemetry.count('DeliveriesRetried');
  if (state.status === 'held') telemetry.count('DeliveriesHeld');
  if (state.status === 'failed') telemetry.count('DeliveriesDead');
  if (state.status === 'delivered') {
    telemetry.count('DeliveriesDelivered');
    if (link > 0) telemetry.count('DeliveriesByFallback');
    // It may have been accepted a little ahead of the clock.
    const tookMs = Math.max(state.completedAtMs - delivery.acceptedAtMs, 0);
    telemetry.millis('AcceptToDelivered', tookMs);
  }
  telemetry.info('delivery.attempted', {
    tenant: delivery.tenant,
    eventId: delivery.eventId,
    type: delivery.type,
    deliveryId: deliveryId(delivery.eventId, delivery.acceptedAtMs, delivery.integrationId),
    integrationId: delivery.integrationId,
    integration: integration.name,
    attemptId: attempt.id,
    attempt: attempt.number,
    target: targetName(link),
    outcome: attempt.outcome,
    statusCode: attempt.statusCode,
    error: attempt.error,
    latencyMs: attempt.latencyMs,
    status: state.status,
    ...('nextAttemptAtMs' in state && {
      nextAttemptAt: instant(state.nextAttemptAtMs),
    }),
    ...(detail !== undefined && { detail }),
  });
}
