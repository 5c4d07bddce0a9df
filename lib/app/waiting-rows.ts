import type { Delivery, HeldBy } from '../domain/delivery.ts';
import { dueAt, hold, newDelivery } from '../domain/delivery-transitions.ts';
import type { EventRecord } from '../domain/event.ts';
import type { IntegrationId } from '../domain/ids.ts';
import type { Route } from '../domain/integration.ts';
import type { BreakerBoard } from './breaker-board.ts';
import { concurrently } from './concurrently.ts';
import { holding } from './lanes.ts';
import type { Telemetry } from './ports.ts';
import type { Deliveries } from './ports-history.ts';

export interface WaitingDeps {
  readonly board: Pick<BreakerBoard, 'sign'>;
  readonly deliveries: Pick<Deliveries, 'save'>;
  readonly telemetry: Telemetry;
}

/** Rows of one event that are stored at the same time. */
const WIDTH = 16;

/** Rows for the targets that are not due at once: paused ones are held, `deliverAt` ones wait. */
export async function storeWaiting(
  deps: WaitingDeps,
  event: EventRecord,
  targets: readonly Route[],
  nowMs: number,
): Promise<ReadonlyMap<IntegrationId, Delivery>> {
  const rows = targets.flatMap((target) => {
    const row = initialRow(event, target, holding(deps, event.tenant, target, nowMs), nowMs);
    return row ? [row] : [];
  });
  await concurrently(rows, WIDTH, async (row) => {
    try {
      // A row that is already there was put by the tick: the same one, so losing is fine.
      await deps.deliveries.save(row);
    } catch (error) {
      // The event is stored, so the 202 stands; the tick writes the row.
      deps.telemetry.warn('row.deferred', { eventId: row.eventId, error });
    }
  });
  return new Map(rows.map((row) => [row.integrationId, row]));
}

/**
 * A row for every target that has none. For an event that the reconciler may have passed by: one
 * that was stored long after its time, by an instance that had been frozen. Throws when it cannot.
 */
export async function storeMissing(
  deps: Pick<WaitingDeps, 'deliveries'>,
  event: EventRecord,
  nowMs: number,
): Promise<void> {
  const startMs = startOf(event, nowMs);
  await concurrently(event.targets, WIDTH, async (integrationId) => {
    const seed = { ...event, eventId: event.id, integrationId };
    // Of one that has a row already this changes nothing.
    await deps.deliveries.save(newDelivery(seed, dueAt(Math.max(startMs, nowMs), nowMs), startMs));
  });
}

/** The row that a delivery needs before its first attempt; undefined: none, it is due at once. */
export function initialRow(
  event: Pick<EventRecord, 'tenant' | 'id' | 'type' | 'acceptedAtMs' | 'deliverAtMs'>,
  target: Pick<Route, 'id'>,
  heldBy: HeldBy | undefined,
  nowMs: number,
): Delivery | undefined {
  const startMs = startOf(event, nowMs);
  if (heldBy === undefined && startMs <= nowMs) return undefined;
  const row = newDelivery(
    { ...event, eventId: event.id, integrationId: target.id },
    dueAt(startMs, nowMs),
    startMs,
  );
  // What waits for its time anyway is held when that has come, if it still must be.
  if (heldBy === undefined || (heldBy !== 'pause' && startMs > nowMs)) return row;
  return hold(row, heldBy);
}

/** When its deliveries begin. */
function startOf(
  { acceptedAtMs, deliverAtMs }: Pick<EventRecord, 'acceptedAtMs' | 'deliverAtMs'>,
  nowMs: number,
): number {
  // It may be accepted a little ahead of the clock, so as to be after another.
  return Math.max(Math.min(acceptedAtMs, nowMs), deliverAtMs ?? 0);
}
