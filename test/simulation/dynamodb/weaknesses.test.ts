import { describe, expect, it } from 'vitest';
import { SEEDS, T0, worldOf } from './weak-world.ts';
import { NO_WEAKNESSES } from './weaknesses.ts';

const LAGGING = { weaknesses: { ...NO_WEAKNESSES, indexLagMs: 60_000 } };

describe('an index', () => {
  it('shows some version that was, and the last one after a minute', async () => {
    const late = new Set<boolean>();
    for (const seed of SEEDS) {
      const world = worldOf(seed, LAGGING);
      let shown = 0;
      for (let v = 1; v <= 20; v++) {
        await world.put(v);
        expect(await world.get(true)).toBe(v);
        const [found = 0] = await world.listed();
        expect(found).toBeGreaterThanOrEqual(shown);
        expect(found).toBeLessThanOrEqual(v);
        late.add(found < v);
        shown = found;
        world.advance(500);
      }
      world.advance(60_000);
      expect(await world.listed()).toEqual([20]);
      await world.remove();
      const ghosts = await world.listed();
      expect(ghosts.every((found) => found === 20)).toBe(true);
      world.advance(60_000);
      expect(await world.listed()).toEqual([]);
      expect(world.model.size).toEqual({ rows: 0, pending: 0 });
    }
    expect(late).toEqual(new Set([true, false]));
  });

  it('may show a row that moves at both its places, or at neither', async () => {
    const seen = new Set<number>();
    for (const seed of SEEDS) {
      const world = worldOf(seed, LAGGING);
      await world.put(1);
      world.advance(60_000);
      await world.put(2, { gp: 'h' });
      for (let second = 0; second < 20; second++) {
        seen.add((await world.listed()).length + (await world.listed('h')).length);
        world.advance(500);
      }
    }
    expect(seen).toEqual(new Set([0, 1, 2]));
  });
});

describe('a read that is not consistent', () => {
  it('may be behind, also behind the one before, and never more than a second', async () => {
    let stale = 0;
    for (const seed of SEEDS) {
      const world = worldOf(seed, { weaknesses: { ...NO_WEAKNESSES, staleReadMs: 1_000 } });
      for (let v = 1; v <= 20; v++) {
        await world.put(v);
        world.advance(300);
        expect(await world.get(true)).toBe(v);
        const found = (await world.get(false)) ?? 0;
        expect(found).toBeGreaterThanOrEqual(v - 3);
        if (found < v) stale++;
      }
      await world.remove();
      expect(await world.get(true)).toBeUndefined();
      world.advance(1_001);
      expect(await world.get(false)).toBeUndefined();
    }
    expect(stale).toBeGreaterThan(0);
  });
});

describe('a row that has expired', () => {
  it('is deleted within two days, never before, and not if it was given more time', async () => {
    const HOUR = 3_600_000;
    const hours = new Set<number>();
    for (const seed of SEEDS) {
      const world = worldOf(seed, { weaknesses: { ...NO_WEAKNESSES, ttlLateMs: 48 * HOUR } });
      await world.put(1, { ttl: T0 / 1_000 + 3_600 });
      world.advance(HOUR - 1);
      expect(await world.get(true)).toBe(1);
      await world.put(2, { ttl: T0 / 1_000 + 3_600 * 100 });
      world.advance(99 * HOUR);
      expect(await world.get(true)).toBe(2);
      let left = 0;
      while (world.model.size.rows > 0 && left < 50) {
        world.advance(HOUR);
        left++;
      }
      expect(left).toBeLessThanOrEqual(49);
      expect(await world.listed()).toEqual([]);
      hours.add(left);
    }
    expect(hours.size).toBeGreaterThan(10);
  });
});

it('the same seed is the same history, another one another', async () => {
  const historyOf = async (seed: number) => {
    const seen: unknown[] = [];
    const world = worldOf(seed, { onWrite: (written) => seen.push(written) });
    for (let v = 1; v <= 30; v++) {
      await world.put(v, { gs: `s${v % 3}`, ttl: T0 / 1_000 + v });
      seen.push(await world.listed(), await world.get(false));
      world.advance(3_600_000);
    }
    return { seen, end: world.model.snapshot(), passedMs: world.passedMs() };
  };
  expect(await historyOf(7)).toEqual(await historyOf(7));
  expect(await historyOf(7)).not.toEqual(await historyOf(8));
});
