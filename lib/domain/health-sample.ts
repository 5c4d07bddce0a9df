import { SHARDS } from './ids.ts';
import type { Slice } from './stats-sample.ts';

/** How a day of a busy integration is read: a part of each stretch of time, of one shard each. */

const MINUTE_MS = 60_000;
/** Ends of the stretches, in minutes ago: five minutes each for an hour, then an hour each. */
const AGES = [
  ...Array.from({ length: 12 }, (_, i) => 5 * (i + 1)),
  ...Array.from({ length: 23 }, (_, i) => 60 * (i + 2)),
];
/** Stretches there are at most: as many queries of one partition. */
export const STRETCHES_MAX = AGES.length;

/** What is left of the day before `knownSinceMs`; whatever is newer is known. */
export function stretches(nowMs: number, knownSinceMs: number): readonly Slice[] {
  return AGES.map((age, i) => ({
    sinceMs: nowMs - age * MINUTE_MS,
    untilMs: Math.min(nowMs - (AGES[i - 1] ?? 0) * MINUTE_MS, knownSinceMs),
    shard: i % SHARDS,
  })).filter(({ sinceMs, untilMs }) => sinceMs < untilMs);
}
