import type { BreakerReport, Breakers } from '../../app/ports-outage.ts';
import { type BreakerRef, newBreaker } from '../../domain/breaker.ts';
import { rememberIn } from '../../domain/remember.ts';
import { boardKeys, breakerOf, setOnceOf } from './breaker-item.ts';
import { allOf, reportConditions } from './outage-conditions.ts';
import { getItem, type Item, isMarked, type Store, WRITE_BYTES } from './store.ts';
import { type Condition, conditions, keys } from './table.ts';
import { type Changes, updateIf } from './update.ts';

/** Each race is lost to another report or a transition; then the row is read again. */
const RACES_MAX = 6;
/** Rows that an instance remembers, to guess the right write without a read. */
const REMEMBERED_MAX = 200;
/** More would make the row longer than one unit; who comes later is counted, but not named. */
const REPORTERS_MAX = 16;

/** How a report is written, as the row stands. */
type Step =
  /** The calls are not this state's. */
  | { readonly kind: 'late' }
  /** Nothing to count: no failed or slow call, and nobody watches. */
  | { readonly kind: 'well' }
  | { readonly kind: 'write'; readonly changes: Changes; readonly condition: Condition };

/**
 * Counts reports: mostly one write and no read. A report whose answer is lost is counted once,
 * unless another one came between.
 */
export function breakerReports(store: Store): Breakers['report'] {
  const remembered = new Map<string, Item>();
  return async (ref, report) => {
    const key = keys.breaker(ref);
    const remember = (row: Item) => rememberIn(remembered, key.pk, row, REMEMBERED_MAX);
    const write = store.random.bytes(WRITE_BYTES);
    const guess = remembered.get(key.pk);
    let step = guess === undefined ? undefined : stepOf(ref, guess, report, write);
    for (let race = 0; race < RACES_MAX; race++) {
      if (step?.kind === 'write') {
        const row = await updateIf(store, key, step.changes, step.condition);
        if (row !== undefined) {
          remember(row);
          return { kind: 'counted', breaker: breakerOf(row) };
        }
      }
      const row = await getItem(store, key);
      if (row !== undefined) remember(row);
      const breaker = row === undefined ? newBreaker(ref) : breakerOf(row);
      if (isMarked(row, write, 'rw')) return { kind: 'counted', breaker };
      step = stepOf(ref, row, report, write);
      if (step.kind === 'late') return { kind: 'late', breaker };
      if (step.kind === 'well') return { kind: 'counted', breaker };
    }
    throw new Error(`A breaker changed ${RACES_MAX} times while it was being reported to.`);
  };
}

function stepOf(
  ref: BreakerRef,
  row: Item | undefined,
  report: BreakerReport,
  write: Uint8Array,
): Step {
  const isWell = report.counts.failures + report.counts.slow === 0;
  const { index, startMs } = report.place;
  if (row === undefined) {
    if (isWell) return { kind: 'well' };
    return { kind: 'write', changes: beginning(ref, report, write), condition: conditions.isNew };
  }
  const counts = row.st === 'C' || row.st === 'M';
  if (!counts || (row.sn as number) > report.firstStartedAtMs) return { kind: 'late' };
  if (row.st === 'C' && row.sus === undefined) {
    if (isWell) return { kind: 'well' };
    const condition = reportConditions.isUnwatched(report);
    return { kind: 'write', changes: beginning(ref, report, write), condition };
  }

  const signs = maySign(row, report.reporter);
  const bucket = `b${index}t`;
  const storedMs = row[bucket] as number | undefined;
  return {
    kind: 'write',
    changes: counting(report, write, {
      signs,
      bucket:
        storedMs === undefined || storedMs < startMs
          ? 'new'
          : storedMs === startMs
            ? 'same'
            : 'gone',
    }),
    condition: allOf(
      reportConditions.counts(report, write),
      reportConditions.isBucketOf(bucket, storedMs),
      ...(signs ? [reportConditions.maySign(report.reporter, REPORTERS_MAX)] : []),
    ),
  };
}

function maySign({ rp }: Item, reporter: string): boolean {
  const reporters = rp as ReadonlySet<string> | undefined;
  if (reporters === undefined) return true;
  return reporters.size < REPORTERS_MAX || reporters.has(reporter);
}

/** The first report of an episode: from now on the breaker is watched by everybody. */
function beginning(ref: BreakerRef, report: BreakerReport, write: Uint8Array): Changes {
  const { set, ...changes } = counting(report, write, { signs: true, bucket: 'new' });
  return {
    ...changes,
    set: { ...set, ...boardKeys(ref), sus: report.nowMs },
    setOnce: setOnceOf(ref),
  };
}

function counting(
  { counts, place, reporter, nowMs }: BreakerReport,
  write: Uint8Array,
  how: {
    readonly signs: boolean;
    /** `gone`: the ring has gone on, by a clock ahead of this one; the bucket stays as it is. */
    readonly bucket: 'new' | 'same' | 'gone';
  },
): Changes {
  const { failures, successes, slow, trailingFailures, hadSuccess } = counts;
  const name = `b${place.index}`;
  const bucket = { [`${name}f`]: failures, [`${name}s`]: successes, [`${name}l`]: slow };
  return {
    set: {
      rw: write,
      ...(failures + slow > 0 && { lf: nowMs }),
      ...(hadSuccess && { cf: trailingFailures }),
      ...(how.bucket === 'new' && { ...bucket, [`${name}t`]: place.startMs }),
    },
    add: {
      tc: failures + successes,
      tf: failures,
      ...(!hadSuccess && { cf: trailingFailures }),
      ...(how.signs && { rp: new Set([reporter]) }),
      ...(how.bucket === 'same' && bucket),
    },
  };
}
