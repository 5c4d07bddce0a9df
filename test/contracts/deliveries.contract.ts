import { describe, expect, it } from 'vitest';
import {
  ATTEMPTS_KEPT_MAX,
  DELIVERY_STATUSES,
  type Delivery,
  type DeliveryState,
  RESPONSE_BODY_KEPT_BYTES,
} from '../../lib/domain/delivery.ts';
import { lastAttemptOf } from '../../lib/domain/health-figures.ts';
import { SHARDS, shardOf } from '../../lib/domain/ids.ts';
import { FAKE_RETENTION_DAYS } from '../fakes/stores-history.ts';
import { attempt, delivery, event, integration, T0 } from './fixtures.ts';
import type { MakeWorld } from './stand-ins.ts';

const DAY_MS = 86_400_000;
const WHENEVER = {};

const STATES: Record<Delivery['state']['status'], DeliveryState> = {
  queued: { status: 'queued', nextAttemptAtMs: T0 + 1, dueAtMs: T0 + 50 },
  waiting: { status: 'waiting', nextAttemptAtMs: T0 + 2, dueAtMs: T0 + 60 },
  delivering: { status: 'delivering', leaseUntilMs: T0 + 70 },
  held: { status: 'held', heldBy: 'breaker' },
  delivered: { status: 'delivered', via: 'fallback:1', completedAtMs: T0 + 3 },
  failed: { status: 'failed', completedAtMs: T0 + 4 },
  cancelled: { status: 'cancelled', completedAtMs: T0 + 5 },
};

const stored = (row: Delivery): Delivery => ({ ...row, version: row.version + 1 });
const summaryOf = ({ attempts, version: _, ...row }: Delivery) => ({
  ...row,
  attemptCount: attempts.length,
});

