import type { Page } from '../../lib/app/ports.ts';
import type {
  Deliveries,
  DeliveryRef,
  DeliverySummary,
  EventSummary,
  Events,
  HeldRef,
  TimeRange,
} from '../../lib/app/ports-history.ts';
import { ATTEMPTS_KEPT_MAX, type Delivery } from '../../lib/domain/delivery.ts';
import type { EventRecord } from '../../lib/domain/event.ts';
import { lastAttemptOf } from '../../lib/domain/health-figures.ts';
import { shardOf } from '../../lib/domain/ids.ts';
import type { FakeClock } from './stores-named.ts';

const DAY_MS = 86_400_000;

/** How long the fakes keep history, unless told. */
export const FAKE_RETENTION_DAYS = 30;

/** Events in memory; what is older than the retention is not there any more. */
export function fakeEvents(clock: FakeClock, retentionDays = FAKE_RETENTION_DAYS): Events {
  const rows = new Map<string, EventRecord>();
  const isCurrent = (row: EventRecord) => row.acceptedAtMs > clock.nowMs() - retentionDays * DAY_MS;
  const find = (tenant: string, id: string) => {
    const row = rows.get(`${tenant}#${id}`);
    return row !== undefined && isCurrent(row) ? row : undefined;
  };
  return {
    async store(event) {
      const existing = find(event.tenant, event.id);
      if (existing !== undefined) return { existing: structuredClone(existing) };
      rows.set(`${event.tenant}#${event.id}`, structuredClone(event));
      return 'stored';
    },
    async get({ tenant, eventId }) {
      return structuredClone(find(tenant, eventId));
    },
    async list({ tenants, range, after, limit }) {
      const current = [...rows.values()].filter((row) => isCurrent(row));
      const shown = current.filter((row) => tenants.includes(row.tenant));
      return pageByTime(shown.map(eventSummary), positionOfEvent, { range, after, limit });
    },
    async *accepted(tenant, range) {
      const current = [...rows.values()].filter((row) => isCurrent(row) && row.tenant === tenant);
      const found = current.map(eventSummary).filter((row) => isWithin(row, range));
      if (found.length > 0) yield found.sort(by(positionOfEvent));
    },
  };
}

/** Deliveries in memory, with the indexes as filters. */
export function fakeDeliveries(clock: FakeClock, retentionDays = FAKE_RETENTION_DAYS): Deliveries {
  const rows = new Map<string, Delivery>();
  const isCurrent = (row: Delivery) => row.acceptedAtMs > clock.nowMs() - retentionDays * DAY_MS;
  const current = () => [...rows.values()].filter(isCurrent);
  const find = (ref: DeliveryRef) => {
    const row = rows.get(keyOf(ref));
    return row !== undefined && isCurrent(row) ? row : undefined;
  };
  const ofEvent = (tenant: string, eventId: string) =>
    current().filter((row) => row.tenant === tenant && row.eventId === eventId);
  return {
    async load(ref) {
      return structuredClone(find(ref));
    },
    async save(next) {
      if ((find(next)?.version ?? 0) !== next.version) return 'stale';
      const attempts = next.attempts.slice(-ATTEMPTS_KEPT_MAX);
      const row = { ...next, attempts, version: next.version + 1 };
      rows.set(keyOf(next), structuredClone(row));
      return 'saved';
    },
    async ofEvent({ tenant, eventId }) {
      return structuredClone(ofEvent(tenant, eventId).sort(by((row) => row.integrationId)));
    },
    async startedOf({ tenant, eventId }) {
      return new Set(ofEvent(tenant, eventId).map((row) => row.integrationId));
    },
    async ofIntegration({ integrationId, ...query }) {
      const shown = current().filter((row) => row.integrationId === integrationId);
      return pageByTime(shown.map(timelineEntry), positionOfDelivery, query);
    },
    async sample({ integrationId, shard, ...query }) {
      const shown = current().filter(
        (row) => row.integrationId === integrationId && shardOf(row.eventId) === shard,
      );
      return pageByTime(shown.map(timelineEntry), positionOfDelivery, query).items;
    },
    async withStatus({ tenant, status, ...query }) {
      const shown = current().filter((row) => row.tenant === tenant && row.state.status === status);
      return pageByTime(shown.map(deliverySummary), positionOfDelivery, query);
    },
    async due(nowMs, limit) {
      const due = current().filter((row) => dueMs(row) <= nowMs);
      return due
        .sort((a, b) => dueMs(a) - dueMs(b))
        .slice(0, limit)
        .map(refOf);
    },
    async held({ integrationId, after, limit }) {
      const held = current().filter(
        (row) => row.integrationId === integrationId && row.state.status === 'held',
      );
      const refs = held.sort(by(positionOfDelivery)).map(heldRefOf);
      return refs.filter(({ position }) => after === undefined || position > after).slice(0, limit);
    },
  };
}

