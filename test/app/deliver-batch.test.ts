import { describe, expect, it } from 'vitest';
import { deliverBatch } from '../../lib/app/deliver-batch.ts';
import { deliveryWorld } from '../fakes/delivery-world.ts';

const plenty = () => 75_000;

async function batchOf(world: ReturnType<typeof deliveryWorld>, events: number) {
  for (let i = 0; i < events; i++) await world.publish();
  return world.take().map(({ task }, i) => ({ messageId: `m${i}`, task }));
}

describe('a batch of deliveries', () => {
  it('is attempted side by side, each on its own account', async () => {
    const world = deliveryWorld();
    await world.register('erp');
    await world.register('crm');
    const batch = await batchOf(world, 5);
    expect(await deliverBatch(world.deps, batch, plenty)).toEqual([]);
    expect(world.sender.sent).toHaveLength(10);
  });

  it('hands back only the message that broke on our side', async () => {
    const world = deliveryWorld();
    await world.register('erp');
    const batch = await batchOf(world, 3);
    const bad = batch[1]?.task.eventId;
    const load = async (ref: Parameters<typeof world.deliveries.load>[0]) => {
      if (ref.eventId === bad) throw new Error('throttled');
      return await world.deliveries.load(ref);
    };
    const deps = { ...world.deps, deliveries: { ...world.deliveries, load } };
    expect(await deliverBatch(deps, batch, plenty)).toEqual(['m1']);
    expect(world.sender.sent).toHaveLength(2);
  });

  it('gives one integration at most half of the batch at a time', async () => {
    const world = deliveryWorld();
    await world.register('erp');
    const batch = await batchOf(world, 10);
    let busy = 0;
    let most = 0;
    world.sender.meanwhile = async () => {
      busy += 1;
      most = Math.max(most, busy);
      await new Promise((resolve) => setImmediate(resolve));
      busy -= 1;
    };
    await deliverBatch(world.deps, batch, plenty);
    expect(most).toBe(5);
  });

  it('does not begin what it could not finish', async () => {
    const world = deliveryWorld();
    await world.register('erp');
    const batch = await batchOf(world, 3);
    let remaining = 80_000;
    world.sender.meanwhile = () => {
      remaining = 20_000;
    };
    const handedBack = await deliverBatch(world.deps, batch, () => remaining);
    expect(handedBack).toHaveLength(1);
    expect(world.sender.sent).toHaveLength(2);
  });
});
