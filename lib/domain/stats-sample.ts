import { SHARDS } from './ids.ts';
import type { StatsSample } from './stats.ts';

/** How a range of a busy integration is read: a part of it everywhere, of one shard at a time. */

/** One of `SHARDS` parts of what was accepted in [sinceMs, untilMs); the parts are even. */
export interface Slice {
  readonly sinceMs: number;
  readonly untilMs: number;
  readonly shard: number;
}

/** The range in `count` parts of the same length, or fewer where a millisecond is too long. */
export function slicesOf(sinceMs: number, untilMs: number, count: number): readonly Slice[] {
  const edge = (i: number) => sinceMs + Math.floor(((untilMs - sinceMs) * i) / count);
  return Array.from({ length: count }, (_, i) => ({
    sinceMs: edge(i),
    untilMs: edge(i + 1),
    shard: i % SHARDS,
  })).filter((slice) => slice.sinceMs < slice.untilMs);
}

type Row = Omit<StatsSample, 'weight'>;

/** Parts of what one read of a slice did not reach: as many queries more. */
export const REST_MAX = 6;
const GROWTH = 4;

/**
 * What a read of the slice left that ended with `rows`, newest first. Its parts get longer with
 * the distance: twice as long as the older half of the rows took, four times that, and so on. Each
 * is read for itself, so a burst is taken for no more than a few times of what it was.
 */
export function restOf(slice: Slice, rows: readonly Row[]): readonly Slice[] {
  const reachedMs = reachedBy(rows, slice.untilMs);
  const middleMs = rows[Math.floor(rows.length / 2)]?.acceptedAtMs ?? reachedMs;
  const units = (GROWTH ** REST_MAX - 1) / (GROWTH - 1);
  const shortestMs = Math.ceil((reachedMs - slice.sinceMs) / units);
  let lengthMs = Math.max(2 * (middleMs - reachedMs), shortestMs);
  let untilMs = reachedMs;
  const parts: Slice[] = [];
  for (let i = 0; i < REST_MAX && untilMs > slice.sinceMs; i++) {
    const sinceMs = Math.max(slice.sinceMs, untilMs - lengthMs);
    parts.push({ sinceMs, untilMs, shard: (slice.shard + i + 1) % SHARDS });
    untilMs = sinceMs;
    lengthMs *= GROWTH;
  }
  return parts;
}

/** Rows of one shard stand for all shards. */
export function weighed(rows: readonly Row[]): readonly StatsSample[] {
  return rows.map((row) => ({ ...row, weight: SHARDS }));
}

/**
 * The newest rows of a slice that has more stand for all of it: each for as many more as the slice
 * is longer than what they span, their times drawn out over it.
 */
export function stretched(rows: readonly Row[], slice: Slice): readonly StatsSample[] {
  const spanMs = slice.untilMs - reachedBy(rows, slice.untilMs - 1);
  const factor = (slice.untilMs - slice.sinceMs) / spanMs;
  return rows.map((row) => ({
    ...row,
    acceptedAtMs: Math.max(
      slice.sinceMs,
      Math.floor(slice.untilMs - (slice.untilMs - row.acceptedAtMs) * factor),
    ),
    weight: SHARDS * factor,
  }));
}

/** How far back the newest rows of a slice reach; `otherwise` where there is none. */
export function reachedBy(rows: readonly Row[], otherwise: number): number {
  return rows.reduce((ms, { acceptedAtMs }) => Math.min(ms, acceptedAtMs), otherwise);
}
