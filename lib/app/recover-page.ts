import type { Integration } from '../domain/integration.ts';
import type { Job, JobPage } from '../domain/job.ts';
import { isMeant, recovered } from '../domain/recovery.ts';
import { concurrently, eachConcurrently, throwAll } from './concurrently.ts';
import { type StartDrainDeps, startDrain } from './drain.ts';
import { takePlaceAnew } from './line-places.ts';
import type { Clock, Page, Telemetry } from './ports.ts';
import type { Deliveries, DeliveryRef, DeliverySummary, Events } from './ports-history.ts';
import type { Lines } from './ports-line.ts';

export interface RecoverPageDeps extends StartDrainDeps {
  readonly deliveries: Pick<Deliveries, 'ofIntegration' | 'load' | 'save'>;
  readonly events: Pick<Events, 'get'>;
  readonly lines: Pick<Lines, 'put'>;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

/** Rows looked at in one page; a counted one is not touched, so there may be more of them. */
const COUNTED_MAX = 1_000;
const WORKED_MAX = 250;
const WIDTH = 16;
const RACES_MAX = 5;

/** How many deliveries of the next page the job is about. */
export async function countPage(
  deps: Pick<RecoverPageDeps, 'deliveries'>,
  job: Job,
  after: string | undefined,
): Promise<JobPage> {
  const page = await pageOf(deps, job, after, COUNTED_MAX);
  return { found: meantOf(job, page).length, next: page.next };
}

/**
 * Holds those of the next page again, oldest first, for the drain to let go. The drain's sweep is
 * there before the first of them is held, so that none of them waits for this job to come back.
 */
export async function recoverPage(
  deps: RecoverPageDeps,
  job: Job,
  integration: Integration,
  after: string | undefined,
): Promise<JobPage> {
  const page = await pageOf(deps, job, after, WORKED_MAX);
  const meant = meantOf(job, page);
  const rows = meant.filter(({ state }) => state.status !== 'held');
  // All of them, before the first is let go: it may not overtake one before it.
  if (integration.ordering === 'fifo') {
    await concurrently(rows, WIDTH, (row) => takePlaceAnew(deps, integration, row));
  }
  if (meant.length > 0) await startDrain(deps, integration);
  const { done, errors } = await eachConcurrently(rows, WIDTH, (row) =>
    holdAgain(deps, job, integration, row),
  );
  const held = done.filter((isHeld) => isHeld).length;
  if (held > 0) deps.telemetry.count('DeliveriesHeld', held);
  throwAll(errors, 'Recovering deliveries');
  const isLast = page.next === undefined;
  // The drain may have found nothing and ended before the last of them was held.
  if (isLast && job.progress.total + meant.length > 0) await startDrain(deps, integration);
  return { found: meant.length, next: page.next };
}

async function pageOf(
  { deliveries }: Pick<RecoverPageDeps, 'deliveries'>,
  { integrationId, request: { sinceMs, untilMs } }: Job,
  after: string | undefined,
  limit: number,
): Promise<Page<DeliverySummary>> {
  return await deliveries.ofIntegration({
    integrationId,
    range: { sinceMs, untilMs },
    order: 'oldest-first',
    limit,
    ...(after !== undefined && { after }),
  });
}

function meantOf(job: Job, page: Page<DeliverySummary>): readonly DeliverySummary[] {
  return page.items.filter((row) => isMeant(row, job.request.statuses, job.createdAtMs));
}

/** Stores it as held, unless somebody else got on with it meanwhile: then that is what counts. */
async function holdAgain(
  deps: RecoverPageDeps,
  job: Job,
  integration: Integration,
  ref: DeliveryRef,
): Promise<boolean> {
  const heldBy = integration.status === 'active' ? 'limit' : 'pause';
  for (let race = 0; race < RACES_MAX; race++) {
    const current = await deps.deliveries.load(ref);
    if (current === undefined || !isMeant(current, job.request.statuses, job.createdAtMs)) {
      return false;
    }
    const next = recovered(current, { atMs: job.createdAtMs, heldBy }, deps.clock.nowMs());
    if (next === undefined) return false;
    if ((await deps.deliveries.save(next)) === 'saved') return next.state.status === 'held';
  }
  throw new Error(`The delivery of ${ref.eventId} lost ${RACES_MAX} races.`);
}
