import { describe, expect, it } from 'vitest';
import { listEvents } from '../../lib/app/event-lists.ts';
import {
  attemptView,
  deliveryDetailView,
  deliveryView,
  eventSummaryView,
  eventView,
  pendingDelivery,
  summaryOf,
} from '../../lib/app/history-views.ts';
import { locateDelivery, locateEvent } from '../../lib/app/locate.ts';
import type { Attempt, Delivery, DeliveryState } from '../../lib/domain/delivery.ts';
import type { EventRecord } from '../../lib/domain/event.ts';
import { deliveryWorld } from '../fakes/delivery-world.ts';
import { T0 } from '../fakes/world.ts';

const AT = '2026-01-15T12:00:00.000Z';
const EVENT: EventRecord = {
  tenant: 'default',
  id: 'evt_1',
  type: 'invoice.paid',
  timestamp: AT,
  acceptedAtMs: T0,
  body: `{"type":"invoice.paid","timestamp":"${AT}","data":{"amount":1.50}}`,
  targets: ['int_01k00000000000000000000000'],
  fingerprint: 'secret',
};
const INTEGRATION = 'int_01k00000000000000000000000' as const;

function delivery(state: DeliveryState, attempts: readonly Attempt[] = []): Delivery {
  return { ...pendingDelivery(EVENT, INTEGRATION), state, attempts, version: 1 };
}

const ATTEMPT: Attempt = {
  id: 'att_1',
  number: 3,
  startedAtMs: T0,
  latencyMs: 12,
  target: 'https://erp.example.com/in',
  outcome: 'retryable',
  error: 'http',
  statusCode: 503,
  responseHeaders: { 'retry-after': '5' },
  responseBody: 'busy',
  retryAfterSeconds: 5,
};

describe('an event', () => {
  it('shows its payload and null for what it has not', () => {
    expect(eventView(EVENT)).toEqual({
      id: 'evt_1',
      type: 'invoice.paid',
      tenant: 'default',
      timestamp: AT,
      acceptedAt: AT,
      source: null,
      metadata: {},
      orderingKey: null,
      deliverAt: null,
      data: { amount: 1.5 },
    });
  });

  it('shows what it has', () => {
    const event = {
      ...EVENT,
      source: 'src_1',
      metadata: { a: 'b' },
      orderingKey: 'k',
      deliverAtMs: T0,
    };
    expect(eventView(event)).toMatchObject({
      source: 'src_1',
      metadata: { a: 'b' },
      orderingKey: 'k',
      deliverAt: AT,
    });
    expect(eventSummaryView(event)).toEqual({
      id: 'evt_1',
      type: 'invoice.paid',
      tenant: 'default',
      acceptedAt: AT,
      source: 'src_1',
      deliverAt: AT,
    });
  });
});

describe('a delivery', () => {
  const later = T0 + 60_000;
  it.each<[DeliveryState, object]>([
    [
      { status: 'queued', nextAttemptAtMs: T0, dueAtMs: later },
      { status: 'queued', nextAttemptAt: AT },
    ],
    [
      { status: 'waiting', nextAttemptAtMs: later, dueAtMs: later },
      { status: 'waiting', nextAttemptAt: '2026-01-15T12:01:00.000Z' },
    ],
    [
      { status: 'delivering', leaseUntilMs: T0 + 1 },
      { status: 'delivering', nextAttemptAt: null },
    ],
    [
      { status: 'delivering', leaseUntilMs: T0 },
      { status: 'queued', nextAttemptAt: AT },
    ],
    [
      { status: 'held', heldBy: 'pause' },
      { status: 'held', heldBy: 'pause', nextAttemptAt: null },
    ],
    [
      { status: 'delivered', via: 'primary', completedAtMs: T0 },
      { status: 'delivered', deliveredVia: 'primary', completedAt: AT },
    ],
    [
      { status: 'failed', completedAtMs: T0 },
      { status: 'failed', completedAt: AT },
    ],
    [
      { status: 'cancelled', completedAtMs: T0 },
      { status: 'cancelled', deliveredVia: null },
    ],
  ])('%j is shown as %j', (state, wanted) => {
    const view = deliveryView(summaryOf(delivery(state)), T0);
    expect(view).toMatchObject(wanted);
    expect(Object.keys(view)).toEqual([
      ...['id', 'event', 'type', 'integration', 'tenant', 'status', 'attempts'],
      ...['nextAttemptAt', 'heldBy', 'deliveredVia', 'createdAt', 'completedAt'],
    ]);
  });

  it('counts attempts in lists and has them in its detail', () => {
    const row = delivery({ status: 'failed', completedAtMs: T0 }, [ATTEMPT]);
    expect(deliveryView(summaryOf(row), T0).attempts).toBe(3);
    expect(deliveryDetailView(row, T0).attempts).toEqual([attemptView(ATTEMPT)]);
    expect(attemptView(ATTEMPT)).toEqual({
      id: 'att_1',
      number: 3,
      startedAt: AT,
      latencyMs: 12,
      target: 'https://erp.example.com/in',
      outcome: 'retryable',
      error: 'http',
      statusCode: 503,
      responseHeaders: { 'retry-after': '5' },
      responseBody: 'busy',
      retryAfterSeconds: 5,
    });
  });

  it('without a row is due when its event was accepted, or at its deliverAt', () => {
    const shown = (event: EventRecord) =>
      deliveryView(summaryOf(pendingDelivery(event, INTEGRATION)), T0);
    expect(shown(EVENT)).toMatchObject({ status: 'queued', attempts: 0, nextAttemptAt: AT });
    const deferred = { ...EVENT, deliverAtMs: later };
    expect(shown(deferred)).toMatchObject({ nextAttemptAt: '2026-01-15T12:01:00.000Z' });
  });
});

