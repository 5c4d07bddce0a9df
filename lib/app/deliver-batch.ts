import type { DeliveryTask } from '../domain/delivery.ts';
import { deliveryLinks } from '../domain/fallback.ts';
import { ATTEMPT_SECONDS_MAX, type Integration } from '../domain/integration.ts';
import { primaryTarget } from '../domain/target.ts';
import { attemptDelivery } from './attempt-delivery.ts';
import { reportCalls } from './breaker-report.ts';
import { askLimits, type Grant, type LimitDeps } from './call-limits.ts';
import { concurrently } from './concurrently.ts';
import { shutBy } from './lanes.ts';
import type { AttemptDeps } from './make-attempt.ts';

export interface DeliverDeps extends AttemptDeps, LimitDeps {
  readonly clock: AttemptDeps['clock'];
  readonly random: AttemptDeps['random'];
}

/** A task with the name its batch knows it by. */
export interface BatchedTask {
  readonly messageId: string;
  readonly task: DeliveryTask;
}

/** What recording takes at worst beside the attempt itself. */
const RECORD_MS = 8_000;

/**
 * Attempts the deliveries of one batch side by side. One integration gets at most half of the
 * batch at a time, and no more than its own limits allow. Returns the messages to hand back:
 * attempts that broke down on our side, and those there was no time to begin.
 */
export async function deliverBatch(
  deps: DeliverDeps,
  batch: readonly BatchedTask[],
  remainingMs: () => number,
): Promise<readonly string[]> {
  const groups = Map.groupBy(batch, ({ task }) => `${task.integrationId} ${task.tenant}`);
  const share = Math.max(Math.ceil(batch.length / 2), 1);
  const handedBack: string[] = [];
  await Promise.all(
    [...groups.values()].map(async (group) => {
      handedBack.push(...(await deliverGroup(deps, group, share, remainingMs)));
    }),
  );
  return handedBack;
}

/** The deliveries of one integration; one report to its breaker, when they are all done. */
async function deliverGroup(
  deps: DeliverDeps,
  group: readonly BatchedTask[],
  share: number,
  remainingMs: () => number,
): Promise<readonly string[]> {
  const first = group[0]?.task;
  if (first === undefined) return [];
  const handedBack: string[] = [];
  let grant: Grant | undefined;
  try {
    const [integration] = await Promise.all([
      deps.targets.get(first.tenant, first.integrationId),
      deps.board.refresh(),
    ]);
    if (integration !== undefined && !goesElsewhere(deps, integration)) {
      grant = await askLimits(deps, integration, {
        count: group.length,
        width: share,
        untilMs: deps.clock.nowMs() + remainingMs(),
        // Where order is kept, each asks for itself when it has its turn.
        isPaid: integration.ordering === 'fifo' || group.every(({ task }) => task.lane === 'drain'),
      });
    }
    const { calls, width } = grant ?? { calls: group.length, width: share };
    const numbered = group.map((one, i) => ({ ...one, isLimited: i >= calls }));
    await concurrently(numbered, Math.max(width, 1), async ({ messageId, task, isLimited }) => {
      if (remainingMs() < ATTEMPT_SECONDS_MAX * 1000 + RECORD_MS) {
        handedBack.push(messageId);
        return;
      }
      try {
        await attemptDelivery(deps, task, { isLimited });
      } catch (error) {
        noteBroken(deps, task, error);
        handedBack.push(messageId);
      }
    });
    if (integration !== undefined) await reportCalls(deps, primaryTarget(integration));
    return handedBack;
  } catch (error) {
    noteBroken(deps, first, error);
    return group.map(({ messageId }) => messageId);
  } finally {
    await grant?.give();
  }
}

/** Its breaker is open and its fallback takes deliveries: its own limits are not touched. */
function goesElsewhere(deps: DeliverDeps, integration: Integration): boolean {
  const { tenant, fallback } = integration;
  if (deliveryLinks(fallback, 'breaker-open').length === 0) return false;
  return shutBy(deps, tenant, integration, deps.clock.nowMs()) === 'breaker';
}

function noteBroken(deps: DeliverDeps, task: DeliveryTask, error: unknown): void {
  const { tenant, eventId, integrationId } = task;
  deps.telemetry.error('delivery.broke', { tenant, eventId, integrationId, error });
}
