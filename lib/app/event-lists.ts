import { matchesName } from '../domain/name-filter.ts';
import { tenantsFor } from './locate.ts';
import type { Integrations, Page } from './ports.ts';
import type { EventSummary, Events, TimeRange } from './ports-history.ts';
import { itemsOf, type Placed, pageOf, type Stream } from './streams.ts';

export interface EventListDeps {
  readonly integrations: Pick<Integrations, 'tenants'>;
  readonly events: Pick<Events, 'list'>;
}

export interface EventFilter {
  readonly tenant?: string | undefined;
  /** Exact, or the beginning of a type and `*`. */
  readonly type?: string | undefined;
  /** What the event says of its source is one of these. */
  readonly sources?: readonly string[] | undefined;
  /** Part of the id or of the type, in any case. */
  readonly q?: string | undefined;
  readonly range: TimeRange;
}

export interface PageWanted {
  /** The `next` of the page before. */
  readonly after?: string | undefined;
  readonly limit: number;
}

/** Events that one page may look through for those that the filter wants. */
export const EVENTS_SCANNED_MAX = 5_000;
const READ_MIN = 50;
const READ_MAX = 250;

/** Events newest first. A page is short only at the end, or after `EVENTS_SCANNED_MAX` others. */
export async function listEvents(
  deps: EventListDeps,
  filter: EventFilter,
  page: PageWanted,
): Promise<Page<EventSummary>> {
  const tenants = await tenantsFor(deps.integrations, filter.tenant);
  const range = upTo(filter.range, page.after);
  const q = filter.q?.toLowerCase();
  return pageOf(placed(eventStream(deps.events, tenants, range, page.limit)), {
    limit: page.limit,
    after: page.after,
    wanted: (event) =>
      matchesName(filter.type, event.type) &&
      (filter.sources === undefined || filter.sources.includes(event.source ?? '')) &&
      (q === undefined ||
        event.id.toLowerCase().includes(q) ||
        event.type.toLowerCase().includes(q)),
    budget: EVENTS_SCANNED_MAX,
  });
}

/** The events of a range, newest first, read as far as they are taken. */
export function eventStream(
  events: Pick<Events, 'list'>,
  tenants: readonly string[],
  range: TimeRange,
  limit: number,
): Stream<EventSummary> {
  return itemsOf((after) =>
    events.list({
      tenants,
      range,
      limit: readSize(limit),
      ...(after !== undefined && { after }),
    }),
  );
}

/** Rows to read at once for a page of `limit`: one more tells whether there is a next page. */
export function readSize(limit: number): number {
  return Math.min(Math.max(limit + 1, READ_MIN), READ_MAX);
}

async function* placed(events: Stream<EventSummary>): Stream<Placed<EventSummary>> {
  for await (const item of events) {
    yield { place: placeAt(item.acceptedAtMs, item.id, item.tenant), item };
  }
}

const MS_CHARS = 13;

/** Where something stands in a list by acceptance; `#` sorts below every character of an id. */
export function placeAt(acceptedAtMs: number, ...ids: readonly string[]): string {
  return [String(acceptedAtMs).padStart(MS_CHARS, '0'), ...ids].join('#');
}

/** The range from the millisecond of `place` on into the past. */
export function upTo(range: TimeRange, place: string | undefined): TimeRange {
  if (place === undefined) return range;
  const endMs = Number(place.slice(0, MS_CHARS)) + 1;
  return { ...range, untilMs: Math.min(range.untilMs ?? endMs, endMs) };
}
