import { describe, expect, it } from 'vitest';
import { breakerBoard } from '../../lib/app/breaker-board.ts';
import { deliverBatch } from '../../lib/app/deliver-batch.ts';
import { startDrain } from '../../lib/app/drain.ts';
import { acquireProbe, settleProbe } from '../../lib/app/probe.ts';
import { letGoOldest } from '../../lib/app/probe-waiting.ts';
import { publishEvent } from '../../lib/app/publish-event.ts';
import { BREAKER_DEFAULTS, type BreakerConfig, newBreaker } from '../../lib/domain/breaker.ts';
import { opened, reset } from '../../lib/domain/breaker-transitions.ts';
import { windowOf } from '../../lib/domain/breaker-window.ts';
import { LEASE_MARGIN_MS } from '../../lib/domain/delivery-transitions.ts';
import { type Integration, REQUEST_DEFAULTS } from '../../lib/domain/integration.ts';
import { primaryTarget } from '../../lib/domain/target.ts';
import { plainFields } from '../../lib/runtime/log-fields.ts';
import { deliveryWorld } from '../fakes/delivery-world.ts';

type World = ReturnType<typeof deliveryWorld>;

const BREAKER: BreakerConfig = { ...BREAKER_DEFAULTS, minimumCalls: 3, consecutiveFailures: 3 };

async function outageWorld(more: Partial<Integration> = {}) {
  const world = deliveryWorld();
  const integration = await world.register('erp', { breaker: BREAKER, ...more });
  const ref = { tenant: 'default', integrationId: integration.id, target: 0 };
  const breaker = async () => await world.breakers.load(ref);
  const state = async () => (await breaker())?.state ?? 'closed';
  let published = 0;
  /** Publishes so many events, a second apart. */
  const publish = async (count: number) => {
    const ids: string[] = [];
    for (let i = 0; i < count; i++) {
      const id = `e${String(published++).padStart(3, '0')}`;
      await world.publish({ id });
      world.clock.advance(1_000);
      ids.push(id);
    }
    return ids;
  };
  const statuses = async (ids: readonly string[]) =>
    await Promise.all(
      ids.map(async (id) => (await world.delivery(id, integration.id))?.state.status),
    );
  /** Ids in the order in which they arrived, first arrivals only. */
  const arrived = () => [
    ...new Set(world.sender.sent.map(({ headers }) => headers['webhook-id'] ?? '')),
  ];
  return { ...world, integration, ref, breaker, state, publish, statuses, arrived };
}

/** Delivers what is in the queue one by one, without waiting for what comes later. */
async function ringNow(world: Awaited<ReturnType<typeof outageWorld>>, after = async () => {}) {
  let bells = world.take().filter(({ delaySeconds }) => delaySeconds === 0);
  while (bells.length > 0) {
    for (const { task } of bells) {
      await deliverBatch(world.deps, [{ messageId: 'm', task }], () => 55_000);
      await after();
    }
    // What was found in the fast lane went over to the slow one.
    bells = world.take().filter(({ delaySeconds }) => delaySeconds === 0);
  }
}

/** Three failed attempts, which open the breaker; their deliveries wait for their next try. */
async function breakDown(world: Awaited<ReturnType<typeof outageWorld>>) {
  world.sender.answers(500);
  const ids = await world.publish(3);
  await ringNow(world);
  expect(await world.state()).toBe('open');
  world.take();
  return ids;
}

