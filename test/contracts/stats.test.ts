import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deploymentStats, integrationStats } from '../../lib/app/stats.ts';
import { ADMIN } from '../fakes/registry-world.ts';
import { integration } from './fixtures.ts';
import { countRequests } from './lost-answers.ts';
import { seed } from './seed.ts';
import { isMissing, STAND_INS, type StandIn, startStandIn } from './stand-ins.ts';

const DAY = 86_400_000;
const ME = { principal: ADMIN };

describe.each(STAND_INS)('time series on %s', (kind) => {
  describe.skipIf(isMissing(kind))('where it is installed', () => {
    let standIn: StandIn;
    beforeAll(async () => {
      standIn = await startStandIn(kind);
    });
    afterAll(() => standIn.stop());

    it('read little of 10,000 deliveries of a day, and nothing twice', async () => {
      const world = await standIn.world();
      const { stores, clock, db } = world;
      await stores.integrations.create(integration(1, { name: 'erp' }));
      for (let n = 2; n <= 4; n++) await stores.integrations.create(integration(n));
      clock.advance(DAY);
      await seed(world, 10_000, DAY);
      const deps = { ...stores, clock, retentionDays: 30 };
      const asked = { bucket: 'minute', sinceMs: clock.nowMs() - DAY } as const;
      const sum = (data: readonly { readonly delivered: number; readonly failed: number }[]) =>
        data.reduce((total, { delivered, failed }) => total + delivered + failed, 0);

      const requests = countRequests(db);
      const one = await integrationStats(deps, ME, integration(1).id, asked);
      // Eight for the newest, one for each of forty slices before them; and the integration.
      expect(requests.taken()).toEqual({ Query: 8 + 40, GetItem: 2 });
      expect([one.sampled, one.data.length]).toEqual([true, 1_440]);
      expect(Math.abs(sum(one.data) - 10_000)).toBeLessThan(1_000);

      const all = await deploymentStats(deps, ME, asked);
      const { Query = 0, ...others } = requests.taken();
      // The list; eight for each of four; of one that is busy forty slices, and four more at most
      // where half as many rows do not reach.
      expect(Query).toBeGreaterThanOrEqual(1 + 4 * 8 + 40);
      expect(Query).toBeLessThanOrEqual(1 + 4 * 8 + 40 + 10 * 4);
      expect(others).toEqual({});
      expect(all).toMatchObject({ sampled: true, integrations: { counted: 4, complete: true } });
      expect(Math.abs(sum(all.data) - 10_000)).toBeLessThan(1_500);
    }, 120_000);
  });
});
