import { describe, expect, it } from 'vitest';
import { attemptDelivery } from '../../lib/app/attempt-delivery.ts';
import { RETRY_DEFAULTS } from '../../lib/domain/retry.ts';
import { deliveryWorld } from '../fakes/delivery-world.ts';

describe('attempting a delivery', () => {
  it('delivers, and keeps the attempt with the state in one row', async () => {
    const world = deliveryWorld();
    const { id } = await world.register('erp');
    const event = await world.publish();
    await world.pump();
    expect(await world.delivery(event.id, id)).toMatchObject({
      state: { status: 'delivered', via: 'primary' },
      attempts: [{ number: 1, outcome: 'success', statusCode: 200, error: null }],
      version: 1,
    });
    expect(world.sender.sent).toHaveLength(1);
    expect(world.sender.sent[0]?.headers).toMatchObject({
      'breakwater-attempt': '1',
      'user-agent': 'Breakwater/0.0.0',
      'content-type': 'application/json',
    });
  });

  it('sends the same bytes on every try', async () => {
    const world = deliveryWorld();
    await world.register('erp');
    world.sender.answers(500, 500, 200);
    await world.publish({ data: { text: 'ü', n: 1.5 } });
    await world.pump();
    await world.minute();
    const bodies = world.sender.sent.map(({ body }) => Buffer.from(body).toString());
    expect(bodies).toHaveLength(3);
    expect(new Set(bodies).size).toBe(1);
    expect(JSON.parse(bodies[0] ?? '')).toEqual({
      type: 'order.paid',
      timestamp: '2026-01-15T12:00:00.000Z',
      data: { text: 'ü', n: 1.5 },
    });
  });

  it('makes no second call for a doorbell that is heard twice', async () => {
    const world = deliveryWorld();
    await world.register('erp');
    await world.publish();
    const [doorbell] = world.take();
    if (!doorbell) throw new Error('no doorbell');
    await attemptDelivery(world.deps, doorbell.task);
    await attemptDelivery(world.deps, doorbell.task);
    world.clock.advance(60_000);
    await attemptDelivery(world.deps, doorbell.task);
    expect(world.sender.sent).toHaveLength(1);
  });

  it('lets one of many late doorbells make the call', async () => {
    const world = deliveryWorld();
    await world.register('erp');
    await world.publish();
    const [doorbell] = world.take();
    if (!doorbell) throw new Error('no doorbell');
    world.clock.advance(15_000);
    await Promise.all(Array.from({ length: 20 }, () => attemptDelivery(world.deps, doorbell.task)));
    expect(world.sender.sent).toHaveLength(1);
  });

  it('follows 500, 500, 429 with Retry-After, 200 at the right times', async () => {
    const world = deliveryWorld();
    const { id } = await world.register('erp');
    world.sender.answers(
      500,
      500,
      { statusCode: 429, responseHeaders: { 'retry-after': '2400' } },
      200,
    );
    const event = await world.publish();
    await world.pump();
    for (let i = 0; i < 45; i++) {
      await world.minute();
      await world.pump();
    }
    const delivery = await world.delivery(event.id, id);
    const times = delivery?.attempts.map(({ startedAtMs }) => startedAtMs - event.acceptedAtMs);
    expect(times).toEqual([0, 5_000, 305_000, 305_000 + 2_400_000]);
    expect(delivery?.attempts.map(({ statusCode }) => statusCode)).toEqual([500, 500, 429, 200]);
    expect(delivery?.attempts[2]?.retryAfterSeconds).toBe(2_400);
    expect(delivery?.state.status).toBe('delivered');
  });

  it('goes through the whole default schedule and then fails', async () => {
    const world = deliveryWorld();
    const { id } = await world.register('erp');
    world.sender.answers(503);
    const event = await world.publish();
    await world.pump();
    for (let i = 0; i < 13_000 && world.sender.sent.length < 15; i++) {
      await world.minute();
      await world.pump();
    }
    const delivery = await world.delivery(event.id, id);
    expect(delivery?.state.status).toBe('failed');
    expect(delivery?.attempts).toHaveLength(15);
    const gaps = delivery?.attempts.slice(1).map(({ startedAtMs }, i) => {
      const before = delivery.attempts[i]?.startedAtMs ?? 0;
      return Math.round((startedAtMs - before) / 1000);
    });
    const day = 86_400;
    expect(gaps).toEqual([
      5,
      300,
      1_800,
      7_200,
      18_000,
      36_000,
      50_400,
      72_000,
      day,
      day,
      day,
      day,
      day,
      day,
    ]);
    expect(world.telemetry.counts.get('DeliveriesDead')).toBe(1);
    await world.minute();
    await world.pump();
    expect(world.sender.sent).toHaveLength(15);
  });

  it('disables the integration on 410 and holds the delivery', async () => {
    const world = deliveryWorld();
    const { id } = await world.register('erp');
    world.sender.answers(410);
    const event = await world.publish();
    await world.pump();
    expect(await world.integrations.byId(id)).toMatchObject({
      status: 'disabled',
      disabledReason: expect.stringContaining('410'),
    });
    expect((await world.delivery(event.id, id))?.state).toEqual({
      status: 'held',
      heldBy: 'pause',
    });
    const next = await world.publish();
    await world.pump();
    expect((await world.delivery(next.id, id))?.state.status).toBe('held');
    expect(world.sender.sent).toHaveLength(1);
  });

  it('does not disable an integration whose endpoint was changed meanwhile, and tries the new one', async () => {
    const world = deliveryWorld();
    const { id } = await world.register('erp');
    world.sender.answers(410, 200);
    world.sender.meanwhile = () => world.change(id, { endpoint: 'https://new.example.com/' });
    const event = await world.publish();
    await world.pump();
    expect((await world.integrations.byId(id))?.status).toBe('active');
    expect((await world.delivery(event.id, id))?.state.status).toBe('delivered');
  });

  it('holds what comes for a paused integration without spending an attempt', async () => {
    const world = deliveryWorld();
    const { id } = await world.register('erp');
    const event = await world.publish();
    await world.change(id, { status: 'paused' });
    await world.pump();
    expect(await world.delivery(event.id, id)).toMatchObject({
      state: { status: 'held', heldBy: 'pause' },
      attempts: [],
    });
    expect(world.sender.sent).toEqual([]);
  });

  it('cancels what comes for a deleted integration', async () => {
    const world = deliveryWorld();
    const integration = await world.register('erp');
    const event = await world.publish();
    await world.integrations.remove(integration);
    await world.pump();
    expect((await world.delivery(event.id, integration.id))?.state.status).toBe('cancelled');
  });

  it('keeps a success that comes after a cancellation', async () => {
    const world = deliveryWorld();
    const { id } = await world.register('erp');
    const event = await world.publish();
    world.sender.meanwhile = async () => {
      await world.deliveries.save({
        tenant: 'default',
        eventId: event.id,
        integrationId: id,
        type: event.type,
        acceptedAtMs: event.acceptedAtMs,
        state: { status: 'cancelled', completedAtMs: world.clock.nowMs() },
        attempts: [],
        scheduleBase: 0,
        scheduleStartMs: event.acceptedAtMs,
        rings: 0,
        version: 0,
      });
    };
    await world.pump();
    expect(await world.delivery(event.id, id)).toMatchObject({
      state: { status: 'delivered' },
      attempts: [{ outcome: 'success' }],
    });
    expect(world.telemetry.counts.get('LateResults')).toBe(1);
  });

  it('records through an outage of the store, without a second call', async () => {
    const world = deliveryWorld();
    const { id } = await world.register('erp');
    const event = await world.publish();
    let failures = 3;
    const deps = {
      ...world.deps,
      deliveries: {
        ...world.deliveries,
        save: async (next: Parameters<typeof world.deliveries.save>[0]) => {
          if (failures-- > 0) throw new Error('throttled');
          return await world.deliveries.save(next);
        },
      },
    };
    for (const { task } of world.take()) await attemptDelivery(deps, task);
    expect((await world.delivery(event.id, id))?.state.status).toBe('delivered');
    expect(world.sender.sent).toHaveLength(1);
  });

  it('gives the doorbell back when the store stays away', async () => {
    const world = deliveryWorld();
    await world.register('erp');
    await world.publish();
    const deps = {
      ...world.deps,
      deliveries: {
        ...world.deliveries,
        save: async () => {
          throw new Error('gone');
        },
      },
    };
    const [doorbell] = world.take();
    if (!doorbell) throw new Error('no doorbell');
    await expect(attemptDelivery(deps, doorbell.task)).rejects.toThrow('gone');
  });

  it('fails what is older than its integration allows, once it had an attempt', async () => {
    const world = deliveryWorld();
    const { id } = await world.register('erp', {
      retry: { ...RETRY_DEFAULTS, maxAgeSeconds: 60 },
    });
    world.sender.answers(500);
    const event = await world.publish();
    world.clock.advance(61_000);
    await world.pump();
    expect((await world.delivery(event.id, id))?.state.status).toBe('failed');
    expect(world.sender.sent).toHaveLength(1);
  });

  it('records one request once, though the answer to the write was lost', async () => {
    const world = deliveryWorld();
    const { id } = await world.register('erp');
    world.sender.answers(500);
    const event = await world.publish();
    let lost = false;
    const save: typeof world.deliveries.save = async (next) => {
      const result = await world.deliveries.save(next);
      if (lost) return result;
      lost = true;
      throw new Error('the answer was lost');
    };
    const deps = { ...world.deps, deliveries: { ...world.deliveries, save } };
    for (const { task } of world.take()) await attemptDelivery(deps, task);
    expect((await world.delivery(event.id, id))?.attempts).toHaveLength(1);
    expect(world.queue.rung).toMatchObject([{ task: { attempt: 2 }, delaySeconds: 5 }]);
  });

  it('keeps the verdict of the claim that stands, whatever came late beside it', async () => {
    const world = deliveryWorld();
    const { id } = await world.register('erp');
    const event = await world.publish();
    world.clock.advance(20_000);
    world.sender.answers({
      statusCode: 500,
      responseHeaders: { 'webhook-delivery': 'abort-message' },
    });
    world.sender.meanwhile = async () => {
      const current = await world.delivery(event.id, id);
      if (current) await world.deliveries.save({ ...current, rings: 9 });
    };
    await world.pump();
    expect((await world.delivery(event.id, id))?.state.status).toBe('failed');
    expect(world.sender.sent).toHaveLength(1);
  });

  it('sends a doorbell that comes early round again', async () => {
    const world = deliveryWorld();
    await world.register('erp');
    world.sender.answers(500, 200);
    await world.publish();
    const [first] = world.take();
    if (!first) throw new Error('no doorbell');
    await attemptDelivery(world.deps, first.task);
    const [retry] = world.take();
    if (!retry) throw new Error('no doorbell');
    await attemptDelivery(world.deps, retry.task);
    expect(world.queue.rung).toMatchObject([{ task: { attempt: 2 }, delaySeconds: 5 }]);
    expect(world.sender.sent).toHaveLength(1);
  });

  it('fetches a body that is too large for its doorbell', async () => {
    const world = deliveryWorld();
    await world.register('erp');
    await world.publish({ data: 'x'.repeat(20_000) });
    expect(world.queue.rung[0]?.task.body).toBeUndefined();
    await world.pump();
    expect(world.sender.sent[0]?.body.length).toBeGreaterThan(20_000);
  });
});
