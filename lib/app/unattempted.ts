import type { Delivery, DeliveryTask, HeldBy } from '../domain/delivery.ts';
import { end, hold, isPending, newDelivery } from '../domain/delivery-transitions.ts';
import type { Integration } from '../domain/integration.ts';
import { doorbellOf } from './doorbells.ts';
import type { AttemptDeps } from './make-attempt.ts';
import { primaryOf } from './targets.ts';

/** What becomes of a delivery that nobody is called for. */

/** What becomes of a delivery whose integration takes nothing now; undefined: it may go on. */
export function park(
  integration: Integration | undefined,
  stored: Delivery | undefined,
  task: DeliveryTask,
  nowMs: number,
): Delivery | 'done' | undefined {
  if (integration?.status === 'active') return undefined;
  if (stored === undefined && task.lane === 'drain') return 'done';
  const current = stored ?? newDelivery(task, { status: 'held', heldBy: 'pause' });
  const { state } = current;
  if (stored !== undefined && (state.status === 'held' || !isPending(stored))) return 'done';
  // Somebody is at it right now; what they record decides.
  if (state.status === 'delivering' && state.leaseUntilMs > nowMs) return 'done';
  return integration === undefined ? end(current, 'cancelled', nowMs) : hold(current, 'pause');
}

/** Stores a state that no attempt led to. Losing the race is fine: the winner knew more. */
export async function settleWithoutAttempt(
  deps: AttemptDeps,
  next: Delivery,
): Promise<'saved' | 'stale'> {
  const result = await deps.deliveries.save(next);
  if (result === 'stale') return result;
  const { status } = next.state;
  if (status === 'held') deps.telemetry.count('DeliveriesHeld');
  if (status === 'failed') deps.telemetry.count('DeliveriesDead');
  deps.telemetry.info('delivery.settled', {
    tenant: next.tenant,
    eventId: next.eventId,
    integrationId: next.integrationId,
    status,
    ...('heldBy' in next.state && { heldBy: next.state.heldBy }),
  });
  return result;
}

/** Stores a state that no attempt led to, and rings for what it says is next. */
export async function passOver(deps: AttemptDeps, next: Delivery): Promise<void> {
  if ((await settleWithoutAttempt(deps, next)) === 'stale') return;
  const doorbell = doorbellOf(next, deps.board, deps.clock.nowMs());
  if (doorbell) await deps.deliveryQueue.ring([doorbell]);
}

/** Keeps the delivery until a drain lets it go; one that is held already stays as it is. */
export async function holdBack(
  deps: AttemptDeps,
  integration: Integration,
  delivery: Delivery,
  heldBy: HeldBy,
): Promise<void> {
  if (delivery.state.status === 'held') return;
  // First: killed in between, or refused, nobody would ever let it go.
  if (heldBy === 'limit') await deps.limitDrains.begin(integration);
  const saved = await settleWithoutAttempt(deps, hold(delivery, heldBy));
  if (saved === 'saved' && heldBy === 'breaker') deps.tally.reject(primaryOf(integration));
}
