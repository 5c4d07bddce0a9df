import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { breakerBoard } from '../../lib/app/breaker-board.ts';
import { tellBreaker } from '../../lib/app/breaker-guard.ts';
import { reportCalls } from '../../lib/app/breaker-report.ts';
import { breakerTally } from '../../lib/app/breaker-tally.ts';
import { acquireProbe, type Probe, settleProbe } from '../../lib/app/probe.ts';
import { primaryTarget, type Target } from '../../lib/domain/target.ts';
import {
  fakeDeliveryQueue,
  fakeFanOutQueue,
  fakeRandom,
  fakeTelemetry,
  fakeWorkQueue,
} from '../fakes/world.ts';
import { integration } from './fixtures.ts';
import { isMissing, STAND_INS, type StandIn, startStandIn, type World } from './stand-ins.ts';

const ERP = integration(1);
const PRIMARY = primaryTarget(ERP);
const FIRST: Target = { ...PRIMARY, target: 1, endpoint: 'https://dr.example.com/hooks' };
const REF = { tenant: ERP.tenant, integrationId: ERP.id, target: 0 };
const LEASE_MS = 20_000;

/** What one function instance has, on a store that it shares with the others. */
function instanceOf(world: World, name: string) {
  const clock = {
    nowMs: world.clock.nowMs,
    sleep: async () => {},
    // Nobody here gives up on a store that is only busy.
    after: () => () => {},
  };
  const telemetry = fakeTelemetry();
  const stores = world.another();
  return {
    ...stores,
    clock,
    telemetry,
    random: fakeRandom(name),
    deliveryQueue: fakeDeliveryQueue(),
    fanOutQueue: fakeFanOutQueue(),
    workQueue: fakeWorkQueue(),
    board: breakerBoard({ breakers: stores.breakers, clock, telemetry }),
    tally: breakerTally(),
    instance: name,
  };
}

type Instance = ReturnType<typeof instanceOf>;

function failureOf(world: World) {
  return {
    startedAtMs: world.clock.nowMs(),
    latencyMs: 20,
    statusCode: 500,
    error: null,
    responseHeaders: {},
    responseBody: '',
    overdueAtMs: undefined,
  };
}

async function callThatFails(deps: Instance, world: World, of: Target = PRIMARY) {
  await tellBreaker(deps, of, undefined, failureOf(world));
  await reportCalls(deps, of);
}

describe.each(STAND_INS)('a breaker shared by many instances, on %s', (kind) => {
  describe.skipIf(isMissing(kind))('where it is installed', () => {
    let standIn: StandIn;
    beforeAll(async () => {
      standIn = await startStandIn(kind);
    });
    afterAll(() => standIn.stop());

    const many = (world: World, count: number) =>
      Array.from({ length: count }, (_, n) => instanceOf(world, `i${n}`));

    /** A hundred instances see a failure at the same moment. */
    async function opened() {
      const world = await standIn.world();
      await world.stores.integrations.create(ERP);
      const instances = many(world, 100);
      await Promise.all(instances.map((deps) => callThatFails(deps, world)));
      return { world, instances };
    }

    it('opens once for a hundred failures at a time, each counted or late', async () => {
      const { world, instances } = await opened();
      const breaker = await world.stores.breakers.load(REF);
      expect(breaker).toMatchObject({ state: 'open', version: 1 });
      const late = instances.reduce(
        (sum, { telemetry }) => sum + (telemetry.counts.get('BreakerLateResults') ?? 0),
        0,
      );
      expect((breaker?.totals.failures ?? 0) + late).toBe(100);
      const { items } = await world.stores.breakers.history(REF, { limit: 10 });
      expect(items).toHaveLength(1);
    }, 60_000);

    it('opens that of a fallback alone, beside that of the endpoint', async () => {
      const world = await standIn.world();
      await world.stores.integrations.create(ERP);
      const instances = many(world, 40);
      const calls = (target: Target) =>
        Promise.all(instances.map((deps) => callThatFails(deps, world, target)));
      await calls(FIRST);
      expect(await world.stores.breakers.load(REF)).toBeUndefined();
      expect(await world.stores.breakers.load({ ...REF, target: 1 })).toMatchObject({
        ...{ target: 1, state: 'open', version: 1 },
      });
      await calls(PRIMARY);
      const board = await world.stores.breakers.board();
      expect(board.map(({ target, state }) => [target, state]).sort()).toEqual([
        [0, 'open'],
        [1, 'open'],
      ]);
      for (const target of [0, 1]) {
        const { items } = await world.stores.breakers.history({ ...REF, target }, { limit: 10 });
        expect(items).toHaveLength(1);
      }
      // Only what waits for the endpoint is swept and probed for.
      expect(await world.stores.progress.sweeps()).toHaveLength(1);
      const tokens = instances.flatMap(({ workQueue }) => workQueue.rung);
      expect(tokens).toMatchObject([{ task: { kind: 'probe', target: 0 } }]);
    }, 60_000);

    it('lets three of two hundred probe when its time is over, and others when those are dead', async () => {
      const { world } = await opened();
      const open = await world.stores.breakers.load(REF);
      world.clock.advance((open?.openUntilMs ?? 0) - world.clock.nowMs());
      const callers = many(world, 200);
      const ask = () => Promise.all(callers.map((deps) => acquireProbe(deps, PRIMARY, LEASE_MS)));
      const isProbe = (answer: Probe | 'pass' | 'hold'): answer is Probe =>
        typeof answer === 'object';
      const first = (await ask()).filter(isProbe);
      expect(first).toHaveLength(3);
      expect(await world.stores.breakers.load(REF)).toMatchObject({ version: 2 });
      world.clock.advance(LEASE_MS + 1_001);
      const second = (await ask()).filter(isProbe);
      expect(second.length).toBeGreaterThanOrEqual(1);
      expect(second.length).toBeLessThanOrEqual(3);

      // The dead come back to life: nothing that they say changes anything.
      const before = await world.stores.breakers.load(REF);
      const [deps] = callers;
      if (deps === undefined) throw new Error('nobody called');
      for (const probe of first) await settleProbe(deps, PRIMARY, probe, 'success');
      expect(await world.stores.breakers.load(REF)).toEqual(before);
    }, 60_000);
  });
});
