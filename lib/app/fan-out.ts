import { taskOf } from './accept-event.ts';
import type { DeliveryQueue, EventRef, Events, Telemetry } from './ports.ts';

export interface FanOutDeps {
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
  const event = await deps.events.get(ref);
  if (event === undefined) {
    deps.telemetry.error('event.missing', { ...ref });
    return;
  }
  let failed = 0;
  for (let i = 0; i < event.targets.length; i += PAGE) {
    const page = event.targets.slice(i, i + PAGE);
    const doorbells = page.map((id) => ({ task: taskOf(event, id), delaySeconds: 0 }));
    failed += (await deps.deliveryQueue.ring(doorbells)).failed;
  }
  if (failed > 0) deps.telemetry.count('DoorbellsFailed', failed);
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
