import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ConsumedUnits } from '../../lib/adapters/dynamodb/client.ts';
import { keys } from '../../lib/adapters/dynamodb/table.ts';
import { breakerBoard } from '../../lib/app/breaker-board.ts';
import { breakerTally } from '../../lib/app/breaker-tally.ts';
import { deliverBatch } from '../../lib/app/deliver-batch.ts';
import { oauth2Tokens } from '../../lib/app/oauth2-tokens.ts';
import { publishEvent } from '../../lib/app/publish-event.ts';
import type { Integration } from '../../lib/domain/integration.ts';
import { lineName, placeName } from '../../lib/domain/line.ts';
import { FAKE_RETENTION_DAYS } from '../fakes/stores-history.ts';
import {
  fakeDeliveryQueue,
  fakeFanOutQueue,
  fakeRandom,
  fakeSender,
  fakeTelemetry,
  fakeWorkQueue,
} from '../fakes/world.ts';
import { integration, T0 } from './fixtures.ts';
import { loseNextAnswer } from './lost-answers.ts';
import { type DynamoWorld, isMissing, STAND_INS, type StandIn, startStandIn } from './stand-ins.ts';

const LINE = { tenant: 'default', integrationId: integration(1).id, orderingKey: 'customer-7' };
const PLACE = { acceptedAtMs: T0, eventId: 'evt-1', type: 'order.paid' };
const LOCK = { eventId: 'evt-1', owner: 'me', leaseUntilMs: T0 + 1_000 };

describe.each(STAND_INS)('lines on %s', (kind) => {
  describe.skipIf(isMissing(kind))('where it is installed', () => {
    let standIn: StandIn;
    beforeAll(async () => {
      standIn = await startStandIn(kind);
    });
    afterAll(() => standIn.stop());

    it('are locked by whoever did not hear that they are', async () => {
      const { stores, db } = await standIn.world();
      const answer = loseNextAnswer(db, 'PutItem');
      expect(await stores.lines.lock(LINE, LOCK, T0)).toBe('taken');
      expect(answer.lost()).toBe(true);
      expect(await stores.lines.lock(LINE, { ...LOCK, owner: 'another' }, T0)).toBe('refused');
    });

    it('are unlocked though nobody heard of it, and stay so', async () => {
      const { stores, db } = await standIn.world();
      await stores.lines.lock(LINE, LOCK, T0);
      loseNextAnswer(db, 'DeleteItem');
      await stores.lines.unlock(LINE, LOCK.owner);
      expect(await stores.lines.lock(LINE, { ...LOCK, owner: 'another' }, T0)).toBe('taken');
    });

    it('keep a place as long as the history of its event', async () => {
      const { stores, db, tables } = await standIn.world();
      await stores.lines.put(LINE, PLACE);
      const Key = marshall(keys.place(lineName(LINE), placeName(PLACE)));
      const { Item = {} } = await db.send(new GetItemCommand({ TableName: tables.state, Key }));
      const { ttl } = unmarshall(Item);
      expect(ttl).toBe(T0 / 1_000 + FAKE_RETENTION_DAYS * 86_400);
    });
  });
});

/** dynalite does not say what an index consumes. */
const KIND = 'dynoxide';

describe.skipIf(isMissing(KIND))('what an event to one integration costs', () => {
  let standIn: StandIn;
  beforeAll(async () => {
    standIn = await startStandIn(KIND);
  });
  afterAll(() => standIn.stop());

  /** Units of an event that is published and delivered, once all that is kept a while is warm. */
  async function unitsOf(more: Partial<Integration>, orderingKey?: string) {
    const consumed: ConsumedUnits[] = [];
    const world = await standIn.world({ onConsumed: (units) => consumed.push(units) });
    const deps = depsOn(world);
    await world.stores.integrations.create(
      integration(1, { eventTypes: ['*'], signing: { scheme: 'none' }, ...more }),
    );
    const event = { tenant: 'default', type: 'order.paid', data: { n: 1 } };
    for (const key of ['warm', orderingKey]) {
      consumed.splice(0);
      await publishEvent(deps, { ...event, ...(key !== undefined && { orderingKey: key }) });
      for (const { task } of deps.deliveryQueue.rung.splice(0)) {
        await deliverBatch(deps, [{ messageId: 'm', task }], () => 60_000);
      }
    }
    expect(deps.telemetry.lines.filter(({ level }) => level === 'error')).toEqual([]);
    expect(deps.sender.sent).toHaveLength(2);
    const sum = (isRead: boolean) =>
      consumed
        .filter(({ operation }) => (operation === 'GetItem' || operation === 'Query') === isRead)
        .reduce((total, { units }) => total + units, 0);
    return { reads: sum(true), writes: sum(false) };
  }

  it('is the same with a key, where no order is kept, and without one, where it is', async () => {
    const plain = await unitsOf({});
    expect(plain.writes).toBe(4);
    expect(await unitsOf({}, 'customer-7')).toEqual(plain);
    expect(await unitsOf({ ordering: 'fifo' })).toEqual(plain);
  });

  it('is twice the writes where order is kept: for its place and its turn', async () => {
    const { reads } = await unitsOf({});
    const ordered = await unitsOf({ ordering: 'fifo' }, 'customer-7');
    expect(ordered).toEqual({ reads: reads + 5, writes: 8 });
  });
});

function depsOn(world: DynamoWorld) {
  const clock = { nowMs: world.clock.nowMs, sleep: async () => {}, after: () => () => {} };
  const telemetry = fakeTelemetry();
  const { stores } = world;
  const base = {
    ...stores,
    ...{ clock, telemetry, random: fakeRandom(), version: '0.0.0', instance: 'one' },
    deliveryQueue: fakeDeliveryQueue(),
    fanOutQueue: fakeFanOutQueue(),
    workQueue: fakeWorkQueue(),
    sender: fakeSender({ ...clock, advance: () => {} }),
    board: breakerBoard({ breakers: stores.breakers, clock, telemetry }),
    tally: breakerTally(),
    limitDrains: { begin: async () => {} },
  };
  return { ...base, tokens: oauth2Tokens(base) };
}
