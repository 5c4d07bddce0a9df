import { DeleteItemCommand, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { putIf } from '../../lib/adapters/dynamodb/store.ts';
import { conditions, keys } from '../../lib/adapters/dynamodb/table.ts';
import { apiKey, attempt, bodyOf, delivery, event, integration, T0 } from './fixtures.ts';
import { countRequests, loseNextAnswer } from './lost-answers.ts';
import { isMissing, STAND_INS, type StandIn, startStandIn } from './stand-ins.ts';

describe.each(STAND_INS)('the adapters on %s', (kind) => {
  describe.skipIf(isMissing(kind))('where it is installed', () => {
    let standIn: StandIn;
    beforeAll(async () => {
      standIn = await startStandIn(kind);
    });
    afterAll(() => standIn.stop());

    describe('an answer that is lost after the write', () => {
      it('does not make a stored event look like a duplicate', async () => {
        const { stores, db } = await standIn.world();
        const answer = loseNextAnswer(db, 'PutItem');
        expect(await stores.events.store(event(1))).toBe('stored');
        expect(answer.lost()).toBe(true);
        expect(await stores.events.store(event(1))).toEqual({ existing: event(1) });
      });

      it.each([0, 1])('does not make a saved delivery look stale (version %i)', async (version) => {
        const { stores, db } = await standIn.world();
        if (version === 1) await stores.deliveries.save(delivery(1));
        const answer = loseNextAnswer(db, 'PutItem');
        expect(await stores.deliveries.save(delivery(1, { version, rings: 3 }))).toBe('saved');
        expect(answer.lost()).toBe(true);
        expect(await stores.deliveries.load(delivery(1))).toMatchObject({ version: version + 1 });
      });

      it('does not take a name, a key, a claim or a checkpoint from whoever won it', async () => {
        const { stores, db } = await standIn.world();
        const lose = () => loseNextAnswer(db, 'PutItem');
        lose();
        expect(await stores.integrations.create(integration(1))).toBe('created');
        lose();
        expect(await stores.integrations.save(integration(1), 'billing-1')).toBe('saved');
        lose();
        const renamed = integration(1, { name: 'other', version: 2 });
        expect(await stores.integrations.save(renamed, 'billing-1')).toBe('saved');
        loseNextAnswer(db, 'DeleteItem');
        const current = integration(1, { name: 'other', version: 3 });
        expect(await stores.integrations.remove(current)).toBe('removed');
        await stores.apiKeys.remove(apiKey(1));
        lose();
        expect(await stores.apiKeys.create(apiKey(1))).toBe('created');
        lose();
        const claim = {
          key: 'k',
          fingerprint: 'f',
          seed: 's',
          createdAtMs: T0,
          leaseUntilMs: T0 + 1,
        };
        expect((await stores.claims.take(claim, T0 + 9, T0)).kind).toBe('taken');
        lose();
        const checkpoint = { tenant: 't', reconciledUntilMs: T0, recent: [], version: 0 };
        expect(await stores.progress.saveCheckpoint(checkpoint)).toBe('saved');
      });
    });

    describe('a name whose claim was left behind', () => {
      const claimName = async (ageMs: number, id: string) => {
        const world = await standIn.world();
        const { db, tables, clock } = world;
        const store = { db, table: tables.registry, random: { bytes: () => new Uint8Array(6) } };
        const claim = { id, claimedAtMs: clock.nowMs() - ageMs };
        await putIf(store, keys.name('integration', 'default', 'erp'), claim, conditions.isNew);
        return world.stores.integrations;
      };

      it('is free when its claimant must be dead', async () => {
        const integrations = await claimName(30_000, integration(7).id);
        const many = [1, 2, 3, 4].map((n) => integration(n, { name: 'erp' }));
        const race = await Promise.all(many.map((one) => integrations.create(one)));
        expect(race.filter((result) => result === 'created')).toHaveLength(1);
        const winner = many[race.indexOf('created')];
        expect(await integrations.byName('default', 'erp')).toEqual(winner);
      });

      it('is taken while its claimant may still be at work', async () => {
        const integrations = await claimName(29_999, integration(7).id);
        expect(await integrations.create(integration(1, { name: 'erp' }))).toBe('name-taken');
        expect(await integrations.byName('default', 'erp')).toBeUndefined();
      });

      it('is free for the claimant itself at once', async () => {
        const integrations = await claimName(5, integration(1).id);
        expect(await integrations.create(integration(1, { name: 'erp' }))).toBe('created');
      });

      it('is free when its claimant goes by another name', async () => {
        const integrations = await claimName(40_000, integration(1).id);
        await integrations.create(integration(1, { name: 'other' }));
        expect(await integrations.create(integration(2, { name: 'erp' }))).toBe('created');
      });

      it('stays free of thieves while it is in use, however old', async () => {
        const { stores, clock } = await standIn.world();
        await stores.integrations.create(integration(1, { name: 'erp' }));
        clock.advance(86_400_000);
        const thief = integration(2, { name: 'erp' });
        expect(await stores.integrations.create(thief)).toBe('name-taken');
      });
    });

    describe('routes', () => {
      it('cost one small read while nothing changes, and one query for many after a change', async () => {
        const { stores, another, db, clock } = await standIn.world();
        await another().integrations.create(integration(1));
        const requests = countRequests(db);
        const routesOfMany = () =>
          Promise.all(Array.from({ length: 20 }, () => stores.integrations.routes('default')));
        await routesOfMany();
        expect(requests.taken()).toEqual({ GetItem: 20, Query: 1 });
        await routesOfMany();
        expect(requests.taken()).toEqual({ GetItem: 20 });
        clock.advance(30_000);
        await routesOfMany();
        expect(requests.taken()).toEqual({ GetItem: 20, Query: 1 });
      });
    });

    describe('targets', () => {
      it('are read once for many within two seconds', async () => {
        const { stores, another, db, clock } = await standIn.world();
        await another().integrations.create(integration(1));
        const requests = countRequests(db);
        const many = () =>
          Promise.all(
            Array.from({ length: 20 }, () => stores.targets.get('default', integration(1).id)),
          );
        await many();
        clock.advance(1_999);
        await many();
        expect(requests.taken()).toEqual({ GetItem: 1 });
        clock.advance(1);
        await many();
        expect(requests.taken()).toEqual({ GetItem: 1 });
      });
    });

    describe('API keys', () => {
      it('have their use noted once in ten minutes, and never fail for it', async () => {
        const { stores, db, warnings } = await standIn.world();
        await stores.apiKeys.create(apiKey(1));
        const requests = countRequests(db);
        for (let use = 0; use < 5; use++) await stores.apiKeys.used(apiKey(1), T0 + use);
        expect(requests.taken()).toEqual({ UpdateItem: 1 });
        db.middlewareStack.add(
          () => async () => {
            throw new Error('an outage');
          },
          { step: 'initialize', name: 'outage' },
        );
        await stores.apiKeys.used(apiKey(1), T0 + 900_000);
        expect(warnings).toEqual(['key.use-not-noted']);
      });
    });

    describe('a large body', () => {
      it('whose part is gone is an error that says so, not another body', async () => {
        const { stores, db, tables } = await standIn.world();
        await stores.events.store(event(1, { body: bodyOf(900_000) }));
        const parts = await db.send(
          new QueryCommand({
            TableName: tables.history,
            KeyConditionExpression: 'pk = :pk AND begins_with(sk, :p)',
            ExpressionAttributeValues: marshall({ ':pk': `default#${event(1).id}`, ':p': 'P#' }),
            ProjectionExpression: 'pk, sk',
          }),
        );
        expect(parts.Items).toHaveLength(3);
        const Key = parts.Items?.[1];
        await db.send(new DeleteItemCommand({ TableName: tables.history, Key }));
        const get = stores.events.get({ tenant: 'default', eventId: event(1).id });
        await expect(get).rejects.toThrow('2 of 3 parts');
      });
    });

    describe('a delivery with the worst of answers', () => {
      it('fits into its row: the oldest attempts lose their answers first', async () => {
        const { stores } = await standIn.world();
        const responseBody = '\u{fffd}'.repeat(4_096);
        const responseHeaders = { noise: bodyOf(16_000) };
        const attempts = Array.from({ length: 60 }, (_, n) =>
          attempt(n + 1, { responseBody: `${n}${responseBody}`, responseHeaders }),
        );
        expect(await stores.deliveries.save(delivery(1, { attempts }))).toBe('saved');
        const loaded = await stores.deliveries.load(delivery(1));
        expect(loaded?.attempts.map((one) => one.number)).toEqual(attempts.map((a) => a.number));
        expect(loaded?.attempts.at(-1)).toEqual(attempts.at(-1));
        expect(loaded?.attempts[0]?.responseBody).toBe('');
      });
    });

    it('lets DynamoDB delete history at the end of the retention, and never before', async () => {
      const { stores, db, tables } = await standIn.world();
      await stores.events.store(event(1, { acceptedAtMs: T0 + 1 }));
      await stores.deliveries.save(delivery(1, { acceptedAtMs: T0 + 1 }));
      const { Items = [] } = await db.send(
        new QueryCommand({
          TableName: tables.history,
          KeyConditionExpression: 'pk = :pk',
          ExpressionAttributeValues: marshall({ ':pk': `default#${event(1).id}` }),
        }),
      );
      const ttls = Items.map((item) => unmarshall(item).ttl);
      expect(ttls).toEqual([T0 / 1000 + 30 * 86_400 + 1, T0 / 1000 + 30 * 86_400 + 1]);
    });

    it('throws an outage of the table, and does not take it for an outcome', async () => {
      const { stores, db, tables } = await standIn.world();
      await expect(
        db.send(new PutItemCommand({ TableName: tables.state, Item: marshall({ pk: 'x' }) })),
      ).rejects.toThrow();
      db.middlewareStack.add(
        () => async () => {
          throw new Error('an outage');
        },
        { step: 'initialize', name: 'outage' },
      );
      await expect(stores.deliveries.save(delivery(1))).rejects.toThrow('an outage');
      await expect(stores.events.store(event(1))).rejects.toThrow('an outage');
    });
  });
});
