import { describe, expect, it } from 'vitest';
import type { EventSummary } from '../../lib/app/ports-history.ts';
import { EVENT_BODY_BYTES_MAX } from '../../lib/domain/event.ts';
import { FAKE_RETENTION_DAYS } from '../fakes/stores-history.ts';
import { bodyOf, event, integration, T0, ulidOf } from './fixtures.ts';
import type { MakeWorld, World } from './stand-ins.ts';

const DAY_MS = 86_400_000;
const WHENEVER = {};

/** What every implementation of `Events` promises. */
export function eventsContract(make: MakeWorld): void {
  const ref = (n: number, tenant = 'default') => ({ tenant, eventId: event(n).id });

  describe('storing', () => {
    it('returns what was stored, whatever it holds', async () => {
      const { events } = (await make()).stores;
      const rich = event(1, {
        timestamp: '2027-02-28T23:59:59.999Z',
        body: '{"data":"Grüße, 世界 \\u0000"}',
        source: `src_${ulidOf(1)}`,
        orderingKey: 'customer-7',
        metadata: { team: 'finance', empty: '' },
        deliverAtMs: T0 + 99_000,
        targets: [3, 1, 2].map((n) => integration(n).id),
      });
      const bare = event(2, { targets: [] });
      expect(await events.store(rich)).toBe('stored');
      expect(await events.store(bare)).toBe('stored');
      expect(await events.get(ref(1))).toEqual(rich);
      expect(await events.get(ref(2))).toEqual(bare);
      expect(await events.get(ref(1, 'other'))).toBeUndefined();
    });

    it('gives back the event that has the id already', async () => {
      const { events } = (await make()).stores;
      await events.store(event(1));
      const again = event(1, { acceptedAtMs: T0 + 5_000, body: bodyOf(300) });
      expect(await events.store(again)).toEqual({ existing: event(1) });
      expect(await events.store(event(1))).toEqual({ existing: event(1) });
      expect(await events.store(event(1, { tenant: 'other' }))).toBe('stored');
    });

    it('stores exactly one of many concurrent events with one id', async () => {
      const { events } = (await make()).stores;
      const many = Array.from({ length: 10 }, (_, n) => event(1, { type: `order.number-${n}` }));
      const race = await Promise.all(many.map((one) => events.store(one)));
      expect(race.filter((result) => result === 'stored')).toHaveLength(1);
      const winner = many[race.indexOf('stored')];
      expect(await events.get(ref(1))).toEqual(winner);
      for (const result of race) {
        if (result !== 'stored') expect(result.existing).toEqual(winner);
      }
    });

    it('keeps the largest body when it does not compress, and two thousand targets', async () => {
      const { events } = (await make()).stores;
      const targets = Array.from({ length: 2_000 }, (_, n) => integration(n).id);
      const large = event(1, { body: bodyOf(EVENT_BODY_BYTES_MAX), targets });
      expect(await events.store(large)).toBe('stored');
      expect(await events.get(ref(1))).toEqual(large);
    });

    it('never mixes up large bodies that are published under one id', async () => {
      const { events } = (await make()).stores;
      const many = Array.from({ length: 4 }, (_, n) =>
        event(1, { body: bodyOf(450_000 + 100_000 * n) }),
      );
      const race = await Promise.all(many.map((one) => events.store(one)));
      expect(race.filter((result) => result === 'stored')).toHaveLength(1);
      expect(await events.get(ref(1))).toEqual(many[race.indexOf('stored')]);
    });
  });

  describe('retention', () => {
    it('ends: the event is not there any more and its id is free', async () => {
      const { stores, clock } = await make();
      const { events } = stores;
      await events.store(event(1));
      clock.advance(FAKE_RETENTION_DAYS * DAY_MS);
      expect(await events.get(ref(1))).toBeUndefined();
      const tenants = ['default'];
      expect((await events.list({ tenants, range: WHENEVER, limit: 5 })).items).toEqual([]);
      const anew = event(1, { acceptedAtMs: clock.nowMs() });
      expect(await events.store(anew)).toBe('stored');
      expect(await events.get(ref(1))).toEqual(anew);
    });
  });

  describe('listing', () => {
    const idsOf = (rows: readonly EventSummary[]) => rows.map((row) => row.id);

    async function withEvents(ns: readonly number[], atMs: (n: number) => number): Promise<World> {
      const world = await make();
      await Promise.all(
        ns.map((n) => world.stores.events.store(event(n, { acceptedAtMs: atMs(n) }))),
      );
      return world;
    }

    it('shows an event without its contents', async () => {
      const { events } = (await make()).stores;
      const full = event(1, { source: 'billing', deliverAtMs: T0 + 99, metadata: { a: 'b' } });
      await events.store(full);
      const { body, fingerprint, timestamp, metadata, ...summary } = full;
      const { items } = await events.list({ tenants: ['default'], range: WHENEVER, limit: 5 });
      expect(items).toEqual([summary]);
    });

    it('pages newest first through all shards with equal times, each event once', async () => {
      const ns = Array.from({ length: 45 }, (_, n) => n);
      const { stores } = await withEvents(ns, (n) => T0 + Math.floor(n / 9));
      const seen: string[] = [];
      let after: string | undefined;
      for (let page = 0; page < 20; page++) {
        const query = { tenants: ['default'], range: WHENEVER, limit: 7 };
        const { items, next } = await stores.events.list({ ...query, ...(after && { after }) });
        seen.push(...idsOf(items));
        // What is accepted meanwhile belongs before the first page.
        await stores.events.store(event(100 + page, { acceptedAtMs: T0 + 50_000 }));
        after = next;
        if (after === undefined) break;
      }
      expect(seen).toEqual(ns.map((n) => event(n).id).reverse());
    });

    it('ends without a next page where the last page is full', async () => {
      const { stores } = await withEvents([1, 2, 3, 4], (n) => T0 + n);
      const query = { tenants: ['default'], range: WHENEVER, limit: 4 };
      expect((await stores.events.list(query)).next).toBeUndefined();
    });

    it('lists exactly the tenants asked for, merged', async () => {
      const { events } = (await make()).stores;
      for (const [n, tenant] of ['a', 'b', 'c', 'a', 'b'].entries()) {
        await events.store(event(n, { tenant }));
      }
      await events.store(event(4, { tenant: 'a' }));
      const list = async (tenants: readonly string[], after?: string) =>
        events.list({ tenants, range: WHENEVER, limit: 3, ...(after && { after }) });
      const first = await list(['a', 'b']);
      const second = await list(['a', 'b'], first.next);
      const shown = [...first.items, ...second.items].map((row) => `${row.tenant} ${row.id}`);
      const expected = ['b 4', 'a 4', 'a 3', 'b 1', 'a 0'].map((text) => {
        const [tenant, n] = text.split(' ');
        return `${tenant} ${event(Number(n)).id}`;
      });
      expect(shown).toEqual(expected);
      expect((await list([])).items).toEqual([]);
    });

    it('begins with `since` and ends before `until`', async () => {
      const { stores } = await withEvents([1, 2, 3, 4], (n) => T0 + n);
      const range = { sinceMs: T0 + 2, untilMs: T0 + 4 };
      const list = (range: object) => stores.events.list({ tenants: ['default'], range, limit: 5 });
      expect(idsOf((await list(range)).items)).toEqual([3, 2].map((n) => event(n).id));
      expect((await list({ sinceMs: T0 + 4, untilMs: T0 + 2 })).items).toEqual([]);
    });

    it('gives everything accepted in a range, oldest first', async () => {
      const ns = Array.from({ length: 30 }, (_, n) => n);
      const { stores } = await withEvents(ns, (n) => T0 + n * 10);
      await stores.events.store(event(99, { tenant: 'other' }));
      const pages: EventSummary[][] = [];
      const range = { sinceMs: T0 + 50, untilMs: T0 + 250 };
      for await (const page of stores.events.accepted('default', range)) pages.push([...page]);
      expect(idsOf(pages.flat())).toEqual(ns.slice(5, 25).map((n) => event(n).id));
      expect(pages.every((page) => page.length > 0)).toBe(true);
    });
  });
}
