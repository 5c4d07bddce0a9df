import type { Delivery } from '../domain/delivery.ts';
import { attemptsMade } from '../domain/delivery-transitions.ts';
import type { Doorbell } from './ports.ts';

/** The doorbell for a stored delivery's next attempt at `atMs`. */
export function doorbellFor(delivery: Delivery, atMs: number, nowMs: number): Doorbell {
  const { tenant, eventId, integrationId, type, acceptedAtMs } = delivery;
  const attempt = attemptsMade(delivery) + 1;
  return {
    task: { tenant, eventId, integrationId, type, acceptedAtMs, attempt },
    delaySeconds: Math.max(Math.ceil((atMs - nowMs) / 1000), 0),
  };
}

/**
 * The doorbell that a row as it was just stored counts on; undefined where it needs none, or is
 * due further off than one reaches, so that the tick rings it.
 */
export function doorbellOf(delivery: Delivery, nowMs: number): Doorbell | undefined {
  const { state } = delivery;
  if (state.status !== 'queued' && state.status !== 'waiting') return undefined;
  if (state.dueAtMs === state.nextAttemptAtMs) return undefined;
  return doorbellFor(delivery, state.nextAttemptAtMs, nowMs);
}

/** Those of several rows. */
export function doorbellsOf(rows: readonly Delivery[], nowMs: number): readonly Doorbell[] {
  return rows.flatMap((row) => doorbellOf(row, nowMs) ?? []);
}
