import { describe, expect, it } from 'vitest';
import type { Delivery, DeliveryState } from '../../lib/domain/delivery.ts';
import { delivery, event, integration, T0 } from './fixtures.ts';
import type { MakeWorld } from './stand-ins.ts';

const HELD = { status: 'held', heldBy: 'breaker' } as const;
const QUEUED = { status: 'queued', nextAttemptAtMs: T0 + 1, dueAtMs: T0 + 50 } as const;
const DELIVERED = { status: 'delivered', via: 'primary', completedAtMs: T0 + 3 } as const;

/** What every implementation of `Deliveries` promises of those that are due or held. */
export function waitingContract(make: MakeWorld): void {
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
      await deliveries.save(delivery(5, { state: HELD }));
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
  });

  describe('held', () => {
    const integrationId = integration(1).id;
    const numbersOf = (refs: readonly { readonly eventId: string }[], rows: readonly Delivery[]) =>
      refs.map((ref) => rows.findIndex((row) => row.eventId === ref.eventId));

    it('are those of the integration, the oldest event first', async () => {
      const { deliveries } = (await make()).stores;
      for (const n of [3, 1, 2]) await deliveries.save(delivery(n, { state: HELD }));
      const elsewhere = { integrationId: integration(2).id, state: HELD };
      await deliveries.save(delivery(4, elsewhere));
      await deliveries.save(delivery(5, { state: QUEUED }));
      const held = await deliveries.held({ integrationId, limit: 10 });
      expect(held).toEqual(
        [1, 2, 3].map((n) => ({
          tenant: 'default',
          eventId: event(n).id,
          integrationId,
          acceptedAtMs: T0 + n,
          position: expect.any(String),
        })),
      );
      expect(await deliveries.held({ integrationId, limit: 2 })).toEqual(held.slice(0, 2));
    });

    it('go on after a position, through equal times in all shards, each once', async () => {
      const { deliveries } = (await make()).stores;
      const rows = Array.from({ length: 60 }, (_, n) =>
        delivery(n, { acceptedAtMs: T0 + Math.floor(n / 25), state: HELD }),
      );
      await Promise.all(rows.map((row) => deliveries.save(row)));
      const seen: number[] = [];
      let after: string | undefined;
      for (let page = 0; page < 10; page++) {
        const query = { integrationId, limit: 7, ...(after !== undefined && { after }) };
        const refs = await deliveries.held(query);
        seen.push(...numbersOf(refs, rows));
        after = refs.at(-1)?.position ?? after;
      }
      expect(seen).toEqual(rows.map((_, n) => n));
    });

    it('go on where they were when what lies before has gone', async () => {
      const { deliveries } = (await make()).stores;
      const rows = Array.from({ length: 10 }, (_, n) => delivery(n, { state: HELD }));
      await Promise.all(rows.map((row) => deliveries.save(row)));
      const first = await deliveries.held({ integrationId, limit: 4 });
      await Promise.all(
        rows.slice(0, 4).map((row) => deliveries.save({ ...row, version: 1, state: DELIVERED })),
      );
      const after = first.at(-1)?.position ?? '';
      const rest = await deliveries.held({ integrationId, after, limit: 10 });
      expect(numbersOf(rest, rows)).toEqual([4, 5, 6, 7, 8, 9]);
    });

    it('are not due, and keep their places, while one let go is attempted', async () => {
      const { deliveries } = (await make()).stores;
      for (const n of [1, 2]) await deliveries.save(delivery(n, { state: HELD }));
      const before = await deliveries.held({ integrationId, limit: 5 });
      const leased = { ...HELD, leaseUntilMs: T0 + 40 } as DeliveryState;
      const row = delivery(1, { state: leased, version: 1 });
      expect(await deliveries.save(row)).toBe('saved');
      expect(await deliveries.load(row)).toEqual({ ...row, version: 2 });
      expect(await deliveries.held({ integrationId, limit: 5 })).toEqual(before);
      expect(await deliveries.due(T0 + 99, 5)).toEqual([]);
      const query = { tenant: 'default', status: 'held', range: {}, limit: 1 } as const;
      const list = await deliveries.withStatus({ ...query, limit: 5 });
      expect(list.items.map(({ state }) => state)).toEqual([HELD, HELD]);
    });
  });
}
