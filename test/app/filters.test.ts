import { describe, expect, it } from 'vitest';
import { replayEvent } from '../../lib/app/delivery-actions.ts';
import { createIntegration, patchIntegration, putIntegration } from '../../lib/app/integrations.ts';
import { publishBatch } from '../../lib/app/publish-event.ts';
import { parseCloudEvent } from '../../lib/domain/cloudevents.ts';
import type { NewEvent } from '../../lib/domain/event.ts';
import { deliveryWorld } from '../fakes/delivery-world.ts';
import { refusalOf } from '../fakes/registry-world.ts';
import { T0 } from '../fakes/world.ts';
import { BASE, ME, setUp } from './integrations-world.ts';

const LARGE = { data: { amount: [{ numeric: ['>', 100] }] } };

async function filteredWorld() {
  const world = deliveryWorld();
  const { id: all } = await world.register('all');
  const { id: large } = await world.register('large', { filter: LARGE });
  const register = async (filter: object, eventTypes = ['*']) =>
    (await world.register('other', { filter: { ...filter }, eventTypes })).id;
  const reached = async (event: Partial<NewEvent>) =>
    (await world.publish(event)).deliveries.map(({ integration }) => integration);
  return { world, all, large, register, reached };
}

describe('an event reaches an integration', () => {
  it('whose filter it passes, and those without one', async () => {
    const { all, large, reached } = await filteredWorld();
    expect(await reached({ data: { amount: 101 } })).toEqual([all, large]);
    expect(await reached({ data: { amount: 100 } })).toEqual([all]);
    expect(await reached({ data: null })).toEqual([all]);
  });

  it('by type first: a filter does not widen what its types say', async () => {
    const { register, reached } = await filteredWorld();
    const id = await register({ type: ['order.paid'] }, ['user.*']);
    expect(await reached({ type: 'order.paid' })).not.toContain(id);
  });

  it('by all that an event has, as it is stored', async () => {
    const { register, reached } = await filteredWorld();
    const event = { type: 'order.paid', source: 'urn:shop', metadata: { tier: 'gold' } };
    const id = await register({
      id: [{ prefix: 'evt_' }],
      type: [{ suffix: '.paid' }],
      source: ['urn:shop'],
      tenant: ['default'],
      timestamp: [new Date(T0).toISOString()],
      metadata: { tier: [{ 'equals-ignore-case': 'GOLD' }] },
    });
    expect(await reached(event)).toContain(id);
    expect(await reached({ ...event, source: 'urn:else' })).not.toContain(id);
    const { metadata: _, ...plain } = event;
    expect(await reached(plain)).not.toContain(id);
  });

  it('that the event names, whatever its filter', async () => {
    const { large, reached } = await filteredWorld();
    expect(await reached({ data: { amount: 1 }, integrations: ['large'] })).toEqual([large]);
  });

  it('in a batch and as a CloudEvent too', async () => {
    const { world, all, large } = await filteredWorld();
    const rule = { defaultTenant: 'default', nowMs: T0 };
    const cloud = { specversion: '1.0', id: '1', source: '/shop', type: 'order.paid' };
    const events = [7, 700].map((amount) =>
      parseCloudEvent({ ...cloud, id: `${amount}`, data: { amount } }, rule),
    );
    const results = await publishBatch(world.deps, events);
    const reached = results.map((result) =>
      result.kind === 'published' ? result.published.deliveries.map((to) => to.integration) : [],
    );
    expect(reached).toEqual([[all], [all, large]]);
  });

  it('on replay as the filter is now, and named ones whatever it says', async () => {
    const { world, all, large } = await filteredWorld();
    await world.publish({ id: 'mine', data: { amount: 1 } });
    const ref = { tenant: 'default', eventId: 'mine' };
    const replayed = async (names?: string[]) =>
      (await replayEvent(world.deps, ref, names)).map((delivery) => delivery.integrationId);
    expect(await replayed()).toEqual([all]);
    await world.change(large, { filter: { data: { amount: [1] }, id: ['mine'] } });
    expect(await replayed()).toEqual([all, large]);
    await world.change(large, { filter: LARGE });
    expect(await replayed(['large'])).toEqual([large]);
  });

  it('all the same if this version cannot read its filter: one too many, none lost', async () => {
    const { register, reached } = await filteredWorld();
    const id = await register({ data: { amount: [{ 'of-tomorrow': 1 }] } });
    expect(await reached({ data: { amount: 1 } })).toContain(id);
  });
});

describe('the filter of an integration', () => {
  it('is shown as it was given, null where there is none', async () => {
    const { world, stored } = setUp();
    expect((await createIntegration(world, ME, BASE)).filter).toBeNull();
    expect(
      (await putIntegration(world, ME, 'erp', { ...BASE, filter: LARGE })).integration,
    ).toMatchObject({ filter: LARGE });
    expect((await stored()).filter).toEqual(LARGE);
  });

  it('is merged by a patch, kept by one without it, and taken away by null or a PUT', async () => {
    const { world, stored } = setUp();
    await createIntegration(world, ME, { ...BASE, filter: LARGE });
    const patched = async (filter: unknown) =>
      (await patchIntegration(world, ME, 'erp', { filter })).filter;
    const both = { data: { amount: LARGE.data.amount, currency: ['EUR'] } };
    expect(await patched({ data: { currency: ['EUR'] } })).toEqual(both);
    expect((await patchIntegration(world, ME, 'erp', { description: 'x' })).filter).toEqual(both);
    const { fields } = await refusalOf(patched({ data: { amount: null, currency: null } }));
    expect(Object.keys(fields)).toEqual(['filter.data']);
    expect(await patched(null)).toBeNull();
    expect(await stored()).not.toHaveProperty('filter');
    await patched(LARGE);
    await putIntegration(world, ME, 'erp', BASE);
    expect(await stored()).not.toHaveProperty('filter');
    await putIntegration(world, ME, 'erp', { ...BASE, filter: null });
    expect(await stored()).not.toHaveProperty('filter');
  });
});
