import { invalid } from './errors.ts';
import { placeOfKey } from './keys.ts';
import type { Row } from './shelf.ts';
import { storedItem } from './stored.ts';
import type { Table } from './table.ts';
import type { Item } from './values.ts';

/** What checkers see of a table: the truth, without faults, dice or time. */
export interface TableView {
  readonly size: number;
  get(key: Item): Item | undefined;
  rows(): Iterable<Item>;
  /** What the index shows a query now. */
  index(name: string): Iterable<Item>;
}

/** By table, its rows in the order of their keys. No item in it ever changes. */
export type Snapshot = Readonly<Record<string, readonly Item[]>>;

/** `settled` first does what time has done meanwhile. */
export function viewOf(table: Table, settled: () => number): TableView {
  return {
    get size() {
      settled();
      return table.shelf.size;
    },
    get(key) {
      settled();
      return table.shelf.get(placeOfKey(storedItem(key), table.spec))?.item;
    },
    rows() {
      settled();
      return itemsOf(table.shelf.partitions());
    },
    index(name) {
      const index = table.indexes.get(name);
      if (index === undefined) throw invalid(`The table has no index ${name}.`);
      index.settle(settled());
      return itemsOf(index.shelf.partitions());
    },
  };
}

export function snapshotOf(tables: Iterable<Table>): Snapshot {
  const entries = [...tables].map(({ spec, shelf }) => {
    const partitions = [...shelf.partitions()].toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
    return [spec.name, [...itemsOf(partitions)]] as const;
  });
  return Object.fromEntries(entries);
}

function nameOf(rows: readonly Row[]): string {
  return rows[0]?.partition ?? '';
}

function* itemsOf(partitions: Iterable<readonly Row[]>): Iterable<Item> {
  for (const rows of partitions) for (const { item } of rows) if (item !== undefined) yield item;
}
