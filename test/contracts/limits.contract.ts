import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { integration, T0 } from './fixtures.ts';
import type { MakeWorld } from './stand-ins.ts';

const ID = integration(1).id;
const many = (count: number) => Array.from({ length: count }, (_, n) => n);

/** What every implementation of `RateLimits` and `ConcurrencyLimits` promises. */
export function limitsContract(make: MakeWorld): void {
  describe('a rate', () => {
    const begin = async () => (await make()).stores.rateLimits;

    it('grants a second of calls at once, then as many as the time allows', async () => {
      const limits = await begin();
      const ask = { perSecond: 20, count: 15 };
      expect(await limits.take(ID, ask, T0)).toEqual({ granted: 15, waitMs: 0 });
      expect(await limits.take(ID, ask, T0)).toEqual({ granted: 5, waitMs: 50 });
      expect(await limits.take(ID, ask, T0)).toEqual({ granted: 0, waitMs: 50 });
      expect(await limits.take(ID, ask, T0 + 49)).toEqual({ granted: 0, waitMs: 1 });
      expect(await limits.take(ID, ask, T0 + 50)).toEqual({ granted: 1, waitMs: 50 });
      expect(await limits.take(ID, ask, T0 + 500)).toEqual({ granted: 9, waitMs: 50 });
      expect(await limits.take(ID, ask, T0 + 60_000)).toEqual({ granted: 15, waitMs: 0 });
      const other = integration(2).id;
      expect(await limits.take(other, ask, T0)).toEqual({ granted: 15, waitMs: 0 });
      expect(await limits.take(ID, { ...ask, count: 0 }, T0)).toMatchObject({ granted: 0 });
    });

    it.each([
      [0.1, 1, 10_000],
      [2.5, 2, 400],
      [3, 3, 334],
      [10_000, 10_000, 1],
    ])('of %f a second has a burst of %i calls', async (perSecond, burst, waitMs) => {
      const limits = await begin();
      const taken = await limits.take(ID, { perSecond, count: 20_000 }, T0);
      expect(taken).toEqual({ granted: burst, waitMs });
    });

    it('may be used up in advance as far as is asked for', async () => {
      const limits = await begin();
      const ask = { perSecond: 10, count: 100 };
      expect(await limits.take(ID, { ...ask, debtMs: 5_000 }, T0)).toMatchObject({ granted: 60 });
      expect(await limits.take(ID, ask, T0)).toEqual({ granted: 0, waitMs: 5_100 });
      expect(await limits.take(ID, ask, T0 + 5_100)).toMatchObject({ granted: 1 });
    });

    it.each([1, 3])(
      'is never exceeded by many at once, and is used up (%i each)',
      async (count) => {
        const limits = await begin();
        const takeAll = async (nowMs: number) => {
          const ask = { perSecond: 20, count };
          const all = await Promise.all(many(40).map(() => limits.take(ID, ask, nowMs)));
          return all.reduce((sum, { granted }) => sum + granted, 0);
        };
        const rest = async (nowMs: number) =>
          (await limits.take(ID, { perSecond: 20, count: 99 }, nowMs)).granted;
        const first = await takeAll(T0);
        expect(first).toBeGreaterThan(0);
        expect(first + (await rest(T0))).toBe(20);
        const second = await takeAll(T0 + 500);
        expect(second + (await rest(T0 + 500))).toBe(10);
      },
    );

    it('grants at most rate × time and a burst in any stretch of time', async () => {
      const { stores, another } = await make();
      const sides = [stores.rateLimits, another().rateLimits];
      let run = 0;
      const asks = fc.array(
        fc.record({
          afterMs: fc.integer({ min: 0, max: 1_500 }),
          count: fc.integer({ min: 1, max: 30 }),
          side: fc.integer({ min: 0, max: 1 }),
        }),
        { minLength: 2, maxLength: 12 },
      );
      const rates = fc.constantFrom(0.5, 1, 3, 7.5, 20);
      await fc.assert(
        fc.asyncProperty(rates, asks, async (perSecond, sequence) => {
          const id = integration(100 + ++run).id;
          const grants: { readonly atMs: number; readonly granted: number }[] = [];
          let nowMs = T0;
          for (const { afterMs, count, side } of sequence) {
            nowMs += afterMs;
            const taken = await sides[side]?.take(id, { perSecond, count }, nowMs);
            grants.push({ atMs: nowMs, granted: taken?.granted ?? 0 });
          }
          for (const [from, first] of grants.entries()) {
            let sum = 0;
            for (const { atMs, granted } of grants.slice(from)) {
              sum += granted;
              const allowed = (perSecond * (atMs - first.atMs)) / 1000 + Math.max(perSecond, 1);
              expect(sum).toBeLessThanOrEqual(allowed + 1e-9);
            }
          }
        }),
        { numRuns: 20 },
      );
    });
  });

  describe('places', () => {
    const begin = async () => (await make()).stores.concurrencyLimits;
    const ask = (n: number, change: object = {}) => ({
      ...{ max: 10, count: 1, owner: `owner-${n}`, expiresAtMs: T0 + 30_000 },
      ...change,
    });

    it('of many takers at once never more than there are, and all that there are', async () => {
      const limits = await begin();
      const all = await Promise.all(many(100).map((n) => limits.take(ID, ask(n), T0)));
      const places = all.flat();
      expect(places).toHaveLength(10);
      expect(new Set(places).size).toBe(10);
      expect(await limits.take(integration(2).id, ask(1), T0)).toHaveLength(1);
    });

    it('are granted in part, and free again once given back, however often', async () => {
      const limits = await begin();
      const seven = await limits.take(ID, ask(1, { count: 7 }), T0);
      expect(seven).toHaveLength(7);
      const three = await limits.take(ID, ask(2, { count: 7 }), T0);
      expect(three).toHaveLength(3);
      expect(await limits.take(ID, ask(3), T0)).toEqual([]);
      for (const _ of many(3)) await limits.give(ID, three);
      await limits.give(ID, []);
      expect(await limits.take(ID, ask(4, { count: 7 }), T0)).toHaveLength(3);
      await limits.give(ID, seven);
      expect(await limits.take(ID, ask(5, { count: 20 }), T0)).toHaveLength(7);
    });

    it('asked for again by the same owner are the same', async () => {
      const limits = await begin();
      for (const count of [4, 7]) {
        const own = await limits.take(ID, ask(count, { count }), T0);
        expect(await limits.take(ID, ask(count, { count }), T0)).toEqual(own);
        await limits.give(ID, own);
      }
      expect(await limits.take(ID, ask(1, { count: 10 }), T0)).toHaveLength(10);
    });

    it('of the dead come back when their time is over, and no sooner', async () => {
      const limits = await begin();
      await limits.take(ID, ask(1, { count: 6 }), T0);
      await limits.take(ID, ask(2, { count: 4, expiresAtMs: T0 + 90_000 }), T0);
      const late = { count: 9, expiresAtMs: T0 + 90_000 };
      expect(await limits.take(ID, ask(3, late), T0 + 31_000)).toEqual([]);
      const race = await Promise.all(
        many(20).map((n) => limits.take(ID, ask(n + 10, late), T0 + 31_001)),
      );
      const places = race.flat();
      expect(places.length).toBeGreaterThan(0);
      expect(places.length).toBeLessThanOrEqual(6);
      const rest = await limits.take(ID, ask(50, late), T0 + 31_001);
      expect(places.length + rest.length).toBe(6);
    });

    it('above a limit that was lowered are not granted, until enough are given back', async () => {
      const limits = await begin();
      const places = await limits.take(ID, ask(1, { count: 8 }), T0);
      expect(await limits.take(ID, ask(2, { max: 3 }), T0)).toEqual([]);
      await limits.give(ID, places.slice(0, 6));
      expect(await limits.take(ID, ask(3, { max: 3, count: 5 }), T0)).toHaveLength(1);
    });

    it('nobody gives back are nothing', async () => {
      const limits = await begin();
      await limits.give(ID, ['never', 'leased']);
      expect(await limits.take(ID, ask(1, { count: 10 }), T0)).toHaveLength(10);
    });
  });
}
