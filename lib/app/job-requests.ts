import { notFound, RequestError } from '../domain/errors.ts';
import { isJobId } from '../domain/ids.ts';
import { instant } from '../domain/instant.ts';
import { cancelled, isOver, type Job, type JobKind, type JobStatus } from '../domain/job.ts';
import type { PageWanted } from './event-lists.ts';
import type { Clock, Page } from './ports.ts';
import type { Jobs } from './ports-jobs.ts';
import { type Caller, tenantSeen } from './tenancy.ts';

export interface JobRequestDeps {
  readonly jobs: Pick<Jobs, 'load' | 'save' | 'unmark' | 'list'>;
  readonly clock: Pick<Clock, 'nowMs'>;
}

/** Each lost race is a page that the job has done; pages take longer than this does. */
const RACES_MAX = 5;

export async function getJob(
  deps: Pick<JobRequestDeps, 'jobs'>,
  caller: Caller,
  id: string,
): Promise<Job> {
  const tenant = tenantSeen(caller);
  const job = isJobId(id) ? await deps.jobs.load(id) : undefined;
  if (job === undefined || (tenant !== undefined && job.tenant !== tenant)) {
    throw notFound('job', id);
  }
  return job;
}

export async function listJobs(
  deps: Pick<JobRequestDeps, 'jobs'>,
  caller: Caller,
  filter: { readonly status?: JobStatus | undefined; readonly kind?: JobKind | undefined },
  page: PageWanted,
): Promise<Page<Job>> {
  const tenant = tenantSeen(caller);
  return await deps.jobs.list({
    limit: page.limit,
    ...(tenant !== undefined && { tenant }),
    ...(filter.status !== undefined && { status: filter.status }),
    ...(filter.kind !== undefined && { kind: filter.kind }),
    ...(page.after !== undefined && { after: page.after }),
  });
}

/**
 * Ends a job that is not over: the page it is at is its last, and what it has let go stays so.
 * Cancelling it again answers the cancelled job.
 */
export async function cancelJob(deps: JobRequestDeps, caller: Caller, id: string): Promise<Job> {
  for (let race = 0; race < RACES_MAX; race++) {
    const job = await getJob(deps, caller, id);
    if (job.state.status === 'cancelled') return job;
    if (isOver(job)) {
      throw new RequestError(
        'invalid-state',
        `The job has ${job.state.status}; only queued and running ones can be cancelled.`,
      );
    }
    const next = cancelled(job, deps.clock.nowMs());
    if ((await deps.jobs.save(next)) === 'stale') continue;
    await deps.jobs.unmark(job.id);
    return { ...next, version: next.version + 1 };
  }
  throw new RequestError('conflict', 'The job is making progress at this moment; try again.');
}

/** A job as it is answered. */
export function jobView(job: Job) {
  const { state, request } = job;
  return {
    id: job.id,
    kind: job.kind,
    tenant: job.tenant,
    integration: job.integrationId,
    dryRun: request.dryRun,
    status: state.status,
    progress: job.progress,
    error: state.status === 'failed' ? state.error : null,
    request: {
      since: instant(request.sinceMs),
      until: instant(request.untilMs),
      status: request.statuses,
      dryRun: request.dryRun,
    },
    createdAt: instant(job.createdAtMs),
    finishedAt: 'finishedAtMs' in state ? instant(state.finishedAtMs) : null,
  };
}
