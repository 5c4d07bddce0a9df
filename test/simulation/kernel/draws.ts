import type { Random } from '../../../lib/app/ports.ts';

/**
 * Decisions drawn by (seed, name, counter): one that is no longer asked for leaves all others as
 * they were, which is what lets a failing run be shrunk.
 */
export interface Draws extends Random {
  /** A whole number from 0 up to, and without, `end`. */
  below(end: number): number;
  chance(probability: number): boolean;
}

/** Spreads every bit of the input over the output (the finalizer of MurmurHash3). */
export function mixed(value: number): number {
  let h = value | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** FNV-1a: short texts with little in common but their beginning come out apart. */
export function hashOf(text: string): number {
  let h = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) h = Math.imul(h ^ text.charCodeAt(at), 0x01000193);
  return h >>> 0;
}

/** In [0, 1), the same for the same three numbers. */
export function unitOf(seed: number, name: number, counter: number): number {
  const high = mixed(mixed(seed ^ 0x9e3779b9) ^ mixed(name) ^ Math.imul(counter, 0x9e3779b1));
  const low = mixed(high ^ mixed(counter + 0x7f4a7c15) ^ name);
  return (high * 2 ** 21 + (low >>> 11)) / 2 ** 53;
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
