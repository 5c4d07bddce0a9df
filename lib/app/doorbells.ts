import type { Delivery } from '../domain/delivery.ts';
import { attemptsMade } from '../domain/delivery-transitions.ts';
import type { BreakerBoard } from './breaker-board.ts';
import { laneFor } from './lanes.ts';
import type { Doorbell } from './ports.ts';

type Board = Pick<BreakerBoard, 'sign'>;

/** The doorbell for a stored delivery's next attempt at `atMs`, in the lane of its integration. */
export function doorbellFor(
  delivery: Delivery,
  board: Board,
  atMs: number,
  nowMs: number,
): Doorbell {
  const { tenant, eventId, integrationId, type, acceptedAtMs } = delivery;
  const attempt = attemptsMade(delivery) + 1;
  return {
    task: {
      ...{ tenant, eventId, integrationId, type, acceptedAtMs, attempt },
      ...laneFor(board, tenant, integrationId, nowMs),
    },
    delaySeconds: Math.max(Math.ceil((atMs - nowMs) / 1000), 0),
  };
}

/**
 * The doorbell that a row as it was just stored counts on; undefined where it needs none, or is
 * due further off than one reaches, so that the tick rings it.
 */
export function doorbellOf(delivery: Delivery, board: Board, nowMs: number): Doorbell | undefined {
  const { state } = delivery;
  if (state.status !== 'queued' && state.status !== 'waiting') return undefined;
  if (state.dueAtMs === state.nextAttemptAtMs) return undefined;
  return doorbellFor(delivery, board, state.nextAttemptAtMs, nowMs);
}

/** Those of several rows. */
export function doorbellsOf(
  rows: readonly Delivery[],
  board: Board,
  nowMs: number,
): readonly Doorbell[] {
  return rows.flatMap((row) => doorbellOf(row, board, nowMs) ?? []);
}
