import { describe, expect, it } from 'vitest';
import { attemptDelivery } from '../../lib/app/attempt-delivery.ts';
import { tick } from '../../lib/app/tick.ts';
import { deliveryWorld } from '../fakes/delivery-world.ts';

type World = ReturnType<typeof deliveryWorld>;

/** Minutes until everything rung has been delivered. */
async function settle(world: World, minutes = 5) {
  for (let i = 0; i < minutes; i++) {
    await world.minute();
    await world.pump();
  }
}

describe('the reconciler', () => {
  it('delivers what was accepted and never rung, within two minutes', async () => {
    const world = deliveryWorld();
    const { id } = await world.register('erp');
    const event = await world.publish();
    world.take();
    await world.minute();
    await world.pump();
    const delivery = await world.delivery(event.id, id);
    expect(delivery?.state.status).toBe('delivered');
    expect((delivery?.attempts[0]?.startedAtMs ?? 0) - event.acceptedAtMs).toBeLessThan(120_000);
    expect(world.telemetry.counts.get('DeliveriesReconciled')).toBe(1);
  });

  it('finds every event however often the queue is purged', async () => {
    const world = deliveryWorld();
    await world.register('erp');
    for (let i = 0; i < 300; i++) {
      await world.publish();
      if (i % 3 === 0) world.take();
      world.clock.advance(100);
    }
    world.take();
    await settle(world);
    expect(world.sender.sent).toHaveLength(300);
  });

  it('leaves alone what has been begun', async () => {
    const world = deliveryWorld();
    await world.register('erp');
    await world.publish();
    await world.pump();
    await settle(world);
    expect(world.sender.sent).toHaveLength(1);
    expect(world.telemetry.counts.get('DeliveriesReconciled')).toBeUndefined();
  });

  it('begins only the targets that are missing', async () => {
    const world = deliveryWorld();
    for (const name of ['a', 'b', 'c']) await world.register(name);
    await world.publish();
    world.queue.rung.splice(1);
    await world.pump();
    await settle(world);
    const urls = world.sender.sent.map(({ url }) => new URL(url).hostname.split('.')[0]);
    expect(urls.sort()).toEqual(['a', 'b', 'c']);
  });

  it('compares a stretch of time once, although the clock goes on meanwhile', async () => {
    const world = deliveryWorld();
    await world.register('erp');
    let windows = 0;
    const accepted = (...args: Parameters<typeof world.deps.events.accepted>) => {
      windows++;
      world.clock.advance(5);
      return world.deps.events.accepted(...args);
    };
    const deps = { ...world.deps, events: { ...world.deps.events, accepted } };
    for (let minute = 0; minute < 3; minute++) {
      await tick(deps, () => 55_000);
      world.clock.advance(60_000);
    }
    expect(windows).toBe(3);
  });

  it('compares one window in an idle minute, though the clock goes on', async () => {
    const world = deliveryWorld();
    await world.register('erp');
    await world.minute();
    let windows = 0;
    const accepted: typeof world.events.accepted = (tenant, range) => {
      windows += 1;
      world.clock.advance(3);
      return world.events.accepted(tenant, range);
    };
    world.clock.advance(60_000);
    await tick({ ...world.deps, events: { ...world.events, accepted } }, () => 55_000);
    expect(windows).toBe(1);
  });

  it('run twice at once delivers once', async () => {
    const world = deliveryWorld();
    await world.register('erp');
    await world.publish();
    world.take();
    world.clock.advance(60_000);
    await Promise.all([tick(world.deps, () => 55_000), tick(world.deps, () => 55_000)]);
    await world.pump();
    expect(world.sender.sent).toHaveLength(1);
  });

  it('catches up after a day away', async () => {
    const world = deliveryWorld();
    await world.register('erp');
    await world.minute();
    for (let i = 0; i < 20; i++) {
      await world.publish();
      world.clock.advance(3_600_000);
    }
    world.take();
    await settle(world);
    expect(world.sender.sent).toHaveLength(20);
  });

  it('goes on where it was stopped by the clock', async () => {
    const world = deliveryWorld();
    await world.register('erp');
    await world.minute();
    await world.publish();
    world.take();
    world.clock.advance(60_000);
    await tick(world.deps, () => 0);
    expect(world.queue.rung).toEqual([]);
    await settle(world);
    expect(world.sender.sent).toHaveLength(1);
  });

  it('finds an event that its index showed late', async () => {
    const world = deliveryWorld();
    const { id } = await world.register('erp');
    const event = await world.publish();
    world.take();
    let hidden = true;
    const accepted: typeof world.events.accepted = async function* (tenant, range) {
      for await (const page of world.events.accepted(tenant, range)) yield hidden ? [] : page;
    };
    const deps = { ...world.deps, events: { ...world.events, accepted } };
    for (let i = 0; i < 15; i++) {
      world.clock.advance(60_000);
      if (i === 3) hidden = false;
      await tick(deps, () => 55_000);
      await world.pump();
    }
    expect((await world.delivery(event.id, id))?.state.status).toBe('delivered');
    expect(world.telemetry.lines.map(({ message }) => message)).toContain('reconcile.late-events');
  });

  it('cancels for integrations that are gone, holds for those paused', async () => {
    const world = deliveryWorld();
    const gone = await world.register('gone');
    const paused = await world.register('paused');
    const event = await world.publish();
    world.take();
    await world.integrations.remove(gone);
    await world.change(paused.id, { status: 'paused' });
    await world.minute();
    expect((await world.delivery(event.id, gone.id))?.state.status).toBe('cancelled');
    expect((await world.delivery(event.id, paused.id))?.state.status).toBe('held');
  });
});

