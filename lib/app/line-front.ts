import type { Delivery } from '../domain/delivery.ts';
import {
  isInLine,
  isSetAside,
  type LineRef,
  type Place,
  placeName,
  ROWLESS_MS_MAX,
} from '../domain/line.ts';
import type { BreakerBoard } from './breaker-board.ts';
import type { Clock, DeliveryQueue, Telemetry } from './ports.ts';
import type { Deliveries, Events } from './ports-history.ts';
import type { Lines } from './ports-line.ts';

export interface LineDeps {
  readonly board: Pick<BreakerBoard, 'sign'>;
  readonly lines: Lines;
  readonly deliveries: Pick<Deliveries, 'load'>;
  readonly events: Pick<Events, 'get'>;
  readonly deliveryQueue: DeliveryQueue;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly telemetry: Telemetry;
}

/** Who is first in line; without a row it was never tried, or that is not recorded yet. */
export interface First {
  readonly place: Place;
  readonly row: Delivery | undefined;
}

/** Places of a line that are looked at in one read. */
export const FRONT = 10;

/**
 * The first of these places whose delivery is not over; `own` counts as such. Takes away the
 * places before it: those who had them died before they could.
 */
export async function firstWaiting(
  deps: LineDeps,
  line: LineRef,
  places: readonly Place[],
  own?: Place,
): Promise<First | undefined> {
  for (const place of places) {
    if (own !== undefined && isSame(place, own)) return { place, row: undefined };
    const row = await deps.deliveries.load({ ...line, eventId: place.eventId });
    if (row === undefined ? await isThere(deps, line, place) : isInLine(row)) {
      return { place, row };
    }
    await leavePlace(deps, line, place, row);
  }
  return undefined;
}

/** Without a row: whether it is to have one still. The history may be over before its place is. */
async function isThere(deps: LineDeps, line: LineRef, place: Place): Promise<boolean> {
  if (deps.clock.nowMs() - place.acceptedAtMs < ROWLESS_MS_MAX) return true;
  const ref = { tenant: line.tenant, eventId: place.eventId };
  return (await deps.events.get(ref)) !== undefined;
}

/** Takes the place away; whoever does says so, once, if the delivery did not arrive. */
export async function leavePlace(
  deps: Pick<LineDeps, 'lines' | 'telemetry'>,
  line: LineRef,
  place: Omit<Place, 'type'>,
  row: Delivery | undefined,
): Promise<void> {
  const was = await deps.lines.remove(line, place);
  if (!was || row === undefined || !isSetAside(row)) return;
  deps.telemetry.count('DeliveriesSetAside');
  deps.telemetry.warn('delivery.set-aside', {
    tenant: row.tenant,
    eventId: row.eventId,
    integrationId: row.integrationId,
    type: row.type,
    attempts: row.attempts.length,
    status: row.state.status,
  });
}

export function isSame(a: Place, b: Place): boolean {
  return placeName(a) === placeName(b);
}
