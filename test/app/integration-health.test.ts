import { describe, expect, it } from 'vitest';
import { runHealthChecks } from '../../lib/app/check-health.ts';
import { HELD_MAX, integrationHealth, NEWEST_MAX } from '../../lib/app/integration-health.ts';
import { pauseIntegration } from '../../lib/app/integration-status.ts';
import type { Attempt, Delivery, DeliveryState } from '../../lib/domain/delivery.ts';
import { ulid } from '../../lib/domain/ids.ts';
import { attempt, delivery } from '../contracts/fixtures.ts';
import { adminOf, refusalOf } from '../fakes/registry-world.ts';
import { breakerWorld, ME } from './breaker-world.ts';

const [MINUTE, HOUR, DAY] = [60_000, 3_600_000, 86_400_000];
const FAILURE: Partial<Attempt> = { outcome: 'retryable', error: 'http', statusCode: 503 };

async function setUp(more: object = {}) {
  const world = breakerWorld();
  const { deps, clock } = world;
  clock.advance(2 * DAY);
  const erp = await world.register('erp', more);
  let stored = 0;
  const store = async (ageMs: number, state: DeliveryState, last?: Partial<Attempt>) => {
    const acceptedAtMs = clock.nowMs() - ageMs;
    stored += 1;
    const row: Delivery = {
      ...delivery(0),
      eventId: `evt_${ulid(acceptedAtMs, new Uint8Array([0, 0, 0, 0, 0, 0, 0, 0, stored >> 8, stored & 255]))}`,
      integrationId: erp.id,
      acceptedAtMs,
      state,
      attempts: last === undefined ? [] : [attempt(1, { startedAtMs: acceptedAtMs, ...last })],
    };
    await deps.deliveries.save(row);
  };
  const good = (ageMs: number, latencyMs = 40) => {
    const completedAtMs = clock.nowMs() - ageMs + latencyMs;
    return store(ageMs, { status: 'delivered', via: 'primary', completedAtMs }, { latencyMs });
  };
  const bad = (ageMs: number, last: Partial<Attempt> = {}) => {
    const nextAttemptAtMs = clock.nowMs() + MINUTE;
    const state = { status: 'waiting', nextAttemptAtMs, dueAtMs: nextAttemptAtMs } as const;
    return store(ageMs, state, { ...FAILURE, ...last });
  };
  const held = (ageMs: number) => store(ageMs, { status: 'held', heldBy: 'breaker' });
  const health = () => integrationHealth(deps, ME, 'erp');
  return { ...world, erp, store, good, bad, held, health };
}

const iso = (ms: number) => new Date(ms).toISOString();