function dueMs({ state }: Delivery): number {
  if ('dueAtMs' in state) return state.dueAtMs;
  // What is held stays so when its lease is over: whoever lets go asks for it again.
  return state.status === 'delivering' ? state.leaseUntilMs : Number.POSITIVE_INFINITY;
}

function refOf({ tenant, eventId, integrationId }: Delivery): DeliveryRef {
  return { tenant, eventId, integrationId };
}

function heldRefOf(row: Delivery): HeldRef {
  return { ...refOf(row), acceptedAtMs: row.acceptedAtMs, position: positionOfDelivery(row) };
}

function keyOf({ tenant, eventId, integrationId }: DeliveryRef): string {
  return `${tenant}#${eventId}#${integrationId}`;
}

function eventSummary(event: EventRecord): EventSummary {
  const { body, fingerprint, timestamp, metadata, orderingKey, ...summary } = event;
  return structuredClone(summary);
}

function deliverySummary({ attempts, version: _, ...delivery }: Delivery): DeliverySummary {
  const { state } = delivery;
  // A list shows that it is held, not that it is being attempted.
  const shown = state.status === 'held' ? { status: state.status, heldBy: state.heldBy } : state;
  const attemptCount = attempts.at(-1)?.number ?? 0;
  return structuredClone({ ...delivery, state: shown, attemptCount });
}

/** What the lists of one integration show besides. */
function timelineEntry(delivery: Delivery): DeliverySummary {
  const lastAttempt = lastAttemptOf(delivery);
  return { ...deliverySummary(delivery), ...(lastAttempt !== undefined && { lastAttempt }) };
}

function positionOfEvent(event: EventSummary): string {
  return `${pad(event.acceptedAtMs)}#${event.id}#${event.tenant}`;
}

function positionOfDelivery(row: Delivery | DeliverySummary): string {
  return `${pad(row.acceptedAtMs)}#${row.eventId}#${row.integrationId}`;
}

function pad(ms: number): string {
  return String(ms).padStart(13, '0');
}

function by<T>(position: (row: T) => string): (a: T, b: T) => number {
  return (a, b) => (position(a) < position(b) ? -1 : 1);
}

function isWithin({ acceptedAtMs }: { readonly acceptedAtMs: number }, range: TimeRange): boolean {
  return acceptedAtMs >= (range.sinceMs ?? 0) && acceptedAtMs < (range.untilMs ?? Infinity);
}

function pageByTime<T extends { readonly acceptedAtMs: number }>(
  rows: readonly T[],
  position: (row: T) => string,
  query: {
    readonly range: TimeRange;
    readonly order?: 'oldest-first';
    readonly after?: string | undefined;
    readonly limit: number;
  },
): Page<T> {
  const { range, order, after, limit } = query;
  const ascending = order === 'oldest-first';
  const isNext = (row: T) =>
    after === undefined || (ascending ? position(row) > after : position(row) < after);
  const sorted = rows.filter((row) => isWithin(row, range) && isNext(row)).sort(by(position));
  const shown = ascending ? sorted : sorted.reverse();
  const items = shown.slice(0, limit);
  const last = items.at(-1);
  return { items, next: shown.length > limit && last ? position(last) : undefined };
}
