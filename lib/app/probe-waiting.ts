import type { Breaker } from '../domain/breaker.ts';
import type { Integration } from '../domain/integration.ts';
import { QUEUE_DELAY_MAX_SECONDS, type WorkTask } from '../domain/work.ts';
import type { Clock, DeliveryQueue, Doorbell, Integrations, Telemetry } from './ports.ts';
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
  readonly integrations: Pick<Integrations, 'byId'>;
  readonly workQueue: WorkQueue;
}

/** The integration whose deliveries are let go. */
export interface LetGoRef {
  readonly tenant: string;
  readonly id: Integration['id'];
  readonly ordering?: Integration['ordering'];
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
  const integration = await deps.integrations.byId(task.integrationId, task.tenant);
  if (integration !== undefined) await letGoOldest(deps, integration, 1);
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

/** Where order is kept the oldest may have to wait for another: so many are asked to try. */
const ORDERED_MIN = LAG_ITEMS_MAX;

/**
 * Rings for the oldest held deliveries that nobody is at: `wanted` that will ask the integration
 * itself (where order is kept for more, of which a breaker lets pass no more than it would), and
 * says how many those are. Reads each row, so that a lagging index costs no probe.
 */
export async function letGoOldest(
  deps: LetGoDeps,
  { id, ordering }: LetGoRef,
  wanted: number,
): Promise<number> {
  const count = ordering === 'fifo' ? Math.max(wanted, ORDERED_MIN) : wanted;
  const shown = await deps.deliveries.held({ integrationId: id, limit: count + LAG_ITEMS_MAX });
  const free: HeldRef[] = [];
  let asking = 0;
  for (const ref of shown) {
    if (asking === count) break;
    const { state, chain } = (await deps.deliveries.load(ref)) ?? {};
    if (state?.status !== 'held' || (state.leaseUntilMs ?? 0) > deps.clock.nowMs()) continue;
    free.push(ref);
    // One whose integration is done with asks its fallback, and probes nothing.
    if (chain?.trigger !== 'exhausted') asking += 1;
  }
  await ringHeld(
    deps,
    free.map((ref) => heldDoorbell(ref, 0)),
  );
  return asking;
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
  telemetry.count('DeliveriesReleased', doorbells.length - failed);
}
