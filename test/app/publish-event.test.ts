import { describe, expect, it } from 'vitest';
import { fanOut, fanOutBatch } from '../../lib/app/fan-out.ts';
import { publishBatch, publishEvent } from '../../lib/app/publish-event.ts';
import { RequestError } from '../../lib/domain/errors.ts';
import { EVENT_BYTES_MAX } from '../../lib/domain/event.ts';
import { deliveryWorld } from '../fakes/delivery-world.ts';

describe('publishing an event', () => {
  it('reaches an integration that was registered just before', async () => {
    const world = deliveryWorld();
    const { id } = await world.register('erp', { eventTypes: ['order.*'] });
    await world.register('crm', { eventTypes: ['user.*'] });
    const published = await world.publish();
    expect(published).toMatchObject({
      type: 'order.paid',
      tenant: 'default',
      deliveries: [{ integration: id, status: 'queued', id: expect.stringMatching(/^dlv_/) }],
      fanout: 'inline',
      duplicate: false,
    });
    expect(world.queue.rung).toHaveLength(1);
  });

  it('reaches only integrations of its tenant', async () => {
    const world = deliveryWorld();
    await world.register('erp', { tenant: 'acme' });
    expect((await world.publish()).deliveries).toEqual([]);
    expect((await world.publish({ tenant: 'acme' })).deliveries).toHaveLength(1);
  });

  it('goes only where the caller says, whatever the patterns', async () => {
    const world = deliveryWorld();
    await world.register('all');
    const erp = await world.register('erp', { eventTypes: ['none'] });
    const published = await world.publish({ integrations: ['erp'] });
    expect(published.deliveries.map(({ integration }) => integration)).toEqual([erp.id]);
  });

  it('answers as before for an id used before with the same content', async () => {
    const world = deliveryWorld();
    await world.register('erp');
    const first = await world.publish({ id: 'mine' });
    world.clock.advance(5_000);
    const second = await world.publish({ id: 'mine' });
    expect(second).toEqual({ ...first, duplicate: true });
    expect(world.queue.rung).toHaveLength(1);
  });

  it('rings again for an id that comes a minute later: the first run may have died before', async () => {
    const world = deliveryWorld();
    const { id } = await world.register('erp');
    await world.publish({ id: 'mine' });
    world.take();
    world.clock.advance(61_000);
    expect((await world.publish({ id: 'mine' })).duplicate).toBe(true);
    await world.pump();
    expect((await world.delivery('mine', id))?.state.status).toBe('delivered');
    world.clock.advance(61_000);
    await world.publish({ id: 'mine' });
    await world.pump();
    expect(world.sender.sent).toHaveLength(1);
  });

  it.each([
    { data: { n: 2 } },
    { type: 'order.lost' },
    { metadata: { a: 'b' } },
    { timestamp: '2026-01-01T00:00:00.000Z' },
  ])('refuses an id used before with other content: %j', async (other) => {
    const world = deliveryWorld();
    await world.publish({ id: 'mine' });
    await expect(world.publish({ id: 'mine', ...other })).rejects.toMatchObject({
      code: 'event-id-conflict',
    });
  });

  it('accepts one of many at once with the same id', async () => {
    const world = deliveryWorld();
    await world.register('erp');
    const all = await Promise.all(Array.from({ length: 50 }, () => world.publish({ id: 'mine' })));
    expect(all.filter(({ duplicate }) => !duplicate)).toHaveLength(1);
    expect(world.queue.rung).toHaveLength(1);
  });

  it('accepts the same event when a request is run again after a crash', async () => {
    const world = deliveryWorld();
    const event = { tenant: 'default', type: 'a', data: 1 };
    const seed = '0'.repeat(26);
    const first = await publishEvent(world.deps, event, seed);
    const second = await publishEvent(world.deps, event, seed);
    expect([first.id, second.id, second.duplicate]).toEqual([`evt_${seed}`, `evt_${seed}`, true]);
  });

  it('stands while the queue takes nothing', async () => {
    const world = deliveryWorld();
    const { id } = await world.register('erp');
    world.queue.down = true;
    const event = await world.publish();
    expect(await world.events.get({ tenant: 'default', eventId: event.id })).toBeDefined();
    world.queue.down = false;
    await world.minute();
    await world.pump();
    expect((await world.delivery(event.id, id))?.state.status).toBe('delivered');
  });

  it('stands when the rows of waiting targets cannot be written', async () => {
    const world = deliveryWorld();
    const { id } = await world.register('erp', { status: 'paused' });
    const save = async () => {
      throw new Error('throttled');
    };
    const deps = { ...world.deps, deliveries: { ...world.deliveries, save } };
    const event = await publishEvent(deps, { tenant: 'default', type: 'a', data: 1 });
    await world.minute();
    expect((await world.delivery(event.id, id))?.state.status).toBe('held');
  });

  it.each([
    ['asked for again', 0, 2],
    ['stored by an instance that was frozen', 1_200_000, 1],
  ])(
    'is on its way though the reconciler is past it and every doorbell is lost: %s',
    async (_, lateMs, times) => {
      const world = deliveryWorld();
      const { id } = await world.register('erp');
      const store: typeof world.events.store = async (event) => {
        for (let minute = 0; minute < lateMs / 60_000; minute++) await world.minute();
        return await world.events.store(event);
      };
      const deps = { ...world.deps, events: { ...world.events, store } };
      world.queue.down = true;
      for (let n = 0; n < times; n++) {
        await publishEvent(deps, { tenant: 'default', id: 'mine', type: 'a', data: 1 });
        world.clock.advance(1_200_000);
      }
      expect((await world.delivery('mine', id))?.state.status).toBe('queued');
      world.queue.down = false;
      await world.minute();
      await world.minute();
      await world.pump();
      expect((await world.delivery('mine', id))?.state.status).toBe('delivered');
      expect(world.sender.sent).toHaveLength(1);
    },
  );

  it('holds for a paused integration without touching the queue', async () => {
    const world = deliveryWorld();
    const { id } = await world.register('erp', { status: 'paused' });
    const event = await world.publish();
    expect(event.deliveries).toMatchObject([{ status: 'held' }]);
    expect(world.queue.rung).toEqual([]);
    expect((await world.delivery(event.id, id))?.state.status).toBe('held');
  });

  it('delivers a deliverAt within SQS reach on time', async () => {
    const world = deliveryWorld();
    await world.register('erp');
    const event = await world.publish({ deliverAtMs: world.clock.nowMs() + 30_000 });
    expect(event.deliveries).toMatchObject([{ status: 'waiting' }]);
    await world.pump();
    expect(world.clock.nowMs() - event.acceptedAtMs).toBe(30_000);
    expect(world.sender.sent).toHaveLength(1);
  });

  it('delivers a deliverAt days away on time, by the tick', async () => {
    const world = deliveryWorld();
    const { id } = await world.register('erp');
    const deliverAtMs = world.clock.nowMs() + 3 * 86_400_000 + 12_345;
    const event = await world.publish({ deliverAtMs });
    expect(world.queue.rung).toEqual([]);
    while (world.sender.sent.length === 0) {
      await world.minute();
      await world.pump();
    }
    const startedAtMs = (await world.delivery(event.id, id))?.attempts[0]?.startedAtMs ?? 0;
    expect(startedAtMs).toBeGreaterThanOrEqual(deliverAtMs);
    expect(startedAtMs - deliverAtMs).toBeLessThan(1_000);
  });

  it('delivers at once when deliverAt has passed', async () => {
    const world = deliveryWorld();
    await world.register('erp');
    const event = await world.publish({ deliverAtMs: world.clock.nowMs() });
    expect(event.deliveries).toMatchObject([{ status: 'queued' }]);
    expect(world.queue.rung).toMatchObject([{ delaySeconds: 0 }]);
  });

  it.each([1_000, 95_000, 86_400_000])(
    'answers the same words as before once their deliverAt has passed: %d ms ahead',
    async (aheadMs) => {
      const world = deliveryWorld();
      await world.register('erp');
      const asked = { id: 'mine', deliverAtMs: world.clock.nowMs() + aheadMs };
      const first = await world.publish(asked);
      world.clock.advance(aheadMs + 1);
      expect(await world.publish(asked)).toMatchObject({ id: first.id, duplicate: true });
    },
  );

  it('takes twice of what may be sent when it grew to that as JSON, and refuses more', async () => {
    const world = deliveryWorld();
    await world.publish({ data: '\n'.repeat(EVENT_BYTES_MAX) });
    for (const data of ['\n'.repeat(1_100_000), 'ü'.repeat(1_100_000)]) {
      await expect(world.publish({ data })).rejects.toMatchObject({ code: 'payload-too-large' });
    }
  });
});

