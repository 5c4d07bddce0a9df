import type { QueryCommandInput } from '@aws-sdk/client-dynamodb';
import { invalid } from './errors.ts';
import { tieOf } from './index-view.ts';
import type { Stretch } from './key-condition.ts';
import { placeOfItem, placeOfKey } from './keys.ts';
import type { Source } from './query-source.ts';
import { firstNotBefore, type Row } from './shelf.ts';
import { storedItem } from './stored.ts';
import type { KeySpec } from './table-spec.ts';
import type { Item } from './values.ts';

/** Above every tie. */
const AFTER_TIES = '\uffff';

/** The rows of the stretch in the order asked for, after the key that a page goes on from. */
export function* rowsOf(source: Source, stretch: Stretch, input: QueryCommandInput): Iterable<Row> {
  const rows = source.shelf.partition(stretch.partition);
  const isForward = input.ScanIndexForward !== false;
  const start = startOf(source, stretch, input);
  for (let at = firstAt(rows, stretch, start, isForward); ; at += isForward ? 1 : -1) {
    const row = rows[at];
    if (row === undefined) return;
    if (start !== undefined && row.sort === start.sort && row.tie === start.tie) continue;
    const isOut = stretch.isBelow(row.sort) || stretch.isAbove(row.sort);
    if (!isOut) yield row;
    else if (isForward ? stretch.isAbove(row.sort) : stretch.isBelow(row.sort)) return;
  }
}

interface Start {
  readonly sort: string;
  readonly tie: string;
}

function firstAt(
  rows: readonly Row[],
  stretch: Stretch,
  start: Start | undefined,
  isForward: boolean,
): number {
  if (isForward) return firstNotBefore(rows, start?.sort ?? stretch.from, start?.tie);
  if (start !== undefined) return firstNotBefore(rows, start.sort, start.tie) - 1;
  return firstNotBefore(rows, stretch.to, AFTER_TIES) - 1;
}

function startOf(source: Source, stretch: Stretch, input: QueryCommandInput): Start | undefined {
  if (input.ExclusiveStartKey === undefined) return undefined;
  const key = storedItem(input.ExclusiveStartKey);
  const names = Object.keys(keyOf(key, [source.keys, source.table]));
  const wanted = new Set(
    [source.table.partition, source.table.sort, source.keys.partition, source.keys.sort].flatMap(
      (one) => one?.name ?? [],
    ),
  );
  if (names.length !== wanted.size || Object.keys(key).length !== wanted.size) throw badStart();
  placeOfKey(keyOf(key, [source.table]), source.table);
  const { partition, sort } = placeOfItem(key, source.keys, BAD_START);
  if (partition !== stretch.partition) throw badStart();
  if (stretch.isBelow(sort) || stretch.isAbove(sort)) throw badStart();
  return { sort, tie: source.index === undefined ? '' : tieOf(key, source.table) };
}

const BAD_START = 'The provided starting key is invalid';

function badStart(): Error {
  return invalid(BAD_START);
}

/** The keys of an item by these schemas, each once. */
export function keyOf(item: Item, specs: readonly KeySpec[]): Item {
  const key: Record<string, Item[string]> = {};
  for (const { partition, sort } of specs) {
    for (const attribute of [partition, sort]) {
      const value = attribute && item[attribute.name];
      if (attribute !== undefined && value !== undefined) key[attribute.name] = value;
    }
  }
  return key;
}
