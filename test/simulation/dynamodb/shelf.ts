import type { Item } from './values.ts';

/** Where a row stands: its partition, and its place in it. `tie` parts what sorts the same. */
export interface Place {
  readonly partition: string;
  readonly sort: string;
  readonly tie: string;
}

interface Version {
  /** Undefined while there was no such row. */
  readonly item: Item | undefined;
  readonly bytes: number;
}

interface PastVersion extends Version {
  /** It was so before this time. */
  readonly untilMs: number;
}

export interface Row extends Place, Version {
  /** What a replica that lags may still show. */
  readonly past: readonly PastVersion[];
}

/** Partitions of rows in order, each with the versions of it that a late replica may show. */
export interface Shelf {
  readonly size: number;
  get(place: Place): Row | undefined;
  set(place: Place, version: Version, nowMs: number): void;
  /** All that ever stands there, also rows that are gone for now: ask `versionAt`. */
  partition(name: string): readonly Row[];
  partitions(): Iterable<readonly Row[]>;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };
type MutableRow = Writable<Row>;

const NOTHING: readonly PastVersion[] = [];
const EMPTY: readonly Row[] = [];

/** `keptMs`: how long after its end a version may be asked for. */
export function shelf(keptMs: number): Shelf {
  const partitions = new Map<string, MutableRow[]>();
  /** Rows that are gone, oldest first, until no replica shows them any more. */
  const gone: { readonly row: MutableRow; readonly atMs: number }[] = [];
  let size = 0;

  const bury = (row: MutableRow) => {
    const rows = partitions.get(row.partition);
    const at = rows === undefined ? -1 : firstNotBefore(rows, row.sort, row.tie);
    if (rows === undefined || rows[at] !== row || row.item !== undefined) return;
    if (rows.length > 1) rows.splice(at, 1);
    else partitions.delete(row.partition);
  };
  const buryOld = (nowMs: number) => {
    for (let one = gone[0]; one !== undefined && one.atMs + keptMs <= nowMs; one = gone[0]) {
      gone.shift();
      bury(one.row);
    }
  };

  return {
    get size() {
      return size;
    },
    get({ partition, sort, tie }) {
      const rows = partitions.get(partition);
      return rows && rowAt(rows, sort, tie);
    },
    set(place, { item, bytes }, nowMs) {
      const { partition, sort, tie } = place;
      const rows = partitions.get(partition) ?? [];
      const at = firstNotBefore(rows, sort, tie);
      let row = rows[at];
      if (row === undefined || row.sort !== sort || row.tie !== tie) {
        if (item === undefined) return;
        row = { partition, sort, tie, item: undefined, bytes: 0, past: NOTHING };
        if (rows.length === 0) partitions.set(partition, rows);
        if (at === rows.length) rows.push(row);
        else rows.splice(at, 0, row);
      }
      if (keptMs > 0) row.past = [...recent(row.past, nowMs - keptMs), before(row, nowMs)];
      size += Number(item !== undefined) - Number(row.item !== undefined);
      row.item = item;
      row.bytes = bytes;
      if (item === undefined && keptMs === 0) bury(row);
      else if (item === undefined) gone.push({ row, atMs: nowMs });
      if (gone.length > 0) buryOld(nowMs);
    },
    partition: (name) => partitions.get(name) ?? EMPTY,
    partitions: () => partitions.values(),
  };
}

/** The row as a replica shows it that has seen everything up to `asOfMs`. */
export function versionAt(row: Row, asOfMs: number): Version {
  for (const version of row.past) if (version.untilMs > asOfMs) return version;
  return row;
}

function before({ item, bytes }: Row, untilMs: number): PastVersion {
  return { item, bytes, untilMs };
}

function recent(past: readonly PastVersion[], sinceMs: number): readonly PastVersion[] {
  return past.filter(({ untilMs }) => untilMs > sinceMs);
}

function rowAt(rows: readonly Row[], sort: string, tie: string): Row | undefined {
  const row = rows[firstNotBefore(rows, sort, tie)];
  return row !== undefined && row.sort === sort && row.tie === tie ? row : undefined;
}

/** How many rows stand before this place. */
export function firstNotBefore(rows: readonly Row[], sort: string, tie = ''): number {
  let [low, high] = [0, rows.length];
  // What comes last mostly goes last.
  const last = rows[high - 1];
  if (last !== undefined && isBefore(last, sort, tie)) return high;
  while (low < high) {
    const middle = (low + high) >> 1;
    const row = rows[middle];
    if (row !== undefined && isBefore(row, sort, tie)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function isBefore(row: Row, sort: string, tie: string): boolean {
  return row.sort === sort ? row.tie < tie : row.sort < sort;
}
