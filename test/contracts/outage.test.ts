import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { putIf } from '../../lib/adapters/dynamodb/store.ts';
import { conditions, keys } from '../../lib/adapters/dynamodb/table.ts';
import { BREAKER_DEFAULTS, newBreaker } from '../../lib/domain/breaker.ts';
import { begun } from '../../lib/domain/drain.ts';
import { failed, halfOpen, lease, open, REF, report } from './breaker-fixtures.ts';
import { delivery, integration, T0 } from './fixtures.ts';
import { countRequests, loseNextAnswer } from './lost-answers.ts';
import { isMissing, STAND_INS, type StandIn, startStandIn } from './stand-ins.ts';

const ID = REF.integrationId;

describe.each(STAND_INS)('what outages are got through with, on %s', (kind) => {
  describe.skipIf(isMissing(kind))('where it is installed', () => {
    let standIn: StandIn;
    beforeAll(async () => {
      standIn = await startStandIn(kind);
    });
    afterAll(() => standIn.stop());

    describe('an answer that is lost after the write', () => {
      const begin = async () => {
        const { stores, db } = await standIn.world();
        return { ...stores, lose: () => loseNextAnswer(db, 'UpdateItem') };
      };

      it.each([0, 1])('does not make a transition look stale (version %i)', async (version) => {
        const { breakers, lose } = await begin();
        if (version === 1) await breakers.move(open());
        const next = version === 1 ? halfOpen(open()) : open();
        const answer = lose();
        expect(await breakers.move(next)).toBe('moved');
        expect(answer.lost()).toBe(true);
        expect(await breakers.load(REF)).toEqual(next);
        expect(await breakers.move(next)).toBe('stale');
      });

      it('does not give two of a hundred transitions the victory', async () => {
        const { breakers, lose } = await begin();
        for (let n = 0; n < 5; n++) lose();
        const race = await Promise.all(
          Array.from({ length: 100 }, (_, n) => breakers.move(open(newBreaker(REF), T0 + n))),
        );
        expect(race.filter((result) => result === 'moved')).toHaveLength(1);
        expect((await breakers.load(REF))?.sinceMs).toBe(T0 + race.indexOf('moved'));
      });

      it('does not count a report twice: not the first, nor a later one', async () => {
        const { breakers, lose } = await begin();
        for (const n of [1, 2, 3]) {
          const answer = lose();
          const { kind, breaker } = await breakers.report(REF, report(failed(2), T0 + n));
          expect(answer.lost()).toBe(true);
          expect(kind).toBe('counted');
          expect(breaker.totals.failures).toBe(2 * n);
          expect(breaker.consecutiveFailures).toBe(2 * n);
        }
      });

      it('neither costs a lease nor makes a result late, or counted twice', async () => {
        const { breakers, lose } = await begin();
        await breakers.move(open());
        const half = halfOpen(open());
        await breakers.move(half);
        const seen = { version: half.version, room: 1, successes: 0, failures: 0 };
        lose();
        expect(await breakers.lease(REF, seen, lease(1))).toBe('taken');
        const answer = lose();
        const settled = await breakers.settle(REF, half.version, lease(1), 'success');
        expect(answer.lost()).toBe(true);
        expect(settled).toMatchObject({ halfOpen: { successes: 1, leases: [] } });
      });

      it('neither costs places nor leases them twice', async () => {
        const { concurrencyLimits, lose } = await begin();
        const ask = { max: 10, count: 7, owner: 'me', expiresAtMs: T0 + 30_000 };
        const answer = lose();
        const places = await concurrencyLimits.take(ID, ask, T0);
        expect(answer.lost()).toBe(true);
        expect(places).toHaveLength(7);
        const rest = await concurrencyLimits.take(ID, { ...ask, owner: 'you' }, T0);
        expect(rest).toHaveLength(3);
      });

      it('never makes a rate grant more than it allows', async () => {
        const { rateLimits, lose } = await begin();
        lose();
        const { granted } = await rateLimits.take(ID, { perSecond: 10, count: 6 }, T0);
        const rest = await rateLimits.take(ID, { perSecond: 10, count: 20 }, T0);
        expect(granted + rest.granted).toBeLessThanOrEqual(10);
      });

      it('does not stop a drain', async () => {
        const { stores, db } = await standIn.world();
        loseNextAnswer(db, 'PutItem');
        const first = begun({ tenant: 'default', integrationId: ID }, undefined, true, T0);
        expect(await stores.drains.save(first)).toBe('saved');
        loseNextAnswer(db, 'PutItem');
        expect(await stores.drains.save({ ...first, step: 2 })).toBe('saved');
      });
    });

    it('held deliveries page in order where an index leaves that of equal times open', async () => {
      const { stores, db } = await standIn.world();
      const state = { status: 'held', heldBy: 'breaker' } as const;
      const rows = Array.from({ length: 20 }, (_, n) => delivery(n, { acceptedAtMs: T0, state }));
      for (const row of rows) await stores.deliveries.save(row);
      db.middlewareStack.add(
        (next) => async (args) => {
          const result = await next(args);
          (result.output as { readonly Items?: unknown[] }).Items?.reverse();
          return result;
        },
        { step: 'initialize', name: 'otherWayRound' },
      );
      const seen: string[] = [];
      let after: string | undefined;
      for (let page = 0; page < 7; page++) {
        const query = { integrationId: ID, limit: 3, ...(after !== undefined && { after }) };
        const refs = await stores.deliveries.held(query);
        seen.push(...refs.map((ref) => ref.eventId));
        after = refs.at(-1)?.position;
      }
      expect(seen).toEqual(rows.map((row) => row.eventId));
    });

    it('a report of an instance that knows the breaker is one request', async () => {
      const { stores, db } = await standIn.world();
      const requests = countRequests(db);
      await stores.breakers.report(REF, report(failed(1)));
      expect(requests.taken()).toEqual({ GetItem: 1, UpdateItem: 1 });
      for (const n of [1, 2]) await stores.breakers.report(REF, report(failed(1), T0 + n));
      const nextBucket = T0 + BREAKER_DEFAULTS.windowSeconds * 100;
      await stores.breakers.report(REF, report(failed(1), nextBucket));
      expect(requests.taken()).toEqual({ UpdateItem: 3 });
      expect((await stores.breakers.load(REF))?.totals.failures).toBe(4);
    });

    it('a limit asked by one instance is one request, and none while it is used up', async () => {
      const { stores, db } = await standIn.world();
      const requests = countRequests(db);
      const take = (count: number) => stores.rateLimits.take(ID, { perSecond: 10, count }, T0);
      await take(4);
      await take(9);
      expect(requests.taken()).toEqual({ UpdateItem: 2 });
      for (const _ of [1, 2, 3]) expect((await take(1)).granted).toBe(0);
      expect(requests.taken()).toEqual({});
    });

    it('an outage of the table is thrown, and not taken for an outcome', async () => {
      const { stores, db } = await standIn.world();
      db.middlewareStack.add(
        () => async () => {
          throw new Error('an outage');
        },
        { step: 'initialize', name: 'outage' },
      );
      const { breakers, rateLimits, concurrencyLimits, drains } = stores;
      const places = { max: 1, count: 1, owner: 'me', expiresAtMs: T0 };
      for (const attempt of [
        () => breakers.board(),
        () => breakers.load(REF),
        () => breakers.report(REF, report(failed(1))),
        () => breakers.move(open()),
        () => rateLimits.take(ID, { perSecond: 1, count: 1 }, T0),
        () => concurrencyLimits.take(ID, places, T0),
        () => drains.load(ID),
      ]) {
        await expect(attempt()).rejects.toThrow('an outage');
      }
    });

    it('integrations that an earlier version stored have breaker and limits by default', async () => {
      const { stores, db, tables } = await standIn.world();
      const { breaker, limits, version, ...doc } = integration(1, { name: 'erp' });
      const { id, tenant } = doc;
      const store = { db, table: tables.registry, random: { bytes: () => new Uint8Array(6) } };
      const row = { kindPk: 'integration', kindSk: id, doc: JSON.stringify(doc), v: 3 };
      const key = keys.resource(tenant, 'INT', id);
      await putIf(store, key, row, conditions.isNew);
      const pointer = { ...keys.pointer(id), tenant };
      await db.send(new PutItemCommand({ TableName: tables.registry, Item: marshall(pointer) }));
      const expected = {
        ...doc,
        breaker: BREAKER_DEFAULTS,
        limits: {},
        fallback: [],
        ordering: 'none' as const,
        version: 3,
      };
      expect(await stores.integrations.byId(id)).toEqual(expected);
      expect(await stores.integrations.list({ tenant, limit: 5 })).toMatchObject({
        items: [expected],
      });
      expect(await stores.integrations.list({ limit: 5 })).toMatchObject({ items: [expected] });
      expect(await stores.integrations.save({ ...expected, description: 'x' }, 'erp')).toBe(
        'saved',
      );
    });
  });
});
