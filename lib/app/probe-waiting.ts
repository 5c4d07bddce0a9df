import type { Breaker } from '../domain/breaker.ts';
import type { IntegrationId } from '../domain/ids.ts';
import { QUEUE_DELAY_MAX_SECONDS, type WorkTask } from '../domain/work.ts';
import type { Clock, DeliveryQueue, Doorbell, Telemetry } from './ports.ts';
import type { Deliveries, HeldRef } from './ports-history.ts';
import type { Breakers, WorkQueue } from './ports-outage.ts';

export interface LetGoDeps {
  readonly deliveries: Pick<Deliveries, 'held' | 'load'>;
  readonly deliveryQueue: DeliveryQueue;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

export interface ProbeWaitingDeps extends LetGoDeps {
  readonly breakers: Pick<Breakers, 'load'>;
  readonly workQueue: WorkQueue;
}

export type ProbeTask = Extract<WorkTask, { readonly kind: 'probe' }>;

/** An index may still show this many that are held no longer, or are being attempted. */
const LAG_ITEMS_MAX = 20;
/** A token this early is on time: clocks differ. */
const EARLY_MS = 500;

/**
 * Lets one held delivery try a target whose open period is over: the oldest. With none held the
 * next delivery that is published tries. A token for an earlier state of the breaker does nothing.
 */
export async function probeWaiting(deps: ProbeWaitingDeps, task: ProbeTask): Promise<void> {
  const breaker = await deps.breakers.load(task);
  if (breaker === undefined || breaker.version !== task.version) return;
  const dueMs = probeDueMs(breaker);
  if (dueMs === undefined) return;
  const waitMs = dueMs - deps.clock.nowMs();
  if (waitMs > EARLY_MS) {
    const delaySeconds = Math.min(Math.ceil(waitMs / 1000), QUEUE_DELAY_MAX_SECONDS);
    await deps.workQueue.ring([{ task, delaySeconds }]);
    return;
  }
  await letGoOldest(deps, { tenant: task.tenant, id: task.integrationId }, 1);
}

/** When an open breaker may be probed; undefined if it may not, or needs no probe. */
export function probeDueMs({ state, openUntilMs }: Breaker): number | undefined {
  switch (state) {
    case 'open':
      return openUntilMs ?? 0;
    case 'forced-open':
      return openUntilMs;
    case 'closed':
    case 'half-open':
    case 'disabled':
    case 'metrics-only':
      return undefined;
  }
}

/**
 * Rings for the oldest held deliveries that nobody is at, `count` of them at most; returns how
 * many there were. Reads each row, so that a lagging index costs no probe.
 */
export async function letGoOldest(
  deps: LetGoDeps,
  { id }: { readonly tenant: string; readonly id: IntegrationId },
  count: number,
): Promise<number> {
  const shown = await deps.deliveries.held({ integrationId: id, limit: count + LAG_ITEMS_MAX });
  const free: HeldRef[] = [];
  for (const ref of shown) {
    if (free.length === count) break;
    const state = (await deps.deliveries.load(ref))?.state;
    if (state?.status !== 'held') continue;
    if ((state.leaseUntilMs ?? 0) <= deps.clock.nowMs()) free.push(ref);
  }
  await ringHeld(
    deps,
    free.map((ref) => heldDoorbell(ref, 0)),
  );
  return free.length;
}

/** The doorbell that lets a held delivery go: whatever its next attempt's number. */
export function heldDoorbell(ref: HeldRef, delaySeconds: number): Doorbell {
  const { tenant, eventId, integrationId, acceptedAtMs } = ref;
  const task = { tenant, eventId, integrationId, acceptedAtMs, type: '', attempt: 0 };
  return { task: { ...task, lane: 'drain' }, delaySeconds };
}

/** Rings them. One that is not taken stays held, and its turn comes again. */
export async function ringHeld(
  { deliveryQueue, telemetry }: Pick<LetGoDeps, 'deliveryQueue' | 'telemetry'>,
  doorbells: readonly Doorbell[],
): Promise<void> {
  if (doorbells.length === 0) return;
  const { failed } = await deliveryQueue.ring(doorbells);
  if (failed > 0) telemetry.count('DoorbellsFailed', failed);
  telemetry.count('DeliveriesReleased', doorbells.length - failed);
}
