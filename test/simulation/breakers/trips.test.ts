import { describe, expect, it } from 'vitest';
import { BREAKER_DEFAULTS } from '../../../lib/domain/breaker.ts';
import type { Behaviour } from '../destinations/behaviour.ts';
import { LONG_OPEN, MINUTE_MS, ONCE, SECOND_MS, wrongOf } from './judge.ts';
import { type Played, played } from './stage.ts';
import { everywhere, type Weather } from './weather.ts';

const BROKEN = { kind: 'failing', probability: 1, status: 500 } as const;
const phases = [{ fromMs: 0, does: BROKEN }];

/** A hundred deliveries at once, each of which fails. */
function hundredFail({ seed, faults }: Weather, breaker: object): Promise<Played> {
  return played(
    {
      ...{ seed, faults: faults(), forMs: 20 * MINUTE_MS },
      integrations: { a: { breaker, retry: ONCE, phases } },
    },
    ({ publish }) => publish('a', 100),
  );
}

describe('a hundred calls that fail at the same time', () => {
  it.each(everywhere)('open the breaker once, $name, seed $seed', async (weather) => {
    const breaker = { minimumCalls: 50, consecutiveFailures: 50, ...LONG_OPEN };
    const seen = await hundredFail(weather, breaker);
    expect(wrongOf(seen, 'a', breaker)).toBeUndefined();
    expect(seen.movesOf('a')).toEqual(['closed-open']);
  });

  it.each(everywhere.filter(({ isFair }) => isFair))(
    'are all counted until then, $name, seed $seed',
    async (weather) => {
      const breaker = { minimumCalls: 1_000, consecutiveFailures: 1_000 };
      const seen = await hundredFail(weather, breaker);
      expect(wrongOf(seen, 'a', breaker)).toBeUndefined();
      const calls = seen.callsOf('a');
      expect(calls).toHaveLength(100);
      const counted = seen.changesOf('a').at(-1)?.after?.totals.failures ?? 0;
      // Fewer than three in a row may wait in an instance for its next report.
      const keptBack = 2 * new Set(calls.map(({ from }) => from)).size;
      expect(counted).toBeLessThanOrEqual(100);
      expect(counted).toBeGreaterThanOrEqual(100 - (weather.name === 'in calm' ? 0 : keptBack));
    },
  );
});

describe('what comes of a call that began before the breaker opened', () => {
  /** Ten calls hang in the air while others open the breaker; soon all is well again. */
  async function overtaken({ seed, faults, isFair }: Weather, does: Behaviour): Promise<Played> {
    const breaker = {
      ...{ minimumCalls: 20, consecutiveFailures: 20, slowCallSeconds: 13 },
      ...{ openSeconds: 5, maxOpenSeconds: 5, halfOpenCalls: 1 },
    };
    const seen = await played(
      {
        ...{ seed, faults: faults(), forMs: 20 * MINUTE_MS },
        integrations: {
          a: { breaker, timeoutSeconds: 30, retry: ONCE, phases: [{ fromMs: 0, does }] },
        },
      },
      async ({ publish, receive, calls, until, sleep }) => {
        await publish('a', 20);
        await until(() => calls('a').length >= 10);
        receive('a', BROKEN);
        await publish('a', 60);
        await sleep(3 * SECOND_MS);
        receive('a', { kind: 'healthy' });
      },
    );
    expect(wrongOf(seen, 'a', breaker)).toBeUndefined();
    expect(seen.movesOf('a').slice(0, 2)).toEqual(['closed-open', 'open-half-open']);
    expect(seen.movesOf('a').at(-1)).toBe('half-open-closed');
    const { counts } = seen.product.log;
    if (isFair) expect(counts.get('BreakerStoreFailures')).toBeUndefined();
    if (isFair) expect(counts.get('BreakerLateResults')).toBeGreaterThan(0);
    return seen;
  }

  /** When it was stored that the breaker is in this version. */
  const storedAtMs = (seen: Played, version: number) =>
    seen.changesOf('a').find(({ after }) => after?.version === version)?.atMs ?? Infinity;

  it.each(everywhere)('a success counts nothing later, $name, seed $seed', async (weather) => {
    const seen = await overtaken(weather, { kind: 'slow', fromMs: 16_000, toMs: 20_000 });
    const late = seen
      .callsOf('a')
      .filter(({ atMs, untilMs }) => atMs < storedAtMs(seen, 1) && untilMs > storedAtMs(seen, 1));
    // In a storm it may take longer to open than the calls last.
    if (weather.isFair) expect(late.length).toBeGreaterThan(0);
    // Not one of them is counted as slow, nor as anything: what is left has but its own calls.
    const own = seen.callsOf('a').length - late.length;
    expect(seen.changesOf('a').at(-1)?.after?.totals.calls).toBeLessThanOrEqual(own);
    for (const { after } of seen.changesOf('a')) {
      const slow = (after?.buckets ?? []).reduce((sum, one) => sum + one.slow, 0);
      if ((after?.version ?? 0) > 0) expect(slow).toBe(0);
    }
  });

  it.each(everywhere.filter(({ isFair }) => isFair))(
    'nor a failure, after it has closed again, $name, seed $seed',
    async (weather) => {
      const seen = await overtaken(weather, { kind: 'hanging' });
      const late = seen
        .callsOf('a')
        .filter(({ atMs, untilMs }) => atMs < storedAtMs(seen, 1) && untilMs > storedAtMs(seen, 3));
      expect(late.length).toBeGreaterThan(0);
      // It stays closed, and nobody begins to watch it.
      expect(seen.movesOf('a')).toHaveLength(3);
      for (const { after } of seen.changesOf('a')) {
        if (after?.version === 3) expect(after.suspectSinceMs).toBeUndefined();
      }
    },
  );
});

describe('how much it takes to open the breaker', () => {
  /** One event after the other; as many calls as were made until it opened, or all. */
  async function failing(seed: number, probability: number) {
    const does = { kind: 'failing', probability, status: 500 } as const;
    const seen = await played(
      {
        ...{ seed, forMs: 5 * MINUTE_MS },
        integrations: { a: { breaker: LONG_OPEN, retry: ONCE, phases: [{ fromMs: 0, does }] } },
      },
      async ({ publish, sleep }) => {
        for (let n = 0; n < 100; n++) {
          await publish('a', 1);
          await sleep(50);
        }
      },
    );
    expect(wrongOf(seen, 'a', LONG_OPEN)).toBeUndefined();
    return seen;
  }

  it.each([1, 2])('all fail: ten calls, and two of each instance, seed %i', async (seed) => {
    const seen = await failing(seed, 1);
    expect(seen.movesOf('a')).toEqual(['closed-open']);
    const calls = seen.callsOf('a');
    const instances = new Set(calls.map(({ from }) => from)).size;
    expect(calls.length).toBeLessThanOrEqual(2 * instances + BREAKER_DEFAULTS.minimumCalls);
  });

  it('three in ten fail: of eight times it opens once at most', async () => {
    let opened = 0;
    for (let seed = 1; seed <= 8; seed++) {
      opened += (await failing(seed, 0.3)).movesOf('a').length;
    }
    expect(opened).toBeLessThanOrEqual(1);
  }, 120_000);
});
