import { describe, expect, it } from 'vitest';
import { listedFaults, randomFaults } from '../kernel/faults.ts';
import { MINUTE_MS, SECOND_MS, wrongOf } from './judge.ts';
import { type Played, played } from './stage.ts';

const HEALTHY = { kind: 'healthy' } as const;
const DOWN = { kind: 'down' } as const;

describe('where all is well', () => {
  it.each([
    { name: 'in calm', faults: () => listedFaults([]) },
    {
      name: 'with instances that come and go',
      faults: () => randomFaults(2, { 'lambda-cold': 0.3 }),
    },
  ])(
    'nothing is written for breakers, and each instance asks once in five seconds, $name',
    async ({ faults }) => {
      const seen = await played(
        {
          ...{ seed: 2, faults: faults(), forMs: 10 * MINUTE_MS },
          integrations: { a: { phases: [{ fromMs: 0, does: HEALTHY }] } },
        },
        async ({ publish, sleep }) => {
          for (let n = 0; n < 30; n++) {
            await publish('a', 10);
            await sleep(SECOND_MS);
          }
        },
      );
      expect(wrongOf(seen, 'a')).toBeUndefined();
      expect(seen.callsOf('a')).toHaveLength(300);
      expect(seen.changesOf('a')).toEqual([]);
      for (const [process, looks] of seen.breakers.looks) {
        // The tick goes over the board by itself, each minute.
        if (process.startsWith('tick')) continue;
        const times = looks.flatMap((look) => (look.kind === 'asked' ? [look.ownMs] : []));
        const gaps = times.slice(1).map((ms, at) => ms - (times[at] ?? 0));
        expect(gaps.filter((ms) => ms < 5 * SECOND_MS)).toEqual([]);
      }
      // Nor does anybody go on with what is older.
      for (const { from, atMs } of seen.callsOf('a')) {
        const looks = seen.breakers.looks.get(from) ?? [];
        const last = looks.findLast((look) => look.kind === 'asked' && look.atMs <= atMs);
        expect(atMs - (last?.atMs ?? 0)).toBeLessThan(6 * SECOND_MS);
      }
    },
  );
});

describe('while the store of breakers is away', () => {
  const AWAY_MS = 20 * MINUTE_MS;

  function away(kind: string): Promise<Played> {
    return played(
      {
        ...{ seed: 3, faults: randomFaults(3, { [kind]: 1 }) },
        ...{ forMs: 40 * MINUTE_MS, faultsForMs: AWAY_MS },
        integrations: {
          a: { phases: [{ fromMs: 0, does: HEALTHY }] },
          b: {
            retry: { maxAttempts: 10, schedule: [30] },
            phases: [
              { fromMs: 0, does: DOWN },
              { fromMs: 4 * MINUTE_MS, does: HEALTHY },
            ],
          },
        },
      },
      async ({ publish, sleep }) => {
        for (let n = 0; n < 20; n++) {
          await Promise.all([publish('a', 5), publish('b', 3)]);
          await sleep(3 * SECOND_MS);
        }
      },
    );
  }

  it('deliveries go on, and nothing of it comes to a handler', async () => {
    const seen = await away('breakers-down');
    expect(seen.report.failure).toBeUndefined();
    expect(seen.report.faults.length).toBeGreaterThan(0);
    const ends = [...seen.watch.changes.values()].map((changes) => changes.at(-1));
    expect(ends).toHaveLength(160);
    for (const end of ends) {
      expect(end?.after?.state.status).toBe('delivered');
      // Not only when it has come back.
      expect((end?.atMs ?? 0) - seen.product.simulation.startMs).toBeLessThan(AWAY_MS);
    }
    const { deliver, publish } = seen.product.functions;
    expect([deliver.counts.errors, publish.counts.errors]).toEqual([0, 0]);
    expect(seen.errors.filter(({ from }) => !from.startsWith('tick'))).toEqual([]);
    expect(seen.product.log.counts.get('BreakerStoreFailures')).toBeGreaterThan(0);
  });
});