describe('finding by id', () => {
  it('finds an event of the tenant named, or of any when none is', async () => {
    const world = deliveryWorld();
    await world.register('ops', { tenant: 'acme' });
    const { id } = await world.publish({ tenant: 'acme' });
    expect((await locateEvent(world.deps, id, 'acme')).tenant).toBe('acme');
    expect((await locateEvent(world.deps, id, undefined)).tenant).toBe('acme');
    const notFound = expect.objectContaining({ code: 'not-found' });
    await expect(locateEvent(world.deps, id, 'default')).rejects.toEqual(notFound);
    await expect(locateEvent(world.deps, 'none', undefined)).rejects.toEqual(notFound);
  });

  it('finds a delivery by its id alone, its integration gone or not', async () => {
    const world = deliveryWorld();
    const ops = await world.register('ops', { tenant: 'acme' });
    const own = await world.publish({ tenant: 'acme', id: 'own-id' });
    const made = await world.publish({ tenant: 'acme' });
    await world.pump();
    const ids = [own, made].map(({ deliveries }) => deliveries[0]?.id ?? '');
    const find = async () => {
      for (const id of ids) {
        for (const tenant of [undefined, 'acme']) {
          const found = await locateDelivery(world.deps, id, tenant);
          expect(found.state.status).toBe('delivered');
        }
        await expect(locateDelivery(world.deps, id, 'other')).rejects.toThrow('There is no');
      }
    };
    await find();
    await world.deps.integrations.remove(ops);
    await find();
  });

  it('finds a delivery that has no row, and none that its event does not promise', async () => {
    const world = deliveryWorld();
    await world.register('erp');
    const other = await world.register('other', { eventTypes: ['nothing'] });
    const { id, deliveries } = await world.publish();
    const found = await locateDelivery(world.deps, deliveries[0]?.id ?? '', undefined);
    expect([found.eventId, found.version]).toEqual([id, 0]);
    const unpromised = `dlv_${id.slice(4)}${other.id.slice(4)}`;
    await expect(locateDelivery(world.deps, unpromised, undefined)).rejects.toThrow('There is no');
  });

  it('takes no delivery id whose time was changed', async () => {
    const world = deliveryWorld();
    await world.register('erp');
    const { deliveries } = await world.publish({ id: 'own-id' });
    const id = deliveries[0]?.id ?? '';
    const changed = `dlv_0${id.slice(5)}`;
    expect((await locateDelivery(world.deps, id, undefined)).eventId).toBe('own-id');
    const wanted = changed === id ? `dlv_7${id.slice(5)}` : changed;
    await expect(locateDelivery(world.deps, wanted, undefined)).rejects.toThrow('There is no');
  });
});

describe('the list of events', () => {
  it('filters by type, beginning of a type, source, text and time', async () => {
    const world = deliveryWorld();
    await world.register('erp');
    await world.publish({ id: 'one', type: 'order.paid', source: 'shop' });
    world.clock.advance(1_000);
    await world.publish({ id: 'two', type: 'order.sent' });
    world.clock.advance(1_000);
    await world.publish({ id: 'three', type: 'invoice.paid' });
    const ids = async (filter: Omit<Parameters<typeof listEvents>[1], 'range'>, sinceMs = 0) => {
      const list = { range: { sinceMs }, ...filter };
      return (await listEvents(world.deps, list, { limit: 50 })).items.map(({ id }) => id);
    };
    expect(await ids({})).toEqual(['three', 'two', 'one']);
    expect(await ids({ type: 'order.*' })).toEqual(['two', 'one']);
    expect(await ids({ type: 'order.paid' })).toEqual(['one']);
    expect(await ids({ type: 'order' })).toEqual([]);
    expect(await ids({ sources: ['shop', 'other'] })).toEqual(['one']);
    expect(await ids({ q: 'PAID' })).toEqual(['three', 'one']);
    expect(await ids({ q: 'tw' })).toEqual(['two']);
    expect(await ids({ tenant: 'acme' })).toEqual([]);
    expect(await ids({}, T0 + 1_000)).toEqual(['three', 'two']);
  });
});
