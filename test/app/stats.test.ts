import { describe, expect, it } from 'vitest';
import type { Deliveries, DeliverySummary, TimeRange } from '../../lib/app/ports-history.ts';
import {
  deploymentStats,
  INTEGRATIONS_COUNTED_MAX,
  integrationStats,
  OF_EACH_NEWEST,
  OF_ONE,
} from '../../lib/app/stats.ts';
import type { Attempt, DeliveryState } from '../../lib/domain/delivery.ts';
import { type IntegrationId, SHARDS, ulid } from '../../lib/domain/ids.ts';
import type { StatsAsked } from '../../lib/domain/stats.ts';
import { REST_MAX } from '../../lib/domain/stats-sample.ts';
import { attempt, delivery, event, integration } from '../contracts/fixtures.ts';
import { adminOf, refusalOf, registryWorld } from '../fakes/registry-world.ts';
import { ME } from './breaker-world.ts';

const [MINUTE, HOUR, DAY] = [60_000, 3_600_000, 86_400_000];
const ERP = integration(1, { name: 'erp' });

async function setUp() {
  const world = registryWorld();
  const { clock, deliveries, integrations } = world;
  clock.advance(3 * DAY);
  await integrations.create(ERP);
  let [stored, rowsRead, reads] = [0, 0, 0];
  const deps: typeof world & { readonly retentionDays: number } = {
    ...world,
    retentionDays: 30,
    deliveries: {
      ...deliveries,
      async ofIntegration(query) {
        const page = await deliveries.ofIntegration(query);
        rowsRead += page.items.length;
        reads += 1;
        return page;
      },
      async sample(query) {
        const rows = await deliveries.sample(query);
        rowsRead += rows.length;
        reads += 1;
        return rows;
      },
    },
  };
  const store = async (
    atMs: number,
    state: DeliveryState,
    attempts: readonly Partial<Attempt>[],
    of: { readonly id: IntegrationId; readonly tenant: string } = ERP,
  ) => {
    stored += 1;
    const random = new Uint8Array([0, 0, 0, 0, 0, 0, 0, 0, stored >> 8, stored & 255]);
    await deliveries.save({
      ...delivery(0),
      tenant: of.tenant,
      eventId: `evt_${ulid(atMs, random)}`,
      integrationId: of.id,
      acceptedAtMs: atMs,
      state,
      attempts: attempts.map((more, i) => attempt(i + 1, { startedAtMs: atMs, ...more })),
    });
  };
  const good = (atMs: number, of = ERP) =>
    store(
      atMs,
      { status: 'delivered', via: 'primary', completedAtMs: atMs + 40 },
      [{ latencyMs: 40 }],
      of,
    );
  const stats = (asked: StatsAsked, ref = 'erp') => integrationStats(deps, ME, ref, asked);
  const all = (asked: StatsAsked, caller: Parameters<typeof deploymentStats>[1] = ME) =>
    deploymentStats(deps, caller, asked);
  const spent = () => ({ rowsRead, reads });
  return { deps, clock, integrations, store, good, stats, all, spent, events: world.events };
}

type Figure = 'delivered' | 'failed' | 'held' | 'retried';
type Series = { readonly data: readonly Readonly<Record<Figure, number>>[] };
const sum = ({ data }: Series, name: Figure) => data.reduce((total, one) => total + one[name], 0);

/** The history of an integration that had these many, all delivered, in shards by turns. */
function busy(times: readonly number[]) {
  let [rowsRead, reads] = [0, 0];
  const rows = [...times]
    .sort((a, b) => b - a)
    .map((ms, n): DeliverySummary => {
      const { attempts: _, version: __, ...row } = delivery(0);
      const acceptedAtMs = Math.floor(ms);
      const state = { status: 'delivered', via: 'primary', completedAtMs: acceptedAtMs } as const;
      return { ...row, eventId: `${n % SHARDS}`, acceptedAtMs, state, attemptCount: 1 };
    });
  const within = ({ sinceMs = 0, untilMs = 0 }: TimeRange, limit: number, shard?: number) => {
    const found = rows.filter(
      ({ acceptedAtMs, eventId }) =>
        acceptedAtMs >= sinceMs &&
        acceptedAtMs < untilMs &&
        (shard === undefined || eventId === `${shard}`),
    );
    reads += 1;
    rowsRead += Math.min(found.length, limit);
    return { items: found.slice(0, limit), next: found.length > limit ? 'more' : undefined };
  };
  const deliveries: Pick<Deliveries, 'ofIntegration' | 'sample'> = {
    ofIntegration: async ({ range, limit }) => within(range, limit),
    sample: async ({ range, limit, shard }) => within(range, limit, shard).items,
  };
  return { deliveries, spent: () => ({ rowsRead, reads }) };
}

