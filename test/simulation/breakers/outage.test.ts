import { describe, expect, it } from 'vitest';
import type { Behaviour } from '../destinations/behaviour.ts';
import type { IntegrationPlan } from './hands.ts';
import { fatesOf, HOUR_MS, wrongOf } from './judge.ts';
import { type Played, played } from './stage.ts';

const HEALTHY: Behaviour = { kind: 'healthy' };
const DOWN: Behaviour = { kind: 'down' };

describe('an outage with a backlog', () => {
  const BATCHES = 10;
  const LINES = 20;

  function outageOf(
    hours: number,
    length: number,
    more: Partial<IntegrationPlan> = {},
  ): Promise<Played> {
    const phases = [
      { fromMs: 0, does: DOWN },
      { fromMs: hours * HOUR_MS, does: HEALTHY },
    ];
    const a = { retry: { maxAttempts: 50, schedule: [60] }, phases, ...more };
    return played(
      { seed: 7, forMs: (hours + 1) * HOUR_MS, integrations: { a } },
      async ({ publish, sleep }) => {
        await publish('a', LINES, { keys: LINES });
        for (let batch = 0; batch < BATCHES; batch++) {
          await sleep(((hours - 1) * HOUR_MS) / BATCHES);
          await publish('a', length / BATCHES, { keys: LINES });
        }
      },
    );
  }

  it('costs none but probes an attempt, and holds each once: 600 in a day', async () => {
    const seen = await outageOf(24, 600);
    expect(wrongOf(seen, 'a')).toBeUndefined();
    expect(seen.watch.pending.size).toBe(0);
    const fates = [...fatesOf(seen).values()];
    expect(fates).toHaveLength(600 + LINES);
    // Each further attempt was a probe, or one of those that opened the breaker.
    for (const { held, attempts } of fates) expect(held).toBeLessThanOrEqual(attempts);
    const untouched = fates.filter(({ held, attempts }) => held === 1 && attempts === 1);
    expect(untouched.length).toBeGreaterThan(600 - 30);
  }, 120_000);

  it('keeps the order of each line: 200 in six hours', async () => {
    const seen = await outageOf(6, 200, { ordering: 'fifo' });
    expect(wrongOf(seen, 'a')).toBeUndefined();
    expect(seen.watch.pending.size).toBe(0);
    const taken = seen.callsOf('a').filter(({ status }) => status === 200);
    expect(taken).toHaveLength(200 + LINES);
    const acceptedAtMs = new Map(
      [...seen.watch.changes].map(([id, changes]) => [id, changes[0]?.after?.acceptedAtMs ?? 0]),
    );
    const numberOf = ({ body }: (typeof taken)[number]): number =>
      JSON.parse(Buffer.from(body).toString()).data.n;
    for (const line of Map.groupBy(taken, (call) => numberOf(call) % LINES).values()) {
      const times = line.map(({ headers }) =>
        acceptedAtMs.get(headers['breakwater-delivery'] ?? ''),
      );
      expect(times).toEqual(times.toSorted((a = 0, b = 0) => a - b));
    }
  }, 120_000);
});
