import { type ActionDeps, replayEvent } from '../../app/delivery-actions.ts';
import { type DeliveryListDeps, listDeliveries } from '../../app/delivery-lists.ts';
import { type EventSourceDeps, listEventsAsked } from '../../app/event-source.ts';
import {
  deliveryView,
  eventSummaryView,
  eventView,
  redactedEvent,
  redactedSummary,
  summaryOf,
} from '../../app/history-views.ts';
import { type LocateDeps, locateEvent } from '../../app/locate.ts';
import type { EventSummary } from '../../app/ports-history.ts';
import { tenantSeen } from '../../app/tenancy.ts';
import { parseReplay } from '../../domain/input/replay-input.ts';
import { type CursorDeps, LIST_PARAMETERS, listed } from '../list.ts';
import { callerOf } from '../principal.ts';
import { type Query, rangeOf, readQuery, redactOf, textOf, typeOf } from '../query.ts';
import { ok, type Reply } from '../reply.ts';
import { type KeyedRequest, optionalJsonBody, param } from '../request.ts';
import type { Route } from '../route.ts';

export type EventRoutesDeps = ActionDeps &
  DeliveryListDeps &
  EventSourceDeps &
  LocateDeps &
  CursorDeps;

const FILTERS = [...LIST_PARAMETERS, 'type', 'source', 'since', 'until', 'q', 'redact'];

/** Events read and sent again; publishing has a function of its own. */
export function eventRoutes(deps: EventRoutesDeps) {
  return {
    'GET /v1/events': { scope: 'events:read', answer: (request) => list(deps, request) },
    'GET /v1/events/{event}': {
      scope: 'events:read',
      answer: (request) => detail(deps, request),
    },
    'GET /v1/events/{event}/deliveries': {
      scope: 'deliveries:read',
      answer: (request) => deliveries(deps, request),
    },
    'POST /v1/events/{event}/replay': {
      scope: 'deliveries:write',
      answer: (request) => replay(deps, request),
    },
  } as const satisfies Record<string, Route>;
}

async function detail(deps: EventRoutesDeps, request: KeyedRequest): Promise<Reply> {
  const query = readQuery(request, ['tenant', 'redact']);
  const event = eventView(await located(deps, request, query));
  return ok(redactOf(query) ? redactedEvent(event) : event);
}

async function list(deps: EventRoutesDeps, request: KeyedRequest): Promise<Reply> {
  const query = readQuery(request, FILTERS);
  const view = redactOf(query)
    ? (event: EventSummary) => redactedSummary(eventSummaryView(event))
    : eventSummaryView;
  const asked = {
    tenant: tenantSeen(callerOf(request, query)),
    type: typeOf(query),
    source: textOf(query, 'source'),
    q: textOf(query, 'q'),
    range: rangeOf(query),
  };
  const read = (page: Parameters<typeof listEventsAsked>[2]) => listEventsAsked(deps, asked, page);
  return ok(await listed(deps, request, query, read, view));
}

async function deliveries(deps: EventRoutesDeps, request: KeyedRequest): Promise<Reply> {
  const query = readQuery(request, [...LIST_PARAMETERS, 'redact']);
  redactOf(query);
  const tenant = tenantSeen(callerOf(request, query));
  const event = await locateEvent(deps, param(request, 'event'), tenant);
  const filter = { event, tenant: event.tenant, range: {} };
  const nowMs = deps.clock.nowMs();
  const body = await listed(
    deps,
    request,
    query,
    (page) => listDeliveries(deps, filter, page),
    (row) => deliveryView(row, nowMs),
  );
  return ok(body);
}

async function replay(deps: EventRoutesDeps, request: KeyedRequest): Promise<Reply> {
  const event = await eventOf(deps, request);
  const { integrations } = parseReplay(optionalJsonBody(request));
  const ref = { tenant: event.tenant, eventId: event.id };
  const replayed = await replayEvent(deps, ref, integrations);
  const nowMs = deps.clock.nowMs();
  const data = replayed.map((delivery) => deliveryView(summaryOf(delivery), nowMs));
  return { statusCode: 202, body: { id: event.id, deliveries: data } };
}

async function eventOf(deps: EventRoutesDeps, request: KeyedRequest) {
  return await located(deps, request, readQuery(request, ['tenant']));
}

async function located(deps: EventRoutesDeps, request: KeyedRequest, query: Query) {
  return await locateEvent(deps, param(request, 'event'), tenantSeen(callerOf(request, query)));
}
