import { describe, expect, it } from 'vitest';
import { runJob } from '../../lib/app/jobs.ts';
import { startRecovery } from '../../lib/app/recover.ts';
import { JOBS_ACTIVE_MAX } from '../../lib/domain/job.ts';
import { integration, T0, ulidOf } from '../contracts/fixtures.ts';
import { adminOf, refusalOf } from '../fakes/registry-world.ts';
import {
  ASKED_AT,
  CALLER,
  CANCELLED,
  DELIVERED,
  eventIdOf,
  FAILED,
  HELD,
  jobsWorld,
  SINCE,
  WAITING,
} from './jobs-world.ts';

const STATES = [DELIVERED, FAILED, CANCELLED, WAITING, HELD] as const;

async function worldWithOneOfEach() {
  const world = jobsWorld();
  await world.register();
  for (const [n, state] of STATES.entries()) await world.add(n, state);
  return world;
}

describe('recovering an integration', () => {
  it('holds what has failed again, from the start of its schedule, for the drain', async () => {
    const world = await worldWithOneOfEach();
    const { id } = await world.start();
    world.clock.advance(2_000);
    await world.work();
    expect(await world.job(id)).toMatchObject({
      state: { status: 'succeeded', finishedAtMs: ASKED_AT + 2_000 },
      progress: { done: 1, total: 1 },
    });
    expect(await world.row(1)).toMatchObject({
      state: { status: 'held', heldBy: 'limit' },
      scheduleBase: 2,
      scheduleStartMs: ASKED_AT + 2_000,
      version: 2,
    });
    for (const n of [0, 2, 3, 4]) expect(await world.row(n)).toMatchObject({ version: 1 });
    const { tenant, id: integrationId } = world.target;
    expect(await world.progress.sweeps()).toMatchObject([
      { kind: 'release', tenant, integrationId },
    ]);
    expect(await world.drains.load(integrationId)).toBeDefined();
    expect(await world.jobs.marks()).toEqual([]);
  });

  it.each([
    ['cancelled', [2], 1],
    ['waiting', [3], 1],
    ['held', [], 1],
    [['failed', 'cancelled', 'waiting', 'held'], [1, 2, 3], 4],
  ])('those that are %j', async (status, changed, found) => {
    const world = await worldWithOneOfEach();
    const { id } = await world.start({ status });
    await world.work();
    expect((await world.job(id)).progress).toEqual({ done: found, total: found });
    for (const n of STATES.keys()) {
      expect([n, (await world.row(n)).version]).toEqual([n, changed.includes(n) ? 2 : 1]);
    }
    expect(await world.progress.sweeps()).toHaveLength(1);
  });

  it('only counts in a dry run: no delivery, no drain is touched', async () => {
    const world = await worldWithOneOfEach();
    const { id } = await world.start({ status: ['failed', 'held', 'waiting'], dryRun: true });
    await world.work();
    expect(await world.job(id)).toMatchObject({
      state: { status: 'succeeded' },
      progress: { done: 0, total: 3 },
    });
    for (const n of STATES.keys()) expect((await world.row(n)).version).toBe(1);
    expect(await world.progress.sweeps()).toEqual([]);
  });

  it('begins the drain anew at its end: the first one may have found nothing', async () => {
    const world = await worldWithOneOfEach();
    await world.start();
    const { id } = world.target;
    const save: typeof world.deliveries.save = async (next) => {
      const ended = await world.drains.load(id);
      if (ended !== undefined) await world.drains.remove(ended);
      return world.deliveries.save(next);
    };
    await world.work({ ...world.deps, deliveries: { ...world.deliveries, save } });
    expect(await world.drains.load(id)).toBeDefined();
  });

  it('begins no drain where there is nothing to let go', async () => {
    const world = jobsWorld();
    await world.register();
    await world.add(1, DELIVERED);
    const { id } = await world.start();
    await world.work();
    expect(await world.job(id)).toMatchObject({ progress: { done: 0, total: 0 } });
    expect(await world.progress.sweeps()).toEqual([]);
  });

  it('takes those accepted in the range and no others', async () => {
    const world = jobsWorld();
    await world.register();
    for (const n of [1, 2, 3, 4]) await world.add(n, FAILED);
    const at = (n: number) => new Date(T0 + n).toISOString();
    await world.start({ since: at(2), until: at(4) });
    await world.work();
    const states = await Promise.all([1, 2, 3, 4].map(async (n) => (await world.row(n)).state));
    expect(states.map(({ status }) => status)).toEqual(['failed', 'held', 'held', 'failed']);
  });

  it('goes through page after page, oldest first, each delivery once', async () => {
    const world = jobsWorld();
    await world.register();
    for (let n = 0; n < 300; n++) await world.add(n, n % 2 === 0 ? FAILED : DELIVERED);
    const order: string[] = [];
    const save: typeof world.deliveries.save = (next) => {
      order.push(next.eventId);
      return world.deliveries.save(next);
    };
    const { id } = await world.start();
    await world.work({ ...world.deps, deliveries: { ...world.deliveries, save } });
    expect((await world.job(id)).progress).toEqual({ done: 150, total: 150 });
    expect(new Set(order).size).toBe(150);
    expect(order).toHaveLength(150);
    // Sixteen at a time, so an event can be out of its place by no more than that.
    const sorted = [...order].sort();
    for (const [i, eventId] of order.entries()) {
      expect(Math.abs(sorted.indexOf(eventId) - i)).toBeLessThanOrEqual(16);
    }
  });

  it.each(['paused', 'disabled'] as const)('holds for the resume of a %s one', async (status) => {
    const world = jobsWorld();
    await world.register({ status });
    await world.add(1, FAILED);
    await world.start();
    await world.work();
    expect((await world.row(1)).state).toEqual({ status: 'held', heldBy: 'pause' });
  });

  it('fails with a reason when the integration is deleted meanwhile, and touches nothing', async () => {
    const world = jobsWorld();
    await world.register();
    await world.add(1, FAILED);
    const { id } = await world.start();
    await world.integrations.remove(world.target);
    await world.work();
    expect((await world.job(id)).state).toMatchObject({
      status: 'failed',
      error: 'The integration has been deleted.',
    });
    expect((await world.row(1)).version).toBe(1);
    expect(await world.jobs.marks()).toEqual([]);
  });

  it('leaves a delivery to whoever moved it on meanwhile, and counts it as dealt with', async () => {
    const world = jobsWorld();
    await world.register();
    for (const n of [1, 2]) await world.add(n, FAILED);
    const { id } = await world.start();
    const load: typeof world.deliveries.load = async (ref) => {
      const found = await world.deliveries.load(ref);
      if (ref.eventId === eventIdOf(1) && found?.version === 1) {
        await world.deliveries.save({ ...found, state: DELIVERED });
      }
      return found;
    };
    await world.work({ ...world.deps, deliveries: { ...world.deliveries, load } });
    expect(await world.row(1)).toMatchObject({ state: DELIVERED, version: 2 });
    expect((await world.row(2)).state.status).toBe('held');
    expect(await world.job(id)).toMatchObject({
      state: { status: 'succeeded' },
      progress: { done: 2, total: 2 },
    });
  });

  it('holds none twice: neither a second job nor one that failed again since', async () => {
    const world = jobsWorld();
    await world.register();
    await world.add(1, FAILED);
    const [first, second] = [await world.start(), await world.start()];
    await runJob(world.deps, first.id, () => 55_000);
    const held = await world.row(1);
    world.clock.advance(10_000);
    await world.deliveries.save({
      ...held,
      state: { status: 'failed', completedAtMs: world.clock.nowMs() },
    });
    await runJob(world.deps, second.id, () => 55_000);
    expect(await world.row(1)).toMatchObject({ state: { status: 'failed' }, version: 3 });
  });
});

