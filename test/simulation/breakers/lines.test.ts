import { describe, expect, it } from 'vitest';
import { randomFaults } from '../kernel/faults.ts';
import { MINUTE_MS, wrongOf } from './judge.ts';
import { played } from './stage.ts';

const KEYS = 4;
/** Doorbells come twice and late, functions die, answers are lost; all clocks are right. */
const STORM = {
  ...{ 'sqs-duplicate': 0.5, 'sqs-lost': 0.05, 'kill-before': 0.002, 'kill-after': 0.002 },
  ...{ 'dynamodb-lost-after': 0.03, 'lambda-cold': 0.2, 'batch-twice': 0.1 },
};

describe('lines to a receiver that takes its time', () => {
  it.each([1, 2, 3])('are called one at a time, seed %i', async (seed) => {
    const slow = { kind: 'slow', fromMs: 2_000, toMs: 6_000 } as const;
    const seen = await played(
      {
        ...{ seed, faults: randomFaults(seed, STORM) },
        ...{ forMs: 60 * MINUTE_MS, faultsForMs: 20 * MINUTE_MS },
        integrations: {
          a: { ordering: 'fifo', timeoutSeconds: 10, phases: [{ fromMs: 0, does: slow }] },
        },
      },
      ({ publish }) => publish('a', 40, { keys: KEYS }),
    );
    expect(wrongOf(seen, 'a')).toBeUndefined();
    expect(seen.watch.pending.size).toBe(0);
    const calls = seen.callsOf('a');
    expect(calls.length).toBeGreaterThanOrEqual(40);
    const numberOf = ({ body }: (typeof calls)[number]): number =>
      JSON.parse(Buffer.from(body).toString()).data.n;
    for (const line of Map.groupBy(calls, (call) => numberOf(call) % KEYS).values()) {
      const met = line.filter(({ atMs }, at) => {
        return line.slice(0, at).some(({ untilMs }) => untilMs > atMs);
      });
      expect(met.map(numberOf)).toEqual([]);
    }
  });
});