/** What every implementation of `Deliveries` promises. */
export function deliveriesContract(make: MakeWorld): void {
  describe('saving', () => {
    it.each(DELIVERY_STATUSES)(
      'returns a %s delivery as it was saved, one version on',
      async (s) => {
        const { deliveries } = (await make()).stores;
        const row = delivery(1, {
          state: STATES[s],
          scheduleBase: 3,
          scheduleStartMs: T0 + 7,
          rings: 2,
          chain: { trigger: 'exhausted', link: 2, round: 3 },
          attempts: [
            attempt(1, { outcome: 'retryable', error: 'dns', statusCode: null }),
            attempt(2),
          ],
        });
        expect(await deliveries.save(row)).toBe('saved');
        expect(await deliveries.load(row)).toEqual(stored(row));
        expect(await deliveries.save({ ...stored(row), attempts: [], rings: 0 })).toBe('saved');
        expect(await deliveries.load(row)).toEqual({ ...row, attempts: [], rings: 0, version: 2 });
      },
    );

    it('finds nothing under another tenant, event or integration', async () => {
      const { deliveries } = (await make()).stores;
      await deliveries.save(delivery(1));
      expect(await deliveries.load(delivery(1, { tenant: 'other' }))).toBeUndefined();
      expect(await deliveries.load(delivery(2))).toBeUndefined();
      const elsewhere = delivery(1, { integrationId: integration(2).id });
      expect(await deliveries.load(elsewhere)).toBeUndefined();
    });

    it('refuses a save on top of a version it does not hold', async () => {
      const { deliveries } = (await make()).stores;
      expect(await deliveries.save(delivery(1, { version: 7 }))).toBe('stale');
      await deliveries.save(delivery(1));
      expect(await deliveries.save(delivery(1, { rings: 5 }))).toBe('stale');
      expect(await deliveries.save(delivery(1, { rings: 5, version: 2 }))).toBe('stale');
      expect(await deliveries.load(delivery(1))).toEqual(stored(delivery(1)));
    });

    it.each([0, 1])(
      'lets exactly one of many concurrent writers win (version %i)',
      async (version) => {
        const { deliveries } = (await make()).stores;
        if (version === 1) await deliveries.save(delivery(1));
        const race = await Promise.all(
          Array.from({ length: 10 }, (_, rings) =>
            deliveries.save(delivery(1, { rings, version })),
          ),
        );
        expect(race.filter((result) => result === 'saved')).toHaveLength(1);
        expect((await deliveries.load(delivery(1)))?.rings).toBe(race.indexOf('saved'));
      },
    );

    it('keeps the newest attempts, and their full answers of an ordinary size', async () => {
      const { deliveries } = (await make()).stores;
      const responseBody = 'x'.repeat(RESPONSE_BODY_KEPT_BYTES / 2);
      const attempts = Array.from({ length: ATTEMPTS_KEPT_MAX + 5 }, (_, i) =>
        attempt(i + 1, { responseBody }),
      );
      await deliveries.save(delivery(1, { attempts }));
      expect((await deliveries.load(delivery(1)))?.attempts).toEqual(attempts.slice(5));
    });

    it('is over at the end of the retention, and may begin anew', async () => {
      const { stores, clock } = await make();
      const { deliveries } = stores;
      await deliveries.save(delivery(1, { state: STATES.held }));
      await deliveries.save(delivery(2, { state: STATES.queued }));
      clock.advance(FAKE_RETENTION_DAYS * DAY_MS);
      const integrationId = integration(1).id;
      expect(await deliveries.load(delivery(1))).toBeUndefined();
      expect(await deliveries.ofEvent(delivery(1))).toEqual([]);
      expect(await deliveries.startedOf(delivery(1))).toEqual(new Set());
      expect(await deliveries.held({ integrationId, limit: 5 })).toEqual([]);
      expect(await deliveries.due(clock.nowMs(), 5)).toEqual([]);
      const query = { integrationId, range: WHENEVER, limit: 5 };
      expect((await deliveries.ofIntegration(query)).items).toEqual([]);
      expect(await deliveries.save(delivery(1, { acceptedAtMs: clock.nowMs() }))).toBe('saved');
    });
  });

  describe('of an event', () => {
    it('are all of its rows, and no others', async () => {
      const { deliveries } = (await make()).stores;
      const rows = [1, 2, 3].map((n) => delivery(1, { integrationId: integration(n).id }));
      for (const row of [...rows, delivery(2), delivery(1, { tenant: 'other' })]) {
        await deliveries.save(row);
      }
      const ref = { tenant: 'default', eventId: event(1).id };
      expect(await deliveries.ofEvent(ref)).toEqual(rows.map(stored));
      const ids = new Set(rows.map((row) => row.integrationId));
      expect(await deliveries.startedOf(ref)).toEqual(ids);
    });
  });

  describe('lists', () => {
    it.each(DELIVERY_STATUSES)('show a %s delivery without its attempts', async (status) => {
      const { deliveries } = (await make()).stores;
      const row = delivery(1, { state: STATES[status], rings: 1, scheduleBase: 1 });
      await deliveries.save(row);
      const query = { range: WHENEVER, limit: 5 };
      const all = await deliveries.ofIntegration({ ...query, integrationId: row.integrationId });
      const { lastAttempt, ...shown } = all.items[0] ?? {};
      expect(shown).toEqual(summaryOf(row));
      expect(lastAttempt).toEqual(lastAttemptOf(row));
      expect(all.next).toBeUndefined();
      if (status === 'delivered') return;
      const some = await deliveries.withStatus({ ...query, tenant: 'default', status });
      expect(some).toEqual({ items: [summaryOf(row)], next: undefined });
    });

    it('of one integration say how the last attempt went', async () => {
      const { deliveries } = (await make()).stores;
      const made = (n: number, state: DeliveryState, ...attempts: Delivery['attempts']) =>
        delivery(n, { state, attempts });
      const failure = { outcome: 'retryable', error: 'http', statusCode: 503 } as const;
      const dns = { outcome: 'permanent', error: 'dns', statusCode: null } as const;
      const ended = { startedAtMs: T0 + 50, latencyMs: 7 };
      const rows = [
        made(1, STATES.delivered, attempt(1, failure), attempt(2, { latencyMs: 9 })),
        made(2, STATES.waiting, attempt(1), attempt(2, { ...failure, ...ended })),
        made(3, STATES.failed, attempt(1, { ...dns, ...ended })),
        made(4, STATES.delivered, attempt(1), attempt(2, { ...failure, ...ended })),
        made(5, STATES.queued, attempt(1)),
        made(6, STATES.held),
      ];
      for (const row of rows) await deliveries.save(row);
      const page = { integrationId: integration(1).id, range: WHENEVER, limit: 9 };
      const { items } = await deliveries.ofIntegration(page);
      expect(items.map(({ lastAttempt }) => lastAttempt).reverse()).toEqual([
        { endedAtMs: T0 + 3, latencyMs: 9, error: null },
        { endedAtMs: T0 + 57, latencyMs: 7, error: '503' },
        { endedAtMs: T0 + 57, latencyMs: 7, error: 'dns' },
        { endedAtMs: T0 + 57, latencyMs: 7, error: '503' },
        undefined,
        undefined,
      ]);
      expect(await deliveries.load(rows[0] ?? delivery(1))).not.toHaveProperty('lastAttempt');
    });

    it('of one shard are the newest of its share, and all shards together are all', async () => {
      const { deliveries } = (await make()).stores;
      const rows = Array.from({ length: 40 }, (_, n) => delivery(n));
      await Promise.all(rows.map((row) => deliveries.save(row)));
      await deliveries.save(delivery(99, { integrationId: integration(2).id }));
      const integrationId = integration(1).id;
      const range = { sinceMs: T0 + 4, untilMs: T0 + 36 };
      const parts = await Promise.all(
        Array.from({ length: SHARDS }, (_, shard) =>
          deliveries.sample({ integrationId, shard, range, limit: 40 }),
        ),
      );
      const wanted = rows.slice(4, 36).map((row) => row.eventId);
      expect(parts.flat().map((row) => row.eventId)).toHaveLength(wanted.length);
      expect(new Set(parts.flat().map((row) => row.eventId))).toEqual(new Set(wanted));
      for (const [shard, part] of parts.entries()) {
        const newest = await deliveries.sample({ integrationId, shard, range, limit: 2 });
        expect(newest).toEqual(part.slice(0, 2));
        const times = part.map((row) => row.acceptedAtMs);
        expect(times).toEqual([...times].sort((a, b) => b - a));
        expect(part.every((row) => shardOf(row.eventId) === shard)).toBe(true);
      }
    });

    it('page newest first through all shards with equal times, each delivery once', async () => {
      const { deliveries } = (await make()).stores;
      const rows = Array.from({ length: 30 }, (_, n) =>
        delivery(n, { acceptedAtMs: T0 + Math.floor(n / 7), state: STATES.failed }),
      );
      await Promise.all(rows.map((row) => deliveries.save(row)));
      await deliveries.save(delivery(99, { integrationId: integration(2).id, tenant: 'other' }));
      const range = { sinceMs: T0, untilMs: T0 + 4 };
      const lists = [
        (page: object) =>
          deliveries.ofIntegration({
            integrationId: integration(1).id,
            range,
            limit: 8,
            ...page,
          }),
        (page: object) =>
          deliveries.withStatus({ tenant: 'default', status: 'failed', range, limit: 8, ...page }),
      ];
      for (const list of lists) {
        const seen: string[] = [];
        let after: string | undefined;
        for (let page = 0; page < 9; page++) {
          const { items, next } = await list(after === undefined ? {} : { after });
          seen.push(...items.map((row) => row.eventId));
          after = next;
          if (after === undefined) break;
        }
        const expected = rows.slice(0, 28).map((row) => row.eventId);
        expect(seen).toEqual(expected.reverse());
      }
    });

    it('of an integration go oldest first too, page by page, each delivery once', async () => {
      const { deliveries } = (await make()).stores;
      const rows = Array.from({ length: 30 }, (_, n) =>
        delivery(n, { acceptedAtMs: T0 + Math.floor(n / 7), state: STATES.failed }),
      );
      await Promise.all(rows.map((row) => deliveries.save(row)));
      const seen: string[] = [];
      let after: string | undefined;
      for (let page = 0; page < 9; page++) {
        const { items, next } = await deliveries.ofIntegration({
          integrationId: integration(1).id,
          range: { sinceMs: T0 + 1, untilMs: T0 + 4 },
          order: 'oldest-first',
          limit: 5,
          ...(after !== undefined && { after }),
        });
        seen.push(...items.map((row) => row.eventId));
        after = next;
        if (after === undefined) break;
      }
      expect(seen).toEqual(rows.slice(7, 28).map((row) => row.eventId));
    });

    it('move a delivery from one status to the next', async () => {
      const { deliveries } = (await make()).stores;
      await deliveries.save(delivery(1, { state: STATES.waiting }));
      await deliveries.save(delivery(1, { state: STATES.delivered, version: 1 }));
      const query = { tenant: 'default', range: WHENEVER, limit: 5 } as const;
      expect((await deliveries.withStatus({ ...query, status: 'waiting' })).items).toEqual([]);
    });
  });
}
