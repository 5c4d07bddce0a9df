import { describe, expect, it } from 'vitest';
import type { Checkpoint, Sweep } from '../../lib/app/ports.ts';
import { integration, T0 } from './fixtures.ts';
import type { MakeWorld } from './stand-ins.ts';

function checkpoint(change: Partial<Checkpoint> = {}): Checkpoint {
  const window = { sinceMs: T0, untilMs: T0 + 60_000, count: 7, digest: -123 };
  return {
    tenant: 'default',
    reconciledUntilMs: T0,
    recent: [window],
    version: 0,
    ...change,
  };
}

function sweep(n: number, change: Partial<Sweep> = {}): Sweep {
  const integrationId = integration(n).id;
  return { kind: 'release', tenant: 'default', integrationId, startedAtMs: T0, ...change };
}

/** What every implementation of `Progress` promises. */
export function progressContract(make: MakeWorld): void {
  const open = async () => (await make()).stores.progress;

  describe('checkpoints', () => {
    it('return what was saved, one version on, each tenant its own', async () => {
      const progress = await open();
      expect(await progress.checkpoint('default')).toBeUndefined();
      expect(await progress.saveCheckpoint(checkpoint())).toBe('saved');
      expect(await progress.checkpoint('default')).toEqual(checkpoint({ version: 1 }));
      expect(await progress.checkpoint('other')).toBeUndefined();
    });

    it('refuse a save on top of a version they do not hold', async () => {
      const progress = await open();
      expect(await progress.saveCheckpoint(checkpoint({ version: 3 }))).toBe('stale');
      await progress.saveCheckpoint(checkpoint());
      expect(await progress.saveCheckpoint(checkpoint())).toBe('stale');
    });

    it('let exactly one of many concurrent ticks win', async () => {
      const progress = await open();
      await progress.saveCheckpoint(checkpoint());
      const race = await Promise.all(
        Array.from({ length: 10 }, (_, n) =>
          progress.saveCheckpoint(checkpoint({ reconciledUntilMs: T0 + n, version: 1 })),
        ),
      );
      expect(race.filter((result) => result === 'saved')).toHaveLength(1);
      const reconciledUntilMs = T0 + race.indexOf('saved');
      const expected = checkpoint({ reconciledUntilMs, version: 2 });
      expect(await progress.checkpoint('default')).toEqual(expected);
    });
  });

  describe('sweeps', () => {
    it('stand until they end, one of each kind for an integration', async () => {
      const progress = await open();
      const all = [sweep(1), sweep(1, { kind: 'cancel' }), sweep(2, { tenant: 'other' })];
      for (const one of [sweep(1, { startedAtMs: T0 - 1 }), ...all]) await progress.startSweep(one);
      const standing = await progress.sweeps();
      expect(standing).toHaveLength(all.length);
      expect(standing).toEqual(expect.arrayContaining(all));
      await progress.endSweep(sweep(1));
      await progress.endSweep(sweep(1));
      expect(await progress.sweeps()).toEqual(expect.not.arrayContaining([sweep(1)]));
      expect(await progress.sweeps()).toHaveLength(2);
    });

    it('stand where they were started anew before they ended', async () => {
      const progress = await open();
      await progress.startSweep(sweep(1));
      const anew = sweep(1, { startedAtMs: T0 + 5 });
      await progress.startSweep(anew);
      await progress.endSweep(sweep(1));
      expect(await progress.sweeps()).toEqual([anew]);
    });
  });
}
