import { sum } from '../statistics.ts';
import { itemBytes, type WireItem, writeUnits } from './sizes.ts';
import type { IndexShape, TableShape } from './tables.ts';

/** Units that one write takes, in the table and in each index it touches. */
export interface WriteCapacity {
  readonly table: number;
  readonly indexes: Readonly<Record<string, number>>;
}

/**
 * What replacing `before` by `after` takes (either may be absent). An index is written when what
 * it holds of the item changes; an entry that moves to another key is deleted and put: two writes.
 */
export function writeCapacity(
  table: TableShape,
  before: WireItem | undefined,
  after: WireItem | undefined,
): WriteCapacity {
  const indexes = table.indexes.flatMap((index) => {
    const units = indexUnits(table, index, before, after);
    return units > 0 ? [[index.name, units] as const] : [];
  });
  return {
    table: writeUnits(Math.max(bytesOf(before), bytesOf(after))),
    indexes: Object.fromEntries(indexes),
  };
}

function indexUnits(
  table: TableShape,
  index: IndexShape,
  before: WireItem | undefined,
  after: WireItem | undefined,
): number {
  const old = entryOf(table, index, before);
  const next = entryOf(table, index, after);
  if (old === undefined && next === undefined) return 0;
  if (old === undefined || next === undefined) return writeUnits(bytesOf(old ?? next));
  if (textOf(old) === textOf(next)) return 0;
  const stays = index.keys.every((name) => textOf(old[name]) === textOf(next[name]));
  if (stays) return writeUnits(Math.max(bytesOf(old), bytesOf(next)));
  return writeUnits(bytesOf(old)) + writeUnits(bytesOf(next));
}

/** What an index holds of an item; undefined if the item has not all keys of the index. */
export function entryOf(
  table: TableShape,
  index: IndexShape,
  item: WireItem | undefined,
): WireItem | undefined {
  if (item === undefined || !index.keys.every((name) => name in item)) return undefined;
  if (index.project === 'all') return item;
  const held = new Set([...table.keys, ...index.keys, ...index.project]);
  return Object.fromEntries(Object.entries(item).filter(([name]) => held.has(name)));
}

export function totalOf({ table, indexes }: WriteCapacity): number {
  return table + sum(Object.values(indexes));
}

function bytesOf(item: WireItem | undefined): number {
  return item === undefined ? 0 : itemBytes(item);
}

/** The same text for the same value, in whatever order its attributes come. */
function textOf(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
