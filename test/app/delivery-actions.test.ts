import { describe, expect, it } from 'vitest';
import { cancelDelivery, replayEvent, retryDelivery } from '../../lib/app/delivery-actions.ts';
import { deliveryWorld } from '../fakes/delivery-world.ts';

const refOf = (eventId: string, integrationId: `int_${string}`) => ({
  tenant: 'default',
  eventId,
  integrationId,
});

async function failedDelivery() {
  const world = deliveryWorld();
  const { id } = await world.register('erp');
  world.sender.answers(301);
  const event = await world.publish();
  await world.pump();
  world.sender.answers(200);
  return { world, id, event, ref: refOf(event.id, id) };
}

describe('retrying a delivery by hand', () => {
  it('begins its schedule anew and keeps its attempts', async () => {
    const { world, id, event, ref } = await failedDelivery();
    expect((await retryDelivery(world.deps, ref)).state.status).toBe('queued');
    await world.pump();
    const delivery = await world.delivery(event.id, id);
    expect(delivery?.state.status).toBe('delivered');
    expect(delivery?.attempts.map(({ number }) => number)).toEqual([1, 2]);
  });

  it('sends what was delivered once more', async () => {
    const { world, ref } = await failedDelivery();
    await retryDelivery(world.deps, ref);
    await world.pump();
    await retryDelivery(world.deps, ref);
    await world.pump();
    expect(world.sender.sent).toHaveLength(3);
  });

  it('is refused while it is queued, while the integration is paused, or deleted', async () => {
    const { world, id, ref } = await failedDelivery();
    await retryDelivery(world.deps, ref);
    await expect(retryDelivery(world.deps, ref)).rejects.toMatchObject({ code: 'invalid-state' });
    await cancelDelivery(world.deps, ref);
    await world.change(id, { status: 'paused' });
    await expect(retryDelivery(world.deps, ref)).rejects.toMatchObject({ code: 'invalid-state' });
    const integration = await world.integrations.byId(id);
    if (integration) await world.integrations.remove(integration);
    await expect(retryDelivery(world.deps, ref)).rejects.toMatchObject({ code: 'invalid-state' });
  });

  it('of a delivery that does not exist is not found', async () => {
    const { world, id, event } = await failedDelivery();
    const other = await world.register('other');
    await expect(retryDelivery(world.deps, refOf('nothing', id))).rejects.toMatchObject({
      code: 'not-found',
    });
    await expect(retryDelivery(world.deps, refOf(event.id, other.id))).rejects.toMatchObject({
      code: 'not-found',
    });
  });

  it('asked by many at once rings once', async () => {
    const { world, ref } = await failedDelivery();
    const all = await Promise.allSettled(
      Array.from({ length: 5 }, () => retryDelivery(world.deps, ref)),
    );
    expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    await world.pump();
    expect(world.sender.sent).toHaveLength(2);
  });
});

describe('cancelling a delivery', () => {
  it('that has not begun keeps it from being made', async () => {
    const world = deliveryWorld();
    const { id } = await world.register('erp');
    const event = await world.publish();
    const cancelled = await cancelDelivery(world.deps, refOf(event.id, id));
    expect(cancelled.state.status).toBe('cancelled');
    await world.pump();
    expect(world.sender.sent).toEqual([]);
  });

  it('that waits for its retry keeps the retry from being made', async () => {
    const world = deliveryWorld();
    const { id } = await world.register('erp');
    world.sender.answers(500);
    const event = await world.publish();
    const [first] = world.queue.rung;
    await world.pump();
    expect(first).toBeDefined();
    await cancelDelivery(world.deps, refOf(event.id, id));
    const before = world.sender.sent.length;
    for (let i = 0; i < 10; i++) await world.minute();
    await world.pump();
    expect(world.sender.sent).toHaveLength(before);
  });

  it('is refused when it is over', async () => {
    const { world, ref } = await failedDelivery();
    await expect(cancelDelivery(world.deps, ref)).rejects.toMatchObject({ code: 'invalid-state' });
  });
});

describe('replaying an event', () => {
  it('sends it again to every integration that wants it now', async () => {
    const { world, event } = await failedDelivery();
    const crm = await world.register('crm');
    await world.register('other', { eventTypes: ['user.*'] });
    const replayed = await replayEvent(
      world.deps,
      { tenant: 'default', eventId: event.id },
      undefined,
    );
    expect(replayed).toHaveLength(2);
    await world.pump();
    expect(world.sender.sent).toHaveLength(3);
    expect((await world.delivery(event.id, crm.id))?.state.status).toBe('delivered');
  });

  it('goes only to those named, and holds for a paused one', async () => {
    const { world, event } = await failedDelivery();
    const crm = await world.register('crm', { status: 'paused' });
    const ref = { tenant: 'default', eventId: event.id };
    const replayed = await replayEvent(world.deps, ref, ['crm']);
    expect(replayed).toMatchObject([{ integrationId: crm.id, state: { status: 'held' } }]);
    expect(world.queue.rung).toEqual([]);
  });

  it('leaves alone what is queued anyway', async () => {
    const { world, event } = await failedDelivery();
    const ref = { tenant: 'default', eventId: event.id };
    await replayEvent(world.deps, ref, undefined);
    await replayEvent(world.deps, ref, undefined);
    await world.pump();
    expect(world.sender.sent).toHaveLength(2);
  });

  it('of an unknown event or to an unknown integration is refused', async () => {
    const { world, event } = await failedDelivery();
    await expect(
      replayEvent(world.deps, { tenant: 'default', eventId: 'none' }, undefined),
    ).rejects.toMatchObject({ code: 'not-found' });
    await expect(
      replayEvent(world.deps, { tenant: 'default', eventId: event.id }, ['nobody']),
    ).rejects.toMatchObject({ code: 'invalid' });
  });
});
