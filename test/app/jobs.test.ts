import { describe, expect, it } from 'vitest';
import { cancelJob, getJob, jobView, listJobs } from '../../lib/app/job-requests.ts';
import { resumeJobs, runJob } from '../../lib/app/jobs.ts';
import { integration, ulidOf } from '../contracts/fixtures.ts';
import { adminOf, refusalOf } from '../fakes/registry-world.ts';
import { CALLER, FAILED, jobsWorld, SINCE } from './jobs-world.ts';

const AMPLE = () => 55_000;
const FOREIGN = { principal: adminOf('other') };

async function worldWith(deliveries: number) {
  const world = jobsWorld();
  await world.register();
  for (let n = 0; n < deliveries; n++) await world.add(n, FAILED);
  return world;
}

describe('running a job', () => {
  it('stops with time to spare, saves how far it has come, and rings for the next run', async () => {
    const world = await worldWith(300);
    const { id } = await world.start();
    world.tokens.splice(0);
    let remainingMs = 55_000;
    await runJob(world.deps, id, () => (remainingMs -= 15_000));
    expect(await world.job(id)).toMatchObject({
      state: { status: 'running', phase: 'work' },
      progress: { done: 250, total: 300 },
    });
    const jobs = world.tokens.filter(({ task }) => task.kind === 'job');
    expect(jobs).toEqual([{ task: { kind: 'job', jobId: id }, delaySeconds: 0 }]);
    await world.work();
    expect((await world.job(id)).progress).toEqual({ done: 300, total: 300 });
  });

  it('does nothing for a job that is over or is not there', async () => {
    const world = await worldWith(1);
    const { id } = await world.start();
    await world.work();
    const over = await world.job(id);
    for (const known of [id, `job_${ulidOf(9)}`] as const) await runJob(world.deps, known, AMPLE);
    expect(await world.job(id)).toEqual(over);
    expect((await world.row(0)).version).toBe(2);
    expect(world.tokens.filter(({ task }) => task.kind === 'job')).toEqual([]);
  });

  it('throws what a page could not do, does the rest, and does it again next time', async () => {
    const world = await worldWith(5);
    const { id } = await world.start();
    const save: typeof world.deliveries.save = async (next) => {
      if (next.eventId === (await world.row(2)).eventId) throw new Error('an outage');
      return world.deliveries.save(next);
    };
    const broken = { ...world.deps, deliveries: { ...world.deliveries, save } };
    await expect(runJob(broken, id, AMPLE)).rejects.toThrow('Recovering deliveries: 1 failed.');
    const versions = await Promise.all(
      [0, 1, 2, 3, 4].map(async (n) => (await world.row(n)).version),
    );
    expect(versions).toEqual([2, 2, 1, 2, 2]);
    await runJob(world.deps, id, AMPLE);
    expect((await world.job(id)).progress).toEqual({ done: 5, total: 5 });
    expect((await world.row(2)).state.status).toBe('held');
  });

  it('gives up after an hour in which nothing could be done, and says so', async () => {
    const world = await worldWith(1);
    const { id } = await world.start();
    const broken = {
      ...world.deps,
      deliveries: { ...world.deliveries, save: async () => Promise.reject(new Error('an outage')) },
    };
    await expect(runJob(broken, id, AMPLE)).rejects.toThrow();
    world.clock.advance(3_600_000);
    await expect(runJob(broken, id, AMPLE)).rejects.toThrow();
    world.clock.advance(1);
    await runJob(broken, id, AMPLE);
    const job = await world.job(id);
    expect(job.state).toMatchObject({
      status: 'failed',
      error: expect.stringContaining('an hour'),
    });
    expect(jobView(job).error).not.toContain('outage');
    expect(await world.jobs.marks()).toEqual([]);
  });

  it('lets one of two runners go on; each delivery is held once', async () => {
    const world = await worldWith(260);
    const { id } = await world.start();
    await Promise.all([1, 2, 3].map(() => runJob(world.deps, id, AMPLE)));
    await world.minute();
    expect(await world.job(id)).toMatchObject({
      state: { status: 'succeeded' },
      progress: { done: 260, total: 260 },
    });
    for (let n = 0; n < 260; n++) expect((await world.row(n)).version).toBe(2);
  });
});