describe('due deliveries', () => {
  it('whose doorbell got lost are rung again', async () => {
    const world = deliveryWorld();
    const { id } = await world.register('erp');
    world.sender.answers(500, 200);
    const event = await world.publish();
    for (const { task } of world.take()) {
      world.queue.rung.push({ task, delaySeconds: 0 });
    }
    const first = world.queue.rung.shift();
    if (!first) throw new Error('no doorbell');
    await attemptDelivery(world.deps, first.task);
    world.take();
    await settle(world, 4);
    expect((await world.delivery(event.id, id))?.state.status).toBe('delivered');
    expect(world.sender.sent).toHaveLength(2);
  });

  it('whose worker died are taken over when its lease is over', async () => {
    const world = deliveryWorld();
    const { id } = await world.register('erp');
    const event = await world.publish();
    world.take();
    await world.minute();
    const [rung] = world.take();
    if (!rung) throw new Error('no doorbell');
    const dead = { ...world.deps, sender: { send: () => new Promise<never>(() => {}) } };
    void attemptDelivery(dead, rung.task);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect((await world.delivery(event.id, id))?.state.status).toBe('delivering');
    await settle(world, 2);
    expect((await world.delivery(event.id, id))?.state.status).toBe('delivered');
  });

  it('of a paused or deleted integration are held or cancelled, not rung', async () => {
    const world = deliveryWorld();
    const paused = await world.register('paused');
    const gone = await world.register('gone');
    world.sender.answers(500);
    const event = await world.publish();
    for (const { task } of world.take()) {
      await attemptDelivery(world.deps, task);
    }
    world.take();
    await world.change(paused.id, { status: 'paused' });
    await world.integrations.remove(gone);
    await settle(world, 3);
    expect((await world.delivery(event.id, paused.id))?.state.status).toBe('held');
    expect((await world.delivery(event.id, gone.id))?.state.status).toBe('cancelled');
    expect(world.sender.sent).toHaveLength(2);
  });

  it('that are too old fail', async () => {
    const world = deliveryWorld();
    const { id } = await world.register('erp');
    world.sender.answers(500);
    const event = await world.publish();
    await world.pump();
    world.clock.advance(11 * 86_400_000);
    await world.minute();
    await world.run(1_000);
    expect((await world.delivery(event.id, id))?.state.status).toBe('failed');
  });
});

