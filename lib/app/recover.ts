import { RequestError } from '../domain/errors.ts';
import type { JobId } from '../domain/ids.ts';
import { ID_RANDOM_BYTES, ulid } from '../domain/ids.ts';
import { parseRecover } from '../domain/input/recover-input.ts';
import { isOver, JOBS_ACTIVE_MAX, type Job, newJob } from '../domain/job.ts';
import { integrationRegistry, type SecretDeps } from './integration-secrets.ts';
import { find } from './named-registry.ts';
import type { Jobs } from './ports-jobs.ts';
import type { WorkQueue } from './ports-outage.ts';
import type { Caller } from './tenancy.ts';

export interface RecoverDeps extends SecretDeps {
  readonly jobs: Pick<Jobs, 'mark' | 'marks' | 'create' | 'load'>;
  readonly workQueue: WorkQueue;
  /** How long deliveries are kept. */
  readonly retentionDays: number;
}

/**
 * Starts a job that has what an integration never got sent again. `seed` (a ULID) makes its id, so
 * that a request run again after a crash goes on with the same job.
 */
export async function startRecovery(
  deps: RecoverDeps,
  caller: Caller,
  ref: string,
  asked: { readonly body: unknown; readonly seed?: string | undefined },
): Promise<Job> {
  const { id: integrationId, tenant } = await find(integrationRegistry(deps), caller, ref);
  const nowMs = deps.clock.nowMs();
  const id: JobId = `job_${asked.seed ?? ulid(nowMs, deps.random.bytes(ID_RANDOM_BYTES))}`;
  const earlier = asked.seed === undefined ? undefined : await deps.jobs.load(id);
  if (earlier !== undefined) return await rung(deps, earlier);

  const request = parseRecover(asked.body, { nowMs, retentionDays: deps.retentionDays });
  await requireRoom(deps, tenant);
  const job = newJob({ id, tenant, integrationId, request }, nowMs);
  // First, so that a job that is stored can never be forgotten.
  await deps.jobs.mark({ id, tenant, startedAtMs: nowMs });
  if ((await deps.jobs.create(job)) === 'created') return await rung(deps, { ...job, version: 1 });
  const quicker = await deps.jobs.load(id);
  if (quicker === undefined) throw new Error(`The job ${id} is there and cannot be read.`);
  return await rung(deps, quicker);
}

/** Losing this token costs a minute: the tick rings for a job that does not move. */
async function rung(deps: Pick<RecoverDeps, 'workQueue'>, job: Job): Promise<Job> {
  if (!isOver(job)) {
    await deps.workQueue.ring([{ task: { kind: 'job', jobId: job.id }, delaySeconds: 0 }]);
  }
  return job;
}

/** Counted, not reserved: requests at the same moment may overshoot by their number. */
async function requireRoom({ jobs }: RecoverDeps, tenant: string): Promise<void> {
  const active = (await jobs.marks()).filter((mark) => mark.tenant === tenant);
  if (active.length < JOBS_ACTIVE_MAX) return;
  throw new RequestError(
    'limit-reached',
    `This tenant has ${JOBS_ACTIVE_MAX} unfinished jobs, as many as it may have; ` +
      'wait for one of them, or cancel it.',
  );
}
