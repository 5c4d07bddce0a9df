import { INTENT_PARTITIONS } from '../../../lib/adapters/dynamodb/audit-keys.ts';
import { unpackTargets } from '../../../lib/adapters/dynamodb/codec.ts';
import { JOB_MARKS, parseDeliverySk, SWEEPS } from '../../../lib/adapters/dynamodb/table.ts';
import type { IntegrationId } from '../../../lib/domain/ids.ts';
import { SETTLED_MS } from '../../../lib/domain/reconciliation.ts';
import type { Written } from '../dynamodb/table.ts';
import type { Rest } from '../lambda/schedule.ts';
import type { Product } from '../product/product.ts';
import { TABLE_NAMES } from '../product/settings.ts';
import type { Watch } from './watch.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** The reconciler compares an event a minute after its acceptance, and counts it again later. */
const COMPARED_MS = [SETTLED_MS, 2 * MINUTE_MS] as const;
const RECOUNTED_MS = [12 * MINUTE_MS, 13 * MINUTE_MS] as const;
/** After any other write, a tick sees to what may follow from it. */
const WRITTEN_MS = MINUTE_MS;
/** This long before and after a time at which a breaker may move. */
const AROUND_MS = 2 * MINUTE_MS;
/** Partitions whose rows say that something is under way. */
const MARKS: readonly string[] = [SWEEPS, JOB_MARKS, ...INTENT_PARTITIONS];
/** How often where a job is under way, or a sweep that was begun not long ago. */
const MARKED_EVERY_MS = 3 * MINUTE_MS;
const SWEPT_MS = 30 * MINUTE_MS;
/** How often where a breaker is on the board, a sweep stands or something is due in vain. */
const TROUBLED_EVERY_MS = HOUR_MS;
const OVERDUE_MS = 6 * HOUR_MS;
/** A tick at least this often, whatever there is to do: a schedule may be late, not dead. */
const EVERY_MS_TROUBLED = 24 * HOUR_MS;
const EVERY_MS_CALM = 72 * HOUR_MS;

/** Says until when ticks may rest, from what the tables hold. */
export interface Resting extends Rest {
  see(written: Written): void;
}

/**
 * Leaves ticks out that would find nothing due, as a schedule may do at any time; what is due or
 * begins to be has each of its ticks. So 37 days take seconds less. Not seen is what ticks would
 * do wrong that find nothing, but for the few that remain: after a write, around the reconciler's
 * two looks at an event, hourly while a breaker is open, and daily.
 */
export function resting(product: () => Product, watch: Watch, calmFromMs: number): Resting {
  /** Events with targets that have no row yet, by partition, since when. */
  const unbegun = new Map<
    string,
    { readonly sinceMs: number; readonly left: Set<IntegrationId> }
  >();
  /** Sweeps, unfinished jobs and changes that are not told of yet, since when. */
  const marks = new Map<string, number>();
  const lookers: (() => void)[] = [];
  let lastTickAtMs = 0;

  function see({ table, before, after, atMs }: Written) {
    const row = after ?? before;
    const [pk = '', sk = ''] = [row?.pk?.S, row?.sk?.S];
    if (table === TABLE_NAMES.state && MARKS.includes(pk)) {
      if (after === undefined) marks.delete(pk + sk);
      else marks.set(pk + sk, pk === JOB_MARKS ? Number.POSITIVE_INFINITY : atMs);
    } else if (table === TABLE_NAMES.history && sk === 'E' && after !== undefined) {
      const left = new Set(unpackTargets(after.tg?.S ?? ''));
      if (before === undefined && left.size > 0) unbegun.set(pk, { sinceMs: atMs, left });
    } else if (table === TABLE_NAMES.history && sk.startsWith('D#')) {
      const event = unbegun.get(pk);
      event?.left.delete(parseDeliverySk(sk));
      if (event?.left.size === 0) unbegun.delete(pk);
    }
    for (const look of lookers) look();
  }

  /** When a tick is wanted again of which one came at `lastTickAtMs`. */
  function untilMs(): number {
    const { simulation, db } = product();
    const nowMs = simulation.nowMs();
    let firstMs = lastTickAtMs + (nowMs < calmFromMs ? EVERY_MS_TROUBLED : EVERY_MS_CALM);
    const every = (ms: number) => (firstMs = Math.min(firstMs, lastTickAtMs + ms));
    const between = (fromMs: number, toMs: number) => {
      if (nowMs <= toMs) firstMs = Math.min(firstMs, fromMs);
    };
    const from = (dueMs: number) => {
      if (nowMs > dueMs + OVERDUE_MS) every(TROUBLED_EVERY_MS);
      else between(dueMs, Number.POSITIVE_INFINITY);
    };
    const { lastEventAtMs, lastWriteAtMs } = watch;
    for (const [fromMs, toMs] of [COMPARED_MS, RECOUNTED_MS]) {
      between(lastEventAtMs + fromMs, lastEventAtMs + toMs);
    }
    between(lastWriteAtMs, lastWriteAtMs + WRITTEN_MS);
    for (const sinceMs of marks.values()) {
      every(nowMs < sinceMs + SWEPT_MS ? MARKED_EVERY_MS : TROUBLED_EVERY_MS);
    }
    for (const { sinceMs } of unbegun.values()) from(sinceMs);
    for (const { state } of watch.pending.values()) from(dueMsOf(state) - AROUND_MS);
    for (const row of db.model.tables.get(TABLE_NAMES.state)?.index('troubled') ?? []) {
      const openUntilMs = Number(row.ou?.N ?? 0);
      every(TROUBLED_EVERY_MS);
      between(openUntilMs - AROUND_MS, openUntilMs + AROUND_MS);
    }
    return firstMs;
  }

  return {
    see,
    untilMs,
    onChange: (look) => lookers.push(look),
    onTick: (atMs) => {
      lastTickAtMs = atMs;
    },
  };
}

type Pending = Watch['pending'] extends ReadonlyMap<string, infer D> ? D : never;

/** When the tick has to see to it, if nobody else does. */
function dueMsOf(state: (Pending & { readonly state: unknown })['state']): number {
  if ('dueAtMs' in state) return Math.min(state.dueAtMs, state.nextAttemptAtMs);
  return ('leaseUntilMs' in state ? state.leaseUntilMs : undefined) ?? Number.POSITIVE_INFINITY;
}
