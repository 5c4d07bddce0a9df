import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DeliveryFilter, listDeliveries } from '../../lib/app/delivery-lists.ts';
import type { DeliverySummary } from '../../lib/app/ports-history.ts';
import { end, hold } from '../../lib/domain/delivery-transitions.ts';
import type { IntegrationId } from '../../lib/domain/ids.ts';
import { deliveryWorld } from '../fakes/delivery-world.ts';

type World = ReturnType<typeof deliveryWorld>;

/** Every page of the list, followed by its cursors. */
async function pagesOf(world: World, filter: Partial<DeliveryFilter>, limit: number) {
  const pages: (readonly DeliverySummary[])[] = [];
  let after: string | undefined;
  for (let page = 0; page < 500; page++) {
    const wanted = { after, limit };
    const { items, next } = await listDeliveries(world.deps, { range: {}, ...filter }, wanted);
    pages.push(items);
    if (next === undefined) return pages;
    after = next;
  }
  throw new Error('The list does not end.');
}

async function allOf(world: World, filter: Partial<DeliveryFilter> = {}, limit = 50) {
  return (await pagesOf(world, filter, limit)).flat();
}

const placeOf = (row: DeliverySummary) => `${row.acceptedAtMs}#${row.eventId}#${row.integrationId}`;

/** Two integrations and `count` events; of each third nothing is recorded. */
async function busyWorld(count: number) {
  const world = deliveryWorld();
  const [erp, crm] = [await world.register('erp'), await world.register('crm')];
  for (let i = 0; i < count; i++) {
    await world.publish({ id: `e${i}`, type: i % 2 === 0 ? 'order.paid' : 'invoice.sent' });
    if (i % 3 === 0) world.take();
    else await world.pump();
    if (i % 4 === 0) world.clock.advance(1_000);
  }
  return { world, erp, crm };
}

const EVERY: (integration: IntegrationId) => Partial<DeliveryFilter>[] = (integration) => [
  {},
  { tenant: 'default' },
  { integration },
  { status: 'queued' },
  { status: 'delivered' },
  { status: 'delivered', integration },
  { status: 'queued', integration },
  { type: 'order.*' },
  { type: 'order.paid', integration },
];

