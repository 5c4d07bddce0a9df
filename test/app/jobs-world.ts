import { getJob } from '../../lib/app/job-requests.ts';
import { type JobDeps, resumeJobs, runJob } from '../../lib/app/jobs.ts';
import { type RecoverDeps, startRecovery } from '../../lib/app/recover.ts';
import type { Delivery, DeliveryState } from '../../lib/domain/delivery.ts';
import type { JobId } from '../../lib/domain/ids.ts';
import type { Integration } from '../../lib/domain/integration.ts';
import type { Job } from '../../lib/domain/job.ts';
import { attempt, delivery, event, integration, T0 } from '../contracts/fixtures.ts';
import { ADMIN } from '../fakes/registry-world.ts';
import { fakeStores } from '../fakes/stores.ts';
import { fakeClock, fakeRandom, fakeTelemetry, fakeWorkQueue } from '../fakes/world.ts';

/** The requests of these tests are made an hour after the events were accepted. */
export const ASKED_AT = T0 + 3_600_000;
export const SINCE = new Date(T0).toISOString();
export const CALLER = { principal: ADMIN };
const AMPLE_MS = 55_000;
const TOKENS_MAX = 2_000;

/** What a job needs, in memory, with one integration; nothing drains unless the test does. */
export function jobsWorld() {
  const clock = fakeClock(ASKED_AT);
  const workQueue = fakeWorkQueue();
  const tokens = workQueue.rung;
  const deps = {
    ...fakeStores(clock),
    clock,
    random: fakeRandom(),
    telemetry: fakeTelemetry(),
    workQueue,
    retentionDays: 30,
  };
  const target = integration(1);
  const register = async (change: Partial<Integration> = {}) =>
    void (await deps.integrations.create(integration(1, change)));
  /** Stores the n-th delivery in that state, with two attempts made, at version 1. */
  const add = async (n: number, state: DeliveryState, change: Partial<Delivery> = {}) => {
    const attempts = [attempt(1), attempt(2)];
    await deps.deliveries.save(delivery(n, { state, attempts, ...change }));
  };
  const row = async (n: number): Promise<Delivery> => {
    const found = await deps.deliveries.load(delivery(n));
    if (found === undefined) throw new Error(`There is no delivery ${n}.`);
    return found;
  };
  /** How many are held. */
  const held = async () => {
    const query = { integrationId: target.id, range: {}, limit: 5_000 };
    const { items } = await deps.deliveries.ofIntegration(query);
    return items.filter(({ state }) => state.status === 'held').length;
  };
  const start = (body: object = {}, seed?: string, by: RecoverDeps = deps) =>
    startRecovery(by, CALLER, target.name, { body: { since: SINCE, ...body }, seed });
  const job = (id: JobId): Promise<Job> => getJob(deps, CALLER, id);
  /** Hears every token for a job, as the queue hands them out, until there is none. */
  const work = async (with_: JobDeps = deps) => {
    for (let heard = 0; heard < TOKENS_MAX && tokens.length > 0; heard++) {
      const task = tokens.shift()?.task;
      if (task?.kind === 'job') await runJob(with_, task.jobId, () => AMPLE_MS);
    }
  };
  const minute = async (with_: JobDeps = deps) => {
    clock.advance(61_000);
    await resumeJobs(deps);
    await work(with_);
  };
  return { ...deps, deps, tokens, target, register, add, row, held, start, job, work, minute };
}

export type JobsWorld = ReturnType<typeof jobsWorld>;

export const FAILED = { status: 'failed', completedAtMs: T0 + 60_000 } as const;
export const CANCELLED = { status: 'cancelled', completedAtMs: T0 + 60_000 } as const;
export const DELIVERED = {
  status: 'delivered',
  via: 'primary',
  completedAtMs: T0 + 60_000,
} as const;
export const WAITING = {
  status: 'waiting',
  nextAttemptAtMs: ASKED_AT + 600_000,
  dueAtMs: ASKED_AT + 690_000,
} as const;
export const HELD = { status: 'held', heldBy: 'breaker' } as const;
export const eventIdOf = (n: number) => event(n).id;
