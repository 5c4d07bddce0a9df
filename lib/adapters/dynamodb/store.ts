import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import type { Clock, Random, Telemetry } from '../../app/ports.ts';
import type { Condition, Key } from './table.ts';

/** What every store is given besides its client and its table. */
export interface StoreOptions {
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly random: Pick<Random, 'bytes'>;
  readonly telemetry: Pick<Telemetry, 'warn'>;
  readonly retentionDays: number;
}

/** One table, and the dice that mark each write. */
export interface Store {
  readonly db: DynamoDBClient;
  readonly table: string;
  readonly random: Pick<Random, 'bytes'>;
}

export type Item = Readonly<Record<string, unknown>>;

/** Random bytes that tell one write from every other of the same content. */
export const WRITE_BYTES = 6;

/** Strongly consistent. */
export async function getItem(store: Store, key: Key): Promise<Item | undefined> {
  const { Item } = await store.db.send(
    new GetItemCommand({ TableName: store.table, Key: marshall(key), ConsistentRead: true }),
  );
  return Item === undefined ? undefined : unmarshall(Item);
}

/**
 * Throws unless the row stands at this key, where its document says that it belongs: copied from
 * elsewhere, it would be opened for whom it names and not for whose row it is.
 */
export function requireOwnRow({ pk, sk }: Item, own: Key): void {
  if (pk === own.pk && sk === own.sk) return;
  throw new Error(`The row ${pk} ${sk} was tampered with: it belongs at ${own.pk} ${own.sk}.`);
}

export type PutResult =
  | { readonly kind: 'written'; readonly write: Uint8Array }
  | { readonly kind: 'refused'; readonly existing: Item | undefined };

/**
 * Puts a whole row under a condition. A write whose answer was lost is sent again by the client
 * and then refused because of itself: its mark is recognised, and it counts as written.
 */
export async function putIf(
  store: Store,
  key: Key,
  attributes: Item,
  condition: Condition,
): Promise<PutResult> {
  const write = store.random.bytes(WRITE_BYTES);
  const item = { ...key, ...attributes, w: write };
  const { values, ...expressions } = condition;
  try {
    await store.db.send(
      new PutItemCommand({
        TableName: store.table,
        Item: marshall(item, { removeUndefinedValues: true }),
        ...expressions,
        ...(values !== undefined && { ExpressionAttributeValues: marshall(values) }),
      }),
    );
    return { kind: 'written', write };
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
  }
  const existing = await getItem(store, key);
  return isMarked(existing, write) ? { kind: 'written', write } : { kind: 'refused', existing };
}

/** Whether the row bears the mark of this very write. */
export function isMarked(item: Item | undefined, write: Uint8Array, attribute = 'w'): boolean {
  const mark = item?.[attribute];
  return mark instanceof Uint8Array && Buffer.compare(mark, write) === 0;
}

/** Puts a row that is the same whoever writes it, and however often. */
export async function put(store: Store, key: Key, attributes: Item): Promise<void> {
  await store.db.send(
    new PutItemCommand({
      TableName: store.table,
      Item: marshall({ ...key, ...attributes }, { removeUndefinedValues: true }),
    }),
  );
}

export async function remove(store: Store, key: Key): Promise<void> {
  await store.db.send(new DeleteItemCommand({ TableName: store.table, Key: marshall(key) }));
}

/** Deletes the row if the condition holds; true also where there is none any more. */
export async function removeIf(store: Store, key: Key, condition: Condition): Promise<boolean> {
  const { values, ...expressions } = condition;
  try {
    await store.db.send(
      new DeleteItemCommand({
        TableName: store.table,
        Key: marshall(key),
        ...expressions,
        ...(values !== undefined && { ExpressionAttributeValues: marshall(values) }),
      }),
    );
    return true;
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
  }
  // A delete whose answer was lost is refused when it is sent again: what counts is what is left.
  return (await getItem(store, key)) === undefined;
}
