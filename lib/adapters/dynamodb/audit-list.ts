import type { Page } from '../../app/ports.ts';
import type { AuditQuery } from '../../app/ports-audit.ts';
import { type AuditEntry, parseEntry } from '../../domain/audit.ts';
import { TABLES } from '../../names.ts';
import { auditKeys, PLACE_MAX, sortablePlace } from './audit-keys.ts';
import { type RangeReader, readRange } from './ranges.ts';
import type { Item, Store } from './store.ts';

const TIME = TABLES.audit.indexes.time;
/** The index has all chains in one partition: changes by hand are few. */
export const TIME_PARTITION = 'AUDIT';
/** These sort around all times. */
const BEFORE_TIMES = ' ';
const AFTER_TIMES = '~';

/** Where an entry stands among those of all chains. */
export function timeKey({ tenant, seq }: Pick<AuditEntry, 'tenant' | 'seq'>, at: string): string {
  return `${at}#${tenant}#${sortablePlace(seq)}`;
}

/** The place that a sort key names; not a number where it names none. */
export function placeOf(sk: string): number {
  return /^\d{12}$/.test(sk) ? Number(sk) : Number.NaN;
}

/** Reads made for one page that a filter thins out. */
const READS_MAX = 20;

/** Newest first. A row that is no entry is left out: finding it is the verification's. */
export async function listEntries(store: Store, query: AuditQuery): Promise<Page<AuditEntry>> {
  const { limit, after, sinceMs = 0, matches } = query;
  const { reader, positionOf } = await readerFor(store, query);
  const found: { readonly entry: AuditEntry; readonly position: string }[] = [];
  let seen: string | undefined;
  for (let read = 0; read < READS_MAX && found.length <= limit; read++) {
    const items = await reader.next(limit + 2);
    if (items === undefined) return { items: found.map(({ entry }) => entry), next: undefined };
    for (const item of items) {
      const position = positionOf(item);
      if (position === after) continue;
      seen = position;
      const entry = parseEntry(String(item.doc));
      if (entry === undefined) continue;
      if (Date.parse(entry.at) < sinceMs) {
        return pageOf(found, limit, undefined);
      }
      if (matches(entry)) found.push({ entry, position });
    }
  }
  return pageOf(found, limit, seen);
}

function pageOf(
  found: readonly { readonly entry: AuditEntry; readonly position: string }[],
  limit: number,
  seen: string | undefined,
): Page<AuditEntry> {
  const page = found.slice(0, limit);
  const next = found.length > limit ? page.at(-1)?.position : seen;
  return { items: page.map(({ entry }) => entry), next };
}

/** One chain is read from the table itself, all of them from the index. */
async function readerFor(
  store: Store,
  { tenant, sinceMs, untilMs, after }: AuditQuery,
): Promise<{ reader: RangeReader; positionOf: (item: Item) => string }> {
  if (tenant === undefined) {
    const low = sinceMs === undefined ? BEFORE_TIMES : instant(sinceMs);
    const until = untilMs === undefined ? AFTER_TIMES : instant(untilMs);
    const reader = readRange(store.db, {
      table: store.table,
      index: TIME.name,
      partition: [TIME.partitionKey, TIME_PARTITION],
      sort: [TIME.sortKey, low, after ?? until],
      order: 'descending',
    });
    return { reader, positionOf: (item) => String(item.tmSk) };
  }
  const last = after === undefined ? await lastBefore(store, tenant, untilMs) : placeOf(after);
  return { reader: rowsTo(store, tenant, last), positionOf: (item) => String(item.sk) };
}

/** A chain's rows from this place backwards. */
function rowsTo(store: Store, tenant: string, place: number): RangeReader {
  const { pk, sk } = auditKeys.entry(tenant, 1);
  return readRange(store.db, {
    table: store.table,
    partition: ['pk', pk],
    sort: ['sk', sk, sortablePlace(place)],
    ...{ order: 'descending', consistent: true },
  });
}

/** The place of the chain's last entry before `untilMs`: the times in a chain never go back. */
async function lastBefore(store: Store, tenant: string, untilMs: number | undefined) {
  const [last] = (await rowsTo(store, tenant, PLACE_MAX).next(1)) ?? [];
  let high = last === undefined ? 0 : placeOf(String(last.sk));
  if (untilMs === undefined || high === 0) return high;
  // Everything up to `low` is before it, nothing from `high` + 1 on.
  let low = 0;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    const [item] = (await rowsTo(store, tenant, middle).next(1)) ?? [];
    const entry = item === undefined ? undefined : parseEntry(String(item.doc));
    const isBefore = entry === undefined || Date.parse(entry.at) < untilMs;
    if (isBefore) low = middle;
    else high = middle - 1;
  }
  return low;
}

function instant(atMs: number): string {
  return new Date(atMs).toISOString();
}
