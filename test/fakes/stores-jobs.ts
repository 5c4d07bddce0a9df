import type { JobMark, Jobs } from '../../lib/app/ports-jobs.ts';
import { JOB_KEPT_MS, type Job } from '../../lib/domain/job.ts';
import { type FakeClock, pageById } from './stores-named.ts';

/** Jobs in memory; what is older than they are kept is not there any more. */
export function fakeJobs(clock: FakeClock): Jobs {
  const rows = new Map<string, Job>();
  const marks = new Map<string, JobMark>();
  const isKept = (job: Job) => job.createdAtMs > clock.nowMs() - JOB_KEPT_MS;
  return {
    async mark(mark) {
      marks.set(mark.id, structuredClone(mark));
    },
    async marks() {
      return structuredClone([...marks.values()].sort((a, b) => (a.id < b.id ? -1 : 1)));
    },
    async unmark(id, startedAtMs) {
      const mark = marks.get(id);
      if (startedAtMs === undefined || mark?.startedAtMs === startedAtMs) marks.delete(id);
    },
    async create(job) {
      if (rows.has(job.id)) return 'exists';
      rows.set(job.id, structuredClone({ ...job, version: job.version + 1 }));
      return 'created';
    },
    async load(id) {
      const job = rows.get(id);
      return job !== undefined && isKept(job) ? structuredClone(job) : undefined;
    },
    async save(next) {
      if (rows.get(next.id)?.version !== next.version) return 'stale';
      rows.set(next.id, structuredClone({ ...next, version: next.version + 1 }));
      return 'saved';
    },
    async list({ tenant, status, kind, after, limit }) {
      const shown = [...rows.values()].filter(
        (job) =>
          isKept(job) &&
          (tenant === undefined || job.tenant === tenant) &&
          (status === undefined || job.state.status === status) &&
          (kind === undefined || job.kind === kind),
      );
      return pageById(shown, after, limit);
    },
  };
}
