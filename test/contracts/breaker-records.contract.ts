import { describe, expect, it } from 'vitest';
import { newBreaker } from '../../lib/domain/breaker.ts';
import { reset } from '../../lib/domain/breaker-transitions.ts';
import { failed, halfOpen, lease, open, REF, report, succeeded } from './breaker-fixtures.ts';
import { integration, T0 } from './fixtures.ts';
import type { MakeWorld } from './stand-ins.ts';

const DAY_MS = 86_400_000;

/** The end of an episode, and what is kept of it. */
export function breakerRecordsContract(make: MakeWorld): void {
  const begin = async () => (await make()).stores.breakers;

  describe('calming', () => {
    const suspect = async () => {
      const breakers = await begin();
      const { breaker } = await breakers.report(REF, report(failed(3)));
      return { breakers, breaker };
    };

    it('takes a breaker off the board and ends its watch; twice is once', async () => {
      const { breakers, breaker } = await suspect();
      await breakers.pause(REF, T0 + 5);
      const seen = { ...breaker, notBeforeMs: T0 + 5 };
      await breakers.calm(seen);
      await breakers.calm(seen);
      expect(await breakers.board()).toEqual([]);
      const { totals, lastFailureAtMs } = breaker;
      const calm = { ...newBreaker(REF), totals, lastFailureAtMs };
      expect(await breakers.load(REF)).toEqual(calm);
      await breakers.report(REF, report(succeeded(9), T0 + 99));
      expect(await breakers.load(REF)).toEqual(calm);
      await breakers.report(REF, report(failed(1), T0 + 100, { reporter: 'r2' }));
      expect(await breakers.load(REF)).toMatchObject({
        ...{ suspectSinceMs: T0 + 100, consecutiveFailures: 1, reporters: ['r2'] },
        totals: { failures: 4 },
      });
      expect(await breakers.board()).toHaveLength(1);
    });

    it.each<[string, (breakers: Awaited<ReturnType<typeof begin>>) => Promise<unknown>]>([
      ['a failure, even in the same millisecond', (b) => b.report(REF, report(failed(1)))],
      ['a pause', (breakers) => breakers.pause(REF, T0 + 99_000)],
      ['a slow mark', (breakers) => breakers.linger(REF, T0 + 99_000)],
      ['a transition', (breakers) => breakers.move(open())],
    ])('is refused when %s came in between', async (_, between) => {
      const { breakers, breaker } = await suspect();
      await between(breakers);
      const before = await breakers.load(REF);
      await breakers.calm(breaker);
      expect(await breakers.load(REF)).toEqual(before);
      expect(await breakers.board()).toHaveLength(1);
    });

    it('is refused while the breaker is not closed or its transition is unpublished', async () => {
      const breakers = await begin();
      const well = reset(open(), { nowMs: T0 + 5, reason: '' });
      for (const next of [open(), well]) {
        await breakers.move(next);
        await breakers.calm(next);
        expect(await breakers.board()).toHaveLength(1);
      }
    });
  });

  describe('each breaker', () => {
    it('is one of its own, by integration and target', async () => {
      const breakers = await begin();
      const refs = [REF, { ...REF, target: 1 }, { ...REF, integrationId: integration(2).id }];
      for (const [n, ref] of refs.entries()) {
        await breakers.report(ref, report(failed(n + 1)));
      }
      for (const [n, ref] of refs.entries()) {
        expect(await breakers.load(ref)).toMatchObject({ ...ref, consecutiveFailures: n + 1 });
      }
      const board = await breakers.board();
      expect(board).toHaveLength(3);
      for (const ref of refs) expect(board).toContainEqual(expect.objectContaining(ref));
    });
  });

  describe('the breakers of an integration’s targets', () => {
    it('stand beside each other, and what is done to one leaves the others as they are', async () => {
      const breakers = await begin();
      const refs = [0, 1, 2, 5].map((target) => ({ ...REF, target }));
      for (const ref of refs) await breakers.move(open(newBreaker(ref)));
      for (const ref of refs) await breakers.published(ref, 1);
      const board = await breakers.board();
      expect(board.map(({ target, state }) => [target, state]).sort()).toEqual(
        refs.map(({ target }) => [target, 'open']),
      );
      const [own, ...fallbacks] = await Promise.all(refs.map((ref) => breakers.load(ref)));
      const first = fallbacks[0] ?? expect.fail();
      await breakers.move(halfOpen(first));
      const seen = { version: 2, room: 1, successes: 0, failures: 0 };
      const foreign = await breakers.lease(REF, seen, lease(1));
      expect([foreign, await breakers.lease(first, seen, lease(1))]).toEqual(['refused', 'taken']);
      expect(await breakers.settle(REF, 2, lease(1), 'success')).toBe('late');
      expect(await breakers.settle(first, 2, lease(1), 'success')).toMatchObject({ target: 1 });
      await breakers.pause(first, T0 + 9);
      await breakers.reject(first, 4);
      expect(await breakers.load(REF)).toEqual(own);
      expect(await Promise.all(refs.slice(2).map((ref) => breakers.load(ref)))).toEqual(
        fallbacks.slice(1),
      );
    });
  });

  describe('the history', () => {
    it('has each transition once, newest first, page by page', async () => {
      const breakers = await begin();
      const first = open();
      const all = [first, halfOpen(first), open(halfOpen(first), T0 + 40_000)];
      const transitions = all.flatMap(({ last }) => (last === undefined ? [] : [last]));
      for (const transition of [...transitions, ...transitions]) {
        await breakers.record(REF, transition);
      }
      await breakers.record({ ...REF, target: 1 }, transitions[0] ?? expect.fail());
      const page = await breakers.history(REF, { limit: 2 });
      expect(page.items).toEqual([transitions[2], transitions[1]]);
      const rest = await breakers.history(REF, { limit: 2, after: page.next ?? '' });
      expect(rest).toEqual({ items: [transitions[0]], next: undefined });
      expect((await breakers.history(REF, { limit: 3 })).next).toBeUndefined();
    });

    it('is kept for 90 days', async () => {
      const { stores, clock } = await make();
      const [old, young] = [open(newBreaker(REF), T0), halfOpen(open())].map(({ last }) => last);
      for (const one of [old, young]) await stores.breakers.record(REF, one ?? expect.fail());
      clock.advance(T0 + 90 * DAY_MS - clock.nowMs());
      const page = await stores.breakers.history(REF, { limit: 5 });
      expect(page).toEqual({ items: [young], next: undefined });
    });
  });
}
