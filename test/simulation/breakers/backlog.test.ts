import { describe, expect, it } from 'vitest';
import { stepCount } from '../../../lib/domain/drain.ts';
import type { Behaviour } from '../destinations/behaviour.ts';
import { type Faults, listedFaults, randomFaults } from '../kernel/faults.ts';
import { HOUR_MS, MINUTE_MS, SECOND_MS, wrongOf } from './judge.ts';
import { type Hands, type IntegrationPlan, type Played, played } from './stage.ts';

const HEALTHY: Behaviour = { kind: 'healthy' };
const DOWN: Behaviour = { kind: 'down' };
const STEP_SECONDS = 5;

/** By delivery id: how often it was held, and how many attempts it has made. */
function fatesOf({ watch }: Played): ReadonlyMap<string, { held: number; attempts: number }> {
  return new Map(
    [...watch.changes].map(([id, changes]) => {
      const isHeld = (status: string | undefined) => status === 'held';
      const held = changes.filter(
        ({ before, after }) => isHeld(after?.state.status) && !isHeld(before?.state.status),
      );
      return [id, { held: held.length, attempts: changes.at(-1)?.after?.attempts.length ?? 0 }];
    }),
  );
}

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

  it('costs nobody an attempt but those that probe, and holds each once: 600 in a day', async () => {
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
      const letGo = steps.reduce((sum, { rate }) => sum + stepCount(rate, STEP_SECONDS), 0);
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
