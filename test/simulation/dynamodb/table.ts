import { agenda } from './agenda.ts';
import { type Units, writeUnits } from './capacity.ts';
import { invalid } from './errors.ts';
import { type IndexView, indexView } from './index-view.ts';
import { checkIndexKeys, ITEM_BYTES_MAX } from './keys.ts';
import { type Place, type Shelf, shelf } from './shelf.ts';
import type { TableSpec } from './table-spec.ts';
import { bytesOfItem, type Item } from './values.ts';
import type { Dice } from './weaknesses.ts';

/** One applied change of a row, whoever made it. */
export interface Written {
  readonly table: string;
  readonly before: Item | undefined;
  readonly after: Item | undefined;
  readonly atMs: number;
  readonly by: 'request' | 'ttl';
}

export interface Table {
  readonly spec: TableSpec;
  readonly shelf: Shelf;
  readonly indexes: ReadonlyMap<string, IndexView>;
  /** Puts the item, or takes it away, and says what that costs. */
  write(place: Place, after: Item | undefined, nowMs: number): Units;
  /** When the next row is to be deleted for its age. */
  nextExpiryMs(): number;
  /** Deletes the next row of those that are due. */
  expireNext(nowMs: number): void;
}

/** Rows whose time was over longer than this ago are never deleted. */
const EXPIRED_LONG_AGO_MS = 5 * 365 * 86_400_000;
const NO_UNITS: Readonly<Record<string, number>> = {};

export function modelTable(
  spec: TableSpec,
  dice: Dice,
  onWrite: ((written: Written) => void) | undefined,
): Table {
  const rows = shelf(dice.staleMs);
  const indexes = spec.indexes.map((index) => indexView(index, spec, dice));
  const expiries = agenda<Place>();
  /** When each row is looked at for its age, so that each is planned once. */
  const planned = new Map<string, number>();

  const planExpiry = (place: Place, item: Item, nowMs: number) => {
    const ttlMs = ttlMsOf(spec, item);
    if (ttlMs === undefined || ttlMs < nowMs - EXPIRED_LONG_AGO_MS) return;
    const id = idOf(place);
    const knownMs = planned.get(id);
    if (knownMs !== undefined && knownMs <= Math.max(ttlMs, nowMs)) return;
    const lateMs = dice.ttlLateMs(`${spec.name} ${id}`);
    if (lateMs === undefined) return;
    const atMs = Math.max(ttlMs, nowMs) + lateMs;
    planned.set(id, atMs);
    expiries.plan(atMs, place);
  };

  const write = (
    place: Place,
    after: Item | undefined,
    nowMs: number,
    by: Written['by'],
  ): Units => {
    const standing = rows.get(place);
    const before = standing?.item;
    if (after !== undefined) checkIndexKeys(after, spec);
    const bytes = after === undefined ? 0 : bytesOfItem(after);
    if (bytes > ITEM_BYTES_MAX) throw invalid('Item size has exceeded the maximum allowed size');
    const table = writeUnits(Math.max(standing?.bytes ?? 0, bytes));
    rows.set(place, { item: after, bytes }, nowMs);
    let units = NO_UNITS;
    for (const index of indexes) {
      index.settle(nowMs);
      const was = before && index.entryOf(before);
      const cost = index.follow(was, after && index.entryOf(after), nowMs);
      if (cost > 0) units = { ...units, [index.spec.name]: cost };
    }
    if (after !== undefined && spec.ttl !== undefined) planExpiry(place, after, nowMs);
    onWrite?.({ table: spec.name, before, after, atMs: nowMs, by });
    return { table, indexes: units };
  };

  return {
    spec,
    shelf: rows,
    indexes: new Map(indexes.map((index) => [index.spec.name, index])),
    write: (place, after, nowMs) => write(place, after, nowMs, 'request'),
    nextExpiryMs: expiries.firstMs,
    expireNext(nowMs) {
      const due = expiries.take(nowMs);
      if (due === undefined) return;
      const { atMs, what: place } = due;
      const id = idOf(place);
      // Another look was planned for an earlier time meanwhile.
      if (planned.get(id) !== atMs) return;
      planned.delete(id);
      const item = rows.get(place)?.item;
      const ttlMs = item && ttlMsOf(spec, item);
      if (item === undefined || ttlMs === undefined) return;
      if (ttlMs <= atMs) write(place, undefined, atMs, 'ttl');
      else planExpiry(place, item, atMs);
    },
  };
}

function idOf({ partition, sort }: Place): string {
  return `${partition}\0${sort}`;
}

function ttlMsOf({ ttl }: TableSpec, item: Item): number | undefined {
  const seconds = ttl === undefined ? undefined : item[ttl]?.N;
  return seconds === undefined ? undefined : Number(seconds) * 1_000;
}