describe('fan-out', () => {
  it('rings through one message for more than fifty targets', async () => {
    const world = deliveryWorld();
    for (let i = 0; i < 51; i++) await world.register(`i${i}`);
    const event = await world.publish();
    expect(event.fanout).toBe('queued');
    expect(world.queue.rung).toEqual([]);
    expect(world.fanOutQueue.rung).toEqual([{ tenant: 'default', eventId: event.id }]);
    await fanOut(world.deps, { tenant: 'default', eventId: event.id });
    await world.pump();
    expect(world.sender.sent).toHaveLength(51);
    expect(new Set(world.sender.sent.map(({ url }) => url)).size).toBe(51);
  });

  it('done twice delivers once', async () => {
    const world = deliveryWorld();
    for (let i = 0; i < 60; i++) await world.register(`i${i}`);
    const event = await world.publish();
    await fanOut(world.deps, { tenant: 'default', eventId: event.id });
    await world.pump();
    world.clock.advance(360_000);
    await fanOut(world.deps, { tenant: 'default', eventId: event.id });
    await world.pump();
    expect(world.sender.sent).toHaveLength(60);
  });

  it('hands back only the events that broke', async () => {
    const world = deliveryWorld();
    const event = await world.publish();
    const get = async (ref: { eventId: string }) => {
      if (ref.eventId === 'bad') throw new Error('throttled');
      return await world.events.get({ tenant: 'default', eventId: ref.eventId });
    };
    const deps = { ...world.deps, events: { ...world.events, get } };
    const task = (eventId: string) => ({ tenant: 'default', eventId });
    const failed = await fanOutBatch(deps, [
      { messageId: 'm1', task: task('bad') },
      { messageId: 'm2', task: task(event.id) },
      { messageId: 'm3', task: task('gone') },
    ]);
    expect(failed).toEqual(['m1']);
    expect(world.telemetry.lines.map(({ message }) => message)).toContain('event.missing');
  });
});

describe('publishing a batch', () => {
  it('accepts each event on its own account', async () => {
    const world = deliveryWorld();
    await world.register('erp');
    await world.publish({ id: 'old' });
    world.take();
    const results = await publishBatch(world.deps, [
      { tenant: 'default', type: 'a', data: 1 },
      new RequestError('invalid', 'type: is required'),
      { tenant: 'default', type: 'order.paid', data: { n: 1 }, id: 'old' },
      { tenant: 'default', type: 'b', data: 1, id: 'old' },
      { tenant: 'default', type: 'b', data: 1, integrations: ['nobody'] },
    ]);
    expect(
      results.map((result) =>
        result.kind === 'published' ? result.published.duplicate : result.error.code,
      ),
    ).toEqual([false, 'invalid', true, 'event-id-conflict', 'invalid']);
    expect(world.queue.rung).toHaveLength(1);
  });

  it('fails as a whole only when the store does', async () => {
    const world = deliveryWorld();
    const store = async () => {
      throw new Error('throttled');
    };
    const deps = { ...world.deps, events: { ...world.events, store } };
    await expect(publishBatch(deps, [{ tenant: 'default', type: 'a', data: 1 }])).rejects.toThrow(
      'throttled',
    );
  });
});
