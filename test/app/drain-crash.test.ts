import { describe, expect, it } from 'vitest';
import { startDrain } from '../../lib/app/drain.ts';
import { drainStep } from '../../lib/app/drain-step.ts';
import { runSweeps } from '../../lib/app/sweep.ts';
import { watchBreakers } from '../../lib/app/watch-breakers.ts';
import { dyingAt, untilDeath } from '../fakes/dying.ts';
import { drainWorld, ERP, TARGET } from './drain-world.ts';

/**
 * The invariant: a delivery that is held while its integration is active and not paused, and its
 * breaker closed, is let go within minutes, whoever was killed at what.
 */

type World = ReturnType<typeof drainWorld>;
type Deps = World['deps'];

const CALLS_MAX = 60;
const PORTS = [
  'integrations',
  'breakers',
  'drains',
  'deliveries',
  'progress',
  'rateLimits',
  'deliveryQueue',
  'workQueue',
] as const;

/** Sets a world up anew for each call that the step makes, and has it killed there. */
async function killedAtEveryCall(
  setUp: () => Promise<World>,
  step: (deps: Deps, world: World) => Promise<unknown>,
): Promise<number> {
  let killed = 0;
  for (const when of ['before', 'after'] as const) {
    for (let n = 1; n <= CALLS_MAX; n++) {
      const world = await setUp();
      const { deps, reached } = dyingAt(world.deps, PORTS, n, when);
      await untilDeath(step(deps, world));
      await world.run(240);
      expect(await world.heldNow(), `${when} call ${n}`).toEqual([]);
      if (!reached()) break;
      killed += 1;
    }
  }
  return killed;
}

async function heldWorld(): Promise<World> {
  const world = drainWorld();
  await world.create({ limits: { perSecond: 20 } });
  await world.open();
  await world.hold(30);
  const startedAtMs = world.clock.nowMs();
  await world.stores.progress.startSweep({
    ...{ kind: 'release', tenant: ERP.tenant, integrationId: ERP.id, startedAtMs },
  });
  world.clock.advance(60_000);
  await world.close();
  return world;
}

/** The step that the token in the queue asks for; it is never handed out again. */
async function nextStep(deps: Deps, world: World) {
  const token = world.workQueue.rung.shift();
  if (token?.task.kind !== 'drain') throw new Error('no token');
  world.clock.advance(token.delaySeconds * 1_000);
  await drainStep(deps, token.task);
}

describe('nothing stays held', () => {
  it('when the one who starts the drain is killed', async () => {
    const killed = await killedAtEveryCall(heldWorld, (deps) => startDrain(deps, ERP));
    expect(killed).toBe(8);
  });

  it('when a step is killed', async () => {
    const started = async () => {
      const world = await heldWorld();
      await startDrain(world.deps, ERP);
      return world;
    };
    expect(await killedAtEveryCall(started, nextStep)).toBeGreaterThanOrEqual(14);
  });

  it('when a step later on is killed, and its token is handed out again', async () => {
    const underWay = async () => {
      const world = await heldWorld();
      await startDrain(world.deps, ERP);
      await nextStep(world.deps, world);
      return world;
    };
    const twice = async (deps: Deps, world: World) => {
      const token = world.workQueue.rung[0];
      await untilDeath(nextStep(deps, world));
      if (token) world.workQueue.rung.push({ ...token, delaySeconds: 0 });
    };
    await killedAtEveryCall(underWay, twice);
  });

  it('when the tick is killed that finds a drain dead', async () => {
    const dead = async () => {
      const world = await heldWorld();
      await startDrain(world.deps, ERP);
      world.purge();
      world.clock.advance(60_000);
      return world;
    };
    await killedAtEveryCall(dead, (deps) => runSweeps(deps, () => false));
  });

  it('when the tick is killed that watches a pause the other side asked for', async () => {
    const paused = async () => {
      const world = drainWorld();
      await world.create();
      await world.deps.breakers.pause(TARGET, world.clock.nowMs() + 5_000);
      await world.hold(30, 'limit');
      return world;
    };
    await killedAtEveryCall(paused, (deps) => watchBreakers(deps, () => false));
  });

  it('when one is held while the drain ends', async () => {
    for (let seconds = 30; seconds < 150; seconds += 3) {
      const world = await heldWorld();
      await startDrain(world.deps, ERP);
      await world.run(seconds);
      await world.hold(1);
      await world.run(200);
      expect(await world.heldNow(), `after ${seconds} s`).toEqual([]);
    }
  });

  it('when every queue is purged, again and again', async () => {
    const world = await heldWorld();
    for (let i = 0; i < 5; i++) {
      await world.run(50);
      world.purge();
    }
    await world.run(240);
    expect(await world.heldNow()).toEqual([]);
  });

  it('when the queues are down for minutes', async () => {
    const world = await heldWorld();
    [world.workQueue.down, world.deliveryQueue.down] = [true, true];
    await startDrain(world.deps, ERP);
    await world.run(200);
    expect(await world.heldNow()).toHaveLength(30);
    [world.workQueue.down, world.deliveryQueue.down] = [false, false];
    await world.run(240);
    expect(await world.heldNow()).toEqual([]);
  });
});
