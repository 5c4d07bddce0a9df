import type { DeliveryStatus } from '../domain/delivery.ts';
import type { EventRecord } from '../domain/event.ts';
import type { IntegrationId } from '../domain/ids.ts';
import { matchesName } from '../domain/name-filter.ts';
import { eventStream, type PageWanted, placeAt, readSize, upTo } from './event-lists.ts';
import { pendingDelivery, shownStatus, summaryOf } from './history-views.ts';
import { tenantsFor } from './locate.ts';
import type { Clock, Integrations, Page } from './ports.ts';
import type {
  Deliveries,
  DeliverySummary,
  EventSummary,
  Events,
  TimeRange,
} from './ports-history.ts';
import {
  eachOf,
  expanded,
  first,
  itemsOf,
  merged,
  type Placed,
  pageOf,
  type Stream,
} from './streams.ts';

export interface DeliveryListDeps {
  readonly integrations: Pick<Integrations, 'tenants'>;
  readonly events: Pick<Events, 'list'>;
  readonly deliveries: Pick<Deliveries, 'load' | 'ofEvent' | 'ofIntegration' | 'withStatus'>;
  readonly clock: Clock;
}

export interface DeliveryFilter {
  readonly tenant?: string | undefined;
  readonly integration?: IntegrationId | undefined;
  readonly event?: EventRecord | undefined;
  readonly status?: DeliveryStatus | undefined;
  readonly type?: string | undefined;
  readonly range: TimeRange;
}

/** Rows and events that one page may look at; an export of many rows may look at twice as many. */
export const DELIVERIES_SCANNED_MAX = 2_000;
/** A target without a row is at most this old: by then the tick has given it one. */
const RECENT_MS = 180_000;
/** Recent events that are searched for targets without a row, when an integration is asked for. */
const RECENT_EVENTS_MAX = 2_000;
/** Events whose rows are read side by side, and pending deliveries looked up so. */
const WIDTH = 10;

type PlacedDelivery = Placed<DeliverySummary> & {
  /** Its event promises it, but no row was seen. */
  readonly pending?: boolean;
};

/**
 * Deliveries, newest event first. Every one an event promises is listed, whether something was
 * recorded of it yet or not. A page is short only at the end or when its budget is spent.
 */
export async function listDeliveries(
  deps: DeliveryListDeps,
  filter: DeliveryFilter,
  page: PageWanted,
): Promise<Page<DeliverySummary>> {
  const nowMs = deps.clock.nowMs();
  const { sinceMs = 0, untilMs = Number.POSITIVE_INFINITY } = filter.range;
  return pageOf<DeliverySummary>(await source(deps, filter, page), {
    after: page.after,
    limit: page.limit,
    wanted: (row) =>
      matchesName(filter.type, row.type) &&
      (filter.tenant === undefined || row.tenant === filter.tenant) &&
      (filter.integration === undefined || row.integrationId === filter.integration) &&
      (filter.status === undefined || shownStatus(row, nowMs) === filter.status) &&
      row.acceptedAtMs >= sinceMs &&
      row.acceptedAtMs < untilMs,
    budget: Math.max(DELIVERIES_SCANNED_MAX, 2 * page.limit),
  });
}

/** The cheapest list that has everything the filter wants. */
async function source(
  deps: DeliveryListDeps,
  filter: DeliveryFilter,
  page: PageWanted,
): Promise<Stream<PlacedDelivery>> {
  const range = upTo(filter.range, page.after);
  const limit = readSize(page.limit);
  const { event, status, integration, tenant } = filter;
  if (event !== undefined) return eachOf(await rowsOf(deps, event));
  const tenants = await tenantsFor(deps.integrations, tenant);
  if (status !== undefined && status !== 'delivered' && status !== 'queued') {
    const query = { status, range, limit };
    const lists = tenants.map((one) =>
      stored((after) => deps.deliveries.withStatus({ ...query, tenant: one, ...after })),
    );
    return merged(lists);
  }
  if (integration !== undefined) {
    const query = { integrationId: integration, range, limit };
    const all = stored((after) => deps.deliveries.ofIntegration({ ...query, ...after }));
    const rows = tenant === undefined ? all : whileOf(tenant, all);
    return lookedUp(deps, merged([rows, recentTargets(deps, integration, tenants, range)]));
  }
  const events = eventStream(deps.events, tenants, range, Math.min(page.limit, 5 * WIDTH));
  return expanded(events, WIDTH, async (one) => {
    const rows = matchesName(filter.type, one.type) ? await rowsOf(deps, one) : [];
    // Its own place counts as looked at, so that events without deliveries spend the budget too.
    return [...rows, { place: placeAt(one.acceptedAtMs, one.id) }];
  });
}

function stored(
  read: (after: { readonly after?: string }) => Promise<Page<DeliverySummary>>,
): Stream<PlacedDelivery> {
  const rows = itemsOf((after) => read(after === undefined ? {} : { after }));
  return expanded(rows, 1, async (row) => [placed(row)]);
}

/**
 * Up to the first row of another tenant: an integration is one tenant's for ever, so that is the
 * first of all, and a foreign integration is listed as one that never was.
 */
async function* whileOf(tenant: string, rows: Stream<PlacedDelivery>): Stream<PlacedDelivery> {
  for await (const row of rows) {
    if (row.item?.tenant !== tenant) return;
    yield row;
  }
}

/** Every delivery of an event: its rows, and its targets that have none. */
async function rowsOf(
  deps: DeliveryListDeps,
  event: EventSummary,
): Promise<readonly PlacedDelivery[]> {
  const rows = await deps.deliveries.ofEvent({ tenant: event.tenant, eventId: event.id });
  const started = new Set(rows.map(({ integrationId }) => integrationId));
  const pending = event.targets.filter((target) => !started.has(target));
  return [...rows, ...pending.map((target) => pendingDelivery(event, target))]
    .map((row) => placed(summaryOf(row)))
    .sort((a, b) => (a.place < b.place ? 1 : -1));
}

/** Deliveries to the integration as the newest events promise them, whatever became of them. */
function recentTargets(
  deps: DeliveryListDeps,
  integration: IntegrationId,
  tenants: readonly string[],
  range: TimeRange,
): Stream<PlacedDelivery> {
  const sinceMs = Math.max(range.sinceMs ?? 0, deps.clock.nowMs() - RECENT_MS);
  const events = eventStream(deps.events, tenants, { ...range, sinceMs }, RECENT_EVENTS_MAX);
  return expanded(first(events, RECENT_EVENTS_MAX), 1, async (event) =>
    event.targets.includes(integration)
      ? [{ ...placed(summaryOf(pendingDelivery(event, integration))), pending: true }]
      : [],
  );
}

/** The lists lag: what seems to have no row is looked up where it would be. */
function lookedUp(deps: DeliveryListDeps, rows: Stream<PlacedDelivery>): Stream<PlacedDelivery> {
  return expanded(rows, WIDTH, async (row) => {
    if (row.pending !== true || row.item === undefined) return [row];
    const now = await deps.deliveries.load(row.item);
    return [now === undefined ? row : placed(summaryOf(now))];
  });
}

function placed(item: DeliverySummary): Placed<DeliverySummary> {
  return { place: placeAt(item.acceptedAtMs, item.eventId, item.integrationId), item };
}
