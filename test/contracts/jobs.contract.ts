import { describe, expect, it } from 'vitest';
import type { JobMark } from '../../lib/app/ports-jobs.ts';
import { cancelled, JOB_KEPT_MS, type Job, newJob } from '../../lib/domain/job.ts';
import { integration, T0, ulidOf } from './fixtures.ts';
import type { MakeWorld } from './stand-ins.ts';

function job(n: number, change: Partial<Job> = {}): Job {
  const request = { sinceMs: T0, untilMs: T0 + 9, statuses: ['failed'], dryRun: false } as const;
  const integrationId = integration(1).id;
  const made = { id: `job_${ulidOf(n)}`, tenant: 'default', integrationId, request } as const;
  return { ...newJob(made, T0 + n), ...change };
}

function mark(n: number, change: Partial<JobMark> = {}): JobMark {
  return { id: job(n).id, tenant: 'default', startedAtMs: T0, ...change };
}

/** What every implementation of `Jobs` promises. */
export function jobsContract(make: MakeWorld): void {
  const open = async () => (await make()).stores.jobs;

  it('returns what was created, at version 1, and nothing else', async () => {
    const jobs = await open();
    expect(await jobs.load(job(1).id)).toBeUndefined();
    expect(await jobs.create(job(1))).toBe('created');
    expect(await jobs.load(job(1).id)).toEqual(job(1, { version: 1 }));
    expect(await jobs.load(job(2).id)).toBeUndefined();
  });

  it('creates a job once, however often it is asked to', async () => {
    const jobs = await open();
    const race = await Promise.all(
      Array.from({ length: 10 }, (_, n) => jobs.create(job(1, { progressedAtMs: n }))),
    );
    expect(race.filter((result) => result === 'created')).toHaveLength(1);
    expect(await jobs.create(job(1))).toBe('exists');
    const progressedAtMs = race.indexOf('created');
    expect(await jobs.load(job(1).id)).toEqual(job(1, { progressedAtMs, version: 1 }));
  });

  it('saves over the version that was read, and over no other', async () => {
    const jobs = await open();
    expect(await jobs.save(job(1))).toBe('stale');
    await jobs.create(job(1));
    expect(await jobs.save(job(1, { version: 2 }))).toBe('stale');
    const next = job(1, {
      state: { status: 'running', phase: 'work', after: 'here' },
      progress: { done: 3, total: 9 },
      version: 1,
    });
    expect(await jobs.save(next)).toBe('saved');
    expect(await jobs.save(next)).toBe('stale');
    expect(await jobs.load(job(1).id)).toEqual({ ...next, version: 2 });
  });

  it('lets exactly one of many runners save', async () => {
    const jobs = await open();
    await jobs.create(job(1));
    const race = await Promise.all(
      Array.from({ length: 10 }, (_, n) => jobs.save(job(1, { progressedAtMs: n, version: 1 }))),
    );
    expect(race.filter((result) => result === 'saved')).toHaveLength(1);
  });

  it('forgets a job after thirty days, and not before', async () => {
    const { stores, clock } = await make();
    await stores.jobs.create(job(1));
    clock.advance(T0 + 1 + JOB_KEPT_MS - 1 - clock.nowMs());
    expect(await stores.jobs.load(job(1).id)).toBeDefined();
    clock.advance(1);
    expect(await stores.jobs.load(job(1).id)).toBeUndefined();
    expect((await stores.jobs.list({ limit: 5 })).items).toEqual([]);
  });

  describe('lists', () => {
    it('page newest first, each job once', async () => {
      const jobs = await open();
      for (const n of [3, 1, 5, 2, 4]) await jobs.create(job(n));
      const seen: number[] = [];
      let after: string | undefined;
      for (let page = 0; page < 5; page++) {
        const { items, next } = await jobs.list({
          limit: 2,
          ...(after !== undefined && { after }),
        });
        seen.push(...items.map(({ createdAtMs }) => createdAtMs - T0));
        after = next;
        if (after === undefined) break;
      }
      expect(seen).toEqual([5, 4, 3, 2, 1]);
    });

    it('show a tenant to the end, however small the page and however many others have', async () => {
      const jobs = await open();
      for (let n = 1; n <= 70; n++) await jobs.create(job(n, { tenant: 'other' }));
      const page = await jobs.list({ tenant: 'default', limit: 1 });
      expect(page).toEqual({ items: [], next: undefined });
    });

    it('show one tenant, one status, one kind', async () => {
      const jobs = await open();
      const over = cancelled(job(2), T0 + 5);
      for (const one of [job(1), over, job(3, { tenant: 'other' })]) await jobs.create(one);
      const found = async (query: object) =>
        (await jobs.list({ limit: 5, ...query })).items.map(({ id }) => id);
      expect(await found({ tenant: 'default' })).toEqual([job(2).id, job(1).id]);
      expect(await found({ tenant: 'other', kind: 'recover' })).toEqual([job(3).id]);
      expect(await found({ status: 'cancelled' })).toEqual([job(2).id]);
      expect(await found({ status: 'running' })).toEqual([]);
    });
  });

  describe('marks', () => {
    it('stand until they are taken away, one of each job, the oldest job first', async () => {
      const jobs = await open();
      for (const one of [mark(2), mark(1, { startedAtMs: T0 - 5 }), mark(1), mark(3)]) {
        await jobs.mark(one);
      }
      expect(await jobs.marks()).toEqual([mark(1), mark(2), mark(3)]);
      await jobs.unmark(mark(2).id);
      await jobs.unmark(mark(2).id);
      expect(await jobs.marks()).toEqual([mark(1), mark(3)]);
    });

    it('stand where they were put anew before they were taken away', async () => {
      const jobs = await open();
      await jobs.mark(mark(1));
      const anew = mark(1, { startedAtMs: T0 + 5 });
      await jobs.mark(anew);
      await jobs.unmark(mark(1).id, T0);
      expect(await jobs.marks()).toEqual([anew]);
      await jobs.unmark(mark(1).id, T0 + 5);
      expect(await jobs.marks()).toEqual([]);
    });
  });
}