describe('a tick among faults', () => {
  const due = async (world: World, count: number) => {
    const { id } = await world.register('erp');
    for (let i = 0; i < count; i++) await world.publish();
    world.take();
    await world.minute();
    world.take();
    world.clock.advance(120_000);
    return id;
  };

  it('rings for the others when one row cannot be written, and says so', async () => {
    const world = deliveryWorld();
    await due(world, 50);
    let refused: string | undefined;
    const save: typeof world.deliveries.save = async (next) => {
      refused ??= next.eventId;
      if (next.eventId === refused) throw new Error('throttled');
      return await world.deliveries.save(next);
    };
    const deps = { ...world.deps, deliveries: { ...world.deliveries, save } };
    await expect(tick(deps, () => 55_000)).rejects.toThrow(AggregateError);
    expect(world.queue.rung).toHaveLength(49);
  });

  it('rings for all that is due while the index still shows what was moved', async () => {
    const world = deliveryWorld();
    await due(world, 700);
    const stale = await world.deliveries.due(world.clock.nowMs(), 10_000);
    const lagging = async (_: number, limit: number) => stale.slice(0, limit);
    const deps = { ...world.deps, deliveries: { ...world.deliveries, due: lagging } };
    await tick(deps, () => 55_000);
    expect(world.queue.rung).toHaveLength(700);
  });

  it('keeps what it compared when time runs out inside a window', async () => {
    const world = deliveryWorld();
    await world.register('erp');
    await world.minute();
    for (let i = 0; i < 400; i++) {
      await world.publish();
      world.clock.advance(50);
    }
    world.take();
    world.clock.advance(60_000);
    const before = await world.progress.checkpoint('default');
    const onePage: typeof world.events.accepted = async function* (tenant, range) {
      for await (const page of world.events.accepted(tenant, range)) {
        for (let i = 0; i < page.length; i += 100) yield page.slice(i, i + 100);
      }
    };
    let pages = 0;
    const deps = { ...world.deps, events: { ...world.events, accepted: onePage } };
    await tick(deps, () => (pages++ > 4 ? 0 : 55_000));
    const after = await world.progress.checkpoint('default');
    expect(after?.reconciledUntilMs).toBeGreaterThan(before?.reconciledUntilMs ?? 0);
    expect(world.queue.rung.length).toBeGreaterThan(0);
    expect(world.queue.rung.length).toBeLessThan(400);
    await settle(world, 14);
    expect(world.sender.sent).toHaveLength(400);
    expect(world.telemetry.lines.map(({ message }) => message)).not.toContain(
      'reconcile.late-events',
    );
  });

  it('reconciles the other tenants when one cannot be', async () => {
    const world = deliveryWorld();
    await world.register('erp', { tenant: 'a' });
    await world.register('erp', { tenant: 'b' });
    for (const tenant of ['a', 'b']) await world.publish({ tenant });
    world.take();
    world.clock.advance(60_000);
    const checkpoint: typeof world.progress.checkpoint = async (tenant) => {
      if (tenant === 'a') throw new Error('throttled');
      return await world.progress.checkpoint(tenant);
    };
    const deps = { ...world.deps, progress: { ...world.progress, checkpoint } };
    await expect(tick(deps, () => 55_000)).rejects.toThrow(AggregateError);
    expect(world.queue.rung.map(({ task }) => task.tenant)).toEqual(['b']);
  });
});

describe('the tick', () => {
  it('does the other parts when one fails, and says so', async () => {
    const world = deliveryWorld();
    await world.register('erp');
    await world.publish();
    world.take();
    world.clock.advance(60_000);
    const due = async () => {
      throw new Error('throttled');
    };
    const deps = { ...world.deps, deliveries: { ...world.deliveries, due } };
    await expect(tick(deps, () => 55_000)).rejects.toThrow(AggregateError);
    expect(world.queue.rung).toHaveLength(1);
  });
});
