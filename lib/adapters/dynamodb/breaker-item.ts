import type {
  Breaker,
  BreakerRef,
  BreakerSign,
  BreakerState,
  Bucket,
  ProbeLease,
} from '../../domain/breaker.ts';
import { BUCKETS } from '../../domain/breaker-window.ts';
import type { Item } from './store.ts';
import { breakerId, parseBreakerId, TROUBLED } from './table.ts';
import { packTransition, STATE_LETTERS, stateOf, unpackTransition } from './transition-text.ts';
import type { Changes } from './update.ts';

/**
 * A breaker's row, flat, so that counts can be added without reading it, and below one kilobyte,
 * so that adding them costs one unit. What the index shows of it (`tn`, `st`, `v`, `sn`, `ou`,
 * `nb`, `sus`, `su`) is never touched by a count: then the index is not written either. Besides
 * these, for each bucket 0–9 of the ring: `b0t` its start, `b0f` failures, `b0s` successes, `b0l`
 * slow ones. Where the domain says 0, most attributes are absent.
 */
interface BreakerRow {
  readonly tn: string;
  readonly st: (typeof STATE_LETTERS)[BreakerState];
  readonly v: number;
  readonly sn: number;
  /** Open until. */
  readonly ou?: number;
  /** Open periods in a row. */
  readonly oc?: number;
  /** Not before. */
  readonly nb?: number;
  readonly sus?: number;
  /** Slow until. */
  readonly su?: number;
  readonly lf?: number;
  /** Consecutive failures. */
  readonly cf?: number;
  readonly rp?: ReadonlySet<string>;
  /** Half-open: successes, failures, deadline, leases. */
  readonly hs?: number;
  readonly hf?: number;
  readonly hx?: number;
  readonly hl?: ReadonlySet<string>;
  /** Call rate. */
  readonly cr?: number;
  /** Totals: calls, failures, rejected, opened. */
  readonly tc?: number;
  readonly tf?: number;
  readonly tr?: number;
  readonly op?: number;
  /** Last transition; `up` while it is unpublished. */
  readonly la?: string;
  readonly up?: 1;
}

export function breakerOf(item: Item): Breaker {
  const row = item as unknown as BreakerRow;
  const last = row.la === undefined ? undefined : unpackTransition(row.la);
  return {
    ...signOf({ ...item, tbSk: (item.pk as string).slice('B#'.length) }),
    openCount: row.oc ?? 0,
    lastFailureAtMs: row.lf ?? 0,
    buckets: bucketsOf(item),
    consecutiveFailures: row.cf ?? 0,
    reporters: [...(row.rp ?? [])].sort(),
    halfOpen:
      row.hx === undefined
        ? undefined
        : {
            successes: row.hs ?? 0,
            failures: row.hf ?? 0,
            deadlineMs: row.hx,
            leases: [...(row.hl ?? [])].sort().map(leaseOf),
          },
    callRate: row.cr ?? 0,
    totals: {
      calls: row.tc ?? 0,
      failures: row.tf ?? 0,
      rejected: row.tr ?? 0,
      opened: row.op ?? 0,
    },
    unpublished: row.up === undefined ? undefined : last,
    last,
  };
}

/** What the index `troubled` shows of a breaker. */
export function signOf(item: Item): BreakerSign {
  const row = item as unknown as BreakerRow;
  return {
    tenant: row.tn,
    ...parseBreakerId(item.tbSk as string),
    state: stateOf(row.st),
    version: row.v,
    sinceMs: row.sn,
    openUntilMs: row.ou,
    notBeforeMs: row.nb ?? 0,
    suspectSinceMs: row.sus,
    slowUntilMs: row.su ?? 0,
  };
}

function bucketsOf(item: Item): readonly Bucket[] {
  const count = (name: string) => (item[name] as number | undefined) ?? 0;
  return Array.from({ length: BUCKETS }, (_, n) => n)
    .filter((n) => item[`b${n}t`] !== undefined)
    .map((n) => ({
      startMs: count(`b${n}t`),
      failures: count(`b${n}f`),
      successes: count(`b${n}s`),
      slow: count(`b${n}l`),
    }));
}

/** A row that begins as a breaker that is well, if there is none. */
export function setOnceOf({ tenant }: BreakerRef): Item {
  return { tn: tenant, st: STATE_LETTERS.closed, v: 0, sn: 0 };
}

export function boardKeys(ref: BreakerRef): Item {
  return { tbPk: TROUBLED, tbSk: breakerId(ref) };
}

export const OFF_THE_BOARD: Item = { tbPk: undefined, tbSk: undefined };

/** No watch: nothing counted, nobody reporting. */
export const UNWATCHED: Item = {
  sus: undefined,
  cf: undefined,
  rp: undefined,
  ...Object.fromEntries(
    Array.from({ length: BUCKETS }, (_, n) => [`b${n}t`, `b${n}f`, `b${n}s`, `b${n}l`])
      .flat()
      .map((name) => [name, undefined]),
  ),
};

/**
 * What a transition changes. It begins a window and a watch of its own; counts that others add at
 * the same time are left alone.
 */
export function transitionChanges(next: Breaker): Changes {
  const { halfOpen, unpublished, last } = next;
  const isTroubled =
    next.state !== 'closed' ||
    unpublished !== undefined ||
    next.notBeforeMs > 0 ||
    next.slowUntilMs > 0;
  const leases = halfOpen?.leases.map(leaseText) ?? [];
  return {
    set: {
      ...UNWATCHED,
      ...(isTroubled ? boardKeys(next) : OFF_THE_BOARD),
      tn: next.tenant,
      st: STATE_LETTERS[next.state],
      v: next.version,
      sn: next.sinceMs,
      ou: next.openUntilMs,
      oc: positive(next.openCount),
      nb: positive(next.notBeforeMs),
      su: positive(next.slowUntilMs),
      hs: halfOpen?.successes,
      hf: halfOpen?.failures,
      hx: halfOpen?.deadlineMs,
      hl: leases.length > 0 ? new Set(leases) : undefined,
      cr: positive(next.callRate),
      op: positive(next.totals.opened),
      la: last === undefined ? undefined : packTransition(last),
      up: unpublished === undefined ? undefined : 1,
    },
  };
}

function positive(value: number): number | undefined {
  return value > 0 ? value : undefined;
}

/** The expiry first, so that leases sort by it. */
export function leaseText({ owner, expiresAtMs }: ProbeLease): string {
  return `${expiresAtMs}~${owner}`;
}

function leaseOf(text: string): ProbeLease {
  const at = text.indexOf('~');
  return { owner: text.slice(at + 1), expiresAtMs: Number(text.slice(0, at)) };
}
