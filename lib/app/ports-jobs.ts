import type { JobId } from '../domain/ids.ts';
import type { Job, JobKind, JobStatus } from '../domain/job.ts';
import type { Page } from './ports.ts';

/** Says that a job may be unfinished: there before the job is, and gone after its end. */
export interface JobMark {
  readonly id: JobId;
  readonly tenant: string;
  /** When it was last marked. */
  readonly startedAtMs: number;
}

export interface Jobs {
  /** Puts the mark, in place of an older one of the same job. */
  mark(mark: JobMark): Promise<void>;
  /** Every mark, the oldest job's first. Strongly consistent. */
  marks(): Promise<readonly JobMark[]>;
  /** Takes the job's mark away; one put at another time than `startedAtMs`, if given, stays. */
  unmark(id: JobId, startedAtMs?: number): Promise<void>;
  /** Stores a new job, at version 1. */
  create(job: Job): Promise<'created' | 'exists'>;
  /** Strongly consistent; undefined when it is older than `JOB_KEPT_MS`. */
  load(id: JobId): Promise<Job | undefined>;
  /** Stores `next` with version `next.version + 1`, over exactly `next.version`. */
  save(next: Job): Promise<'saved' | 'stale'>;
  /** Newest first. May return fewer than `limit` and still have more; `next` alone says so. */
  list(query: {
    readonly tenant?: string;
    readonly status?: JobStatus;
    readonly kind?: JobKind;
    readonly after?: string;
    readonly limit: number;
  }): Promise<Page<Job>>;
}
