import { describe, expect, it } from 'vitest';
import type { Behaviour } from '../destinations/behaviour.ts';
import { MINUTE_MS, SECOND_MS, wrongOf } from './judge.ts';
import { type Played, played } from './stage.ts';

const HEALTHY: Behaviour = { kind: 'healthy' };
const DEAD_MS = 2 * MINUTE_MS;
const EVENTS = 200;

/** Both get a few events each second: one is well, the other only after two minutes. */
function besides(does: Behaviour, backlog: number): Promise<Played> {
  const phases = [
    { fromMs: 0, does },
    { fromMs: DEAD_MS, does: HEALTHY },
  ];
  return played(
    {
      ...{ seed: 6, forMs: 15 * MINUTE_MS },
      integrations: { well: { phases: [{ fromMs: 0, does: HEALTHY }] }, other: { phases } },
    },
    async ({ publish, sleep }) => {
      await publish('other', backlog);
      for (let n = 0; n < EVENTS; n++) {
        await Promise.all([publish('well', 1), n % 2 === 0 ? publish('other', 1) : undefined]);
        await sleep(SECOND_MS);
      }
    },
  );
}

/** From its acceptance to its first request: the 95th percentile, in milliseconds. */
function dwellOf({ watch, callsOf }: Played): number {
  const firsts = new Map(
    callsOf('well')
      .toReversed()
      .map(({ headers, atMs }) => [headers['breakwater-delivery'] ?? '', atMs]),
  );
  const dwells = [...firsts].map(
    ([id, atMs]) => atMs - (watch.changes.get(id)?.[0]?.after?.acceptedAtMs ?? 0),
  );
  return dwells.toSorted((a, b) => a - b)[Math.floor(dwells.length * 0.95)] ?? 0;
}

describe('who is well, beside one that is not', () => {
  const alone = besides(HEALTHY, 1);

  it.each<Behaviour>([{ kind: 'down' }, { kind: 'hanging' }])(
    'waits no half as long again, the other $kind and drained afterwards',
    async (does) => {
      const beside = await besides(does, 300);
      expect(wrongOf(beside, 'other')).toBeUndefined();
      expect(beside.movesOf('other').at(-1)).toBe('half-open-closed');
      expect(beside.watch.pending.size).toBe(0);
      expect(beside.callsOf('well')).toHaveLength(EVENTS);
      expect(dwellOf(beside)).toBeLessThanOrEqual(1.5 * dwellOf(await alone));
    },
    120_000,
  );
});
