import { describe, expect, it } from 'vitest';
import { deliveryWorld } from '../fakes/delivery-world.ts';

const QUEUE = 'arn:aws:sqs:eu-central-1:111122223333:orders.fifo';
const LARGE = 'x'.repeat(300_000);

describe('a delivery to a FIFO queue', () => {
  it.each([
    ['whose doorbell carries the event', {}],
    ['whose event is too large for a doorbell', { data: LARGE }],
  ])('%s goes to the group of its key, on each try with the same id', async (_, more) => {
    const world = deliveryWorld();
    await world.register('orders', { serviceType: 'sqs', endpoint: QUEUE });
    world.sender.answers(404, 200);
    await world.publish({ id: 'e1', type: 'order.paid', orderingKey: 'customer:7', ...more });
    await world.pump();
    const [first, second] = world.sender.sent.map((call) => call.envelope);
    expect(first).toMatchObject({ kind: 'sqs', groupId: 'customer:7' });
    expect(first).toHaveProperty('deduplicationId', expect.any(String));
    expect(second).toEqual(first);
  });

  it('goes to the group of its integration where it has no key', async () => {
    const world = deliveryWorld();
    const { id } = await world.register('orders', { serviceType: 'sqs', endpoint: QUEUE });
    await world.publish({ id: 'e1', type: 'order.paid' });
    await world.pump();
    expect(world.sender.sent.map(({ envelope }) => envelope)).toMatchObject([{ groupId: id }]);
  });
});
