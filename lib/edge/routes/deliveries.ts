import { type ActionDeps, cancelDelivery, retryDelivery } from '../../app/delivery-actions.ts';
import {
  type DeliveryFilter,
  type DeliveryListDeps,
  listDeliveries,
} from '../../app/delivery-lists.ts';
import {
  type DeliveryView,
  deliveryDetailView,
  deliveryView,
  redactedDelivery,
} from '../../app/history-views.ts';
import { type LocateDeps, locateDelivery, locateEvent } from '../../app/locate.ts';
import type { Integrations } from '../../app/ports.ts';
import { type Caller, tenantSeen } from '../../app/tenancy.ts';
import { DELIVERY_STATUSES, type Delivery } from '../../domain/delivery.ts';
import { invalidField, RequestError, shown } from '../../domain/errors.ts';
import { type IntegrationId, isIntegrationId } from '../../domain/ids.ts';
import { DEFAULT_TENANT } from '../../domain/integration.ts';
import { csvReply } from '../csv.ts';
import { type CursorDeps, LIST_PARAMETERS, type Limits, listed } from '../list.ts';
import { callerOf } from '../principal.ts';
import { oneOf, type Query, rangeOf, readQuery, redactOf, textOf, typeOf } from '../query.ts';
import { ok, prefersCsv, type Reply } from '../reply.ts';
import { expectNoFields, type KeyedRequest, param } from '../request.ts';
import type { Route } from '../route.ts';

export type DeliveryRoutesDeps = ActionDeps &
  DeliveryListDeps &
  LocateDeps &
  CursorDeps & { readonly integrations: Pick<Integrations, 'byName'> };

const FILTERS = [
  ...LIST_PARAMETERS,
  ...['integration', 'event', 'status', 'type', 'since', 'until', 'redact'],
];
/** An export takes more rows at a time than a page on a screen; `Link: …; rel="next"` leads on. */
const CSV_LIMITS: Limits = { max: 5_000, otherwise: 1_000 };

const CSV_COLUMNS = [
  'id',
  'event',
  'type',
  'integration',
  'tenant',
  'status',
  'attempts',
  'nextAttemptAt',
  'heldBy',
  'deliveredVia',
  'createdAt',
  'completedAt',
] as const satisfies readonly (keyof DeliveryView)[];

export function deliveryRoutes(deps: DeliveryRoutesDeps) {
  return {
    'GET /v1/deliveries': {
      scope: 'deliveries:read',
      answer: (request) => list(deps, request),
    },
    'GET /v1/deliveries/{delivery}': {
      scope: 'deliveries:read',
      answer: (request) => read(deps, request),
    },
    'POST /v1/deliveries/{delivery}/retry': {
      scope: 'deliveries:write',
      answer: async (request) => {
        expectNoFields(request);
        return detail(deps, 202, await retryDelivery(deps, await deliveryOf(deps, request)));
      },
    },
    'POST /v1/deliveries/{delivery}/cancel': {
      scope: 'deliveries:write',
      answer: async (request) => {
        expectNoFields(request);
        return detail(deps, 200, await cancelDelivery(deps, await deliveryOf(deps, request)));
      },
    },
  } as const satisfies Record<string, Route>;
}

async function list(deps: DeliveryRoutesDeps, request: KeyedRequest): Promise<Reply> {
  const query = readQuery(request, FILTERS);
  // Neither a list nor its CSV shows anything that would have to go.
  redactOf(query);
  const filter = await filterOf(deps, callerOf(request, query), query);
  const csv = prefersCsv(request.headers.accept);
  const nowMs = deps.clock.nowMs();
  const page = await listed(
    deps,
    request,
    query,
    async (wanted) =>
      filter === undefined
        ? { items: [], next: undefined }
        : await listDeliveries(deps, filter, wanted),
    (row) => deliveryView(row, nowMs),
    csv ? CSV_LIMITS : undefined,
  );
  if (!csv) return ok(page);
  return csvReply(page.data, CSV_COLUMNS, linkHeader(request, page.nextCursor));
}

/** The filter that the query names; undefined if it names an event that the caller cannot see. */
async function filterOf(
  deps: DeliveryRoutesDeps,
  caller: Caller,
  query: Query,
): Promise<DeliveryFilter | undefined> {
  const tenant = tenantSeen(caller);
  const filter = {
    tenant,
    status: oneOf(query, 'status', DELIVERY_STATUSES),
    type: typeOf(query),
    range: rangeOf(query),
    integration: await integrationOf(deps, tenant, textOf(query, 'integration')),
  };
  const eventId = textOf(query, 'event');
  if (eventId === undefined) return filter;
  try {
    const event = await locateEvent(deps, eventId, tenant);
    return { ...filter, event, tenant: event.tenant };
  } catch (error) {
    if (error instanceof RequestError && error.code === 'not-found') return undefined;
    throw error;
  }
}

/** An id is taken as it is, for history outlives its integration; a name must be somebody's. */
async function integrationOf(
  deps: DeliveryRoutesDeps,
  tenant: string | undefined,
  ref: string | undefined,
): Promise<IntegrationId | undefined> {
  if (ref === undefined || isIntegrationId(ref)) return ref;
  const found = await deps.integrations.byName(tenant ?? DEFAULT_TENANT, ref);
  if (found !== undefined) return found.id;
  throw invalidField(
    'integration',
    `there is no integration ${JSON.stringify(shown(ref))}; allowed: an id, or the name of one`,
  );
}

async function read(deps: DeliveryRoutesDeps, request: KeyedRequest): Promise<Reply> {
  const query = readQuery(request, ['tenant', 'redact']);
  const view = deliveryDetailView(await located(deps, request, query), deps.clock.nowMs());
  return ok(redactOf(query) ? redactedDelivery(view) : view);
}

async function deliveryOf(deps: DeliveryRoutesDeps, request: KeyedRequest): Promise<Delivery> {
  return await located(deps, request, readQuery(request, ['tenant']));
}

async function located(
  deps: DeliveryRoutesDeps,
  request: KeyedRequest,
  query: Query,
): Promise<Delivery> {
  const tenant = tenantSeen(callerOf(request, query));
  return await locateDelivery(deps, param(request, 'delivery'), tenant);
}

function detail(deps: DeliveryRoutesDeps, statusCode: number, delivery: Delivery): Reply {
  return { statusCode, body: deliveryDetailView(delivery, deps.clock.nowMs()) };
}

/** RFC 8288: where the next page of an export is. */
function linkHeader(request: KeyedRequest, nextCursor: string | null): Record<string, string> {
  if (nextCursor === null) return {};
  const query = new URLSearchParams(request.rawQuery);
  query.set('cursor', nextCursor);
  return { link: `<${request.path}?${query}>; rel="next"` };
}
