import { ConditionalCheckFailedException, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { placeOf } from './audit-keys.ts';
import type { RangeReader } from './ranges.ts';
import type { Item, Store } from './store.ts';
import { conditions, type Key } from './table.ts';

/**
 * Puts a row of the audit table where none is: nobody may replace one. `taken` may be this very row,
 * put by a write whose answer was lost.
 */
export async function putNew(
  { db, table }: Pick<Store, 'db' | 'table'>,
  key: Key,
  attributes: Item,
): Promise<'appended' | 'taken'> {
  try {
    const Item = marshall({ ...key, ...attributes });
    await db.send(new PutItemCommand({ TableName: table, Item, ...conditions.isNew }));
    return 'appended';
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return 'taken';
    throw error;
  }
}

export const isPlaced = (item: Item) => !Number.isNaN(placeOf(item));

/**
 * Rows without a place stand between places where somebody has put them to be in the way: where
 * there are only such, as many are read at once as DynamoDB gives.
 */
const READS_MAX = 1_000;
const IN_THE_WAY_ROWS = 1_000;

/** The next row that has a place. */
export async function nextPlaced(reader: RangeReader): Promise<Item | undefined> {
  const [row] = await upTo(1, reader, isPlaced);
  return row;
}

/** Reads until so many rows are found, or there are no more; a page of DynamoDB ends at 1 MB. */
export async function upTo(
  limit: number,
  reader: RangeReader,
  isWanted: (item: Item) => boolean,
): Promise<readonly Item[]> {
  const found: Item[] = [];
  let isInTheWay = false;
  for (let read = 0; read < READS_MAX; read++) {
    if (found.length >= limit) return found.slice(0, limit);
    const items = await reader.next(isInTheWay ? IN_THE_WAY_ROWS : limit - found.length);
    if (items === undefined) return found;
    const wanted = items.filter(isWanted);
    found.push(...wanted);
    isInTheWay = wanted.length === 0;
  }
  throw new Error(`${READS_MAX} reads did not get past rows without a place.`);
}
