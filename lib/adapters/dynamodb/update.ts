import { ConditionalCheckFailedException, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import type { Item, Store } from './store.ts';
import type { Condition, Key } from './table.ts';

/** What becomes of a row's attributes; one that is undefined in `set` is taken away. */
export interface Changes {
  readonly set?: Item;
  /** Set only where the row has none. */
  readonly setOnce?: Item;
  /** Added to a number, or to a set. */
  readonly add?: Item;
  /** Members taken out of sets. */
  readonly take?: Item;
}

/**
 * Changes a row, or makes it, in one request. Returns the whole row as it is then; undefined where
 * the condition refused the change, also because of itself: its answer was lost and it came twice.
 */
export async function updateIf(
  store: Store,
  key: Key,
  changes: Changes,
  condition?: Condition,
): Promise<Item | undefined> {
  return await update(store, key, changes, condition, 'ALL_NEW');
}

/** The same where nobody asks for the row: a large one does not come back. */
export async function changeIf(
  store: Store,
  key: Key,
  changes: Changes,
  condition: Condition,
): Promise<void> {
  await update(store, key, changes, condition, 'NONE');
}

async function update(
  store: Store,
  key: Key,
  changes: Changes,
  condition: Condition | undefined,
  returned: 'ALL_NEW' | 'NONE',
): Promise<Item | undefined> {
  const { expression, names, values } = expressionOf(changes);
  const allNames = { ...names, ...condition?.ExpressionAttributeNames };
  const allValues = { ...values, ...condition?.values };
  try {
    const { Attributes = {} } = await store.db.send(
      new UpdateItemCommand({
        TableName: store.table,
        Key: marshall(key),
        UpdateExpression: expression,
        ...(condition !== undefined && { ConditionExpression: condition.ConditionExpression }),
        ExpressionAttributeNames: allNames,
        ...(Object.keys(allValues).length > 0 && {
          ExpressionAttributeValues: marshall(allValues),
        }),
        ReturnValues: returned,
      }),
    );
    return unmarshall(Attributes);
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    return undefined;
  }
}

/** Every name goes by an alias: DynamoDB reserves hundreds of words. */
function expressionOf({ set = {}, setOnce = {}, add = {}, take = {} }: Changes) {
  const names: Record<string, string> = {};
  const values: Record<string, unknown> = {};
  const name = (attribute: string): string => {
    const alias = `#u${Object.keys(names).length}`;
    names[alias] = attribute;
    return alias;
  };
  const value = (given: unknown): string => {
    const alias = `:u${Object.keys(values).length}`;
    values[alias] = given;
    return alias;
  };
  const present = Object.entries(set).filter(([, given]) => given !== undefined);
  const absent = Object.keys(set).filter((attribute) => set[attribute] === undefined);
  const clauses: Readonly<Record<string, readonly string[]>> = {
    SET: [
      ...present.map(([attribute, given]) => `${name(attribute)} = ${value(given)}`),
      ...Object.entries(setOnce).map(([attribute, given]) => {
        const alias = name(attribute);
        return `${alias} = if_not_exists(${alias}, ${value(given)})`;
      }),
    ],
    REMOVE: absent.map(name),
    ADD: Object.entries(add).map(([attribute, given]) => `${name(attribute)} ${value(given)}`),
    DELETE: Object.entries(take).map(([attribute, given]) => `${name(attribute)} ${value(given)}`),
  };
  const expression = Object.entries(clauses)
    .filter(([, parts]) => parts.length > 0)
    .map(([clause, parts]) => `${clause} ${parts.join(', ')}`)
    .join(' ');
  return { expression, names, values };
}