describe('the health of an integration', () => {
  it('is unknown before anything was sent, and nothing else', async () => {
    const { health } = await setUp();
    expect(await health()).toEqual({
      status: 'unknown',
      reasons: ['Nothing was attempted for 24 hours, and there is no health check.'],
      breaker: { state: 'closed', openUntil: null, reason: null },
      successRate: { m5: null, h1: null, h24: null },
      latencyMs: { p50: null, p95: null },
      counts: { delivered: 0, failed: 0, waiting: 0, held: 0 },
      lastSuccessAt: null,
      lastFailureAt: null,
      lastError: null,
      lastProbeAt: null,
      sampled: false,
    });
  });

  it('is told from what became of its deliveries', async () => {
    const { clock, good, bad, held, store, health } = await setUp();
    for (const ageMs of [MINUTE, 2 * MINUTE, 30 * MINUTE]) await good(ageMs);
    await bad(3 * MINUTE, { latencyMs: 900 });
    const failed = { status: 'failed', completedAtMs: clock.nowMs() - 2 * HOUR } as const;
    await store(2 * HOUR, failed, { ...FAILURE, error: 'timeout', statusCode: null });
    await good(30 * HOUR);
    await held(DAY * 2);
    const answer = await health();
    expect(answer).toMatchObject({
      status: 'degraded',
      reasons: [
        '66.6 % of what was accepted in the last 5 minutes was delivered.',
        'One delivery is held.',
      ],
      successRate: { m5: 0.6666, h1: 0.75, h24: 0.6 },
      latencyMs: { p50: 40, p95: 900 },
      counts: { delivered: 3, failed: 1, waiting: 1, held: 1 },
      lastSuccessAt: iso(clock.nowMs() - MINUTE + 40),
      lastFailureAt: iso(clock.nowMs() - 3 * MINUTE + 900),
      lastError: '503',
      sampled: false,
    });
  });

  it('knows when the last success was, though it was days ago', async () => {
    const { clock, good, health } = await setUp();
    await good(2 * DAY);
    const { status, lastSuccessAt } = await health();
    expect([status, lastSuccessAt]).toEqual(['unknown', iso(clock.nowMs() - 2 * DAY + 40)]);
  });

  it('is down with its breaker, and says why and for how long', async () => {
    const { clock, erp, open, good, health } = await setUp();
    await good(MINUTE);
    await open(erp);
    const until = iso(clock.nowMs() + 30_000);
    const { status, reasons, breaker } = await health();
    const reason = '10 of 10 calls failed within 60 s.';
    expect([status, breaker]).toEqual(['down', { state: 'open', openUntil: until, reason }]);
    expect(reasons).toEqual([`The breaker is open until ${until}: ${reason}`]);
  });

  it('is paused when it is', async () => {
    const { deps, health } = await setUp();
    await pauseIntegration(deps, ME, 'erp');
    expect(await health()).toMatchObject({ status: 'paused', reasons: [expect.any(String)] });
  });

  it('shows what a check said, for as long as it is news', async () => {
    const check = { url: 'https://erp.example.com/up?key=hunter2' };
    const { deps, clock, health } = await setUp({ healthCheck: check });
    expect(await health()).toMatchObject({ status: 'unknown', lastProbeAt: null });
    deps.sender.answers({ statusCode: null, error: 'dns' });
    await runHealthChecks(deps, () => false);
    const atMs = clock.nowMs();
    const down = await health();
    expect(down).toMatchObject({ status: 'down', lastProbeAt: iso(atMs), lastError: null });
    expect(down.reasons).toEqual(['The health check failed: dns.']);
    expect(JSON.stringify(down)).not.toContain('hunter2');
    clock.advance(10 * MINUTE + 1);
    expect(await health()).toMatchObject({ status: 'unknown', lastProbeAt: iso(atMs) });
  });

  it('remembers a failure of what has arrived since', async () => {
    const { clock, deps, erp, good, health } = await setUp();
    await good(MINUTE);
    const counts = { failures: 1, successes: 0, slow: 0, trailingFailures: 1, hadSuccess: false };
    const nowMs = clock.nowMs();
    const place = { index: 0, startMs: nowMs };
    const report = { reporter: 'one', counts, place, firstStartedAtMs: nowMs, nowMs };
    await deps.breakers.report({ tenant: 'default', integrationId: erp.id, target: 0 }, report);
    expect(await health()).toMatchObject({ status: 'degraded', lastFailureAt: iso(nowMs) });
  });

  it('counts what is held up to a maximum', async () => {
    const { held, health } = await setUp();
    for (let n = 0; n < HELD_MAX + 3; n++) await held(MINUTE);
    expect((await health()).counts.held).toBe(HELD_MAX);
  });

  it('is not shown to a foreign tenant, and not of what is not there', async () => {
    const { deps } = await setUp();
    const foreign = { principal: adminOf('other') };
    expect((await refusalOf(integrationHealth(deps, foreign, 'erp'))).code).toBe('not-found');
    expect((await refusalOf(integrationHealth(deps, ME, 'none'))).code).toBe('not-found');
  });
});

describe('the health of a busy integration', () => {
  it('is exact while a day has no more than are read in any case', async () => {
    const { good, bad, health } = await setUp();
    for (let n = 0; n < NEWEST_MAX - 1; n++) await good(n * MINUTE * 2);
    await bad(20 * HOUR);
    const { sampled, counts } = await health();
    expect([sampled, counts.delivered, counts.waiting]).toEqual([false, NEWEST_MAX - 1, 1]);
  });

  it('is exact too where more were read than the day had', async () => {
    const { deps, good, health } = await setUp();
    for (let n = 0; n < NEWEST_MAX + 100; n++) await good(n * 4 * MINUTE);
    const { sampled, counts } = await health();
    expect([sampled, counts.delivered]).toEqual([false, DAY / (4 * MINUTE) + 1]);
    const { next } = await deps.deliveries.ofIntegration({
      integrationId: (await deps.integrations.byName('default', 'erp'))?.id ?? 'int_none',
      range: {},
      limit: NEWEST_MAX,
    });
    expect(next).toBeDefined();
  });

  it('is estimated from a bounded sample of each stretch beyond that', async () => {
    const { deps, good, bad, health } = await setUp();
    const total = 4_320; // One in twenty seconds.
    for (let n = 0; n < total; n++) {
      // An outage from four to eight hours ago.
      const ageMs = n * 20_000;
      await (ageMs >= 4 * HOUR && ageMs < 8 * HOUR ? bad(ageMs) : good(ageMs));
    }
    let read = 0;
    const counting = async <T extends { readonly length: number }>(rows: Promise<T>) => {
      read += (await rows).length;
      return await rows;
    };
    const deliveries: typeof deps.deliveries = {
      ...deps.deliveries,
      async ofIntegration(query) {
        const page = await deps.deliveries.ofIntegration(query);
        read += page.items.length;
        return page;
      },
      sample: (query) => counting(deps.deliveries.sample(query)),
    };
    const answer = await integrationHealth({ ...deps, deliveries }, ME, 'erp');
    expect(read).toBeLessThan(1_500);
    expect(answer.sampled).toBe(true);
    const { h1, h24 } = answer.successRate;
    expect(h1).toBe(1);
    expect(Math.abs((h24 ?? 0) - 20 / 24)).toBeLessThan(0.06);
    const { delivered, waiting } = answer.counts;
    expect(Math.abs(delivered + waiting - total)).toBeLessThan(total * 0.1);
    expect(await health()).toEqual(answer);
  });
});
