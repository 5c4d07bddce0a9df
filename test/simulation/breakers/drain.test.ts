import { describe, expect, it } from 'vitest';
import type { Behaviour } from '../destinations/behaviour.ts';
import { type Faults, listedFaults, randomFaults } from '../kernel/faults.ts';
import type { Hands, IntegrationPlan } from './hands.ts';
import { fatesOf, MINUTE_MS, SECOND_MS, wrongOf } from './judge.ts';
import { type Played, played } from './stage.ts';

const HEALTHY: Behaviour = { kind: 'healthy' };
const DOWN: Behaviour = { kind: 'down' };
const STEP_SECONDS = 5;

describe('a drain', () => {
  /** Four hundred are held when the receiver is well again; then, under way, this befalls it. */
  function drained(
    befall: (hands: Hands) => Promise<void>,
    more: Partial<IntegrationPlan> = {},
    faults: Faults = listedFaults([]),
  ): Promise<Played> {
    const breaker = { openSeconds: 60, maxOpenSeconds: 60 };
    const a: IntegrationPlan = {
      ...{ breaker, retry: { maxAttempts: 12, schedule: [30] } },
      ...{ phases: [{ fromMs: 0, does: DOWN }], ...more },
    };
    return played(
      { seed: 4, faults, forMs: 25 * MINUTE_MS, integrations: { a } },
      async (hands) => {
        const { publish, sleep, receive } = hands;
        await publish('a', 30);
        await sleep(30 * SECOND_MS);
        for (let batch = 0; batch < 4; batch++) await publish('a', 100, { keys: 50 });
        receive('a', HEALTHY);
        await befall(hands);
      },
    );
  }
  const nothing = async () => {};
  const underWay = ({ until, calls }: Hands) => until(() => calls('a').length >= 60);

  /** Calls that are one too many for what the steps so far have let go. */
  function beyondRate({ drains, callsOf }: Played, spare: number): number {
    const over = callsOf('a').filter(({ atMs }, made) => {
      const steps = drains.filter((step) => step.atMs <= atMs);
      const letGo = steps.reduce(
        (sum, { rate }) => sum + Math.max(Math.floor(rate * STEP_SECONDS), 1),
        0,
      );
      return made + 1 > letGo + spare;
    });
    return over.length;
  }
  /** Probes, and the first calls that are tried again. */
  const SPARE = 3 + 30;

  it.each([
    { name: 'in calm', more: {}, faults: () => listedFaults([]) },
    { name: 'in lines', more: { ordering: 'fifo' as const }, faults: () => listedFaults([]) },
    {
      name: 'with duplicates and deaths',
      more: {},
      faults: () => randomFaults(4, { 'sqs-duplicate': 0.2, 'kill-after': 0.001 }),
    },
  ])('lets go no more than its rate, $name', async ({ more, faults }) => {
    const seen = await drained(nothing, more, faults());
    expect(wrongOf(seen, 'a')).toBeUndefined();
    expect(seen.watch.pending.size).toBe(0);
    expect(seen.callsOf('a').length).toBeGreaterThan(400);
    expect(beyondRate(seen, SPARE)).toBe(0);
  });

  it('goes at half of its rate when it is asked for a pause', async () => {
    let busyAtMs = 0;
    const seen = await drained(async (hands) => {
      await underWay(hands);
      busyAtMs = hands.simulation.nowMs();
      hands.receive('a', { kind: 'busy', status: 429, retryAfter: '10' });
      await hands.sleep(10 * SECOND_MS);
      hands.receive('a', HEALTHY);
    });
    expect(wrongOf(seen, 'a', { openSeconds: 60, maxOpenSeconds: 60 })).toBeUndefined();
    const before = seen.drains.findLast(({ atMs }) => atMs < busyAtMs)?.rate ?? 0;
    const after = seen.drains.filter(({ atMs }) => atMs > busyAtMs + 5 * SECOND_MS);
    expect(Math.min(...after.slice(0, 4).map(({ rate }) => rate))).toBeLessThanOrEqual(before);
    expect(after.some(({ rate }) => rate <= before / 2 || rate === 1)).toBe(true);
    expect(seen.watch.pending.size).toBe(0);
  });

  it('leaves the rest held when the breaker opens again', async () => {
    let heldThen: readonly string[] = [];
    let downAtMs = 0;
    const seen = await drained(async (hands) => {
      await underWay(hands);
      downAtMs = hands.simulation.nowMs();
      hands.receive('a', DOWN);
      await hands.sleep(5 * MINUTE_MS);
      hands.receive('a', HEALTHY);
    });
    const openedAtMs = seen
      .changesOf('a')
      .find(({ atMs, after }) => atMs > downAtMs && after?.state === 'open')?.atMs;
    expect(openedAtMs).toBeDefined();
    heldThen = [...seen.watch.changes].flatMap(([id, changes]) => {
      const then = changes.findLast(({ atMs }) => atMs <= (openedAtMs ?? 0));
      return then?.after?.state.status === 'held' ? [id] : [];
    });
    expect(heldThen.length).toBeGreaterThan(100);
    const fates = fatesOf(seen);
    const touched = heldThen.filter((id) => fates.get(id)?.held !== 1);
    // Probes, and what was under way when it opened.
    expect(touched.length).toBeLessThan(30);
    expect(seen.watch.pending.size).toBe(0);
  });

  const limits = { perSecond: 5 };
  /** Calls in the second that has most of them: of four hundred held when the breaker is reset. */
  async function mostInASecond(more: Partial<IntegrationPlan>): Promise<number> {
    const at = '/v1/integrations/a/breaker';
    const a = { limits, phases: [{ fromMs: 0, does: HEALTHY }], ...more };
    const seen = await played(
      { seed: 5, forMs: 10 * MINUTE_MS, integrations: { a } },
      async ({ ask, publish, sleep }) => {
        await ask({ method: 'POST', path: `${at}/trip`, body: {} });
        await sleep(30 * SECOND_MS);
        await publish('a', 400, { keys: 50 });
        await ask({ method: 'POST', path: `${at}/reset`, body: {} });
      },
    );
    expect(wrongOf(seen, 'a')).toBeUndefined();
    expect(seen.callsOf('a')).toHaveLength(400);
    const times = seen.callsOf('a').map(({ atMs }) => atMs);
    const from = (ms: number) => times.filter((one) => one >= ms && one < ms + SECOND_MS);
    return Math.max(...times.map((ms) => from(ms).length));
  }

  it('keeps to the limit of its integration, but for the burst of a second', async () => {
    expect(await mostInASecond({})).toBeLessThanOrEqual(2 * limits.perSecond);
  });

  it('keeps to it where the integration keeps order', async () => {
    expect(await mostInASecond({ ordering: 'fifo' })).toBeLessThanOrEqual(2 * limits.perSecond);
  });
});
