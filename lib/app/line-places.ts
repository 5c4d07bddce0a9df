import { RequestError } from '../domain/errors.ts';
import type { EventRecord } from '../domain/event.ts';
import type { Integration, Route } from '../domain/integration.ts';
import { acceptedAfter, isInLine, type LineRef, type Place } from '../domain/line.ts';
import { concurrently } from './concurrently.ts';
import type { Deliveries, EventRef, Events } from './ports-history.ts';
import type { Lines } from './ports-line.ts';

/** How events with an `orderingKey` are accepted: in line with those of the same key before them. */

export interface PlaceDeps {
  readonly lines: Pick<Lines, 'newest' | 'put'>;
}

/** Lines of one event that are read or written at the same time. */
const WIDTH = 16;
/** When to come back while the clocks are apart. */
const APART_RETRY_SECONDS = 5;

/** A route, or the integration that it leads to. */
type Ordering = Pick<Route, 'id'> & { readonly ordering?: Integration['ordering'] };
type Ordered = Pick<EventRecord, 'tenant' | 'orderingKey' | 'deliverAtMs'>;

/**
 * The lines that an event stands in from its acceptance; none without a key. What has a time of
 * its own takes its place when that has come.
 */
export function linesOf(
  { tenant, orderingKey, deliverAtMs }: Ordered,
  targets: readonly Ordering[],
): readonly LineRef[] {
  if (orderingKey === undefined || deliverAtMs !== undefined) return [];
  const ordered = targets.filter(({ ordering }) => ordering === 'fifo');
  return ordered.map(({ id }) => ({ tenant, integrationId: id, orderingKey }));
}

/**
 * When the event is accepted: now, or right after the last one in its lines, whatever the clock
 * said by which that was accepted. 503 where the clocks are too far apart.
 */
export async function acceptedInOrder(
  { lines }: PlaceDeps,
  refs: readonly LineRef[],
  nowMs: number,
): Promise<number> {
  if (refs.length === 0) return nowMs;
  const newest = await concurrently(refs, WIDTH, (ref) => lines.newest(ref));
  const atMs = acceptedAfter(newest, nowMs);
  if (atMs !== undefined) return atMs;
  throw new RequestError(
    'unavailable',
    'orderingKey: the events of this key before it were accepted by a clock that is too far ahead.',
    { headers: { 'retry-after': String(APART_RETRY_SECONDS) } },
  );
}

/** Stands in line; to be done before anybody is told that the event is accepted. */
export async function takePlaces(
  { lines }: PlaceDeps,
  refs: readonly LineRef[],
  event: Pick<EventRecord, 'id' | 'type' | 'acceptedAtMs'>,
): Promise<void> {
  await concurrently(refs, WIDTH, (ref) => lines.put(ref, placeOf(event)));
}

/**
 * The same for an event that is published again: whoever accepted it first may have died before
 * it stood in line. What is over takes no place any more.
 */
export async function takePlacesAgain(
  deps: PlaceDeps & { readonly deliveries: Pick<Deliveries, 'load'> },
  refs: readonly LineRef[],
  event: Pick<EventRecord, 'id' | 'type' | 'acceptedAtMs'>,
): Promise<void> {
  await concurrently(refs, WIDTH, async (ref) => {
    const row = await deps.deliveries.load({ ...ref, eventId: event.id });
    if (row === undefined || isInLine(row)) await deps.lines.put(ref, placeOf(event));
  });
}

/**
 * For a delivery that is over and is to be made again: its old place, so before all that was
 * accepted after it and waits still.
 */
export async function takePlaceAnew(
  deps: { readonly lines: Pick<Lines, 'put'>; readonly events: Pick<Events, 'get'> },
  integration: Ordering,
  ref: EventRef,
): Promise<void> {
  if (integration.ordering !== 'fifo') return;
  const event = await deps.events.get(ref);
  if (event === undefined) return;
  for (const line of linesOf(event, [integration])) await deps.lines.put(line, placeOf(event));
}

function placeOf({
  acceptedAtMs,
  id,
  type,
}: Pick<EventRecord, 'id' | 'type' | 'acceptedAtMs'>): Place {
  return { acceptedAtMs, eventId: id, type };
}