describe('resuming jobs', () => {
  it('rings for one whose token got lost, once it has stood still for a minute', async () => {
    const world = await worldWith(1);
    const { id } = await world.start();
    world.tokens.splice(0);
    world.clock.advance(60_000);
    expect(await resumeJobs(world.deps)).toBe(0);
    world.clock.advance(1);
    expect(await resumeJobs(world.deps)).toBe(1);
    await world.work();
    expect((await world.job(id)).state.status).toBe('succeeded');
    world.clock.advance(120_000);
    expect(await resumeJobs(world.deps)).toBe(0);
  });

  it('takes away the marks of jobs that are over, and of those that never came to be', async () => {
    const world = await worldWith(0);
    const { id } = await world.start();
    await world.work();
    const startedAtMs = world.clock.nowMs();
    await world.jobs.mark({ id, tenant: 'default', startedAtMs });
    const orphan = { id: `job_${ulidOf(9)}`, tenant: 'default', startedAtMs } as const;
    await world.jobs.mark(orphan);
    await resumeJobs(world.deps);
    expect(await world.jobs.marks()).toEqual([orphan]);
    world.clock.advance(600_001);
    await resumeJobs(world.deps);
    expect(await world.jobs.marks()).toEqual([]);
  });

  it('is kept from no job by another that cannot be read', async () => {
    const world = await worldWith(0);
    const [a, b] = [await world.start(), await world.start()];
    world.tokens.splice(0);
    world.clock.advance(61_000);
    const load: typeof world.jobs.load = async (id) => {
      if (id === a.id) throw new Error('an outage');
      return world.jobs.load(id);
    };
    const broken = { ...world.deps, jobs: { ...world.jobs, load } };
    await expect(resumeJobs(broken)).rejects.toThrow('Resuming jobs: 1 failed.');
    expect(world.tokens.map(({ task }) => task)).toEqual([{ kind: 'job', jobId: b.id }]);
  });
});

describe('cancelling a job', () => {
  it('ends it for good: what is held stays held, and no more follows', async () => {
    const world = await worldWith(300);
    const { id } = await world.start();
    let remainingMs = 55_000;
    await runJob(world.deps, id, () => (remainingMs -= 15_000));
    const done = (await world.job(id)).progress.done;
    expect(done).toBeGreaterThan(0);
    const cancelled = await cancelJob(world.deps, CALLER, id);
    expect(cancelled.state.status).toBe('cancelled');
    expect(await cancelJob(world.deps, CALLER, id)).toEqual(cancelled);
    await world.minute();
    expect(await world.job(id)).toEqual(cancelled);
    expect(await world.held()).toBe(done);
    expect(await world.jobs.marks()).toEqual([]);
    expect(await world.progress.sweeps()).toHaveLength(1);
  });

  it('stops a runner that is at it', async () => {
    const world = await worldWith(300);
    const { id } = await world.start();
    const load: typeof world.deliveries.load = async (ref) => {
      await cancelJob(world.deps, CALLER, id);
      return world.deliveries.load(ref);
    };
    await runJob({ ...world.deps, deliveries: { ...world.deliveries, load } }, id, AMPLE);
    expect((await world.job(id)).state.status).toBe('cancelled');
    expect(await world.held()).toBe(250);
  });

  it('is 409 once it is over, and 404 for what is not there or another tenant’s', async () => {
    const world = await worldWith(0);
    const { id } = await world.start();
    await world.work();
    const over = await refusalOf(cancelJob(world.deps, CALLER, id));
    expect([over.code, over.message]).toEqual([
      'invalid-state',
      'The job has succeeded; only queued and running ones can be cancelled.',
    ]);
    for (const [caller, ref] of [
      [FOREIGN, id],
      [CALLER, `job_${ulidOf(5)}`],
      [CALLER, 'job'],
    ] as const) {
      expect((await refusalOf(cancelJob(world.deps, caller, ref))).code).toBe('not-found');
      expect((await refusalOf(getJob(world.deps, caller, ref))).code).toBe('not-found');
    }
  });
});

describe('looking at jobs', () => {
  it('shows a tenant its own, newest first, by status and kind', async () => {
    const world = await worldWith(1);
    await world.integrations.create(integration(2, { tenant: 'other', name: 'theirs' }));
    const first = await world.start();
    await world.work();
    world.clock.advance(1);
    const second = await world.start({ dryRun: true });
    const found = async (caller: typeof CALLER, filter: object = {}) =>
      (await listJobs(world.deps, caller, filter, { limit: 5 })).items.map(({ id }) => id);
    expect(await found(CALLER)).toEqual([second.id, first.id]);
    expect(await found(CALLER, { status: 'queued', kind: 'recover' })).toEqual([second.id]);
    expect(await found({ principal: adminOf('default') })).toHaveLength(2);
    expect(await found(FOREIGN)).toEqual([]);
  });

  it('answers what was asked and how far it has come', async () => {
    const world = await worldWith(2);
    const { id } = await world.start({ status: ['failed', 'held'] });
    const asked = jobView(await world.job(id));
    const request = {
      since: SINCE,
      until: asked.createdAt,
      status: ['failed', 'held'],
      dryRun: false,
    };
    expect(asked).toEqual({
      id,
      kind: 'recover',
      tenant: 'default',
      integration: world.target.id,
      dryRun: false,
      status: 'queued',
      progress: { done: 0, total: 0 },
      error: null,
      request,
      createdAt: '2027-03-01T13:00:00.000Z',
      finishedAt: null,
    });
    await world.work();
    expect(jobView(await world.job(id))).toMatchObject({
      status: 'succeeded',
      progress: { done: 2, total: 2 },
      finishedAt: asked.createdAt,
    });
  });
});
