import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { JobMark, Jobs } from '../../app/ports-jobs.ts';
import { JOB_KEPT_MS, type Job } from '../../domain/job.ts';
import { AFTER_IDS, BEFORE_IDS, pageById } from './id-pages.ts';
import { readAll, readRange } from './ranges.ts';
import {
  getItem,
  type Item,
  put,
  putIf,
  remove,
  removeIf,
  type Store,
  type StoreOptions,
} from './store.ts';
import { conditions, JOB_MARKS, JOBS, keys, type Tables, ttlAt } from './table.ts';

/**
 * Jobs in DynamoDB: one partition with all of them, for they are few and small, and one with the
 * marks of those that may be unfinished.
 */
export function dynamoJobs(
  db: DynamoDBClient,
  tables: Tables,
  options: Pick<StoreOptions, 'clock' | 'random'>,
): Jobs {
  const store: Store = { db, table: tables.state, random: options.random };
  // DynamoDB deletes up to days after the `ttl`.
  const isKept = ({ createdAtMs }: Job) => createdAtMs > options.clock.nowMs() - JOB_KEPT_MS;
  return {
    async mark({ id, tenant, startedAtMs }) {
      await put(store, keys.jobMark(id), { tenant, startedAtMs });
    },

    async marks() {
      const rows = await readAll(db, {
        table: store.table,
        partition: ['pk', JOB_MARKS],
        order: 'ascending',
        consistent: true,
      });
      return rows.map(markOf);
    },

    async unmark(id, startedAtMs) {
      if (startedAtMs === undefined) await remove(store, keys.jobMark(id));
      else await removeIf(store, keys.jobMark(id), conditions.wasStartedAt(startedAtMs));
    },

    async create(job) {
      const result = await putIf(store, keys.job(job.id), rowOf(job), conditions.isNew);
      return result.kind === 'written' ? 'created' : 'exists';
    },

    async load(id) {
      const item = await getItem(store, keys.job(id));
      const job = item === undefined ? undefined : jobOf(item);
      return job !== undefined && isKept(job) ? job : undefined;
    },

    async save(next) {
      const condition = conditions.hasVersion(next.version);
      const result = await putIf(store, keys.job(next.id), rowOf(next), condition);
      return result.kind === 'written' ? 'saved' : 'stale';
    },

    list({ tenant, status, kind, after, limit }) {
      const reader = readRange(db, {
        table: store.table,
        partition: ['pk', JOBS],
        sort: ['sk', BEFORE_IDS, after ?? AFTER_IDS],
        order: 'descending',
        consistent: true,
      });
      const matches = (job: Job) =>
        isKept(job) &&
        (tenant === undefined || job.tenant === tenant) &&
        (status === undefined || job.state.status === status) &&
        (kind === undefined || job.kind === kind);
      return pageById(reader, { decode: jobOf, matches, after, limit });
    },
  };
}

function rowOf(job: Job): Item {
  const { version, ...doc } = job;
  return { doc: JSON.stringify(doc), v: version + 1, ttl: ttlAt(job.createdAtMs + JOB_KEPT_MS) };
}

function jobOf(item: Item): Job {
  const { doc, v: version } = item as { readonly doc: string; readonly v: number };
  return { ...(JSON.parse(doc) as Omit<Job, 'version'>), version };
}

function markOf(item: Item): JobMark {
  const { sk, tenant, startedAtMs } = item as unknown as JobMark & { readonly sk: JobMark['id'] };
  return { id: sk, tenant, startedAtMs };
}