const FAILURE: Partial<Attempt> = { outcome: 'retryable', error: 'http', statusCode: 503 };

describe('the series of an integration', () => {
  it('is told from what became of its deliveries', async () => {
    const { clock, store, good, stats } = await setUp();
    const hour = Math.floor(clock.nowMs() / HOUR) * HOUR;
    await good(hour - 1);
    await good(hour);
    await store(hour + 0, { status: 'failed', completedAtMs: hour + 9 }, [
      FAILURE,
      { ...FAILURE, latencyMs: 700 },
    ]);
    clock.advance(30 * MINUTE);
    await store(hour + MINUTE, { status: 'held', heldBy: 'breaker' }, []);
    const { data, ...head } = await stats({ bucket: 'hour', sinceMs: hour - HOUR });
    const iso = (ms: number) => new Date(ms).toISOString();
    expect(head).toEqual({
      ...{ bucket: 'hour', since: iso(hour - HOUR), until: iso(hour + HOUR), sampled: false },
    });
    expect(data).toEqual([
      {
        at: iso(hour - HOUR),
        delivered: 1,
        failed: 0,
        retried: 0,
        held: 0,
        latencyMs: { p50: 40, p95: 40 },
      },
      {
        at: iso(hour),
        delivered: 1,
        failed: 1,
        retried: 1,
        held: 1,
        latencyMs: { p50: 40, p95: 700 },
      },
    ]);
  });

  it('is exact up to as many deliveries in the range as are read in any case', async () => {
    const { clock, good, stats } = await setUp();
    for (let n = 1; n <= OF_ONE.newest + 5; n++) await good(clock.nowMs() - n * MINUTE);
    const exact = await stats({
      bucket: 'minute',
      sinceMs: clock.nowMs() - OF_ONE.newest * MINUTE,
    });
    expect([exact.sampled, sum(exact, 'delivered')]).toEqual([false, OF_ONE.newest]);
    const sinceMs = clock.nowMs() - DAY;
    expect((await stats({ bucket: 'hour', sinceMs })).sampled).toBe(true);
  });

  it('is estimated beyond that, from a bounded sample of the whole range', async () => {
    const { clock, good, store, stats, spent } = await setUp();
    const end = clock.nowMs();
    for (let n = 1; n <= 4_000; n++) {
      const atMs = end - n * 20_000;
      // An outage from ten to twelve hours ago.
      const isOut = n >= 1_800 && n < 2_160;
      if (isOut) await store(atMs, { status: 'failed', completedAtMs: atMs }, [FAILURE, FAILURE]);
      else await good(atMs);
    }
    const series = await stats({ bucket: 'hour', sinceMs: end - DAY });
    expect(spent().rowsRead).toBeLessThan(OF_ONE.newest + 4_000 / 6);
    expect(series.sampled).toBe(true);
    const failed = sum(series, 'failed');
    expect(Math.abs(sum(series, 'delivered') + failed - 4_000)).toBeLessThan(400);
    expect(Math.abs(failed - 360)).toBeLessThan(120);
    const out = series.data.filter((one) => one.failed > 0);
    expect(out.length).toBeLessThanOrEqual(3);
    expect(sum(series, 'retried')).toBe(failed);
    expect(await stats({ bucket: 'hour', sinceMs: end - DAY })).toEqual(series);
  });

  it('is about right where a slice has far more than is read of it', async () => {
    const { deps, clock } = await setUp();
    const end = clock.nowMs();
    const { deliveries, spent } = busy(Array.from({ length: 120_000 }, (_, n) => end - 1 - n * 30));
    const asked = { bucket: 'minute', sinceMs: end - HOUR } as const;
    const series = await integrationStats({ ...deps, deliveries }, ME, 'erp', asked);
    const { rowsRead, reads } = spent();
    expect(reads).toBeLessThanOrEqual(1 + OF_ONE.slices * 4);
    expect(rowsRead).toBeLessThan(17_000);
    expect(Math.abs(sum(series, 'delivered') - 120_000)).toBeLessThan(2_000);
    for (const { delivered } of series.data) expect(Math.abs(delivered - 2_000)).toBeLessThan(500);
  });

  it.each([
    ['hour', DAY, 8_000],
    ['hour', DAY, 80_000],
    ['day', 29 * DAY, 80_000],
  ] as const)('by %s over %i ms takes a burst of %i for what it nearly was', async (...given) => {
    const [bucket, spanMs, count] = given;
    const { deps, clock } = await setUp();
    const end = clock.nowMs();
    const quiet = Array.from({ length: 2_000 }, (_, n) => end - 1 - (n * spanMs) / 2_000);
    const burst = Array.from({ length: count }, (_, n) => end - spanMs / 2 - n);
    const { deliveries, spent } = busy([...quiet, ...burst]);
    const asked = { bucket, sinceMs: end - spanMs };
    const series = await integrationStats({ ...deps, deliveries }, ME, 'erp', asked);
    const total = sum(series, 'delivered');
    expect(total).toBeGreaterThan((2_000 + count) / 4);
    expect(total).toBeLessThan((2_000 + count) * 4);
    expect(spent().reads).toBeLessThanOrEqual(1 + OF_ONE.slices + 2 * REST_MAX);
  });

  it('is not shown to a foreign tenant, and not of what is not there', async () => {
    const { deps } = await setUp();
    const asked = { bucket: 'hour' } as const;
    const foreign = { principal: adminOf('other') };
    expect((await refusalOf(integrationStats(deps, foreign, 'erp', asked))).code).toBe('not-found');
    expect((await refusalOf(integrationStats(deps, ME, 'none', asked))).code).toBe('not-found');
  });
});

