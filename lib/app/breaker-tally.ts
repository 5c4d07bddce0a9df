import type { Breaker, BreakerConfig, BreakerRef } from '../domain/breaker.ts';
import {
  BUCKETS,
  bucketAt,
  type Counts,
  counted,
  countedOverdue,
  type EndedCall,
  NO_COUNTS,
  YOUNG_MS,
} from '../domain/breaker-window.ts';
import { rememberIn } from '../domain/remember.ts';
import { boardKey } from './breaker-board.ts';

/** One call to a target, as the breaker counts it. */
export interface TalliedCall extends EndedCall {
  readonly startedAtMs: number;
}

/**
 * What this function instance saw of each target and has not reported. While all is well that is
 * forgotten after two tenths of the window; a first failure is reported together with the
 * successes just before it, so that what is reported is as good or bad as the target is.
 */
export interface BreakerTally {
  note(ref: BreakerRef, config: BreakerConfig, call: TalliedCall, nowMs: number): void;
  /** Notes a call under way that is slow already. */
  noteOverdue(ref: BreakerRef, config: BreakerConfig, startedAtMs: number, nowMs: number): void;
  /** What is to be reported now, if anything: all of it, once. */
  due(ref: BreakerRef, watched: boolean, nowMs: number): Pending | undefined;
  /** Minds how many report, so that all of them together do not write too often. */
  reported(breaker: Breaker, nowMs: number): void;
  /** Notes one delivery that the breaker held. */
  reject(ref: BreakerRef): void;
  /** How many were noted since this was last asked. */
  rejected(ref: BreakerRef): number;
}

export interface Pending {
  readonly counts: Counts;
  readonly firstStartedAtMs: number;
}

interface Entry extends Pending {
  readonly bucketStartMs: number;
  readonly bucketMs: number;
  readonly before: Pending | undefined;
  readonly reportedAtMs: number;
  readonly reporters: number;
  readonly suspectSinceMs: number | undefined;
}

const ENTRIES_MAX = 1_000;
/** This many failures in a row are reported at once: this instance learns of a trip by it. */
const URGENT_FAILURES = 3;
/** Between two reports of one instance, for each instance that reports: 200/s in all, then 2/s. */
const YOUNG_GAP_MS = 5;
const GAP_MS = 500;

export function breakerTally(): BreakerTally {
  const entries = new Map<string, Entry>();
  const rejects = new Map<string, number>();
  function count(
    ref: BreakerRef,
    config: BreakerConfig,
    nowMs: number,
    startedAtMs: number,
    change: (counts: Counts) => Counts,
  ) {
    const key = boardKey(ref);
    const { startMs } = bucketAt(config, nowMs);
    const entry = turned(entries.get(key), startMs, (config.windowSeconds * 1000) / BUCKETS);
    rememberIn(
      entries,
      key,
      {
        ...entry,
        counts: change(entry.counts),
        firstStartedAtMs: Math.min(entry.firstStartedAtMs, startedAtMs),
      },
      ENTRIES_MAX,
    );
  }
  return {
    note: (ref, config, call, nowMs) =>
      count(ref, config, nowMs, call.startedAtMs, (counts) => counted(counts, call)),
    noteOverdue: (ref, config, startedAtMs, nowMs) =>
      count(ref, config, nowMs, startedAtMs, countedOverdue),
    due(ref, watched, nowMs) {
      const key = boardKey(ref);
      const entry = entries.get(key);
      if (entry === undefined) return undefined;
      const pending = whole(entry);
      const { failures, successes, slow, trailingFailures } = pending.counts;
      if (failures + slow === 0 && !(watched && successes > 0)) return undefined;
      const waited = nowMs - entry.reportedAtMs;
      if (waited < gapMs(entry, nowMs) && trailingFailures < URGENT_FAILURES) return undefined;
      entries.set(key, { ...entry, ...NOTHING, before: undefined, reportedAtMs: nowMs });
      return pending;
    },
    reported({ suspectSinceMs, reporters, ...ref }) {
      const key = boardKey(ref);
      const entry = entries.get(key);
      if (entry === undefined) return;
      entries.set(key, { ...entry, suspectSinceMs, reporters: reporters.length });
    },
    reject(ref) {
      const key = boardKey(ref);
      rememberIn(rejects, key, (rejects.get(key) ?? 0) + 1, ENTRIES_MAX);
    },
    rejected(ref) {
      const key = boardKey(ref);
      const count = rejects.get(key) ?? 0;
      rejects.delete(key);
      return count;
    },
  };
}

const NOTHING: Pending = { counts: NO_COUNTS, firstStartedAtMs: Number.POSITIVE_INFINITY };

/** The entry with its bucket at `startMs`: the bucket before stays, older ones go. */
function turned(entry: Entry | undefined, startMs: number, bucketMs: number): Entry {
  const fresh = { ...NOTHING, bucketStartMs: startMs, bucketMs, before: undefined };
  if (entry === undefined) {
    return { ...fresh, reportedAtMs: 0, reporters: 0, suspectSinceMs: undefined };
  }
  if (entry.bucketStartMs === startMs && entry.bucketMs === bucketMs) return entry;
  const isNext = entry.bucketMs === bucketMs && entry.bucketStartMs + bucketMs === startMs;
  const { counts, firstStartedAtMs } = entry;
  return { ...entry, ...fresh, before: isNext ? { counts, firstStartedAtMs } : undefined };
}

function whole({ counts, firstStartedAtMs, before = NOTHING }: Entry): Pending {
  return {
    counts: {
      failures: before.counts.failures + counts.failures,
      successes: before.counts.successes + counts.successes,
      slow: before.counts.slow + counts.slow,
      trailingFailures: counts.hadSuccess
        ? counts.trailingFailures
        : before.counts.trailingFailures + counts.trailingFailures,
      hadSuccess: before.counts.hadSuccess || counts.hadSuccess,
    },
    firstStartedAtMs: Math.min(before.firstStartedAtMs, firstStartedAtMs),
  };
}

function gapMs({ reporters, suspectSinceMs }: Entry, nowMs: number): number {
  const isYoung = suspectSinceMs === undefined || nowMs - suspectSinceMs < YOUNG_MS;
  return Math.max(reporters - 1, 0) * (isYoung ? YOUNG_GAP_MS : GAP_MS);
}
