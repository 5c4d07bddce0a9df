import { describe, expect, it } from 'vitest';
import { turned } from '../../lib/app/turns.ts';
import { T0 } from '../fakes/world.ts';

const ITEMS = Array.from({ length: 10_000 }, (_, i) => i);

describe('turns', () => {
  it('leave nothing out', () => {
    for (let minute = 0; minute < 50; minute++) {
      const order = turned(ITEMS, T0 + minute * 60_000);
      expect([...order].sort((a, b) => a - b)).toEqual(ITEMS);
    }
    expect(turned([], T0)).toEqual([]);
  });

  it.each([
    [2, 4],
    [10, 20],
    [100, 200],
  ])(
    'where a minute is enough for one in %d, reach each of them within %d minutes',
    (share, minutes) => {
      const seen = new Set<number>();
      for (let minute = 0; minute < minutes; minute++) {
        const order = turned(ITEMS, T0 + minute * 60_000);
        for (const item of order.slice(0, ITEMS.length / share)) seen.add(item);
      }
      expect(seen.size).toBe(ITEMS.length);
    },
  );
});
