import { describe, expect, it } from 'vitest';
import { startDrain } from '../../lib/app/drain.ts';
import { drainWorld, ERP } from './drain-world.ts';

describe('a drain of which deliveries are made more slowly than it goes', () => {
  it('waits for them, and does not ring for each again and again', async () => {
    const world = drainWorld({ callsPerSecond: 5 });
    await world.create();
    await world.hold(6_000);
    await startDrain(world.deps, ERP);
    await world.run(1_400);
    expect(world.arrived).toHaveLength(6_000);
    expect(world.doorbells()).toBeLessThan(12_000);
    expect(world.arrived.map(({ eventId }) => eventId)).toEqual(
      [...world.arrived.map(({ eventId }) => eventId)].sort(),
    );
  });

  it('rings again for what got lost on its way, however much that is', async () => {
    const world = drainWorld();
    await world.create();
    await world.hold(2_000);
    await startDrain(world.deps, ERP);
    const { ring } = world.deliveryQueue;
    world.deliveryQueue.ring = async (bells) => ({ failed: bells.length });
    await world.run(300);
    expect(world.arrived).toEqual([]);
    world.deliveryQueue.ring = ring;
    await world.run(400);
    expect(world.arrived).toHaveLength(2_000);
  });
});
