import type { Delivery } from '../domain/delivery.ts';
import { dueAt, end, newDelivery } from '../domain/delivery-transitions.ts';
import type { IntegrationId } from '../domain/ids.ts';
import { routeOf } from '../domain/integration.ts';
import {
  type CheckedWindow,
  digestWith,
  dueForRecount,
  emptyTally,
  missingOf,
  nextWindow,
  tallied,
  windowBefore,
} from '../domain/reconciliation.ts';
import type { BreakerBoard } from './breaker-board.ts';
import { concurrently, eachConcurrently, throwAll } from './concurrently.ts';
import { doorbellsOf } from './doorbells.ts';
import { holding } from './lanes.ts';
import type {
  Checkpoint,
  Clock,
  DeliveryQueue,
  Integrations,
  Progress,
  Targets,
  Telemetry,
} from './ports.ts';
import type { Deliveries, EventSummary, Events } from './ports-history.ts';
import { turned } from './turns.ts';
import { initialRow } from './waiting-rows.ts';

export interface ReconcileDeps {
  readonly board: Pick<BreakerBoard, 'sign' | 'refresh'>;
  readonly integrations: Pick<Integrations, 'tenants'>;
  readonly targets: Targets;
  readonly events: Pick<Events, 'accepted'>;
  readonly deliveries: Pick<Deliveries, 'startedOf' | 'save'>;
  readonly progress: Pick<Progress, 'checkpoint' | 'saveCheckpoint'>;
  readonly deliveryQueue: DeliveryQueue;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

const TENANTS_WIDTH = 8;
const EVENTS_WIDTH = 16;
/** Windows of one tenant in one minute; a tick that was away for a day catches up over several. */
const WINDOWS_PER_TICK_MAX = 200;

/**
 * The proof behind "202 means on its way": compares what was accepted with what has been begun.
 * A target without a row gets one, due now, and from then on the row brings itself back. Every
 * step may be repeated; two ticks at once write the same rows once.
 */
export async function reconcile(deps: ReconcileDeps, outOfTime: () => boolean): Promise<void> {
  const [known] = await Promise.all([deps.integrations.tenants(), deps.board.refresh()]);
  const tenants = turned(known, deps.clock.nowMs());
  const { errors } = await eachConcurrently(tenants, TENANTS_WIDTH, (tenant) =>
    catchUp(deps, tenant, outOfTime),
  );
  throwAll(errors, 'Reconciling tenants');
}

async function catchUp(
  deps: ReconcileDeps,
  tenant: string,
  outOfTime: () => boolean,
): Promise<void> {
  let checkpoint: Checkpoint = (await deps.progress.checkpoint(tenant)) ?? {
    tenant,
    reconciledUntilMs: 0,
    recent: [],
    version: 0,
  };
  // Read once: by a clock that goes on, another few milliseconds would be left each time.
  const nowMs = deps.clock.nowMs();
  for (let i = 0; i < WINDOWS_PER_TICK_MAX && !outOfTime(); i++) {
    const doneMs = checkpoint.version === 0 ? undefined : checkpoint.reconciledUntilMs;
    const window = nextWindow(doneMs, nowMs, checkpoint.recent.at(-1));
    if (window === undefined) break;
    const { due, keep } = dueForRecount(checkpoint.recent, nowMs);
    for (const earlier of due) await recount(deps, tenant, earlier);
    const seen = await compare(deps, tenant, window, outOfTime);
    const next = { ...checkpoint, reconciledUntilMs: seen.untilMs, recent: [...keep, seen] };
    // Another tick was here: it did the same work, and the next minute goes on from its mark.
    if ((await deps.progress.saveCheckpoint(next)) === 'stale') return;
    checkpoint = { ...next, version: checkpoint.version + 1 };
  }
}

/** Counts a window again; if an event has turned up since, the whole window is compared again. */
async function recount(deps: ReconcileDeps, tenant: string, earlier: CheckedWindow): Promise<void> {
  let count = 0;
  let digest = 0;
  for await (const page of deps.events.accepted(tenant, earlier)) {
    count += page.length;
    for (const event of page) digest = digestWith(digest, event.id);
  }
  if (count === earlier.count && digest === earlier.digest) return;
  deps.telemetry.warn('reconcile.late-events', { tenant, before: earlier.count, now: count });
  await compare(deps, tenant, earlier, () => false);
}

/**
 * Begins what was not begun in the window. Out of time, it stops after a page, and the window it
 * returns ends with the last event it dealt with.
 */
async function compare(
  deps: ReconcileDeps,
  tenant: string,
  { sinceMs, untilMs }: { readonly sinceMs: number; readonly untilMs: number },
  outOfTime: () => boolean,
): Promise<CheckedWindow> {
  let tally = emptyTally(sinceMs);
  for await (const page of deps.events.accepted(tenant, { sinceMs, untilMs })) {
    const { done, errors } = await eachConcurrently(page, EVENTS_WIDTH, (event) =>
      begin(deps, event),
    );
    const rows = done.flat();
    if (rows.length > 0) {
      deps.telemetry.count('DeliveriesReconciled', rows.length);
      await deps.deliveryQueue.ring(doorbellsOf(rows, deps.board, deps.clock.nowMs()));
    }
    throwAll(errors, 'Beginning deliveries');
    for (const event of page) tally = tallied(tally, event.id, event.acceptedAtMs);
    // Events of the last millisecond may be on the next page: the window ends before them.
    if (outOfTime() && tally.lastMs > sinceMs) return windowBefore(tally, sinceMs);
  }
  return { sinceMs, untilMs, count: tally.count, digest: tally.digest };
}

/** Writes the rows that the event's targets lack, and returns them. */
async function begin(deps: ReconcileDeps, event: EventSummary): Promise<readonly Delivery[]> {
  if (event.targets.length === 0) return [];
  const started = await deps.deliveries.startedOf({ tenant: event.tenant, eventId: event.id });
  const missing = missingOf(event.targets, started);
  const rows = await concurrently(missing, EVENTS_WIDTH, async (id) => {
    const row = await rowFor(deps, event, id, deps.clock.nowMs());
    // Stale: somebody recorded an attempt since the rows were read.
    return (await deps.deliveries.save(row)) === 'stale' ? [] : [row];
  });
  return rows.flat();
}

async function rowFor(
  deps: ReconcileDeps,
  event: EventSummary,
  id: IntegrationId,
  nowMs: number,
): Promise<Delivery> {
  const integration = await deps.targets.get(event.tenant, id);
  const due = newDelivery({ ...event, eventId: event.id, integrationId: id }, dueAt(nowMs, nowMs));
  if (integration === undefined) return end(due, 'cancelled', nowMs);
  const heldBy = holding(deps, event.tenant, routeOf(integration), nowMs);
  return initialRow(event, integration, heldBy, nowMs) ?? due;
}
