import { describe, expect, it } from 'vitest';
import { cancelJob } from '../../lib/app/job-requests.ts';
import { runJob } from '../../lib/app/jobs.ts';
import { SWEEP_LINGER_MS } from '../../lib/app/sweep.ts';
import { ulidOf } from '../contracts/fixtures.ts';
import { dyingAt, untilDeath } from '../fakes/dying.ts';
import { CALLER, DELIVERED, FAILED, HELD, type JobsWorld, jobsWorld } from './jobs-world.ts';

type Deps = JobsWorld['deps'];

const CALLS_MAX = 300;
const PORTS = ['integrations', 'deliveries', 'jobs', 'progress', 'drains', 'workQueue'] as const;
const AMPLE = () => 55_000;
/** Rows of a page, so that few deliveries make several. */
const PAGE = 2;
const COUNT = 5;
const MINUTES = 4;
/** After these, marks of jobs that never came to be are gone. */
const MINUTES_OF_MARKS = 13;

type Kill = (step: (deps: Deps) => Promise<unknown>, world: World) => Promise<void>;

/** Runs the scenario once for each call that its step makes, killed there. Returns how many. */
async function atEveryCall(scenario: (kill: Kill) => Promise<void>): Promise<number> {
  let n = 0;
  for (const when of ['before', 'after'] as const) {
    let unharmed = false;
    for (n = 1; n <= CALLS_MAX && !unharmed; n++) {
      await scenario(async (step, world) => {
        const { deps, reached } = dyingAt(world.deps, PORTS, n, when);
        await untilDeath(step(deps));
        unharmed = !reached();
      });
    }
    if (!unharmed) throw new Error(`The step makes more than ${CALLS_MAX} calls.`);
  }
  return n - 2;
}

type World = Awaited<ReturnType<typeof smallPages>>;

/** Five deliveries in three pages, and what the rest of the system does with what is held. */
async function smallPages(state: typeof FAILED | typeof HELD = FAILED) {
  const world = jobsWorld();
  await world.register();
  for (let n = 0; n < COUNT; n++) await world.add(n, state);
  await world.add(COUNT, DELIVERED);
  const { ofIntegration } = world.deliveries;
  const limited: typeof ofIntegration = (query) =>
    ofIntegration({ ...query, limit: Math.min(query.limit, PAGE) });
  const deps = { ...world.deps, deliveries: { ...world.deliveries, ofIntegration: limited } };
  const letGo = Array.from({ length: COUNT + 1 }, () => 0);
  /** While a sweep stands, all that is held is let go; here each attempt fails for good. */
  const drain = async () => {
    const sweeps = await world.progress.sweeps();
    const rows = await Promise.all(letGo.map((_, n) => world.row(n)));
    const held = rows.filter((row) => row.state.status === 'held');
    for (const sweep of sweeps) {
      const isOver = world.clock.nowMs() - sweep.startedAtMs > SWEEP_LINGER_MS;
      if (held.length === 0 && isOver) await world.progress.endSweep(sweep);
    }
    if (sweeps.length === 0) return;
    for (const row of held) {
      letGo[rows.indexOf(row)] = (letGo[rows.indexOf(row)] ?? 0) + 1;
      const completedAtMs = world.clock.nowMs();
      await world.deliveries.save({ ...row, state: { status: 'failed', completedAtMs } });
    }
  };
  /** What happens by itself afterwards. */
  const minutes = async (count = MINUTES) => {
    for (let i = 0; i < count; i++) {
      await world.work(deps);
      await drain();
      await world.minute(deps);
      await drain();
    }
  };
  return { ...world, deps, drain, minutes, letGo };
}

const ONCE = [...Array.from({ length: COUNT }, () => 1), 0];

async function expectFinished(world: World, id: Parameters<World['job']>[0], total = COUNT) {
  expect(await world.job(id)).toMatchObject({
    state: { status: 'succeeded' },
    progress: { done: total, total },
  });
  expect(await world.jobs.marks()).toEqual([]);
}