describe('an endpoint that fails', () => {
  it('opens its breaker at the failures it is told, not one before', async () => {
    const world = await outageWorld();
    world.sender.answers(500);
    await world.publish(3);
    const states = new Map<number, string>();
    await ringNow(world, async () => {
      states.set(world.sender.sent.length, await world.state());
    });
    expect([...states]).toEqual([
      [1, 'closed'],
      [2, 'closed'],
      [3, 'open'],
    ]);
  });

  it('costs no attempt and no message any more: what is published is held', async () => {
    const world = await outageWorld();
    await breakDown(world);
    const requests = world.sender.sent.length;
    const ids = await world.publish(20);
    expect(world.take()).toEqual([]);
    expect(world.sender.sent).toHaveLength(requests);
    expect(new Set(await world.statuses(ids))).toEqual(new Set(['held']));
    const held = await world.delivery(ids[0] ?? '', world.integration.id);
    expect(held).toMatchObject({ state: { heldBy: 'breaker' }, attempts: [] });
  });

  it('holds what was in the queue already, unattempted', async () => {
    const world = await outageWorld();
    const ids = await world.publish(5);
    const inQueue = world.take();
    await breakDown(world);
    const requests = world.sender.sent.length;
    const batch = inQueue.map(({ task }, i) => ({ messageId: String(i), task }));
    expect(await deliverBatch(world.deps, batch, () => 55_000)).toEqual([]);
    expect(world.sender.sent).toHaveLength(requests);
    expect(new Set(await world.statuses(ids))).toEqual(new Set(['held']));
    expect((await world.breaker())?.totals.rejected).toBe(5);
  });

  it('counts what a batch found held in one write, and each of them once', async () => {
    const world = await outageWorld();
    await world.publish(10);
    const batch = world.take().map(({ task }, i) => ({ messageId: String(i), task }));
    await breakDown(world);
    const counts: number[] = [];
    const reject: typeof world.breakers.reject = async (ref, count) => {
      counts.push(count);
      await world.breakers.reject(ref, count);
    };
    const deps = { ...world.deps, breakers: { ...world.breakers, reject } };
    await deliverBatch(deps, batch, () => 55_000);
    await deliverBatch(deps, batch, () => 55_000);
    expect(counts).toEqual([10]);
  });

  it('is probed when its time is over, and everything arrives, oldest first', async () => {
    const world = await outageWorld();
    await breakDown(world);
    const held = await world.publish(20);
    world.sender.sent.splice(0);
    world.sender.answers(200);
    await world.run(300_000);
    expect(await world.state()).toBe('closed');
    expect(new Set(await world.statuses(held))).toEqual(new Set(['delivered']));
    const inOrder = world.arrived().filter((id) => held.includes(id));
    expect(inOrder).toEqual(held);
    for (const id of held) {
      expect((await world.delivery(id, world.integration.id))?.attempts).toHaveLength(1);
    }
  });

  it('opens again for twice as long when its probe fails, and only the probe was spent', async () => {
    const world = await outageWorld();
    await breakDown(world);
    const held = await world.publish(5);
    world.sender.sent.splice(0);
    await world.run(45_000);
    expect(world.sender.sent).toHaveLength(1);
    expect(await world.breaker()).toMatchObject({ state: 'open', openCount: 2 });
    expect(new Set(await world.statuses(held))).toEqual(new Set(['held']));
    const attempts = held.map(
      async (id) => (await world.delivery(id, world.integration.id))?.attempts,
    );
    expect((await Promise.all(attempts)).map((made) => made?.length)).toEqual([1, 0, 0, 0, 0]);
  });

  it('a second outage in mid-drain leaves the rest held, at the cost of those that failed', async () => {
    const world = await outageWorld();
    await breakDown(world);
    const held = await world.publish(60);
    world.sender.sent.splice(0);
    world.sender.answers(...Array.from({ length: 20 }, () => 200), 500);
    await world.run(90_000);
    expect(await world.state()).toBe('open');
    const statuses = await world.statuses(held);
    expect(statuses.filter((status) => status === 'delivered')).toHaveLength(20);
    expect(statuses.filter((status) => status === 'held').length).toBeGreaterThanOrEqual(30);
    const attempts = world.sender.sent.length;
    expect(attempts).toBeLessThanOrEqual(20 + 10);
    world.sender.answers(200);
    for (let i = 0; i < 20; i++) {
      await world.run(60_000);
      await world.minute();
    }
    expect(new Set(await world.statuses(held))).toEqual(new Set(['delivered']));
  });

  it('paused over the end of its open period is probed soon after it is resumed', async () => {
    const world = await outageWorld();
    await breakDown(world);
    const held = await world.publish(5);
    world.sender.sent.splice(0);
    world.sender.answers(200);
    await world.change(world.integration.id, { status: 'paused' });
    await world.run(120_000);
    expect(world.sender.sent).toEqual([]);
    await world.change(world.integration.id, { status: 'active' });
    await startDrain(world.deps, world.integration, { ramp: false });
    await world.run(5_000);
    expect(world.sender.sent.length).toBeGreaterThanOrEqual(3);
    await world.run(60_000);
    expect(new Set(await world.statuses(held))).toEqual(new Set(['delivered']));
  });

  it('lets go at once what another instance thinks is held still', async () => {
    const world = await outageWorld();
    await breakDown(world);
    const held = await world.publish(2);
    const other = world.instance('other');
    await other.board.refresh();
    const breaker = (await world.breaker()) ?? newBreaker(world.ref);
    const cause = { nowMs: world.clock.nowMs(), reason: 'It is well.', actor: 'key_1' };
    await world.breakers.move(reset(breaker, cause));
    await letGoOldest(world.deps, world.integration, 2);
    for (const { task } of world.take()) {
      await deliverBatch(other, [{ messageId: 'm', task }], () => 55_000);
    }
    expect((await world.statuses(held)).includes('held')).toBe(false);
  });

  it('is let go by the tick alone when every token and doorbell is lost', async () => {
    const world = await outageWorld();
    await breakDown(world);
    const held = await world.publish(30);
    world.sender.answers(200);
    for (let i = 0; i < 30; i++) {
      world.work.rung.splice(0);
      await world.minute();
      // Only what the tick itself rings is heard, and half of that is lost.
      const bells = world.take().filter((_, n) => n % 2 === 0);
      world.queue.rung.push(...bells);
      await world.pump();
    }
    for (let i = 0; i < 30; i++) {
      await world.run(60_000);
      await world.minute();
    }
    expect(new Set(await world.statuses(held))).toEqual(new Set(['delivered']));
  });
});

