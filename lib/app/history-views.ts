import { QUEUED_CALL_TYPE } from '../domain/call.ts';
import type { Attempt, Delivery, DeliveryStatus } from '../domain/delivery.ts';
import { newDelivery } from '../domain/delivery-transitions.ts';
import type { EventRecord } from '../domain/event.ts';
import { parseExactJson } from '../domain/exact-json.ts';
import { deliveryId, type IntegrationId, isSourceId } from '../domain/ids.ts';
import { instant, instantOrNull } from '../domain/instant.ts';
import { queuedCallShown } from '../domain/queued-call.ts';
import { redactedJson, redactedText, redactedValues } from '../domain/redact.ts';
import type { DeliverySummary, EventSummary } from './ports-history.ts';

/** An event as lists show it; its payload and what belongs to it are in the detail. */
export function eventSummaryView(event: EventSummary) {
  return {
    id: event.id,
    type: event.type,
    tenant: event.tenant,
    acceptedAt: instant(event.acceptedAtMs),
    source: event.source ?? null,
    deliverAt: instantOrNull(event.deliverAtMs),
  };
}

/** An event with its payload, as it is sent; of a kept call without its caller's credentials. */
export function eventView(event: EventRecord) {
  const { data } = parseExactJson(event.body) as { readonly data: unknown };
  return {
    id: event.id,
    type: event.type,
    tenant: event.tenant,
    timestamp: event.timestamp,
    acceptedAt: instant(event.acceptedAtMs),
    source: event.source ?? null,
    metadata: event.metadata ?? {},
    orderingKey: event.orderingKey ?? null,
    deliverAt: instantOrNull(event.deliverAtMs),
    data: event.type === QUEUED_CALL_TYPE ? queuedCallShown(data) : data,
  };
}

/** A list's view of an event without what its publisher put into it but its id and type. */
export function redactedSummary(view: ReturnType<typeof eventSummaryView>) {
  return { ...view, source: redactedSource(view.source) };
}

/** An event's view without anything that its publisher put into it but its id, type and times. */
export function redactedEvent(view: ReturnType<typeof eventView>) {
  return {
    ...view,
    source: redactedSource(view.source),
    metadata: redactedValues(view.metadata),
    orderingKey: redactedText(view.orderingKey),
    data: redactedJson(view.data),
  };
}

/** The id of a source is one of ours; of a CloudEvent it is any text, such as somebody's address. */
function redactedSource(source: string | null): string | null {
  return source !== null && isSourceId(source) ? source : redactedText(source);
}

/** A delivery as lists show it; `attempts` counts them. */
export function deliveryView(delivery: DeliverySummary, nowMs: number) {
  const { state } = delivery;
  const status = shownStatus(delivery, nowMs);
  return {
    id: deliveryId(delivery.eventId, delivery.acceptedAtMs, delivery.integrationId),
    event: delivery.eventId,
    type: delivery.type,
    integration: delivery.integrationId,
    tenant: delivery.tenant,
    status,
    attempts: delivery.attemptCount,
    nextAttemptAt: nextAttemptAt(delivery, nowMs),
    heldBy: state.status === 'held' ? state.heldBy : null,
    deliveredVia: state.status === 'delivered' ? state.via : null,
    createdAt: instant(delivery.acceptedAtMs),
    completedAt: 'completedAtMs' in state ? instant(state.completedAtMs) : null,
  };
}

export type DeliveryView = ReturnType<typeof deliveryView>;

/** A delivery alone: `attempts` holds each of them, oldest first. */
export function deliveryDetailView(delivery: Delivery, nowMs: number) {
  const summary = deliveryView(summaryOf(delivery), nowMs);
  return { ...summary, attempts: delivery.attempts.map(attemptView) };
}

/** A delivery's view without what its receivers answered. */
export function redactedDelivery(view: ReturnType<typeof deliveryDetailView>) {
  const attempts = view.attempts.map((attempt) => ({
    ...attempt,
    responseHeaders: redactedValues(attempt.responseHeaders),
    responseBody: redactedText(attempt.responseBody),
  }));
  return { ...view, attempts };
}

export function attemptView(attempt: Attempt) {
  return {
    id: attempt.id,
    number: attempt.number,
    startedAt: instant(attempt.startedAtMs),
    latencyMs: attempt.latencyMs,
    target: attempt.target,
    outcome: attempt.outcome,
    error: attempt.error,
    statusCode: attempt.statusCode,
    responseHeaders: attempt.responseHeaders,
    responseBody: attempt.responseBody,
    retryAfterSeconds: attempt.retryAfterSeconds,
  };
}

/** The status a reader sees: a claim whose lease is over holds nothing up, so it is `queued`. */
export function shownStatus(
  { state }: Pick<DeliverySummary, 'state'>,
  nowMs: number,
): DeliveryStatus {
  return state.status === 'delivering' && state.leaseUntilMs <= nowMs ? 'queued' : state.status;
}

function nextAttemptAt({ state }: DeliverySummary, nowMs: number): string | null {
  switch (state.status) {
    case 'queued':
    case 'waiting':
      return instant(state.nextAttemptAtMs);
    case 'delivering':
      return state.leaseUntilMs <= nowMs ? instant(state.leaseUntilMs) : null;
    case 'held':
    case 'delivered':
    case 'failed':
    case 'cancelled':
      return null;
  }
}

export function summaryOf(delivery: Delivery): DeliverySummary {
  const { attempts, ...rest } = delivery;
  return { ...rest, attemptCount: attempts.at(-1)?.number ?? 0 };
}

type Targeted = Pick<EventRecord, 'tenant' | 'id' | 'type' | 'acceptedAtMs' | 'deliverAtMs'>;

/** The delivery of a target that has no row: nothing was recorded of it, it is on its way. */
export function pendingDelivery(event: Targeted, integrationId: IntegrationId): Delivery {
  const startMs = Math.max(event.acceptedAtMs, event.deliverAtMs ?? 0);
  return newDelivery(
    { ...event, eventId: event.id, integrationId },
    { status: 'queued', nextAttemptAtMs: startMs, dueAtMs: startMs },
    startMs,
  );
}
