import type { Random } from '../../../lib/app/ports.ts';
import { hashOf, unitOf } from '../../../lib/local/faults/dice.ts';

/**
 * Decisions drawn by (seed, name, counter): one that is no longer asked for leaves all others as
 * they were, which is what lets a failing run be shrunk.
 */
export interface Draws extends Random {
  /** A whole number from 0 up to, and without, `end`. */
  below(end: number): number;
  chance(probability: number): boolean;
}

/** Draws by a key, the n-th by the same key: what is drawn by another key changes nothing here. */
export function drawsByKey(seed: number, name: string): (key: string) => number {
  const hash = hashOf(name);
  const counts = new Map<string, number>();
  return (key) => {
    const count = counts.get(key) ?? 0;
    counts.set(key, count + 1);
    return unitOf(seed, hash ^ hashOf(key), count);
  };
}

export function drawsOf(seed: number, name: string): Draws {
  const hash = hashOf(name);
  let counter = 0;
  const unit = () => unitOf(seed, hash, counter++);
  return {
    unit,
    below: (end) => Math.floor(unit() * end),
    chance: (probability) => unit() < probability,
    bytes(count) {
      const bytes = new Uint8Array(count);
      for (let at = 0; at < count; at++) bytes[at] = unit() * 256;
      return bytes;
    },
  };
}
