import type { DeliveryTask } from '../domain/delivery.ts';
import { ATTEMPT_SECONDS_MAX } from '../domain/integration.ts';
import { type AttemptDeps, attemptDelivery } from './attempt-delivery.ts';
import { concurrently } from './concurrently.ts';

/** A task with the name its batch knows it by. */
export interface BatchedTask {
  readonly messageId: string;
  readonly task: DeliveryTask;
}

/** What recording takes at worst beside the attempt itself. */
const RECORD_MS = 8_000;

/**
 * Attempts the deliveries of one batch side by side. One integration gets at most half of the
 * batch at a time, so that a hanging one leaves room for the others. Returns the messages to
 * hand back: attempts that broke down on our side, and those there was no time to begin.
 */
export async function deliverBatch(
  deps: AttemptDeps,
  batch: readonly BatchedTask[],
  remainingMs: () => number,
): Promise<readonly string[]> {
  const groups = Map.groupBy(batch, ({ task }) => task.integrationId);
  const share = Math.max(Math.ceil(batch.length / 2), 1);
  const handedBack: string[] = [];
  const one = async ({ messageId, task }: BatchedTask) => {
    if (remainingMs() < ATTEMPT_SECONDS_MAX * 1000 + RECORD_MS) {
      handedBack.push(messageId);
      return;
    }
    try {
      await attemptDelivery(deps, task);
    } catch (error) {
      const { tenant, eventId, integrationId } = task;
      deps.telemetry.error('delivery.broke', { tenant, eventId, integrationId, error });
      handedBack.push(messageId);
    }
  };
  await Promise.all([...groups.values()].map((group) => concurrently(group, share, one)));
  return handedBack;
}