describe('the list of deliveries', () => {
  it('gives each delivery once and in order, whatever the filter and the page size', async () => {
    const { world, erp } = await busyWorld(30);
    const whole = await allOf(world);
    expect(whole).toHaveLength(60);
    for (const filter of EVERY(erp.id)) {
      const wanted = whole.filter(
        (row) =>
          (filter.integration ?? row.integrationId) === row.integrationId &&
          (filter.status ?? row.state.status) === row.state.status &&
          (filter.type === undefined || row.type.startsWith(filter.type.replace('*', ''))),
      );
      for (const limit of [1, 7, 250]) {
        const pages = await pagesOf(world, filter, limit);
        expect(pages.flat().map(placeOf)).toEqual(wanted.map(placeOf));
        expect(pages.slice(0, -1).every((page) => page.length === limit)).toBe(true);
        if (wanted.length > 0) expect(pages.at(-1)).not.toHaveLength(0);
      }
    }
  });

  it('is newest first', async () => {
    const { world } = await busyWorld(20);
    const times = (await allOf(world)).map(({ acceptedAtMs }) => acceptedAtMs);
    expect(times).toEqual(times.toSorted((a, b) => b - a));
  });

  it('shows a target without a row as queued, once, until its row is seen', async () => {
    const world = deliveryWorld();
    const erp = await world.register('erp');
    await world.publish({ id: 'a' });
    for (const filter of [{}, { integration: erp.id }, { status: 'queued' as const }]) {
      expect(await allOf(world, filter)).toMatchObject([
        { eventId: 'a', attemptCount: 0, state: { status: 'queued' } },
      ]);
    }
    await world.pump();
    for (const filter of [{}, { integration: erp.id }]) {
      expect(await allOf(world, filter)).toMatchObject([
        { attemptCount: 1, state: { status: 'delivered' } },
      ]);
    }
  });

  it('looks up what the index of an integration does not have yet', async () => {
    const world = deliveryWorld();
    const erp = await world.register('erp');
    await world.publish();
    await world.pump();
    const lagging = { ...world.deps.deliveries, ofIntegration: async () => NOTHING };
    const deps = { ...world.deps, deliveries: lagging };
    const filter = { integration: erp.id, range: {} };
    const { items } = await listDeliveries(deps, filter, { limit: 50 });
    expect(items).toMatchObject([{ state: { status: 'delivered' } }]);
  });

  it('shows a status other than delivered and queued from its index, over all tenants', async () => {
    const world = deliveryWorld();
    const erp = await world.register('erp');
    const ops = await world.register('ops', { tenant: 'acme' });
    const first = await world.publish();
    const second = await world.publish({ tenant: 'acme' });
    const rows = await allOf(world);
    for (const row of rows) {
      const stored = { ...row, attempts: [], version: 0 };
      await world.deps.deliveries.save(
        row.integrationId === erp.id
          ? hold(stored, 'pause')
          : end(stored, 'failed', world.clock.nowMs()),
      );
    }
    const held = await allOf(world, { status: 'held' });
    expect(held.map(({ eventId }) => eventId)).toEqual([first.id]);
    const failed = await allOf(world, { status: 'failed', integration: ops.id });
    expect(failed.map(({ eventId }) => eventId)).toEqual([second.id]);
    expect(await allOf(world, { status: 'failed', tenant: 'default' })).toEqual([]);
    expect(await allOf(world, { status: 'cancelled' })).toEqual([]);
  });

  it('keeps to since (inclusive) and until (exclusive)', async () => {
    const world = deliveryWorld();
    const erp = await world.register('erp');
    const times: number[] = [];
    for (let i = 0; i < 5; i++) {
      times.push(world.clock.nowMs());
      await world.publish();
      world.clock.advance(1_000);
    }
    const range = { sinceMs: times[1] ?? 0, untilMs: times[3] ?? 0 };
    for (const filter of [{ range }, { range, integration: erp.id }]) {
      const listed = (await allOf(world, filter)).map(({ acceptedAtMs }) => acceptedAtMs);
      expect(listed).toEqual([times[2], times[1]]);
    }
  });

  it('of one event has its rows and its targets without one', async () => {
    const world = deliveryWorld();
    const [erp] = [await world.register('erp'), await world.register('crm')];
    const { id } = await world.publish();
    const event = await world.deps.events.get({ tenant: 'default', eventId: id });
    expect((await allOf(world, { event }, 1)).length).toBe(2);
    expect((await allOf(world, { event, integration: erp.id })).length).toBe(1);
    expect((await allOf(world, { event, status: 'failed' })).length).toBe(0);
    const atMs = world.clock.nowMs();
    expect((await allOf(world, { event, range: { untilMs: atMs } })).length).toBe(0);
    expect((await allOf(world, { event, range: { sinceMs: atMs } })).length).toBe(2);
    expect((await allOf(world, { event, range: { sinceMs: atMs + 1 } })).length).toBe(0);
  });

  it('ends a page early when its budget is spent, and goes on from there', async () => {
    const world = deliveryWorld();
    await world.register('erp', { eventTypes: ['order.*'] });
    await world.publish({ id: 'oldest', type: 'order.paid' });
    for (let i = 0; i < 2_100; i++) {
      if (i % 100 === 0) world.clock.advance(1);
      await world.publish({ id: `n${i}`, type: 'nobody.cares' });
    }
    const pages = await pagesOf(world, { status: 'queued' }, 50);
    expect(pages.map((page) => page.length)).toEqual([0, 1]);
  });

  it('of a foreign integration is that of one that never was, after one read', async () => {
    const world = deliveryWorld();
    const bank = await world.register('bank', { tenant: 'victim' });
    for (let i = 0; i < 60; i++) {
      await world.publish({ tenant: 'victim', id: `v${i}` });
      await world.pump();
    }
    let reads = 0;
    const { ofIntegration } = world.deps.deliveries;
    const deliveries: typeof world.deps.deliveries = {
      ...world.deps.deliveries,
      ofIntegration: async (query) => {
        reads += 1;
        return await ofIntegration(query);
      },
    };
    const deps = { ...world.deps, deliveries };
    const missing = 'int_01mg0fcdg20000000000000002' as const;
    for (const filter of [{}, { status: 'queued' as const }, { type: 'order.*' }]) {
      for (const integration of [bank.id, missing]) {
        reads = 0;
        const asked = { range: {}, tenant: 'mallory', integration, ...filter };
        expect(await listDeliveries(deps, asked, { limit: 1 })).toEqual(NOTHING);
        expect(reads).toBe(1);
      }
    }
    // Deleted, it stays its own tenant's to list.
    expect(await world.deps.integrations.remove(bank)).toBe('removed');
    expect(await allOf(world, { tenant: 'victim', integration: bank.id })).toHaveLength(60);
  });

  it('is the same for any way of cutting it into pages', async () => {
    const { world } = await busyWorld(12);
    const whole = (await allOf(world)).map(placeOf);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 30 }), async (limit) => {
        expect((await allOf(world, {}, limit)).map(placeOf)).toEqual(whole);
      }),
      { numRuns: 20 },
    );
  });
});

const NOTHING = { items: [], next: undefined };
