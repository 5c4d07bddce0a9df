import type { JobId } from '../domain/ids.ts';
import {
  counted,
  failed,
  isOver,
  type Job,
  type JobPlace,
  placeOf,
  worked,
} from '../domain/job.ts';
import { eachConcurrently, throwAll } from './concurrently.ts';
import type { Clock, Integrations, Telemetry } from './ports.ts';
import type { JobMark, Jobs } from './ports-jobs.ts';
import type { WorkQueue } from './ports-outage.ts';
import { countPage, type RecoverPageDeps, recoverPage } from './recover-page.ts';

export interface JobDeps extends RecoverPageDeps {
  readonly jobs: Pick<Jobs, 'load' | 'save' | 'unmark'>;
  readonly integrations: Pick<Integrations, 'byId'>;
  readonly workQueue: WorkQueue;
}

/** No page is begun with less time than this. */
const PAGE_MS = 20_000;
const PAGES_PER_RUN_MAX = 500;
/** A job that broke down again and again for so long has failed. */
const GIVE_UP_MS = 3_600_000;

/**
 * The next pages of a job. Its progress is saved after each of them, under the job's version: of
 * two runners one stops. What a page does is the same done twice, so any of this may be killed.
 */
export async function runJob(
  deps: JobDeps,
  jobId: JobId,
  remainingMs: () => number,
): Promise<void> {
  let job = await deps.jobs.load(jobId);
  for (let page = 0; page < PAGES_PER_RUN_MAX; page++) {
    // Lost to another runner, cancelled, or past its age.
    if (job === undefined) return;
    const place = placeOf(job);
    if (place === undefined) return await retire(deps, job);
    if (remainingMs() < PAGE_MS) break;
    job = await advance(deps, job, place);
  }
  await deps.workQueue.ring([{ task: { kind: 'job', jobId }, delaySeconds: 0 }]);
}

async function retire(deps: JobDeps, job: Job): Promise<void> {
  await deps.jobs.unmark(job.id);
  deps.telemetry.info('job.finished', {
    id: job.id,
    kind: job.kind,
    status: job.state.status,
    tenant: job.tenant,
    integrationId: job.integrationId,
    count: job.progress.done,
    found: job.progress.total,
  });
}

/** One page, and the job as stored after it; undefined if somebody else has changed the job. */
async function advance(deps: JobDeps, job: Job, place: JobPlace): Promise<Job | undefined> {
  let next: Job;
  try {
    next = await nextPage(deps, job, place);
  } catch (error) {
    const nowMs = deps.clock.nowMs();
    if (nowMs - job.progressedAtMs <= GIVE_UP_MS) throw error;
    deps.telemetry.error('job.given-up', { id: job.id, kind: job.kind, tenant: job.tenant, error });
    const reason = 'Deliveries could not be read or stored for an hour; what is done stays done.';
    next = failed(job, reason, nowMs);
  }
  const result = await deps.jobs.save(next);
  return result === 'saved' ? { ...next, version: next.version + 1 } : undefined;
}

async function nextPage(deps: JobDeps, job: Job, { phase, after }: JobPlace): Promise<Job> {
  const integration = await deps.integrations.byId(job.integrationId, job.tenant);
  if (integration === undefined) {
    return failed(job, 'The integration has been deleted.', deps.clock.nowMs());
  }
  switch (phase) {
    case 'count':
      return counted(job, await countPage(deps, job, after), deps.clock.nowMs());
    case 'work':
      return worked(job, await recoverPage(deps, job, integration, after), deps.clock.nowMs());
  }
}

export interface ResumeDeps {
  readonly jobs: Pick<Jobs, 'marks' | 'load' | 'unmark'>;
  readonly workQueue: WorkQueue;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly telemetry: Telemetry;
}

/** A job that has not moved for so long has lost its token. */
const STILL_MS = 60_000;
/** A mark without a job, older than any request that could still store one, is of a dead one. */
const ORPHAN_MS = 600_000;
/** Marks looked at in one minute, the oldest jobs' first. */
const RESUMED_MAX = 500;
const WIDTH = 10;

/** Rings for every unfinished job that does not move; the tick calls it each minute. */
export async function resumeJobs(deps: ResumeDeps): Promise<number> {
  const marks = (await deps.jobs.marks()).slice(0, RESUMED_MAX);
  const { done, errors } = await eachConcurrently(marks, WIDTH, (mark) => stillOf(deps, mark));
  const still = done.flatMap((id) => id ?? []);
  if (still.length > 0) {
    await deps.workQueue.ring(
      still.map((jobId) => ({ task: { kind: 'job', jobId }, delaySeconds: 0 })),
    );
    deps.telemetry.info('jobs.resumed', { count: still.length });
  }
  throwAll(errors, 'Resuming jobs');
  return still.length;
}

/** The marked job if it needs a token; a mark that stands for nothing is taken away. */
async function stillOf({ jobs, clock }: ResumeDeps, mark: JobMark): Promise<JobId | undefined> {
  const job = await jobs.load(mark.id);
  const nowMs = clock.nowMs();
  if (job === undefined) {
    if (nowMs - mark.startedAtMs > ORPHAN_MS) await jobs.unmark(mark.id, mark.startedAtMs);
    return undefined;
  }
  if (isOver(job)) {
    await jobs.unmark(job.id);
    return undefined;
  }
  return nowMs - job.progressedAtMs > STILL_MS ? job.id : undefined;
}
