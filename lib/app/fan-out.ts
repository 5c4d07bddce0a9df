import { taskOf } from './accept-event.ts';
import type { BreakerBoard } from './breaker-board.ts';
import { laneFor } from './lanes.ts';
import type { Clock, DeliveryQueue, Telemetry } from './ports.ts';
import type { EventRef, Events } from './ports-history.ts';

export interface FanOutDeps {
  readonly board: Pick<BreakerBoard, 'sign' | 'refresh'>;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly events: Pick<Events, 'get'>;
  readonly deliveryQueue: DeliveryQueue;
  readonly telemetry: Telemetry;
}

/** Doorbells sent before the next are put together; bounds memory for a thousand large bodies. */
const PAGE = 200;

/**
 * Rings for every target of an event that has too many for its publisher. Ringing twice is
 * harmless: a delivery that has a row ignores it, and one that has none by then claims first.
 */
export async function fanOut(deps: FanOutDeps, ref: EventRef): Promise<void> {
  const [event] = await Promise.all([deps.events.get(ref), deps.board.refresh()]);
  if (event === undefined) {
    deps.telemetry.error('event.missing', { ...ref });
    return;
  }
  let failed = 0;
  for (let i = 0; i < event.targets.length; i += PAGE) {
    const page = event.targets.slice(i, i + PAGE);
    const nowMs = deps.clock.nowMs();
    const doorbells = page.map((id) => ({
      task: { ...taskOf(event, id), ...laneFor(deps.board, event.tenant, id, nowMs) },
      delaySeconds: 0,
    }));
    failed += (await deps.deliveryQueue.ring(doorbells)).failed;
  }
  deps.telemetry.info('event.fanned-out', { ...ref, targets: event.targets.length, failed });
}

/** Fans out each event of a batch; returns the messages whose event could not be. */
export async function fanOutBatch(
  deps: FanOutDeps,
  batch: readonly { readonly messageId: string; readonly task: EventRef }[],
): Promise<readonly string[]> {
  const failed: string[] = [];
  for (const { messageId, task } of batch) {
    try {
      await fanOut(deps, task);
    } catch (error) {
      deps.telemetry.error('fan-out.broke', { ...task, error });
      failed.push(messageId);
    }
  }
  return failed;
}
