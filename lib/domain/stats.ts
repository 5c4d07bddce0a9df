import type { Delivery } from './delivery.ts';
import { invalidField } from './errors.ts';
import { type LastAttempt, percentile } from './health-figures.ts';
import { instant } from './instant.ts';

/** Time series of what became of deliveries, from what the history shows of them. */

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

export const BUCKETS = ['minute', 'hour', 'day'] as const;
export type Bucket = (typeof BUCKETS)[number];
export const BUCKET_DEFAULT: Bucket = 'hour';

/** How long a bucket is, how many there are unless asked, and how many a request may span. */
const RULES = {
  minute: { sizeMs: MINUTE_MS, otherwise: 60, max: 1_440 },
  hour: { sizeMs: HOUR_MS, otherwise: 24, max: 1_440 },
  day: { sizeMs: DAY_MS, otherwise: 30, max: 400 },
} as const satisfies Readonly<Record<Bucket, object>>;

export interface StatsAsked {
  readonly bucket: Bucket;
  readonly sinceMs?: number;
  readonly untilMs?: number;
}

export interface StatsRule {
  readonly nowMs: number;
  /** How long deliveries are kept. */
  readonly retentionDays: number;
}

/** Whole buckets, aligned to UTC: [sinceMs, untilMs). */
export interface Frame {
  readonly bucket: Bucket;
  readonly sinceMs: number;
  readonly untilMs: number;
}

/** The buckets that hold the time asked for; what lies ahead is left out. Else a 422. */
export function frameOf(asked: StatsAsked, rule: StatsRule): Frame {
  const { bucket } = asked;
  const { nowMs, retentionDays } = rule;
  const { sizeMs, otherwise, max } = RULES[bucket];
  const floor = (ms: number) => Math.floor(ms / sizeMs) * sizeMs;
  const refuse = (path: 'since' | 'until', atMs: number, allowed: string) =>
    invalidField(path, `${instant(atMs)} is not allowed; allowed: ${allowed}`);
  const oldestMs = floor(nowMs - retentionDays * DAY_MS);
  const kept = `from ${instant(oldestMs)} on, deliveries are kept for ${retentionDays} days`;
  const endMs = Math.min(asked.untilMs ?? nowMs, nowMs);
  const untilMs = Math.ceil(endMs / sizeMs) * sizeMs;
  const { sinceMs } = asked;
  if (sinceMs === undefined) {
    if (endMs <= oldestMs) throw refuse('until', endMs, kept);
    return { bucket, sinceMs: Math.max(untilMs - otherwise * sizeMs, oldestMs), untilMs };
  }
  if (sinceMs < oldestMs) throw refuse('since', sinceMs, kept);
  if (sinceMs >= nowMs) throw refuse('since', sinceMs, `before ${instant(nowMs)}, which is now`);
  if (sinceMs >= endMs) throw refuse('until', endMs, 'later than since');
  if (endMs - sinceMs > max * sizeMs) {
    const earliestMs = endMs - max * sizeMs;
    const most = `${max.toLocaleString('en')} ${bucket}s at most`;
    throw refuse('since', sinceMs, `from ${instant(earliestMs)} on, ${most}; or a longer bucket`);
  }
  return { bucket, sinceMs: floor(sinceMs), untilMs };
}

/** A delivery that was read, and how many like it it stands for: one at least. */
export type StatsSample = Pick<Delivery, 'acceptedAtMs' | 'state'> & {
  readonly attemptCount: number;
  readonly lastAttempt?: LastAttempt;
  readonly weight: number;
};

/** Deliveries by the time their events were accepted, as they are now. */
export interface StatsBucket {
  readonly atMs: number;
  readonly delivered: number;
  readonly failed: number;
  /** Attempted more than once, whatever became of them: they are among the others too. */
  readonly retried: number;
  readonly held: number;
  /** Of the last attempt of each; null without any. */
  readonly latencyMs: { readonly p50: number | null; readonly p95: number | null };
}

/**
 * One bucket after the other, empty ones too. The sum of a count over all buckets is the rounded
 * sum of the weights: what is rounded off in one bucket is not lost for the next.
 */
export function seriesOf(samples: readonly StatsSample[], frame: Frame): readonly StatsBucket[] {
  const { sinceMs, untilMs } = frame;
  const { sizeMs } = RULES[frame.bucket];
  const count = Math.max(0, Math.round((untilMs - sinceMs) / sizeMs));
  const buckets = Array.from({ length: count }, (): StatsSample[] => []);
  for (const sample of samples) {
    buckets[Math.floor((sample.acceptedAtMs - sinceMs) / sizeMs)]?.push(sample);
  }
  const counters = {
    delivered: rounding(({ state }) => state.status === 'delivered'),
    failed: rounding(({ state }) => state.status === 'failed'),
    retried: rounding(({ attemptCount }) => attemptCount > 1),
    held: rounding(({ state }) => state.status === 'held'),
  };
  return buckets.map((bucket, i) => ({
    atMs: sinceMs + i * sizeMs,
    delivered: counters.delivered(bucket),
    failed: counters.failed(bucket),
    retried: counters.retried(bucket),
    held: counters.held(bucket),
    latencyMs: latenciesOf(bucket),
  }));
}

/** Counts bucket by bucket, so that the whole counts of some buckets add up to their whole. */
function rounding(counts: (sample: StatsSample) => boolean) {
  let exact = 0;
  let told = 0;
  return (bucket: readonly StatsSample[]): number => {
    for (const sample of bucket) if (counts(sample)) exact += sample.weight;
    const count = Math.round(exact) - told;
    told += count;
    return count;
  };
}

function latenciesOf(bucket: readonly StatsSample[]) {
  const sorted = bucket
    .flatMap(({ lastAttempt, weight }) =>
      lastAttempt === undefined ? [] : [{ ms: lastAttempt.latencyMs, weight }],
    )
    .sort((a, b) => a.ms - b.ms);
  return { p50: percentile(sorted, 0.5), p95: percentile(sorted, 0.95) };
}
