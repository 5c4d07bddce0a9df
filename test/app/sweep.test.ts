import { describe, expect, it } from 'vitest';
import { startDrain } from '../../lib/app/drain.ts';
import { cancelAtOnce, runSweep, runSweeps } from '../../lib/app/sweep.ts';
import { newBreaker } from '../../lib/domain/breaker.ts';
import { forcedOpen, reset } from '../../lib/domain/breaker-transitions.ts';
import { deliveryWorld } from '../fakes/delivery-world.ts';

type World = ReturnType<typeof deliveryWorld>;
const never = () => false;

/** Minutes in which everything that waits in a queue has its turn. */
async function minutes(world: World, count: number) {
  for (let i = 0; i < count; i++) {
    await world.minute();
    await world.run(30_000);
  }
}

describe('sweeps', () => {
  const resume = async (world: World, id: `int_${string}`) => {
    const sweep = {
      kind: 'release',
      tenant: 'default',
      integrationId: id,
      startedAtMs: world.clock.nowMs(),
    } as const;
    await world.progress.startSweep(sweep);
    await world.change(id, { status: 'active' });
    return sweep;
  };

  it('release what a pause held, oldest first, and lose nothing', async () => {
    const world = deliveryWorld();
    const { id } = await world.register('erp', { status: 'paused' });
    const ids: string[] = [];
    for (let i = 0; i < 250; i++) {
      ids.push((await world.publish()).id);
      world.clock.advance(10);
    }
    await resume(world, id);
    await world.minute();
    await world.run(60_000);
    expect(world.sender.sent.map(({ headers }) => headers['webhook-id'])).toEqual(ids);
  });

  it('stay long enough for a worker that was still parking', async () => {
    const world = deliveryWorld();
    const { id } = await world.register('erp', { status: 'paused' });
    await resume(world, id);
    await minutes(world, 3);
    await world.change(id, { status: 'paused' });
    const late = await world.publish();
    await world.change(id, { status: 'active' });
    await minutes(world, 2);
    expect((await world.delivery(late.id, id))?.state.status).toBe('delivered');
    await minutes(world, 10);
    expect(await world.progress.sweeps()).toEqual([]);
    expect(await world.drains.load(id)).toBeUndefined();
  });

  it('are not over while there is something left, however old they are', async () => {
    const world = deliveryWorld();
    const { id } = await world.register('erp', { status: 'paused' });
    for (let i = 0; i < 150; i++) await world.publish();
    await resume(world, id);
    world.clock.advance(660_000);
    await runSweeps(world.deps, never);
    expect(await world.progress.sweeps()).toHaveLength(1);
    await world.run(600_000);
    await runSweeps(world.deps, never);
    expect(await world.progress.sweeps()).toEqual([]);
    expect(world.sender.sent).toHaveLength(150);
  });

  it.each(['paused', 'disabled'] as const)('stay while the integration is %s', async (status) => {
    const world = deliveryWorld();
    const { id } = await world.register('erp');
    await resume(world, id);
    await world.change(id, { status });
    await minutes(world, 12);
    expect(await world.progress.sweeps()).toHaveLength(1);
    await world.change(id, { status: 'active' });
    await minutes(world, 1);
    expect(await world.progress.sweeps()).toEqual([]);
  });

  it('stay while the breaker lets nothing pass', async () => {
    const world = deliveryWorld();
    const { id } = await world.register('erp');
    const ref = { tenant: 'default', integrationId: id, target: 0 };
    await resume(world, id);
    const cause = { nowMs: world.clock.nowMs(), reason: 'By hand.' };
    const forced = forcedOpen(newBreaker(ref), cause);
    await world.breakers.move(forced);
    await minutes(world, 12);
    expect(await world.progress.sweeps()).toHaveLength(1);
    await world.breakers.move(reset({ ...forced }, cause));
    await minutes(world, 1);
    expect(await world.progress.sweeps()).toEqual([]);
  });

  it('take away a drain that died with nothing left to do', async () => {
    const world = deliveryWorld();
    const { id } = await world.register('erp');
    await resume(world, id);
    await startDrain(world.deps, { tenant: 'default', id });
    world.workQueue.rung.splice(0);
    await minutes(world, 2);
    expect(await world.drains.load(id)).toBeUndefined();
    expect(world.workQueue.rung).toEqual([]);
  });

  it('release a deliverAt that is still to come for its own time', async () => {
    const world = deliveryWorld();
    const { id } = await world.register('erp', { status: 'paused' });
    const deliverAtMs = world.clock.nowMs() + 86_400_000;
    const event = await world.publish({ deliverAtMs });
    await resume(world, id);
    await world.minute();
    await world.run(60_000);
    expect(world.sender.sent).toEqual([]);
    expect((await world.delivery(event.id, id))?.state).toMatchObject({
      status: 'waiting',
      nextAttemptAtMs: deliverAtMs,
    });
  });

  it('go on with the others when one fails', async () => {
    const world = deliveryWorld();
    const a = await world.register('a', { status: 'paused' });
    const b = await world.register('b', { status: 'paused' });
    await world.publish();
    await resume(world, a.id);
    await resume(world, b.id);
    const held: typeof world.deliveries.held = async (query) => {
      if (query.integrationId === a.id) throw new Error('throttled');
      return await world.deliveries.held(query);
    };
    const deps = { ...world.deps, deliveries: { ...world.deliveries, held } };
    await expect(runSweeps(deps, never)).rejects.toThrow(AggregateError);
    const drains = world.workQueue.rung.map(({ task }) => task);
    expect(drains).toEqual([expect.objectContaining({ kind: 'drain', integrationId: b.id })]);
  });

  it('go on with the others while one takes long', async () => {
    const world = deliveryWorld();
    const a = await world.register('a', { status: 'paused' });
    const b = await world.register('b', { status: 'paused' });
    await world.publish();
    await resume(world, a.id);
    await resume(world, b.id);
    const restarted = () =>
      world.workQueue.rung.some(({ task }) => task.kind === 'drain' && task.integrationId === b.id);
    let isMeanwhile = false;
    const held: typeof world.deliveries.held = async (query) => {
      // Longer than the other takes.
      for (let turn = 0; turn < 50 && query.integrationId === a.id; turn++) {
        await new Promise((resolve) => setImmediate(resolve));
        isMeanwhile ||= restarted();
      }
      return await world.deliveries.held(query);
    };
    await runSweeps({ ...world.deps, deliveries: { ...world.deliveries, held } }, never);
    expect(isMeanwhile).toBe(true);
  });

  it('stop releasing when the integration is paused again', async () => {
    const world = deliveryWorld();
    const { id } = await world.register('erp', { status: 'paused' });
    await world.publish();
    const sweep = await resume(world, id);
    await world.change(id, { status: 'paused' });
    await runSweep(world.deps, sweep, never);
    expect([...world.queue.rung, ...world.workQueue.rung]).toEqual([]);
  });

  it('cancel what a deleted integration still had to get', async () => {
    const world = deliveryWorld();
    const erp = await world.register('erp', { status: 'paused' });
    const crm = await world.register('crm', { status: 'paused' });
    const event = await world.publish();
    const startedAtMs = world.clock.nowMs();
    const sweep = {
      kind: 'cancel',
      tenant: 'default',
      integrationId: erp.id,
      startedAtMs,
    } as const;
    await world.progress.startSweep(sweep);
    expect(await runSweep(world.deps, sweep, never)).toBe(true);
    expect((await world.delivery(event.id, erp.id))?.state.status).toBe('held');
    await world.integrations.remove(erp);
    await world.minute();
    expect((await world.delivery(event.id, erp.id))?.state.status).toBe('cancelled');
    expect((await world.delivery(event.id, crm.id))?.state.status).toBe('held');
  });
});

