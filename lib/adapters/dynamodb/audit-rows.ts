import { ConditionalCheckFailedException, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
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