describe('a job killed at every call, before it and after it', () => {
  it('while it is asked for: asked again under its key it is one job, and it is done', async () => {
    const calls = await atEveryCall(async (kill) => {
      const world = await smallPages();
      const seed = ulidOf(7);
      await kill((deps) => world.start({}, seed, deps), world);
      world.clock.advance(30_000);
      const { id } = await world.start({}, seed);
      await world.minutes();
      await expectFinished(world, id);
      expect(world.letGo).toEqual(ONCE);
      expect((await world.jobs.list({ limit: 9 })).items).toHaveLength(1);
    });
    expect(calls).toBeGreaterThanOrEqual(5);
  });

  it('while it is asked for, and never again: it is done if it is there, and no mark stays', async () => {
    await atEveryCall(async (kill) => {
      const world = await smallPages();
      await kill((deps) => world.start({}, undefined, deps), world);
      const [job] = (await world.jobs.list({ limit: 9 })).items;
      world.tokens.splice(0);
      await world.minutes(MINUTES_OF_MARKS);
      if (job !== undefined) await expectFinished(world, job.id);
      expect(world.letGo).toEqual(job === undefined ? ONCE.map(() => 0) : ONCE);
      expect(await world.jobs.marks()).toEqual([]);
    });
  });

  it('while it runs: each delivery is let go once', async () => {
    const calls = await atEveryCall(async (kill) => {
      const world = await smallPages();
      const { id } = await world.start();
      await kill((deps) => runJob(deps, id, AMPLE), world);
      await world.drain();
      await world.minutes();
      await expectFinished(world, id);
      expect(world.letGo).toEqual(ONCE);
    });
    expect(calls).toBeGreaterThanOrEqual(30);
  });

  it('while it runs, its tokens lost and the queue purged', async () => {
    await atEveryCall(async (kill) => {
      const world = await smallPages();
      const { id } = await world.start();
      await kill((deps) => runJob(deps, id, AMPLE), world);
      world.tokens.splice(0);
      await world.minutes();
      await expectFinished(world, id);
      expect(world.letGo).toEqual(ONCE);
    });
  });

  it('while it runs beside another runner', async () => {
    await atEveryCall(async (kill) => {
      const world = await smallPages();
      const { id } = await world.start();
      await Promise.all([
        kill((deps) => runJob(deps, id, AMPLE), world),
        runJob(world.deps, id, AMPLE),
      ]);
      await world.drain();
      await world.minutes();
      await expectFinished(world, id);
      expect(world.letGo).toEqual(ONCE);
    });
  });

  it('while it lets go what is held already', async () => {
    await atEveryCall(async (kill) => {
      const world = await smallPages(HELD);
      const { id } = await world.start({ status: 'held' });
      await kill((deps) => runJob(deps, id, AMPLE), world);
      await world.minutes();
      expect((await world.job(id)).state.status).toBe('succeeded');
      expect(world.letGo).toEqual(ONCE);
    });
  });

  it('while it runs, and is cancelled then: what it has held is let go once, the rest stays', async () => {
    await atEveryCall(async (kill) => {
      const world = await smallPages();
      const { id } = await world.start();
      await kill((deps) => runJob(deps, id, AMPLE), world);
      const before = await world.held();
      const { state } = await world.job(id);
      if (state.status !== 'succeeded') await cancelJob(world.deps, CALLER, id);
      await world.minutes();
      expect(world.letGo.filter((times) => times === 1)).toHaveLength(before);
      expect(world.letGo.filter((times) => times > 1)).toEqual([]);
      expect(await world.held()).toBe(0);
      expect(await world.jobs.marks()).toEqual([]);
    });
  });

  it('while it is cancelled: it is cancelled or goes on, and asking again settles it', async () => {
    const calls = await atEveryCall(async (kill) => {
      const world = await smallPages();
      const { id } = await world.start();
      await kill((deps) => cancelJob(deps, CALLER, id), world);
      await cancelJob(world.deps, CALLER, id);
      await world.minutes();
      expect((await world.job(id)).state.status).toBe('cancelled');
      expect(world.letGo).toEqual(ONCE.map(() => 0));
      expect(await world.jobs.marks()).toEqual([]);
    });
    expect(calls).toBeGreaterThanOrEqual(3);
  });

  it('cancelled between any two of its calls: nothing is held for ever, nothing let go twice', async () => {
    for (let at = 1, isReached = true; isReached && at <= CALLS_MAX; at++) {
      const world = await smallPages();
      const { id } = await world.start();
      let loads = 0;
      const between = async <T>(call: Promise<T>): Promise<T> => {
        loads += 1;
        if (loads === at) await cancelJob(world.deps, CALLER, id);
        return call;
      };
      const { load, save } = world.deliveries;
      const deliveries = {
        ...world.deps.deliveries,
        load: (ref: Parameters<typeof load>[0]) => between(load(ref)),
        save: (next: Parameters<typeof save>[0]) => between(save(next)),
      };
      await runJob({ ...world.deps, deliveries }, id, AMPLE);
      isReached = loads >= at;
      await world.minutes();
      expect(await world.held()).toBe(0);
      expect(world.letGo.filter((times) => times > 1)).toEqual([]);
      expect((await world.job(id)).state.status).toBe(isReached ? 'cancelled' : 'succeeded');
    }
  });
});
