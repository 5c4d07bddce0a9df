import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ConsumedUnits } from '../../lib/adapters/dynamodb/client.ts';
import { keys } from '../../lib/adapters/dynamodb/table.ts';
import { BREAKER_DEFAULTS, newBreaker } from '../../lib/domain/breaker.ts';
import { reset } from '../../lib/domain/breaker-transitions.ts';
import { NO_COUNTS } from '../../lib/domain/breaker-window.ts';
import type { Delivery } from '../../lib/domain/delivery.ts';
import { failed, halfOpen, lease, open, REF, report, succeeded } from './breaker-fixtures.ts';
import { delivery, T0 } from './fixtures.ts';
import { bytesOf } from './item-size.ts';
import { isMissing, type StandIn, startStandIn } from './stand-ins.ts';

/** dynalite does not say what an index consumes. */
const KIND = 'dynoxide';
const UNIT_BYTES = 1_024;

describe.skipIf(isMissing(KIND))('the write units of an outage', () => {
  let standIn: StandIn;
  beforeAll(async () => {
    standIn = await startStandIn(KIND);
  });
  afterAll(() => standIn.stop());

  async function metered() {
    const consumed: ConsumedUnits[] = [];
    const world = await standIn.world({ onConsumed: (units) => consumed.push(units) });
    const taken = () => {
      const writes = consumed.splice(0).filter(({ operation }) => /^(Put|Update)/.test(operation));
      const board = writes.reduce((sum, { indexes }) => sum + (indexes.troubled ?? 0), 0);
      return { units: writes.reduce((sum, { units }) => sum + units, 0), board };
    };
    return { world, ...world.stores, taken };
  }

  it('are none for a breaker that is well', async () => {
    const { breakers, taken } = await metered();
    for (let n = 0; n < 5; n++) await breakers.report(REF, report(succeeded(10), T0 + n));
    expect(taken()).toEqual({ units: 0, board: 0 });
  });

  it('are two for the first failure, and one for each report after it: no index is written', async () => {
    const { breakers, taken } = await metered();
    await breakers.report(REF, report(failed(1)));
    expect(taken()).toEqual({ units: 2, board: 1 });
    const bucketMs = BREAKER_DEFAULTS.windowSeconds * 100;
    for (let n = 1; n <= 15; n++) {
      const counts = n % 2 === 0 ? failed(n) : succeeded(n);
      await breakers.report(REF, report(counts, T0 + n * bucketMs, { reporter: `r${n}` }));
      expect(taken()).toEqual({ units: 1, board: 0 });
    }
    await breakers.reject(REF, 5);
    expect(taken()).toEqual({ units: 1, board: 0 });
  });

  it('are one for a lease and one for a result', async () => {
    const { breakers, taken } = await metered();
    await breakers.move(open());
    const half = halfOpen(open());
    await breakers.move(half);
    taken();
    const seen = { version: half.version, room: 3, successes: 0, failures: 0 };
    await breakers.lease(REF, seen, lease(1));
    await breakers.settle(REF, half.version, lease(1), 'success');
    expect(taken()).toEqual({ units: 2, board: 0 });
  });

  it('are one for a breaker at its largest: full ring, sixteen reporters, a long reason', async () => {
    const { world, breakers, taken } = await metered();
    const reason = 'x'.repeat(120);
    const opened = open({ ...newBreaker(REF), tenant: 't'.repeat(64) }, T0 - 9, reason);
    await breakers.move({ ...opened, notBeforeMs: T0, slowUntilMs: T0 });
    await breakers.move({ ...reset(opened, { nowMs: T0, reason }), callRate: 1234.56789 });
    const bucketMs = BREAKER_DEFAULTS.windowSeconds * 100;
    const calls = { ...NO_COUNTS, failures: 99_999, successes: 99_999, slow: 99_999 };
    for (let n = 0; n < 16; n++) {
      taken();
      const nowMs = T0 + n * bucketMs;
      const reporter = `instance-${String(n).padStart(3, '0')}`;
      const more = { reporter, firstStartedAtMs: T0 };
      await breakers.report(REF, report({ ...calls, trailingFailures: 99_999 }, nowMs, more));
    }
    expect(taken()).toEqual({ units: 1, board: 0 });
    const Key = marshall(keys.breaker(REF));
    const request = { TableName: world.tables.state, Key };
    const { Item = {} } = await world.db.send(new GetItemCommand(request));
    const row = unmarshall(Item);
    expect((row.rp as Set<string>).size).toBe(16);
    expect(bytesOf(row)).toBeLessThanOrEqual(UNIT_BYTES);
  });

  it('are one for letting go what is held: no index entry moves', async () => {
    const consumed: ConsumedUnits[] = [];
    const world = await standIn.world({ onConsumed: (units) => consumed.push(units) });
    const { deliveries } = world.stores;
    const held: Delivery = delivery(1, {
      state: { status: 'held', heldBy: 'breaker' },
      attempts: [],
    });
    await deliveries.save(held);
    consumed.splice(0);
    const state = { status: 'held', heldBy: 'breaker', leaseUntilMs: T0 + 9 } as const;
    await deliveries.save({ ...held, state, version: 1 });
    expect(consumed).toMatchObject([{ units: 1, indexes: {} }]);
  });
});
