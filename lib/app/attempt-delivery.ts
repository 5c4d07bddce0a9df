import type { Delivery, DeliveryTask, HeldBy } from '../domain/delivery.ts';
import {
  admit,
  end,
  hold,
  isPending,
  LEASE_MARGIN_MS,
  newDelivery,
  UNCLAIMED_MS,
} from '../domain/delivery-transitions.ts';
import type { Integration } from '../domain/integration.ts';
import { QUEUE_DELAY_MAX_SECONDS } from '../domain/work.ts';
import { askBreaker, giveBack } from './breaker-guard.ts';
import { doorbellOf } from './doorbells.ts';
import { holding } from './lanes.ts';
import { type AttemptDeps, makeAttempt } from './make-attempt.ts';
import { primaryOf } from './targets.ts';

/** What a batch has found out before it comes to the single delivery. */
export interface Leave {
  /** There is no leave for this call now: the integration's limits are used up. */
  readonly isLimited: boolean;
}

const FREE: Leave = { isLimited: false };

/**
 * Makes one attempt at a delivery, if it is due, nobody else is at it, and its integration may be
 * called; records it, and tells the breaker. Otherwise the delivery is held, at no attempt's cost.
 */
export async function attemptDelivery(
  deps: AttemptDeps,
  task: DeliveryTask,
  leave: Leave = FREE,
): Promise<void> {
  const [integration, stored] = await Promise.all([
    deps.targets.get(task.tenant, task.integrationId),
    deps.deliveries.load(task),
    deps.board.refresh(),
  ]);
  const isLate = deps.clock.nowMs() - task.acceptedAtMs >= UNCLAIMED_MS;
  if (stored === undefined && isLate && !(await isKept(deps, task))) return;
  const parked = park(integration, stored, task, deps.clock.nowMs());
  if (parked === 'done') return;
  if (parked !== undefined) {
    await settleWithoutAttempt(deps, parked);
    return;
  }
  if (integration === undefined) return;

  const due = await dueNow(deps, integration, stored, task);
  if (due === undefined) return;
  const lane = task.lane ?? 'fast';
  const asked = leave.isLimited
    ? ({ kind: 'hold', heldBy: heldWithoutLeave(deps, integration) } as const)
    : await askBreaker(deps, integration, lane);
  if (asked.kind === 'hold') return await holdBack(deps, integration, due.delivery, asked.heldBy);
  if (asked.kind === 'slow-lane' && (await moveToSlowLane(deps, task))) return;
  const probe = asked.kind === 'go' ? asked.probe : undefined;
  // The breaker's store may have kept us: from now on counts whether a claim is needed, and its end.
  const mine = await dueNow(deps, integration, stored, task);
  const delivery = mine && (await claim(deps, mine));
  if (delivery === undefined) return await giveBack(deps, integration, probe);
  const body = task.body ?? (await deps.events.get(task))?.body;
  if (body === undefined) {
    deps.telemetry.error('event.missing', { tenant: task.tenant, eventId: task.eventId });
    await giveBack(deps, integration, probe);
    await settleWithoutAttempt(deps, end(delivery, 'failed', deps.clock.nowMs()));
    return;
  }
  await makeAttempt(deps, integration, delivery, { body, ...(probe !== undefined && { probe }) });
}

/**
 * Whether the event is still there. A doorbell may be heard a fortnight later, when a redrive takes
 * it out of the dead letters: of a delivery whose history is over it must make no new one.
 */
async function isKept(deps: AttemptDeps, task: DeliveryTask): Promise<boolean> {
  if ((await deps.events.get(task)) !== undefined) return true;
  deps.telemetry.warn('event.missing', { tenant: task.tenant, eventId: task.eventId });
  return false;
}

/** There is no leave for the call; but an open breaker would have held it anyway. */
function heldWithoutLeave(deps: AttemptDeps, integration: Integration): HeldBy {
  return holding(deps, integration.tenant, integration, deps.clock.nowMs()) ?? 'limit';
}

/** What becomes of a delivery whose integration takes nothing now; undefined: it may go on. */
function park(
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
async function settleWithoutAttempt(deps: AttemptDeps, next: Delivery): Promise<'saved' | 'stale'> {
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

/** Keeps the delivery until a drain lets it go; one that is held already stays as it is. */
async function holdBack(
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

/** True if the delivery has a doorbell in the slow lane now. */
async function moveToSlowLane(deps: AttemptDeps, task: DeliveryTask): Promise<boolean> {
  const { failed } = await deps.deliveryQueue.ring([
    { task: { ...task, lane: 'slow' }, delaySeconds: 0 },
  ]);
  if (failed === 0) deps.telemetry.count('DeliveriesMovedToSlowLane');
  return failed === 0;
}

/** A delivery that this doorbell may attempt: as it stands, and as its claim would leave it. */
interface Due {
  readonly delivery: Delivery;
  readonly claim?: Delivery;
}

/** The delivery if it is this doorbell's to attempt now; undefined when it is not. */
async function dueNow(
  deps: AttemptDeps,
  integration: Integration,
  stored: Delivery | undefined,
  task: DeliveryTask,
): Promise<Due | undefined> {
  const nowMs = deps.clock.nowMs();
  const leaseMs = integration.request.timeoutSeconds * 1000 + LEASE_MARGIN_MS;
  const { maxAgeSeconds } = integration.retry;
  const admission = admit(stored, task, { leaseMs, maxAgeSeconds }, nowMs);
  switch (admission.kind) {
    case 'send':
      return { delivery: admission.delivery };
    case 'claim':
      return { delivery: admission.delivery, claim: admission.next };
    case 'expire':
      await settleWithoutAttempt(deps, admission.next);
      return undefined;
    case 'release': {
      const saved = await deps.deliveries.save(admission.next);
      const doorbell = doorbellOf(admission.next, deps.board, nowMs);
      if (saved === 'saved' && doorbell) await deps.deliveryQueue.ring([doorbell]);
      return undefined;
    }
    case 'later': {
      // SQS was early or the clocks differ; beyond its reach the row alone brings it back.
      const delaySeconds = Math.ceil((admission.atMs - nowMs) / 1000);
      if (delaySeconds <= QUEUE_DELAY_MAX_SECONDS)
        await deps.deliveryQueue.ring([{ task, delaySeconds }]);
      return undefined;
    }
    case 'ignore':
      deps.telemetry.info('doorbell.ignored', {
        tenant: task.tenant,
        eventId: task.eventId,
        integrationId: task.integrationId,
        reason: admission.reason,
      });
      return undefined;
  }
}

/** The delivery, claimed where that is needed; undefined if somebody else was faster. */
async function claim(deps: AttemptDeps, due: Due): Promise<Delivery | undefined> {
  if (due.claim === undefined) return due.delivery;
  const saved = await deps.deliveries.save(due.claim);
  return saved === 'saved' ? { ...due.claim, version: due.claim.version + 1 } : undefined;
}
