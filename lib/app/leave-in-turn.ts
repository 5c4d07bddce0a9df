import type { DeliveryTask } from '../domain/delivery.ts';
import type { Integration } from '../domain/integration.ts';
import type { BreakerBoard } from './breaker-board.ts';
import { shutBy } from './lanes.ts';
import type { Clock, DeliveryQueue, Random, Telemetry } from './ports.ts';
import type { Drains, RateLimits } from './ports-outage.ts';

/**
 * Where order is kept, leave by the rate is asked for when a delivery has its turn, by one at a
 * time: a doorbell out of turn uses none up, and who ends in a line may ring for the next without.
 */

export interface LeaveInTurnDeps {
  readonly board: Pick<BreakerBoard, 'sign'>;
  readonly rateLimits: Pick<RateLimits, 'take'>;
  readonly drains: Pick<Drains, 'load'>;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly telemetry: Telemetry;
}

/** Whether the call may be made now, and if not, how long until there may be leave. */
export interface LeaveInTurn {
  readonly isLimited: boolean;
  readonly waitMs: number;
}

const FREE: LeaveInTurn = { isLimited: false, waitMs: 0 };

/** Leave for one call; what is let go by a drain keeps to the drain's rate as well. */
export async function leaveInTurn(
  deps: LeaveInTurnDeps,
  integration: Integration,
  { lane }: Pick<DeliveryTask, 'lane'>,
): Promise<LeaveInTurn> {
  const { id, tenant, limits } = integration;
  const nowMs = deps.clock.nowMs();
  // It will be held, or go to a fallback.
  if (shutBy(deps, tenant, integration, nowMs) !== undefined) return FREE;
  try {
    const drain = lane === 'drain' ? await deps.drains.load(id) : undefined;
    const rates = [limits.perSecond, drain?.rate].filter((rate) => rate !== undefined);
    if (rates.length === 0) return FREE;
    const wanted = { perSecond: Math.min(...rates), count: 1 };
    const { granted, waitMs } = await deps.rateLimits.take(id, wanted, nowMs);
    return { isLimited: granted === 0, waitMs };
  } catch (error) {
    // As everywhere: without an answer from the store everything is granted.
    deps.telemetry.warn('limits.unavailable', { tenant, integrationId: id, error });
    return FREE;
  }
}

/** Lines that wait for leave ask again at different times. */
const APART_MS = 4_000;
/**
 * Then the drain's next round rings, which it does every ten seconds for what does not move: a
 * doorbell that came back for ever would have one more beside it after each round.
 */
const COMEBACKS_MAX = 4;

/** The first in a line comes back for its leave: nobody else would ring for it soon. */
export async function comeBack(
  deps: {
    readonly deliveryQueue: DeliveryQueue;
    readonly random: Pick<Random, 'unit'>;
    readonly telemetry: Telemetry;
  },
  task: DeliveryTask,
  waitMs: number,
): Promise<void> {
  const comebacks = (task.comebacks ?? 0) + 1;
  if (comebacks > COMEBACKS_MAX) {
    const { tenant, eventId, integrationId } = task;
    const reason = 'no-leave';
    deps.telemetry.info('doorbell.ignored', { tenant, eventId, integrationId, reason });
    return;
  }
  const delaySeconds = Math.max(Math.ceil((waitMs + APART_MS * deps.random.unit()) / 1000), 1);
  // Not taken: its row brings it back, or the drain's next round.
  await deps.deliveryQueue.ring([{ task: { ...task, comebacks }, delaySeconds }]);
}
