import { describe, expect, it } from 'vitest';
import { hashOf, unitOf } from '../../../lib/local/faults/dice.ts';
import { drawsByKey, drawsOf } from './draws.ts';

const SIDE = 40;
const names = Array.from({ length: SIDE }, (_, n) => hashOf(`deliver/${n}`));

/** The share of pairs of neighbours along each of seed, name and counter that are both low. */
function bothLow(low: number, next: (seed: number, name: number, counter: number) => number) {
  let both = 0;
  for (let seed = 0; seed < SIDE; seed++) {
    for (const [at, name] of names.entries()) {
      for (let counter = 0; counter < SIDE; counter++) {
        if (unitOf(seed, name, counter) < low && next(seed, at, counter) < low) both += 1;
      }
    }
  }
  return both / SIDE ** 3;
}

describe('what is drawn', () => {
  it.each([
    ['the seed', (seed: number, at: number, n: number) => unitOf(seed + 1, names[at] ?? 0, n)],
    [
      'the name',
      (seed: number, at: number, n: number) => unitOf(seed, hashOf(`deliver/${at + 1}`), n),
    ],
    ['the counter', (seed: number, at: number, n: number) => unitOf(seed, names[at] ?? 0, n + 1)],
  ])('has nothing to do with what is drawn for the next of %s', (_, next) => {
    expect(bothLow(0.5, next)).toBeGreaterThan(0.24);
    expect(bothLow(0.5, next)).toBeLessThan(0.26);
    expect(bothLow(0.1, next)).toBeGreaterThan(0.008);
    expect(bothLow(0.1, next)).toBeLessThan(0.012);
  });

  it('is spread evenly', () => {
    const draws = drawsOf(5, 'x');
    const buckets = new Array<number>(16).fill(0);
    for (let n = 0; n < 16_000; n++) {
      const bucket = draws.below(16);
      buckets[bucket] = (buckets[bucket] ?? 0) + 1;
    }
    for (const count of buckets) {
      expect(count).toBeGreaterThan(850);
      expect(count).toBeLessThan(1_150);
    }
  });

  it('by a key has nothing to do with what is drawn by others', () => {
    const [one, again] = [drawsByKey(9, 'one'), drawsByKey(9, 'one')];
    const first = [one('a'), one('a'), one('a')];
    const second = [again('a'), again('b'), again('a'), again('c'), again('a')];
    expect(second.filter((_, at) => at % 2 === 0)).toEqual(first);
    expect(new Set([...first, ...second]).size).toBe(5);
    expect(drawsByKey(9, 'other')('a')).not.toBe(first[0]);
    const low = Array.from({ length: 4_000 }, (_, n) => one(`row ${n}`)).filter((u) => u < 0.25);
    expect(low.length / 4_000).toBeCloseTo(0.25, 1);
  });

  it('is the same for the same seed and name, whatever else was drawn', () => {
    const [one, again] = [drawsOf(9, 'one'), drawsOf(9, 'one')];
    const other = drawsOf(9, 'other');
    const bytes = one.bytes(8);
    other.unit();
    expect(again.bytes(8)).toEqual(bytes);
    expect(other.bytes(8)).not.toEqual(bytes);
  });
});
