import type { AuditPage, AuditQuery } from '../../app/ports-audit.ts';
import { type AuditEntry, hashOf, parseEntry, placeInTime } from '../../domain/audit.ts';
import { instant } from '../../domain/instant.ts';
import { TABLES } from '../../names.ts';
import { auditKeys, FIRST_PLACE, LAST_PLACE, placeOf } from './audit-keys.ts';
import { nextPlaced } from './audit-rows.ts';
import { type RangeReader, readRange } from './ranges.ts';
import type { Item, Store } from './store.ts';

const TIME = TABLES.audit.indexes.time;
/** The index has all chains in one partition: changes by hand are few. */
export const TIME_PARTITION = 'AUDIT';
/** These sort around all times. */
const BEFORE_TIMES = ' ';
const AFTER_TIMES = '~';

/** Where the row stands among those of all chains; nowhere: the empty text. */
export function inTimeOf({ tmPk, tmSk }: Item): string {
  return tmPk === TIME_PARTITION ? String(tmSk) : '';
}

/** Reads made for one page that a filter thins out. */
const READS_MAX = 20;

/** Newest first. A row that is not what was stored is left out: saying what it is, is the verification's. */
export async function listEntries(store: Store, query: AuditQuery): Promise<AuditPage> {
  const { limit, after, sinceMs = 0, matches } = query;
  const { reader, positionOf } = await readerFor(store, query);
  const found: Found[] = [];
  let seen: string | undefined;
  let broken = 0;
  for (let read = 0; read < READS_MAX && found.length <= limit; read++) {
    const items = await reader.next(limit + 2);
    if (items === undefined) return { ...pageOf(found, limit, undefined), broken };
    for (const item of items) {
      const position = positionOf(item);
      if (position === after) continue;
      seen = position;
      const entry = entryOf(item, query.tenant === undefined);
      if (entry === undefined) {
        broken += 1;
        continue;
      }
      if (Date.parse(entry.at) < sinceMs) return { ...pageOf(found, limit, undefined), broken };
      if (matches(entry)) found.push({ entry, position });
    }
  }
  return { ...pageOf(found, limit, seen), broken };
}

/** The entry that the row is; undefined where its key or its hash is another, or its time is. */
function entryOf(item: Item, isByTime: boolean): AuditEntry | undefined {
  const entry = parseEntry(String(item.doc));
  if (entry === undefined || hashOf(entry) !== entry.hash) return undefined;
  const { pk, sk } = auditKeys.entry(entry.tenant, entry.seq);
  const isItself = item.pk === pk && item.sk === sk && entry.seq > 0;
  return isItself && (!isByTime || inTimeOf(item) === placeInTime(entry)) ? entry : undefined;
}

interface Found {
  readonly entry: AuditEntry;
  readonly position: string;
}

function pageOf(found: readonly Found[], limit: number, seen: string | undefined) {
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
  const last = after ?? (await lastBefore(store, tenant, untilMs));
  return { reader: rowsTo(store, tenant, last), positionOf: (item) => String(item.sk) };
}

/** A chain's rows from this place backwards. */
function rowsTo(store: Store, tenant: string, sk: string): RangeReader {
  return readRange(store.db, {
    table: store.table,
    partition: ['pk', auditKeys.entry(tenant, 1).pk],
    sort: ['sk', FIRST_PLACE, sk],
    ...{ order: 'descending', consistent: true },
  });
}

/** The place of the chain's last entry before `untilMs`: the times in a chain never go back. */
async function lastBefore(
  store: Store,
  tenant: string,
  untilMs: number | undefined,
): Promise<string> {
  const lastTo = (place: string) => nextPlaced(rowsTo(store, tenant, place));
  const last = await lastTo(LAST_PLACE);
  let high = last === undefined ? 0 : placeOf(last);
  if (untilMs === undefined || high === 0) return auditKeys.entry(tenant, high).sk;
  // Everything up to `low` is before it, nothing from `high` + 1 on.
  let low = 0;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    const item = await lastTo(auditKeys.entry(tenant, middle).sk);
    const entry = item === undefined ? undefined : parseEntry(String(item.doc));
    const isBefore = entry === undefined || Date.parse(entry.at) < untilMs;
    if (isBefore) low = middle;
    else high = middle - 1;
  }
  return auditKeys.entry(tenant, low).sk;
}