describe('an endpoint that is slow', () => {
  it('opens its breaker though every call succeeds', async () => {
    const world = await outageWorld();
    world.sender.answers({ statusCode: 200, latencyMs: 10_001 });
    await world.publish(3);
    await ringNow(world);
    expect(await world.state()).toBe('open');
    expect((await world.breaker())?.last?.reason).toBe('3 of 3 calls took longer than 10 s.');
  });

  it('opens its breaker while its calls still hang, and counts none of them twice', async () => {
    const world = await outageWorld({ request: { ...REQUEST_DEFAULTS, timeoutSeconds: 30 } });
    const ends: (() => void)[] = [];
    world.sender.meanwhile = () => new Promise<void>((resolve) => ends.push(resolve));
    world.sender.answers({ statusCode: null, error: 'timeout', latencyMs: 30_000 });
    await world.publish(3);
    const calls = world
      .take()
      .map(({ task }) =>
        deliverBatch(
          world.deps,
          [{ messageId: 'm', task: { ...task, lane: 'slow' } }],
          () => 55_000,
        ),
      );
    await expect.poll(() => ends.length).toBe(3);
    expect(await world.state()).toBe('closed');
    world.clock.advance(10_002);
    await expect.poll(world.state).toBe('open');
    const window = (await world.breaker())?.last?.window;
    expect(window).toMatchObject({ calls: 3, failures: 0, slow: 3 });
    for (const end of ends) end();
    await Promise.all(calls);
    expect(await world.breaker()).toMatchObject({ state: 'open', version: 1 });
  });

  it('that fails in the end counts as one failed, slow call', async () => {
    const world = await outageWorld({ request: { ...REQUEST_DEFAULTS, timeoutSeconds: 30 } });
    world.sender.meanwhile = () => world.clock.advance(12_000);
    world.sender.answers({ statusCode: null, error: 'timeout', latencyMs: 12_000 });
    await world.publish(1);
    await ringNow(world);
    const { buckets = [], totals } = (await world.breaker()) ?? {};
    const window = windowOf(buckets, BREAKER, world.clock.nowMs());
    expect(window).toMatchObject({ calls: 1, failures: 1, slow: 1 });
    expect(totals).toMatchObject({ calls: 1, failures: 1 });
  });

  it('is moved to the slow lane after a second, together with what waits in the fast one', async () => {
    const world = await outageWorld();
    world.sender.meanwhile = () => world.clock.advance(1_500);
    await world.publish(2);
    const [first, second] = world.take();
    if (first === undefined || second === undefined) throw new Error('nothing was rung');
    await deliverBatch(world.deps, [{ messageId: 'm', task: first.task }], () => 55_000);
    expect(world.sender.sent).toHaveLength(1);
    await deliverBatch(world.deps, [{ messageId: 'n', task: second.task }], () => 55_000);
    expect(world.sender.sent).toHaveLength(1);
    expect(world.take().map(({ task }) => task.lane)).toEqual(['slow']);
    const other = world.instance('publisher');
    await other.board.refresh();
    await publishEvent(other, { tenant: 'default', type: 'order.paid', data: {} });
    expect(world.take().map(({ task }) => task.lane)).toEqual(['slow']);
    world.clock.advance(61_000);
    await publishEvent(other, { tenant: 'default', type: 'order.paid', data: {} });
    expect(world.take().map(({ task }) => task.lane)).toEqual([undefined]);
  });
});

