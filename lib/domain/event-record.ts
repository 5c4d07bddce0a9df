import { RequestError } from './errors.ts';
import { EVENT_BODY_BYTES_MAX, type EventRecord, type NewEvent } from './event.ts';
import { parseExactJson } from './exact-json.ts';
import { fingerprint } from './ids.ts';
import { instant } from './instant.ts';
import type { Route } from './integration.ts';
import type { FilteredEvent } from './route-filter.ts';

/**
 * The event as it is stored: its body put together once, so that every attempt sends the same
 * bytes. `seed` makes the id where the caller gave none. 413 for what grows beyond all measure: how
 * large an event may be is checked where it comes in, over what was sent.
 */
export function recordOf(
  event: NewEvent,
  targets: readonly Route[],
  nowMs: number,
  seed: string,
): EventRecord {
  const timestamp = timestampOf(event, nowMs);
  const data = JSON.stringify(event.data);
  const head = `{"type":${JSON.stringify(event.type)},"timestamp":${JSON.stringify(timestamp)}`;
  const body = `${head},"data":${data}}`;
  const bytes = Buffer.byteLength(body);
  if (bytes > EVENT_BODY_BYTES_MAX) {
    throw new RequestError(
      'payload-too-large',
      'data: written out as JSON, control characters as \\u0001 and numbers in all their digits, ' +
        `the event takes ${bytes} bytes; allowed are ${EVENT_BODY_BYTES_MAX}.`,
    );
  }
  // What was asked for, not what is left of it: a `deliverAt` that has passed is still the same.
  const said = [
    event.timestamp,
    event.deliverAtMs,
    event.integrations,
    event.metadata,
    event.source,
    // Not where there is none: what an earlier version accepted has to read the same.
    ...(event.orderingKey === undefined ? [] : [event.orderingKey]),
  ];
  return {
    tenant: event.tenant,
    id: idOf(event, seed),
    type: event.type,
    timestamp,
    acceptedAtMs: nowMs,
    body,
    targets: targets.map(({ id }) => id),
    fingerprint: fingerprint(event.type, data, JSON.stringify(said)),
    ...(event.source !== undefined && { source: event.source }),
    ...(event.orderingKey !== undefined && { orderingKey: event.orderingKey }),
    ...(event.metadata !== undefined && { metadata: event.metadata }),
    ...(isAhead(event, nowMs) && { deliverAtMs: event.deliverAtMs }),
  };
}

/** Whether the event is for a time to come; one whose time has passed is delivered at once. */
function isAhead<T extends Pick<NewEvent, 'deliverAtMs'>>(
  event: T,
  nowMs: number,
): event is T & { readonly deliverAtMs: number } {
  return event.deliverAtMs !== undefined && event.deliverAtMs > nowMs;
}

function idOf({ id }: NewEvent, seed: string): string {
  return id ?? `evt_${seed}`;
}

function timestampOf({ timestamp }: NewEvent, nowMs: number): string {
  return timestamp ?? instant(nowMs);
}

/** What filters see of an event that `recordOf` would make of the same. */
export function filteredNew(event: NewEvent, nowMs: number, seed: string): FilteredEvent {
  const { type, source, tenant, data, metadata } = event;
  const [id, timestamp] = [idOf(event, seed), timestampOf(event, nowMs)];
  return { id, type, source, tenant, timestamp, data, metadata };
}

/** What filters see of a stored event: the same as when it was published. */
export function filteredStored(event: EventRecord): FilteredEvent {
  const { id, type, source, tenant, timestamp, metadata } = event;
  const { data } = parseExactJson(event.body) as { readonly data?: unknown };
  return { id, type, source, tenant, timestamp, data, metadata };
}
