import { describe, expect, it } from 'vitest';
import { deliveryAttributes, deliveryOf } from '../../../lib/adapters/dynamodb/delivery-item.ts';
import { keys } from '../../../lib/adapters/dynamodb/table.ts';
import type { Delivery } from '../../../lib/domain/delivery.ts';
import { failed, REF, report } from '../../contracts/breaker-fixtures.ts';
import { delivery, integration, source, T0 } from '../../contracts/fixtures.ts';
import { firstDeliveryAttributes, firstDeliveryOf } from './first-delivery-item.ts';
import { goldOf, goldUrl, meaning, world } from './gold.ts';
import { MESSAGE_SPECIMENS } from './message-specimens.ts';
import { NEW_ATTRIBUTES, NEW_FIELDS, newerMessage, newerTableCode } from './newer-code.ts';
import { documentOf } from './old-code.ts';
import { SPECIMENS } from './specimens.ts';
import { DELIVERIES } from './specimens-history.ts';
import { type Row, tablesThrough } from './through.ts';

describe('what newer code added', () => {
  it.each(Object.entries(SPECIMENS))(
    'to the rows of %s changes nothing',
    async (name, specimen) => {
      const gold = goldOf(goldUrl(name)).at(-1);
      const rows = Object.entries(gold?.rows ?? {}).map(([table, its]) => {
        const withMore = its.map((row) => ({ ...row, ...NEW_ATTRIBUTES }));
        return [table, withMore] as const;
      });
      expect(await meaning(specimen, Object.fromEntries(rows))).toEqual(gold?.means);
    },
  );

  it.each(Object.entries(MESSAGE_SPECIMENS))('to the message %s changes nothing', (_, one) => {
    const sent = newerMessage(JSON.parse(one.text));
    expect(one.parse(JSON.stringify(sent))).toEqual(one.parse(one.text));
  });

  it.each(['integrations', 'sources'] as const)('to a document stays: %s', async (kind) => {
    const { model, stores, through } = world();
    const newer = through(tablesThrough(model.client, newerTableCode()));
    const row = kind === 'integrations' ? integration(1) : source(1);
    await newer[kind].create(row as never);
    const read = await stores[kind].byId(row.id as never);
    await stores[kind].save({ ...read, description: 'changed' } as never, row.name);
    const rows = [...(model.tables.get('registry')?.rows() ?? [])] as Row[];
    const stored = rows.find(({ v }) => v?.N === '2') as Row;
    expect(documentOf(stored)).toMatchObject({ ...NEW_FIELDS, description: 'changed' });
    // Beside the document it does not.
    expect(stored).not.toHaveProperty('xs');
  });

  it('to a row that is put whole is dropped', async () => {
    const { model, stores, through } = world();
    const newer = through(tablesThrough(model.client, newerTableCode()));
    await newer.deliveries.save(delivery(1));
    const read = (await stores.deliveries.load(delivery(1))) as Delivery;
    await stores.deliveries.save(read);
    expect([...(model.tables.get('history')?.rows() ?? [])][0]).not.toHaveProperty('xs');
  });

  it('to a row that is changed in place stays', async () => {
    const { model, stores, through } = world();
    const newer = through(tablesThrough(model.client, newerTableCode()));
    await newer.breakers.report(REF, report(failed(1)));
    await stores.breakers.report(REF, report(failed(2), T0 + 5, { reporter: 'r2' }));
    const key = keys.breaker(REF);
    const row = model.tables.get('state')?.get({ pk: { S: key.pk }, sk: { S: key.sk } });
    expect(row).toMatchObject(NEW_ATTRIBUTES);
  });
});

describe('a delivery between the first version and today’s', () => {
  const rowOf = (attributes: object, { tenant, eventId, integrationId }: Delivery) =>
    JSON.parse(
      JSON.stringify({ ...keys.delivery(tenant, eventId, integrationId), ...attributes }),
      (_, value) => (value?.type === 'Buffer' ? Buffer.from(value.data) : value),
    );
  /** What the first version knew of it. */
  const known = ({ chain: _, ...one }: Delivery): Delivery => {
    const { state } = one;
    const version = one.version + 1;
    if (state.status !== 'held') return { ...one, version };
    return { ...one, version, state: { status: 'held', heldBy: state.heldBy } };
  };

  it.each(Object.entries(DELIVERIES))('is read by both: %s', (_, one) => {
    expect(deliveryOf(rowOf(firstDeliveryAttributes(one), one))).toEqual(known(one));
    expect(firstDeliveryOf(rowOf(deliveryAttributes(one), one))).toEqual(known(one));
  });
});