describe('what a breaker did', () => {
  it('is told though whoever made it do so died, before the next thing it does', async () => {
    const world = await outageWorld();
    const nowMs = world.clock.nowMs();
    // Stored, and its maker killed.
    const cause = { nowMs, dice: 0, reason: '3 calls in a row failed.' };
    await world.breakers.move(opened(newBreaker(world.ref), BREAKER, cause));
    world.clock.advance(60_000);
    const probe = await acquireProbe(world.deps, primaryTarget(world.integration), 20_000);
    expect(probe).toMatchObject({ version: 2 });
    const { items } = await world.breakers.history(world.ref, { limit: 10 });
    expect(items.map(({ to }) => to)).toEqual(['half-open', 'open']);
    for (const version of [1, 2]) {
      const eventId = `breaker-${world.integration.id}-0-${version}`;
      expect(await world.events.get({ tenant: 'default', eventId })).toBeDefined();
    }
    expect((await world.breaker())?.unpublished).toBeUndefined();
  });
});

describe('the lines of an outage', () => {
  it('say everything they are given: no field of them is dropped from the log', async () => {
    const world = await outageWorld({ limits: { perSecond: 5 } });
    await breakDown(world);
    await world.publish(5);
    world.sender.answers(200);
    await world.run(120_000);
    const lines = world.telemetry.lines.map(({ message, fields }) => ({
      message,
      dropped: plainFields(fields).dropped,
    }));
    expect(lines.map(({ message }) => message)).toContain('breaker.moved');
    expect(lines.filter(({ dropped }) => dropped !== undefined)).toEqual([]);
  });
});

describe('what the other side asks for', () => {
  it('429 pauses without a failure: the rest is held by the limit until then', async () => {
    const world = await outageWorld();
    world.sender.answers({ statusCode: 429, responseHeaders: { 'retry-after': '30' } }, 200);
    const ids = await world.publish(4);
    const bells = world.take();
    const batch = bells.map(({ task }, i) => ({ messageId: String(i), task }));
    await deliverBatch(world.deps, batch.slice(0, 1), () => 55_000);
    await deliverBatch(world.deps, batch.slice(1), () => 55_000);
    expect(await world.statuses(ids)).toEqual(['waiting', 'held', 'held', 'held']);
    expect(world.sender.sent).toHaveLength(1);
    expect(await world.breaker()).toMatchObject({ state: 'closed', consecutiveFailures: 0 });
    const [more] = await world.publish(1);
    expect((await world.delivery(more ?? '', world.integration.id))?.state).toMatchObject({
      heldBy: 'limit',
    });
    await world.run(300_000);
    expect(new Set(await world.statuses(ids))).toEqual(new Set(['delivered']));
    expect(await world.state()).toBe('closed');
  });

  it('503 with a long Retry-After opens until then', async () => {
    const world = await outageWorld();
    world.sender.answers({ statusCode: 503, responseHeaders: { 'retry-after': '120' } });
    await world.publish(1);
    await world.pump();
    const nowMs = world.clock.nowMs();
    const breaker = await world.breaker();
    expect(breaker?.state).toBe('open');
    expect(breaker?.openUntilMs).toBeGreaterThanOrEqual(nowMs + 119_000 - 60_000);
  });
});

describe('shared by many instances', () => {
  it('lets no more probe than it may, and takes over from a dead one', async () => {
    const world = await outageWorld();
    await breakDown(world);
    world.clock.advance(60_000);
    const instances = Array.from({ length: 50 }, (_, i) => world.instance(`i${i}`));
    const asked = await Promise.all(
      instances.map((deps) => acquireProbe(deps, primaryTarget(world.integration), 20_000)),
    );
    const probes = asked.filter((one) => typeof one === 'object');
    expect(probes).toHaveLength(BREAKER.halfOpenCalls);
    // All of them die. After their leases somebody else may.
    expect(await acquireProbe(world.deps, primaryTarget(world.integration), 20_000)).toBe('hold');
    world.clock.advance(21_001);
    const next = await acquireProbe(world.deps, primaryTarget(world.integration), 20_000);
    expect(next).toMatchObject({ lease: {} });
    const [dead] = probes;
    if (dead === undefined) throw new Error('no probe');
    await settleProbe(world.deps, primaryTarget(world.integration), dead, 'failure');
    expect(await world.state()).toBe('half-open');
    expect(world.telemetry.counts.get('BreakerLateResults')).toBe(1);
  });

  it('lets all instances know within five seconds', async () => {
    const world = await outageWorld();
    const other = world.instance('other');
    await other.board.refresh();
    await breakDown(world);
    expect(other.board.sign(world.ref)).toBeUndefined();
    world.clock.advance(5_000);
    await other.board.refresh();
    expect(other.board.sign(world.ref)?.state).toBe('open');
  });

  it('a fleet does not mistake three failures in ten for an outage', async () => {
    const runs = 14;
    let tripped = 0;
    for (let run = 0; run < runs; run++) {
      if (await tripsAt(run, { failureShare: 0.3, instances: 20, calls: 150 })) tripped++;
    }
    expect(tripped).toBeLessThanOrEqual(runs * 0.15);
  });

  it('a fleet sees a dead endpoint within twice its size of calls and the minimum', async () => {
    for (let run = 0; run < 10; run++) {
      expect(await tripsAt(run, { failureShare: 1, instances: 20, calls: 50 })).toBe(true);
    }
  });
});

