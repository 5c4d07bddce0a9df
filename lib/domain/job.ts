import type { IntegrationId, JobId } from './ids.ts';
import type { RecoverRequest } from './recovery.ts';

/** Work on many deliveries that outlives the request that asked for it. */
export interface Job {
  readonly id: JobId;
  readonly kind: JobKind;
  readonly tenant: string;
  readonly integrationId: IntegrationId;
  readonly request: RecoverRequest;
  readonly state: JobState;
  readonly progress: JobProgress;
  /** What had come to its end by then is what the job was asked about. */
  readonly createdAtMs: number;
  /** When the last page was done; before the first one, when it was created. */
  readonly progressedAtMs: number;
  /** 0 = never stored. Every stored change adds one. */
  readonly version: number;
}

export type JobKind = 'recover';

export interface JobProgress {
  /** Deliveries dealt with: let go, or moved on by somebody else meanwhile. */
  readonly done: number;
  /** 0 until they have been counted. */
  readonly total: number;
}

export type JobState =
  | { readonly status: 'queued' }
  | ({ readonly status: 'running' } & JobPlace)
  | { readonly status: 'succeeded' | 'cancelled'; readonly finishedAtMs: number }
  | { readonly status: 'failed'; readonly finishedAtMs: number; readonly error: string };

/** How far a job has come. First everything is counted, so that its progress says something. */
export interface JobPlace {
  readonly phase: 'count' | 'work';
  /** Where the page before ended; undefined: this phase is at its beginning. */
  readonly after: string | undefined;
}

export type JobStatus = JobState['status'];

export const JOB_KINDS = ['recover'] as const satisfies readonly JobKind[];
export const JOB_STATUSES = [
  'queued',
  'running',
  'succeeded',
  'failed',
  'cancelled',
] as const satisfies readonly JobStatus[];

/** How long a job can be looked up. */
export const JOB_KEPT_MS = 30 * 86_400_000;
/** Unfinished jobs that a tenant may have. */
export const JOBS_ACTIVE_MAX = 20;

/** One page of the deliveries in the range: how many of them the job is about. */
export interface JobPage {
  readonly found: number;
  readonly next: string | undefined;
}

export function newJob(
  made: Pick<Job, 'id' | 'tenant' | 'integrationId' | 'request'>,
  nowMs: number,
): Job {
  return {
    ...made,
    kind: 'recover',
    state: { status: 'queued' },
    progress: { done: 0, total: 0 },
    createdAtMs: nowMs,
    progressedAtMs: nowMs,
    version: 0,
  };
}

/** What the next page is for, and where it begins; undefined when the job is over. */
export function placeOf({ state }: Job): JobPlace | undefined {
  switch (state.status) {
    case 'queued':
      return { phase: 'count', after: undefined };
    case 'running':
      return { phase: state.phase, after: state.after };
    case 'succeeded':
    case 'failed':
    case 'cancelled':
      return undefined;
  }
}

export function isOver(job: Job): boolean {
  return placeOf(job) === undefined;
}

/** After a page was counted; counting is all that a dry run does. */
export function counted(job: Job, page: JobPage, nowMs: number): Job {
  const progress = { done: 0, total: job.progress.total + page.found };
  const next = { ...job, progress, progressedAtMs: nowMs };
  if (page.next !== undefined) return { ...next, state: running('count', page.next) };
  if (job.request.dryRun) return { ...next, state: { status: 'succeeded', finishedAtMs: nowMs } };
  return { ...next, state: running('work', undefined) };
}

/**
 * After a page was dealt with. A page that is done again after a crash finds less than before, so
 * `done` may lag behind; at the end everything that was counted has been dealt with.
 */
export function worked(job: Job, page: JobPage, nowMs: number): Job {
  const done = job.progress.done + page.found;
  const total = Math.max(job.progress.total, done);
  const next = { ...job, progressedAtMs: nowMs };
  if (page.next !== undefined) {
    return { ...next, progress: { done, total }, state: running('work', page.next) };
  }
  const state = { status: 'succeeded', finishedAtMs: nowMs } as const;
  return { ...next, progress: { done: total, total }, state };
}

/** Over before its end; what is done stays done. */
export function failed(job: Job, error: string, nowMs: number): Job {
  return { ...job, state: { status: 'failed', finishedAtMs: nowMs, error } };
}

/** Over before its end; what is done stays done. */
export function cancelled(job: Job, nowMs: number): Job {
  return { ...job, state: { status: 'cancelled', finishedAtMs: nowMs } };
}

function running(phase: 'count' | 'work', after: string | undefined): JobState {
  return { status: 'running', phase, after };
}
