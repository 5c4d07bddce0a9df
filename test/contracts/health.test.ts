import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { integrationHealth } from '../../lib/app/integration-health.ts';
import { newBreaker } from '../../lib/domain/breaker.ts';
import { ADMIN } from '../fakes/registry-world.ts';
import { integration, T0 } from './fixtures.ts';
import { countRequests, loseNextAnswer } from './lost-answers.ts';
import { seed } from './seed.ts';
import { isMissing, STAND_INS, type StandIn, startStandIn } from './stand-ins.ts';

const WATCH = { tenant: 'default', integrationId: integration(1).id, intervalSeconds: 60 };
const HOUR = 3_600_000;

describe.each(STAND_INS)('health on %s', (kind) => {
  describe.skipIf(isMissing(kind))('where it is installed', () => {
    let standIn: StandIn;
    beforeAll(async () => {
      standIn = await startStandIn(kind);
    });
    afterAll(() => standIn.stop());

    it('gives the turn to whoever won it, though the answer was lost', async () => {
      const { stores, db } = await standIn.world();
      const checks = stores.healthChecks;
      const watch = loseNextAnswer(db, 'UpdateItem');
      await checks.watch(WATCH, T0);
      expect(watch.lost()).toBe(true);
      const [seen] = await checks.all();
      if (seen === undefined) throw new Error('Nothing is watched.');
      const claim = loseNextAnswer(db, 'UpdateItem');
      expect(await checks.claim(seen, T0 + 5)).toBe('claimed');
      expect(claim.lost()).toBe(true);
      expect(await checks.claim(seen, T0 + 6)).toBe('taken');
      const result = { ok: true, atMs: T0 + 7, statusCode: 200, error: null, latencyMs: 3 };
      const record = loseNextAnswer(db, 'UpdateItem');
      await checks.record({ ...WATCH, claimedAtMs: T0 + 5 }, { result, failuresInRow: 0 });
      expect(record.lost()).toBe(true);
      loseNextAnswer(db, 'DeleteItem');
      const now = await checks.load(WATCH.integrationId);
      expect(now?.result).toEqual(result);
      if (now !== undefined) await checks.unwatch(now);
      expect(await checks.all()).toEqual([]);
    });

    it('reads little of 10,000 deliveries of a day, and nothing twice', async () => {
      const world = await standIn.world();
      const { stores, clock, db } = world;
      await stores.integrations.create(integration(1, { name: 'erp' }));
      clock.advance(24 * HOUR);
      await seed(world, 10_000, 24 * HOUR);
      const breakers = { load: async () => newBreaker({ ...WATCH, target: 0 }) };
      const board = { refresh: async () => {}, sign: () => undefined };
      const requests = countRequests(db);
      const answer = await integrationHealth(
        { ...stores, breakers, board, clock },
        { principal: ADMIN },
        integration(1).id,
      );
      const { Query = 0, ...others } = requests.taken();
      // Eight for the newest, one for each of 23 hours before them, eight for what is held.
      expect(Query).toBeLessThanOrEqual(8 + 23 + 8);
      expect(others).toEqual({ GetItem: 2 });
      expect(answer).toMatchObject({ status: 'healthy', sampled: true });
      expect(Math.abs((answer.successRate.h24 ?? 0) - 0.98)).toBeLessThan(0.02);
      expect(Math.abs(answer.counts.delivered - 9_800)).toBeLessThan(1_500);
    }, 120_000);
  });
});
