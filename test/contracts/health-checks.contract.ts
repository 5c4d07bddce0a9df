import { describe, expect, it } from 'vitest';
import type { HealthWatch } from '../../lib/app/ports-health.ts';
import type { CheckResult } from '../../lib/domain/health.ts';
import { integration, T0 } from './fixtures.ts';
import type { MakeWorld } from './stand-ins.ts';

const BAD: CheckResult = { ok: false, atMs: T0 + 7, statusCode: 503, error: 'http', latencyMs: 12 };
const GOOD: CheckResult = { ok: true, atMs: T0 + 9, statusCode: 200, error: null, latencyMs: 3 };
const LOST: CheckResult = { ...BAD, statusCode: null, error: 'timeout' };

function seen(n: number, change: Partial<HealthWatch> = {}): HealthWatch {
  return {
    tenant: 'default',
    integrationId: integration(n).id,
    intervalSeconds: 60,
    watchedAtMs: T0,
    claimedAtMs: 0,
    failuresInRow: 0,
    ...change,
  };
}

/** What every implementation of `HealthChecks` promises. */
export function healthChecksContract(make: MakeWorld): void {
  const open = async () => (await make()).stores.healthChecks;

  describe('watching', () => {
    it('has an integration asked from then on, each its own', async () => {
      const checks = await open();
      expect(await checks.load(integration(1).id)).toBeUndefined();
      await checks.watch(seen(1), T0);
      await checks.watch(seen(2, { tenant: 'acme', intervalSeconds: 300 }), T0 + 1);
      const second = seen(2, { tenant: 'acme', intervalSeconds: 300, watchedAtMs: T0 + 1 });
      expect(await checks.load(integration(2).id)).toEqual(second);
      const all = await checks.all();
      expect(all).toHaveLength(2);
      expect(all).toEqual(expect.arrayContaining([seen(1), second]));
    });

    it('again keeps what is known, and takes the new interval', async () => {
      const checks = await open();
      await checks.watch(seen(1), T0);
      await checks.claim(seen(1), T0 + 5);
      const facts = { result: BAD, failuresInRow: 2 };
      await checks.record({ ...seen(1), claimedAtMs: T0 + 5 }, facts);
      await checks.watch(seen(1, { intervalSeconds: 120 }), T0 + 8);
      const expected = { intervalSeconds: 120, watchedAtMs: T0 + 8, claimedAtMs: T0 + 5 };
      expect(await checks.load(integration(1).id)).toEqual(seen(1, { ...expected, ...facts }));
    });
  });

  describe('a turn', () => {
    it.each([0, T0 + 5])('is one of many who saw the same (claimed at %i)', async (claimedAtMs) => {
      const checks = await open();
      await checks.watch(seen(1), T0);
      if (claimedAtMs > 0) await checks.claim(seen(1), claimedAtMs);
      const race = await Promise.all(
        Array.from({ length: 10 }, (_, n) => checks.claim(seen(1, { claimedAtMs }), T0 + 100 + n)),
      );
      expect(race.filter((result) => result === 'claimed')).toHaveLength(1);
      const winner = T0 + 100 + race.indexOf('claimed');
      expect((await checks.load(integration(1).id))?.claimedAtMs).toBe(winner);
    });

    it('is nobody’s where nothing is watched, and makes no watch', async () => {
      const checks = await open();
      expect(await checks.claim(seen(1), T0)).toBe('taken');
      expect(await checks.all()).toEqual([]);
    });
  });

  describe('a result', () => {
    const claimed = seen(1, { claimedAtMs: T0 + 5 });

    it.each([BAD, GOOD, LOST])('is returned as it was stored (%j)', async (result) => {
      const checks = await open();
      await checks.watch(seen(1), T0);
      await checks.claim(seen(1), claimed.claimedAtMs);
      await checks.record({ ...claimed, intervalSeconds: 90 }, { result, failuresInRow: 1 });
      const expected = { ...claimed, intervalSeconds: 90, result, failuresInRow: 1 };
      expect(await checks.load(integration(1).id)).toEqual(expected);
      expect(await checks.all()).toEqual([expected]);
    });

    it('that comes after the turn has passed on, or the watch has ended, changes nothing', async () => {
      const checks = await open();
      await checks.watch(seen(1), T0);
      await checks.claim(seen(1), claimed.claimedAtMs);
      await checks.claim(claimed, T0 + 6);
      await checks.record(claimed, { result: BAD, failuresInRow: 1 });
      const now = seen(1, { claimedAtMs: T0 + 6 });
      expect(await checks.load(integration(1).id)).toEqual(now);
      await checks.unwatch(now);
      await checks.record(now, { result: BAD, failuresInRow: 1 });
      expect(await checks.all()).toEqual([]);
    });
  });

  describe('the end of a watch', () => {
    it('is for good, and twice is once', async () => {
      const checks = await open();
      await checks.watch(seen(1), T0);
      await checks.watch(seen(2), T0);
      await checks.unwatch(seen(1));
      await checks.unwatch(seen(1));
      expect(await checks.all()).toEqual([seen(2)]);
    });

    it('does not come where it was begun anew since it was seen', async () => {
      const checks = await open();
      await checks.watch(seen(1), T0);
      await checks.watch(seen(1), T0 + 1);
      await checks.unwatch(seen(1));
      expect(await checks.all()).toEqual([seen(1, { watchedAtMs: T0 + 1 })]);
    });
  });
}
