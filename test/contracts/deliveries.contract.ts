import { describe, expect, it } from 'vitest';
import {
  ATTEMPTS_KEPT_MAX,
  DELIVERY_STATUSES,
  type Delivery,
  type DeliveryState,
  RESPONSE_BODY_KEPT_BYTES,
} from '../../lib/domain/delivery.ts';
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
const summaryOf = ({ attempts, ...row }: Delivery) => ({
  ...stored({ ...row, attempts }),
  attempts: undefined,
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
      expect(await deliveries.held(integrationId, 5)).toEqual([]);
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
      expect(all).toEqual({ items: [summaryOf(row)], next: undefined });
      if (status === 'delivered') return;
      const some = await deliveries.withStatus({ ...query, tenant: 'default', status });
      expect(some).toEqual(all);
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

    it('move a delivery from one status to the next', async () => {
      const { deliveries } = (await make()).stores;
      await deliveries.save(delivery(1, { state: STATES.waiting }));
      await deliveries.save(delivery(1, { state: STATES.delivered, version: 1 }));
      const query = { tenant: 'default', range: WHENEVER, limit: 5 } as const;
      expect((await deliveries.withStatus({ ...query, status: 'waiting' })).items).toEqual([]);
    });
  });

  describe('due', () => {
    const queued = (n: number, dueAtMs: number) =>
      delivery(n, { state: { status: 'queued', nextAttemptAtMs: dueAtMs, dueAtMs } });
    const refOf = (n: number) => ({
      tenant: 'default',
      eventId: event(n).id,
      integrationId: integration(1).id,
    });

    it('is what has come to its time or lost its lease, the longest due first', async () => {
      const { deliveries } = (await make()).stores;
      const lost = delivery(3, { state: { status: 'delivering', leaseUntilMs: T0 + 20 } });
      for (const row of [queued(1, T0 + 30), queued(2, T0 + 10), lost, queued(4, T0 + 31)]) {
        await deliveries.save(row);
      }
      await deliveries.save(delivery(5, { state: STATES.held }));
      await deliveries.save(delivery(6));
      expect(await deliveries.due(T0 + 30, 10)).toEqual([2, 3, 1].map(refOf));
      expect(await deliveries.due(T0 + 30, 2)).toEqual([2, 3].map(refOf));
      expect(await deliveries.due(T0 + 9, 10)).toEqual([]);
    });

    it('is not what has been settled since', async () => {
      const { deliveries } = (await make()).stores;
      await deliveries.save(queued(1, T0));
      await deliveries.save(delivery(1, { version: 1 }));
      expect(await deliveries.due(T0 + 99, 10)).toEqual([]);
    });

    it('leaves none out, however many shards they are in', async () => {
      const { deliveries } = (await make()).stores;
      const ns = Array.from({ length: 40 }, (_, n) => n);
      await Promise.all(ns.map((n) => deliveries.save(queued(n, T0 + n))));
      expect(await deliveries.due(T0 + 99, 35)).toEqual(ns.slice(0, 35).map(refOf));
    });

    it('holds back what is held, until it is asked for by integration', async () => {
      const { deliveries } = (await make()).stores;
      for (const n of [3, 1, 2]) await deliveries.save(delivery(n, { state: STATES.held }));
      const elsewhere = { integrationId: integration(2).id, state: STATES.held };
      await deliveries.save(delivery(4, elsewhere));
      expect(await deliveries.held(integration(1).id, 10)).toEqual([1, 2, 3].map(refOf));
      expect(await deliveries.held(integration(1).id, 2)).toEqual([1, 2].map(refOf));
    });
  });
}
