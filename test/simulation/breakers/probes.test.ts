import { describe, expect, it } from 'vitest';
import type { Hands } from './hands.ts';
import { MINUTE_MS, SECOND_MS, wrongOf } from './judge.ts';
import { type Played, played, transitionsOf } from './stage.ts';
import { everywhere, type Weather } from './weather.ts';

const BREAKER = { openSeconds: 600, maxOpenSeconds: 600 };
const RETRY = { maxAttempts: 8, schedule: [600] };
const TRIPPED_SECONDS = 60;

function trip({ ask }: Hands, forSeconds: number): Promise<unknown> {
  return ask({
    ...{ method: 'POST', path: '/v1/integrations/a/breaker/trip' },
    body: { forSeconds },
  });
}

describe('two hundred deliveries that are due when the open period is over', () => {
  it.each(everywhere)(
    'make one transition and three probes, $name, seed $seed',
    async (weather) => {
      const { seed, faults } = weather;
      const phases = [{ fromMs: 0, does: { kind: 'hanging' } as const }];
      const seen = await played(
        {
          ...{ seed, faults: faults(), forMs: 25 * MINUTE_MS, faultsForMs: 10 * MINUTE_MS },
          integrations: { a: { breaker: BREAKER, retry: RETRY, phases } },
        },
        async (hands) => {
          const { publish, receive, sleep, simulation } = hands;
          const deliverAtMs = simulation.nowMs() + 5 * MINUTE_MS;
          await publish('a', 200, { deliverAtMs });
          const leftMs = deliverAtMs - simulation.nowMs();
          await trip(hands, Math.floor(leftMs / SECOND_MS) - 1);
          await sleep(leftMs + 8 * MINUTE_MS);
          receive('a', { kind: 'healthy' });
        },
      );
      expect(wrongOf(seen, 'a', BREAKER)).toBeUndefined();
      expect(seen.movesOf('a')).toEqual([
        ...['closed-forced-open', 'forced-open-half-open', 'half-open-open'],
        ...['open-half-open', 'half-open-closed'],
      ]);
      const hung = seen.callsOf('a').filter(({ status }) => status === null);
      expect(hung.length).toBeLessThanOrEqual(3);
      if (weather.isFair) expect(hung).toHaveLength(3);
      expect([...seen.watch.pending.keys()]).toEqual([]);
    },
  );
});

describe('a prober that dies, or is heard of too late', () => {
  const breaker = { ...BREAKER, halfOpenCalls: 1 };
  const slow = { kind: 'slow', fromMs: 2_000, toMs: 3_000 } as const;

  /** A delivery each second; what befalls the first that probes is the caller's. */
  function probed(
    { seed, faults }: Weather,
    befall: (hands: Hands, prober: string) => Promise<void>,
  ): Promise<Played> {
    const phases = [{ fromMs: 0, does: slow }];
    return played(
      {
        ...{ seed, faults: faults(), forMs: 6 * MINUTE_MS },
        integrations: { a: { breaker, retry: RETRY, phases } },
      },
      async (hands) => {
        const { publish, sleep, calls, until } = hands;
        await trip(hands, TRIPPED_SECONDS);
        // Until each instance has heard of it.
        await sleep(30 * SECOND_MS);
        const before = calls('a').length;
        let isOver = false;
        const traffic = async () => {
          for (let n = 0; n < 120 && !isOver; n++) {
            await publish('a', 1);
            await sleep(SECOND_MS);
          }
        };
        const live = traffic();
        await until(() => calls('a').length > before);
        await befall(hands, calls('a').at(-1)?.from ?? '');
        isOver = true;
        await live;
      },
    );
  }

  it.each(everywhere.filter(({ isFair }) => isFair))(
    'leaves its place when its lease is over, $name, seed $seed',
    async (weather) => {
      const seen = await probed(weather, async ({ processOf, sleep }, prober) => {
        processOf(prober)?.kill('the scenario wants it');
        await sleep(45 * SECOND_MS);
      });
      expect(wrongOf(seen, 'a', breaker)).toBeUndefined();
      const changes = seen.changesOf('a');
      const [lease] = changes.flatMap(({ after }) => after?.halfOpen?.leases ?? []);
      const [first, second] = seen.callsOf('a');
      expect(first?.atMs).toBeLessThan(lease?.expiresAtMs ?? 0);
      // By a clock that is no more than ten seconds from that of the first.
      const aheadMs = weather.name === 'in calm' ? 0 : 10_000;
      expect(second?.atMs).toBeGreaterThan((lease?.expiresAtMs ?? 0) + SECOND_MS - aheadMs);
      expect(seen.movesOf('a').at(-1)).toBe('half-open-closed');
    },
  );

  it.each(everywhere.filter(({ isFair }) => isFair))(
    'is not believed any more, $name, seed $seed',
    async (weather) => {
      let thawedAtMs = 0;
      const seen = await probed(weather, async (hands, prober) => {
        const { processOf, sleep, simulation, calls, until } = hands;
        processOf(prober)?.freeze();
        // The next has taken its place, and is not back yet.
        await until(() => calls('a').length > 1);
        thawedAtMs = simulation.nowMs();
        processOf(prober)?.thaw();
        await sleep(10 * SECOND_MS);
      });
      expect(wrongOf(seen, 'a', breaker)).toBeUndefined();
      expect(seen.product.log.counts.get('BreakerLateResults')).toBeGreaterThan(0);
      const moves = transitionsOf(seen.changesOf('a'));
      // With clocks that differ it may have been judged by what came back: nothing.
      const isClosed = moves.at(-1)?.to === 'closed';
      expect(isClosed || moves.at(-1)?.reason === 'No probe came back.').toBe(true);
      if (weather.name === 'in calm') expect(isClosed).toBe(true);
      if (!isClosed) return;
      // By the answer to the second, and not by that to the first.
      const second = seen.callsOf('a').find(({ atMs }) => atMs > (seen.callsOf('a')[0]?.atMs ?? 0));
      const closedAtMs = seen.changesOf('a').find(({ after }) => after?.version === 3)?.atMs;
      expect(closedAtMs).toBeGreaterThanOrEqual(second?.untilMs ?? 0);
      expect(second?.atMs).toBeLessThanOrEqual(thawedAtMs);
    },
  );
});
