import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ConsumedUnits } from '../../lib/adapters/dynamodb/client.ts';
import { type Key, keys } from '../../lib/adapters/dynamodb/table.ts';
import type { Delivery } from '../../lib/domain/delivery.ts';
import { TABLES } from '../../lib/names.ts';
import { attempt, bodyOf, delivery, event, integration, T0 } from './fixtures.ts';
import { bytesOf, size } from './item-size.ts';
import { type DynamoWorld, isMissing, type StandIn, startStandIn } from './stand-ins.ts';

/** One write unit. */
const UNIT_BYTES = 1_024;
/** dynalite does not say what an index consumes. */
const KIND = 'dynoxide';

describe.skipIf(isMissing(KIND))('the write units of history', () => {
  let standIn: StandIn;
  beforeAll(async () => {
    standIn = await startStandIn(KIND);
  });
  afterAll(() => standIn.stop());

  async function metered() {
    const consumed: ConsumedUnits[] = [];
    const world = await standIn.world({ onConsumed: (units) => consumed.push(units) });
    const taken = () => {
      const writes = consumed.splice(0).filter((units) => units.operation === 'PutItem');
      return writes.reduce((sum, { units }) => sum + units, 0);
    };
    return { world, taken };
  }

  async function stored({ db, tables }: DynamoWorld, key: Key) {
    const request = { TableName: tables.history, Key: marshall(key) };
    const { Item = {} } = await db.send(new GetItemCommand(request));
    return unmarshall(Item);
  }

  function entry(item: Record<string, unknown>, index: 'timeline' | 'status') {
    const { partitionKey, sortKey, project } = TABLES.history.indexes[index];
    const names: readonly string[] = ['pk', 'sk', partitionKey, sortKey, ...project];
    return Object.fromEntries(Object.entries(item).filter(([name]) => names.includes(name)));
  }

  it('are two for an event of 700 bytes: its row and its place in the timeline', async () => {
    const { world, taken } = await metered();
    await world.stores.events.store(event(1, { body: bodyOf(700), source: 'billing-system' }));
    expect(taken()).toBe(2);
    const item = await stored(world, keys.event('default', event(1).id));
    const besidesBody = bytesOf(item) - size(item.bd);
    expect(besidesBody + 700).toBeLessThanOrEqual(UNIT_BYTES);
    expect(bytesOf(entry(item, 'timeline'))).toBeLessThanOrEqual(UNIT_BYTES / 4);
  });

  it('are two for a delivery that succeeds at once: its row and its place', async () => {
    const { world, taken } = await metered();
    const responseHeaders = {
      'cache-control': 'no-store',
      'content-length': '11',
      'content-type': 'application/json; charset=utf-8',
      date: 'Mon, 01 Mar 2027 12:00:00 GMT',
      server: 'nginx/1.27.1',
      'x-request-id': '3f1c2b0a-7d5e-4c1b-9a2f-1e0d9c8b7a65',
    };
    const row = delivery(1, { attempts: [attempt(1, { responseHeaders })] });
    await world.stores.deliveries.save(row);
    expect(taken()).toBe(2);
    const item = await stored(world, keys.delivery('default', row.eventId, row.integrationId));
    expect(bytesOf(item)).toBeLessThanOrEqual(UNIT_BYTES);
  });

  it('are four for a delivery that waits, with the first attempts in its row', async () => {
    const { world, taken } = await metered();
    const waiting = (count: number): Delivery =>
      delivery(count, {
        state: { status: 'waiting', nextAttemptAtMs: T0 + 300_000, dueAtMs: T0 + 390_000 },
        attempts: Array.from({ length: count }, (_, n) =>
          attempt(n + 1, { outcome: 'retryable', error: 'http', statusCode: 503 }),
        ),
      });
    for (const count of [1, 2, 3]) {
      await world.stores.deliveries.save(waiting(count));
      expect(taken()).toBe(4);
    }
  });

  it('stay two for an event of 200 bytes with twenty targets', async () => {
    const { world, taken } = await metered();
    const targets = Array.from({ length: 20 }, (_, n) => integration(n).id);
    await world.stores.events.store(event(1, { targets }));
    expect(taken()).toBe(2);
  });
});