describe('asking for it', () => {
  it('answers a queued job that is marked and rung for', async () => {
    const world = jobsWorld();
    await world.register();
    const job = await world.start();
    expect(job).toMatchObject({
      tenant: 'default',
      integrationId: world.target.id,
      state: { status: 'queued' },
      request: { sinceMs: T0, untilMs: ASKED_AT, statuses: ['failed'], dryRun: false },
      version: 1,
    });
    expect(world.tokens).toEqual([{ task: { kind: 'job', jobId: job.id }, delaySeconds: 0 }]);
    expect(await world.jobs.marks()).toMatchObject([{ id: job.id, startedAtMs: ASKED_AT }]);
  });

  it('is one job for one seed, whatever has become of it', async () => {
    const world = jobsWorld();
    await world.register();
    await world.add(1, FAILED);
    const seed = ulidOf(7);
    const first = await world.start({}, seed);
    expect(first.id).toBe(`job_${seed}`);
    const [second, third] = await Promise.all([world.start({}, seed), world.start({}, seed)]);
    expect([second, third]).toEqual([first, first]);
    await world.work();
    expect((await world.start({}, seed)).state.status).toBe('succeeded');
    expect(world.tokens).toEqual([]);
    expect((await world.jobs.list({ limit: 5 })).items).toHaveLength(1);
  });

  it('is the same job again even when its range is out of date by then', async () => {
    const world = jobsWorld();
    await world.register();
    const since = new Date(ASKED_AT - 30 * 86_400_000 + 1).toISOString();
    const first = await world.start({ since }, ulidOf(7));
    world.clock.advance(60_000);
    expect(await world.start({ since }, ulidOf(7))).toEqual(first);
    expect((await refusalOf(world.start({ since }))).code).toBe('invalid');
  });

  it('is 404 for an integration that is missing or another tenant’s', async () => {
    const world = jobsWorld();
    await world.register();
    const ask = (caller: typeof CALLER, ref: string) =>
      refusalOf(startRecovery(world.deps, caller, ref, { body: { since: SINCE } }));
    expect((await ask(CALLER, 'nobody')).code).toBe('not-found');
    const foreign = { principal: adminOf('other') };
    expect((await ask(foreign, world.target.id)).code).toBe('not-found');
    expect(await world.jobs.marks()).toEqual([]);
  });

  it('is 422 naming the field when the range is not one', async () => {
    const world = jobsWorld();
    await world.register();
    const since = new Date(ASKED_AT - 31 * 86_400_000).toISOString();
    const { code, fields } = await refusalOf(world.start({ since }));
    expect([code, Object.keys(fields)]).toEqual(['invalid', ['since']]);
    expect(await world.jobs.marks()).toEqual([]);
  });

  it('is refused when the tenant has as many unfinished jobs as it may have', async () => {
    const world = jobsWorld();
    await world.register();
    await world.integrations.create(integration(2, { tenant: 'other', name: 'theirs' }));
    for (let n = 0; n < JOBS_ACTIVE_MAX; n++) await world.start();
    expect((await refusalOf(world.start())).code).toBe('limit-reached');
    const theirs = { principal: adminOf('other') };
    await startRecovery(world.deps, theirs, 'theirs', { body: { since: SINCE } });
    await world.work();
    expect((await world.start()).state.status).toBe('queued');
  });
});