describe('the series of a deployment', () => {
  it('is of all integrations of all tenants, or of one tenant', async () => {
    const { clock, integrations, good, all } = await setUp();
    const atMs = clock.nowMs() - MINUTE;
    const crm = integration(2, { name: 'crm' });
    const foreign = integration(3, { tenant: 'acme' });
    for (const one of [crm, foreign]) await integrations.create(one);
    for (const one of [ERP, ERP, crm, foreign]) await good(atMs, one);
    const delivered = async (caller?: Parameters<typeof all>[1]) => {
      const series = await all({ bucket: 'hour' }, caller);
      return [sum(series, 'delivered'), series.integrations, series.sampled];
    };
    expect(await delivered()).toEqual([4, { counted: 3, complete: true }, false]);
    const of = { ...ME, tenant: 'default' };
    expect(await delivered(of)).toEqual([3, { counted: 2, complete: true }, false]);
    const own = { principal: adminOf('acme') };
    expect(await delivered(own)).toEqual([1, { counted: 1, complete: true }, false]);
    const wrong = { principal: adminOf('acme'), tenant: 'default' };
    expect((await refusalOf(all({ bucket: 'hour' }, wrong))).code).toBe('forbidden');
  });

  it('is empty of a tenant that has nothing', async () => {
    const { all } = await setUp();
    const series = await all({ bucket: 'day' }, { ...ME, tenant: 'nobody' });
    expect([series.data.length, series.sampled]).toEqual([30, false]);
    expect(series.integrations).toEqual({ counted: 0, complete: true });
  });

  it('is of the most recently active where there are too many, and says so', async () => {
    const { clock, integrations, good, all, events } = await setUp();
    const others = Array.from({ length: INTEGRATIONS_COUNTED_MAX + 5 }, (_, n) =>
      integration(n + 2),
    );
    for (const one of others) await integrations.create(one);
    const atMs = clock.nowMs() - MINUTE;
    // The oldest integration is the one that is busy.
    await events.store(event(1, { acceptedAtMs: atMs, targets: [ERP.id] }));
    await good(atMs);
    const series = await all({ bucket: 'hour' });
    expect(sum(series, 'delivered')).toBe(1);
    expect(series.sampled).toBe(true);
    const counted = INTEGRATIONS_COUNTED_MAX;
    expect(series.integrations).toEqual({ counted, complete: false });
  });

  it('says that it is sampled where one integration is too busy', async () => {
    const { clock, good, all } = await setUp();
    for (let n = 1; n <= OF_EACH_NEWEST + 40; n++) await good(clock.nowMs() - n * 20_000);
    const series = await all({ bucket: 'hour' });
    expect([series.sampled, series.integrations.complete]).toEqual([true, true]);
    expect(Math.abs(sum(series, 'delivered') - OF_EACH_NEWEST - 40)).toBeLessThan(60);
  });
});
