import { BatchWriteItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { deliveryAttributes } from '../../lib/adapters/dynamodb/delivery-item.ts';
import { keys } from '../../lib/adapters/dynamodb/table.ts';
import { concurrently } from '../../lib/app/concurrently.ts';
import type { Delivery } from '../../lib/domain/delivery.ts';
import { ulid } from '../../lib/domain/ids.ts';
import { attempt, delivery } from './fixtures.ts';
import type { DynamoWorld } from './stand-ins.ts';

const BATCH = 25;

/** Deliveries evenly over the time, every fiftieth of which failed. */
export async function seed({ db, tables, clock }: DynamoWorld, count: number, overMs: number) {
  const items = Array.from({ length: count }, (_, n) =>
    row(n, clock.nowMs() - (n * overMs) / count),
  );
  const batches = Array.from({ length: count / BATCH }, (_, n) =>
    items.slice(n * BATCH, (n + 1) * BATCH),
  );
  await concurrently(batches, 8, async (batch) => {
    const puts = batch.map((made) => ({ PutRequest: { Item: itemOf(made) } }));
    await db.send(new BatchWriteItemCommand({ RequestItems: { [tables.history]: puts } }));
  });
}

function row(n: number, acceptedAtMs: number): Delivery {
  const at = Math.floor(acceptedAtMs);
  const random = new Uint8Array([0, 0, 0, 0, 0, 0, 0, 0, n >> 8, n & 255]);
  const made = delivery(0, { eventId: `evt_${ulid(at, random)}`, acceptedAtMs: at });
  if (n % 50 !== 0) {
    return { ...made, state: { status: 'delivered', via: 'primary', completedAtMs: at + 90 } };
  }
  const attempts = [attempt(1, { outcome: 'permanent', error: 'http', statusCode: 500 })];
  return { ...made, state: { status: 'failed', completedAtMs: at + 90 }, attempts };
}

function itemOf(made: Delivery) {
  const key = keys.delivery(made.tenant, made.eventId, made.integrationId);
  return marshall({ ...key, ...deliveryAttributes(made) }, { removeUndefinedValues: true });
}