describe('a sweep at once', () => {
  it('leaves to the tick what goes wrong', async () => {
    const world = deliveryWorld();
    const erp = await world.register('erp', { status: 'paused' });
    const event = await world.publish();
    await world.integrations.remove(erp);
    const withStatus = async () => {
      throw new Error('throttled');
    };
    const startedAtMs = world.clock.nowMs();
    const sweep = {
      kind: 'cancel',
      tenant: 'default',
      integrationId: erp.id,
      startedAtMs,
    } as const;
    await world.progress.startSweep(sweep);
    await cancelAtOnce({ ...world.deps, deliveries: { ...world.deliveries, withStatus } }, sweep);
    expect((await world.delivery(event.id, erp.id))?.state.status).toBe('held');
    await minutes(world, 2);
    expect((await world.delivery(event.id, erp.id))?.state.status).toBe('cancelled');
  });

  it('that cancels stops when its time is over, and the tick goes on', async () => {
    const world = deliveryWorld();
    const erp = await world.register('erp', { status: 'paused' });
    for (let i = 0; i < 150; i++) await world.publish();
    await world.integrations.remove(erp);
    const startedAtMs = world.clock.nowMs();
    const names = { tenant: 'default', integrationId: erp.id, startedAtMs };
    await world.progress.startSweep({ kind: 'cancel', ...names });
    let asked = 0;
    expect(await runSweep(world.deps, { kind: 'cancel', ...names }, () => asked++ > 0)).toBe(false);
    const held = () => world.deliveries.held({ integrationId: erp.id, limit: 200 });
    expect(await held()).toHaveLength(50);
    await world.minute();
    expect(await held()).toEqual([]);
  });
});
