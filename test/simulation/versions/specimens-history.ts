import { createHash } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { eventAttributes } from '../../../lib/adapters/dynamodb/event-item.ts';
import { putParts } from '../../../lib/adapters/dynamodb/payload.ts';
import { keys } from '../../../lib/adapters/dynamodb/table.ts';
import type { Delivery } from '../../../lib/domain/delivery.ts';
import { attempt, delivery, event, integration, T0 } from '../../contracts/fixtures.ts';
import { TABLE_NAMES } from '../product/settings.ts';
import type { Specimen } from './specimens.ts';

const EVENT = event(1, {
  ...{ timestamp: '2027-02-28T00:00:00.000Z', source: 'src_1', orderingKey: 'customer-7' },
  ...{ metadata: { trace: 'abc' }, deliverAtMs: T0 + 60_000 },
  targets: [integration(1).id, integration(2).id],
});
const REF = { tenant: EVENT.tenant, eventId: EVENT.id };
const FAILED = attempt(1, {
  ...{ outcome: 'retryable', error: 'http', statusCode: 503, retryAfterSeconds: 30 },
});

/** One in each state that stores something of its own. */
export const DELIVERIES: Readonly<Record<string, Delivery>> = {
  'delivery-waiting': delivery(1, {
    state: { status: 'waiting', nextAttemptAtMs: T0 + 90_000, dueAtMs: T0 + 95_000 },
    attempts: [FAILED, { ...FAILED, number: 2 }],
    ...{ scheduleBase: 1, scheduleStartMs: T0 + 7, rings: 2 },
    chain: { trigger: 'exhausted', link: 1, round: 2 },
  }),
  'delivery-delivering': delivery(1, {
    state: { status: 'delivering', leaseUntilMs: T0 + 45_000 },
  }),
  'delivery-held': delivery(1, {
    state: { status: 'held', heldBy: 'breaker', leaseUntilMs: T0 + 45_000 },
    attempts: [FAILED],
  }),
  'delivery-delivered': delivery(1),
  'delivery-failed': delivery(1, {
    state: { status: 'failed', completedAtMs: T0 + 100 },
    attempts: [FAILED],
  }),
};

export const HISTORY_SPECIMENS: Readonly<Record<string, Specimen>> = {
  event: {
    write: ({ events }) => events.store(EVENT),
    read: ({ events }) => events.get(REF),
  },
  /** As of a body that is a thousand times as long. */
  'event-in-parts': {
    async write(_, db) {
      const bytes = deflateRawSync(EVENT.body);
      const digest = createHash('sha256').update(bytes).digest('base64url').slice(0, 22);
      const store = { db, table: TABLE_NAMES.history, random: { bytes: () => new Uint8Array(6) } };
      const ttl = T0 / 1_000 + 30 * 86_400;
      await putParts(store, REF, [{ digest, number: 1, bytes }], ttl);
      const row = { ...keys.event(REF.tenant, REF.eventId), ...eventAttributes(EVENT) };
      const Item = marshall(
        { ...row, pc: 1, pd: digest, ttl, w: new Uint8Array(6) },
        { removeUndefinedValues: true },
      );
      await db.send(new PutItemCommand({ TableName: TABLE_NAMES.history, Item }));
    },
    read: ({ events }) => events.get(REF),
  },
  ...Object.fromEntries(
    Object.entries(DELIVERIES).map(([name, one]): [string, Specimen] => [
      name,
      {
        write: ({ deliveries }) => deliveries.save(one),
        read: ({ deliveries }) => deliveries.load(one),
      },
    ]),
  ),
};
