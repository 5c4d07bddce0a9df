import {
  type DynamoDBClient,
  QueryCommand,
  type QueryCommandOutput,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import type { Item } from './store.ts';

type Bound = string | number;

/** One partition of a table or index: all of it, between two sort keys or from one on (inclusive). */
export interface Range {
  readonly table: string;
  readonly index?: string;
  readonly partition: readonly [attribute: string, value: string];
  readonly sort?: readonly [attribute: string, low: Bound, high?: Bound];
  readonly order: 'ascending' | 'descending';
  readonly consistent?: boolean;
}

/** Reads a range page by page, each page at most `limit` rows and never empty. */
export interface RangeReader {
  next(limit: number): Promise<readonly Item[] | undefined>;
}

/** A page can hold nothing and still not be the last; more of those in a row than this is a fault. */
const EMPTY_PAGES_MAX = 100;

export function readRange(db: DynamoDBClient, range: Range): RangeReader {
  const query = {
    TableName: range.table,
    ...(range.index !== undefined && { IndexName: range.index }),
    ...keyCondition(range),
    ScanIndexForward: range.order === 'ascending',
    ...(range.consistent === true && { ConsistentRead: true }),
  };
  // DynamoDB refuses bounds that cross.
  const [, low = 0, high = low] = range.sort ?? [];
  let done = low > high;
  let from: Record<string, unknown> | undefined;
  return {
    async next(limit) {
      for (let page = 0; page < EMPTY_PAGES_MAX && !done; page++) {
        const { Items = [], LastEvaluatedKey } = await db.send(
          new QueryCommand({
            ...query,
            Limit: limit,
            ...(from !== undefined && { ExclusiveStartKey: marshall(from) }),
          }),
        );
        done = LastEvaluatedKey === undefined;
        if (LastEvaluatedKey !== undefined) from = unmarshall(LastEvaluatedKey);
        if (Items.length > 0) return Items.map((item) => unmarshall(item));
      }
      if (!done) throw new Error(`${range.table}: ${EMPTY_PAGES_MAX} empty pages in a row.`);
      return undefined;
    },
  };
}

function keyCondition({ partition: [name, value], sort }: Range) {
  if (sort === undefined) {
    return {
      KeyConditionExpression: '#p = :p',
      ExpressionAttributeNames: { '#p': name },
      ExpressionAttributeValues: marshall({ ':p': value }),
    };
  }
  const [sortName, low, high] = sort;
  if (high === undefined) {
    return {
      KeyConditionExpression: '#p = :p AND #s >= :low',
      ExpressionAttributeNames: { '#p': name, '#s': sortName },
      ExpressionAttributeValues: marshall({ ':p': value, ':low': low }),
    };
  }
  return {
    KeyConditionExpression: '#p = :p AND #s BETWEEN :low AND :high',
    ExpressionAttributeNames: { '#p': name, '#s': sortName },
    ExpressionAttributeValues: marshall({ ':p': value, ':low': low, ':high': high }),
  };
}

/** Rows read at once by `readAll`; DynamoDB ends a page at 1 MB in any case. */
const PAGE_ROWS = 1_000;
const PAGES_MAX = 1_000;

/** Every row of a range that is known to be small enough to hold. */
export async function readAll(db: DynamoDBClient, range: Range): Promise<readonly Item[]> {
  const reader = readRange(db, range);
  const rows: Item[] = [];
  for (let page = 0; page < PAGES_MAX; page++) {
    const items = await reader.next(PAGE_ROWS);
    if (items === undefined) return rows;
    rows.push(...items);
  }
  throw new Error(`${range.table}: more than ${PAGES_MAX} pages in one partition.`);
}

/** How many rows a range has; may lag by a moment. */
export async function countRows(db: DynamoDBClient, range: Range): Promise<number> {
  let count = 0;
  let from: QueryCommandOutput['LastEvaluatedKey'];
  for (let page = 0; page < PAGES_MAX; page++) {
    const { Count = 0, LastEvaluatedKey }: QueryCommandOutput = await db.send(
      new QueryCommand({
        TableName: range.table,
        ...keyCondition(range),
        Select: 'COUNT',
        ...(from !== undefined && { ExclusiveStartKey: from }),
      }),
    );
    count += Count;
    from = LastEvaluatedKey;
    if (from === undefined) return count;
  }
  throw new Error(`${range.table}: more than ${PAGES_MAX} pages in one partition.`);
}

/** The bounds between which every sort key begins with `prefix`; keys are ASCII. */
export function startingWith(prefix: string): readonly [low: string, high: string] {
  return [prefix, `${prefix}\x7f`];
}