/** Whether the default breaker opens while many instances make calls in turn, fifty a second. */
async function tripsAt(
  seed: number,
  load: { readonly failureShare: number; readonly instances: number; readonly calls: number },
): Promise<boolean> {
  const world = await outageWorld({ breaker: { ...BREAKER_DEFAULTS, minimumCalls: 20 } });
  const instances = Array.from({ length: load.instances }, (_, i) => world.instance(`i${i}`));
  let dice = seed * 7_919 + 17;
  for (let call = 0; call < load.calls; call++) {
    dice = (dice * 1_103_515_245 + 12_345) % 2_147_483_648;
    world.sender.answers(dice / 2_147_483_648 < load.failureShare ? 500 : 200);
    await world.publish(1);
    world.clock.advance(20 - 1_000);
    const bells = world.take();
    const deps = instances[call % instances.length] ?? world.deps;
    for (const { task } of bells) {
      const fast = { ...task, lane: 'slow' as const };
      await deliverBatch(deps, [{ messageId: 'm', task: fast }], () => 55_000);
    }
    world.take();
    if ((await world.state()) !== 'closed') return true;
  }
  return false;
}

describe('the breaker’s store', () => {
  it('gone: everything is delivered, nobody waits, and it is counted', async () => {
    const world = await outageWorld();
    const gone = () => Promise.reject(new Error('gone'));
    const breakers = Object.fromEntries(
      Object.keys(world.breakers).map((name) => [name, gone]),
    ) as unknown as World['breakers'];
    const deps = { ...world.instance('x'), breakers };
    world.sender.answers(500, 500, 500, 500, 200);
    const ids = await world.publish(5);
    for (const { task } of world.take()) {
      const failed = await deliverBatch(deps, [{ messageId: 'm', task }], () => 55_000);
      expect(failed).toEqual([]);
    }
    expect(await world.statuses(ids)).toEqual([
      ...Array.from({ length: 4 }, () => 'waiting'),
      'delivered',
    ]);
    expect(world.telemetry.counts.get('BreakerStoreFailures')).toBeGreaterThan(0);
  });

  it('slow: a probe that took long to get claims its delivery, as long as its call may take', async () => {
    const world = await outageWorld();
    await breakDown(world);
    world.clock.advance(36_001);
    world.sender.answers(200);
    const [id = ''] = await world.publish(1);
    const load: typeof world.breakers.load = async (ref) => {
      world.clock.advance(20_000);
      return await world.breakers.load(ref);
    };
    const deps = { ...world.deps, breakers: { ...world.breakers, load } };
    world.sender.meanwhile = async () => {
      const leaseUntilMs = world.clock.nowMs() + 15_000 + LEASE_MARGIN_MS;
      const { state } = (await world.delivery(id, world.integration.id)) ?? {};
      expect(state).toEqual({ status: 'delivering', leaseUntilMs });
    };
    const bell = world.take().find(({ task }) => task.eventId === id);
    if (bell === undefined) throw new Error('It was not rung for.');
    const handedBack = await deliverBatch(
      deps,
      [{ messageId: 'm', task: bell.task }],
      () => 75_000,
    );
    expect([handedBack, world.arrived().includes(id)]).toEqual([[], true]);
  });

  it('well: a healthy delivery asks it nothing but the board, once in five seconds', async () => {
    const world = await outageWorld();
    const calls: string[] = [];
    const breakers = Object.fromEntries(
      Object.entries(world.breakers).map(([name, method]) => [
        name,
        (...given: unknown[]) => {
          calls.push(name);
          return (method as (...args: unknown[]) => unknown).apply(world.breakers, given);
        },
      ]),
    ) as unknown as World['breakers'];
    const deps = { ...world.deps, breakers, board: breakerBoard({ ...world.deps, breakers }) };
    for (let i = 0; i < 40; i++) {
      await world.publish(1);
      world.clock.advance(-750);
      for (const { task } of world.take()) {
        await deliverBatch(deps, [{ messageId: 'm', task }], () => 55_000);
      }
    }
    expect(new Set(calls)).toEqual(new Set(['board']));
    expect(calls.length).toBeLessThanOrEqual(3);
  });
});
