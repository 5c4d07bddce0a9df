import type { Attempt, Delivery, DeliveryTask } from '../domain/delivery.ts';
import {
  admit,
  attemptsMade,
  end,
  hold,
  isPending,
  LEASE_MARGIN_MS,
  newDelivery,
  settle,
} from '../domain/delivery-transitions.ts';
import { deliveryId, ID_RANDOM_BYTES, ulid } from '../domain/ids.ts';
import type { Integration } from '../domain/integration.ts';
import { outboundCall, shownUrl } from '../domain/outbound-call.ts';
import { redacted, redactedHeaders, secretsOf } from '../domain/redaction.ts';
import { judge, type Verdict } from '../domain/retry.ts';
import { disableIntegration } from './disable-integration.ts';
import type {
  CallResult,
  Clock,
  Deliveries,
  DeliveryQueue,
  Events,
  Integrations,
  Random,
  Sender,
  Targets,
  Telemetry,
} from './ports.ts';
import { record, report } from './record-attempt.ts';

export interface AttemptDeps {
  readonly targets: Targets;
  readonly integrations: Pick<Integrations, 'byId' | 'save'>;
  readonly events: Pick<Events, 'get'>;
  readonly deliveries: Pick<Deliveries, 'load' | 'save'>;
  readonly deliveryQueue: DeliveryQueue;
  readonly sender: Sender;
  readonly clock: Clock;
  readonly random: Random;
  readonly telemetry: Telemetry;
  readonly version: string;
}

/** Makes one attempt at a delivery, if it is due and nobody else is at it, and records it. */
export async function attemptDelivery(deps: AttemptDeps, task: DeliveryTask): Promise<void> {
  const [integration, stored] = await Promise.all([
    deps.targets.get(task.tenant, task.integrationId),
    deps.deliveries.load(task),
  ]);
  const parked = park(integration, stored, task, deps.clock.nowMs());
  if (parked === 'done') return;
  if (parked !== undefined) return await settleWithoutAttempt(deps, parked);
  if (integration === undefined) return;

  const delivery = await enter(deps, integration, stored, task);
  if (delivery === undefined) return;
  const body = task.body ?? (await deps.events.get(task))?.body;
  if (body === undefined) {
    deps.telemetry.error('event.missing', { tenant: task.tenant, eventId: task.eventId });
    return await settleWithoutAttempt(deps, end(delivery, 'failed', deps.clock.nowMs()));
  }
  await attempt(deps, integration, delivery, body);
}

/** What becomes of a delivery whose integration takes nothing now; undefined: it may go on. */
function park(
  integration: Integration | undefined,
  stored: Delivery | undefined,
  task: DeliveryTask,
  nowMs: number,
): Delivery | 'done' | undefined {
  if (integration?.status === 'active') return undefined;
  const current = stored ?? newDelivery(task, { status: 'held', heldBy: 'pause' });
  const { state } = current;
  if (stored !== undefined && (state.status === 'held' || !isPending(stored))) return 'done';
  // Somebody is at it right now; what they record decides.
  if (state.status === 'delivering' && state.leaseUntilMs > nowMs) return 'done';
  return integration === undefined ? end(current, 'cancelled', nowMs) : hold(current, 'pause');
}

/** Stores a state that no attempt led to. Losing the race is fine: the winner knew more. */
async function settleWithoutAttempt(deps: AttemptDeps, next: Delivery): Promise<void> {
  const result = await deps.deliveries.save(next);
  if (result === 'stale') return;
  const { status } = next.state;
  if (status === 'held') deps.telemetry.count('DeliveriesHeld');
  if (status === 'failed') deps.telemetry.count('DeliveriesDead');
  deps.telemetry.info('delivery.settled', {
    tenant: next.tenant,
    eventId: next.eventId,
    integrationId: next.integrationId,
    status,
  });
}

/** The delivery to attempt, claimed where that is needed; undefined when it is not to be made. */
async function enter(
  deps: AttemptDeps,
  integration: Integration,
  stored: Delivery | undefined,
  task: DeliveryTask,
): Promise<Delivery | undefined> {
  const nowMs = deps.clock.nowMs();
  const leaseMs = integration.request.timeoutSeconds * 1000 + LEASE_MARGIN_MS;
  const { maxAgeSeconds } = integration.retry;
  const admission = admit(stored, task, { leaseMs, maxAgeSeconds }, nowMs);
  switch (admission.kind) {
    case 'send':
      return admission.delivery;
    case 'claim': {
      const saved = await deps.deliveries.save(admission.next);
      return saved === 'saved'
        ? { ...admission.next, version: admission.next.version + 1 }
        : undefined;
    }
    case 'expire':
      await settleWithoutAttempt(deps, admission.next);
      return undefined;
    case 'later': {
      // SQS was early or the clocks differ; beyond its reach the row alone brings it back.
      const delaySeconds = Math.ceil((admission.atMs - nowMs) / 1000);
      if (delaySeconds <= 900) await deps.deliveryQueue.ring([{ task, delaySeconds }]);
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

async function attempt(
  deps: AttemptDeps,
  integration: Integration,
  delivery: Delivery,
  body: string,
): Promise<void> {
  const number = attemptsMade(delivery) + 1;
  const id = deliveryId(delivery.eventId, delivery.acceptedAtMs, delivery.integrationId);
  const message = {
    eventId: delivery.eventId,
    deliveryId: id,
    attempt: number,
    body: Buffer.from(body, 'utf8'),
  };
  const call = outboundCall(integration, message, deps.version, deps.clock.nowMs());
  const result = await deps.sender.send(call);

  const nowMs = deps.clock.nowMs();
  const judged = judge(result, integration.retry, nowMs);
  const verdict = await disabling(deps, integration, result, judged);
  const made = attemptOf(deps, integration, result, verdict, number);
  const chance = { nowMs, dice: deps.random.unit() };
  const outcome = (current: Delivery) =>
    settle(
      current,
      { ...made, number: attemptsMade(current) + 1 },
      verdict,
      integration.retry,
      chance,
    );
  const final = await record(deps, { delivery, attempt: made, verdict, outcome });
  report(deps.telemetry, integration, final, made, result.detail);
}

/**
 * Disables where the receiver says so, before the delivery is held for it: killed in between,
 * the delivery is parked by the next doorbell; the other way round it would stay held for ever.
 */
async function disabling(
  deps: AttemptDeps,
  integration: Integration,
  { statusCode }: CallResult,
  verdict: Verdict,
): Promise<Verdict> {
  if (!verdict.disable) return verdict;
  if (await disableIntegration(deps, integration, statusCode)) return verdict;
  const outcome = verdict.outcome === 'success' ? 'success' : 'retryable';
  return { ...verdict, outcome, disable: false };
}

function attemptOf(
  deps: AttemptDeps,
  integration: Integration,
  result: CallResult,
  verdict: Verdict,
  number: number,
): Attempt {
  const secrets = secretsOf(integration);
  const failed = verdict.outcome !== 'success';
  return {
    id: `att_${ulid(result.startedAtMs, deps.random.bytes(ID_RANDOM_BYTES))}`,
    number,
    startedAtMs: result.startedAtMs,
    latencyMs: result.latencyMs,
    target: shownUrl(integration.endpoint),
    outcome: verdict.outcome,
    error: result.error ?? (failed ? 'http' : null),
    statusCode: result.statusCode,
    responseHeaders: redactedHeaders(result.responseHeaders, secrets),
    responseBody: redacted(result.responseBody, secrets),
    retryAfterSeconds: verdict.retryAfterSeconds ?? null,
  };
}
