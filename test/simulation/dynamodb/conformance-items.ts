import {
  type AttributeValue,
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  type ReturnValue,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { describe, expect, it } from 'vitest';
import {
  marshalled,
  type Native,
  nameOfError,
  put,
  rest,
  type Subject,
  type SubjectKind,
  TableName,
  valuesOf,
} from './subjects.ts';

type RefusedItem = readonly [
  why: string,
  item: Record<string, AttributeValue>,
  /** Who takes it all the same. */
  lax?: readonly SubjectKind[],
];

const KEY = { pk: { S: 'bad' }, sk: { S: 'x' } };
const REFUSED: readonly RefusedItem[] = [
  ['no key', { a: { N: '1' } }],
  ['half a key', { pk: { S: 'x' } }],
  ['a key of another type', { pk: { N: '1' }, sk: { S: 'x' } }],
  ['an empty key', { pk: { S: '' }, sk: { S: 'x' } }],
  ['a partition key of 2,049 bytes', { pk: { S: 'p'.repeat(2_049) }, sk: { S: 'x' } }],
  ['a sort key of 1,025 bytes', { pk: { S: 'p' }, sk: { S: 'é'.repeat(513) } }, ['dynalite']],
  ['an index key of another type', { ...KEY, gn: { S: '5' } }],
  ['an empty index key', { ...KEY, gp: { S: '' } }, ['dynalite']],
  ['more than 400 KB', { ...KEY, a: { S: 'x'.repeat(409_600) } }],
  ['an empty set', { ...KEY, a: { SS: [] } }],
  ['a set with duplicates', { ...KEY, a: { SS: ['x', 'x'] } }],
  ['a set of numbers that are the same', { ...KEY, a: { NS: ['1', '1.0'] } }],
  ['a number that is none', { ...KEY, a: { N: 'one' } }],
  ['a number that is empty', { ...KEY, a: { N: '' } }],
  ['a number of 39 digits', { ...KEY, a: { N: '1'.repeat(39) } }],
  ['a number that is too large', { ...KEY, a: { N: '1e126' } }],
  ['a number that is too small', { ...KEY, a: { N: '1e-131' } }],
  ['a null that is not true', { ...KEY, a: { NULL: false } }],
];

const NUMBERS: readonly (readonly [given: string, stored: string])[] = [
  ['1.0', '1'],
  ['-0', '0'],
  ['007', '7'],
  ['1e3', '1000'],
  ['1.50E-2', '0.015'],
  ['.5', '0.5'],
  ['12345678901234567890123456789012345678', '12345678901234567890123456789012345678'],
];

const RETURNED: readonly (readonly [ReturnValue, Native | undefined])[] = [
  ['NONE', undefined],
  ['ALL_OLD', { pk: 'r', sk: 'x', a: 1, b: 2, m: { x: 1, y: 2 } }],
  ['ALL_NEW', { pk: 'r', sk: 'x', a: 2, c: 1, m: { x: 9, y: 2 } }],
  ['UPDATED_OLD', { a: 1, b: 2, m: { x: 1 } }],
  ['UPDATED_NEW', { a: 2, c: 1, m: { x: 9 } }],
];

/** Items by their key: what is taken, what is given back, and what is refused. */
export function itemConformance(subject: () => Subject, kind: SubjectKind): void {
  const send: Subject['client']['send'] = (...given: [never]) => subject().client.send(...given);
  const Key = marshalled({ pk: 'r', sk: 'x' });

  for (const [why, Item, lax = []] of REFUSED) {
    it(`refuses ${why}`, async () => {
      const name = await nameOfError(send(new PutItemCommand({ TableName, Item })));
      expect(name).toBe(lax.includes(kind) ? 'nothing' : 'ValidationException');
    });
  }

  it.each(NUMBERS)('stores %s as %s', async (given, stored) => {
    await send(new PutItemCommand({ TableName, Item: { ...Key, a: { N: given } } }));
    const { Item } = await send(new GetItemCommand({ TableName, Key, ConsistentRead: true }));
    expect(Item?.a?.N).toBe(stored);
  });

  it('adds up to 38 digits exactly', async () => {
    const big = '12345678901234567890123456789';
    await send(new PutItemCommand({ TableName, Item: { ...Key, a: { N: `${big}.1` } } }));
    const { Attributes } = await send(
      new UpdateItemCommand({
        TableName,
        Key,
        UpdateExpression: 'ADD a :v',
        ExpressionAttributeValues: { ':v': { N: '0.000000001' } },
        ReturnValues: 'ALL_NEW',
      }),
    );
    expect(Attributes?.a?.N).toBe(`${big}.100000001`);
  });

  describe('an update gives back', () => {
    it.each(RETURNED)('%s', async (ReturnValues, expected) => {
      await put(subject(), { pk: 'r', sk: 'x', a: 1, b: 2, m: { x: 1, y: 2 } });
      const { Attributes } = await send(
        new UpdateItemCommand({
          TableName,
          Key,
          UpdateExpression: 'SET a = a + :one, m.x = :nine REMOVE b ADD c :one',
          ...valuesOf({ ':one': 1, ':nine': 9 }),
          ReturnValues,
        }),
      );
      expect(Attributes && unmarshall(Attributes)).toEqual(expected);
    });
  });

  it('makes an item by an update of none, with no update too', async () => {
    const none = marshalled({ pk: 'made', sk: 'x' });
    await send(new UpdateItemCommand({ TableName, Key: none }));
    expect(await rest(subject(), 'made')).toEqual({});
  });

  it('gives back what a put replaced and what a delete took, once', async () => {
    await put(subject(), { pk: 'r', sk: 'x', a: 1 });
    const Item = marshalled({ pk: 'r', sk: 'x', b: 2 });
    const ReturnValues = 'ALL_OLD';
    const replaced = await send(new PutItemCommand({ TableName, Item, ReturnValues }));
    expect(unmarshall(replaced.Attributes ?? {})).toEqual({ pk: 'r', sk: 'x', a: 1 });
    const taken = await send(new DeleteItemCommand({ TableName, Key, ReturnValues }));
    expect(unmarshall(taken.Attributes ?? {})).toEqual({ pk: 'r', sk: 'x', b: 2 });
    const again = await send(new DeleteItemCommand({ TableName, Key, ReturnValues }));
    expect(again.Attributes).toBeUndefined();
  });

  it('refuses what a put or a delete cannot give back', async () => {
    const Item = marshalled({ pk: 'r', sk: 'x' });
    const ReturnValues = 'ALL_NEW';
    const asked = [
      new PutItemCommand({ TableName, Item, ReturnValues }),
      new PutItemCommand({ TableName, Item, ReturnValues: 'UPDATED_OLD' }),
    ];
    for (const one of asked) expect(await nameOfError(send(one))).toBe('ValidationException');
  });

  it('asks a condition of an item that is not there as of an empty one', async () => {
    const none = { TableName, Key: marshalled({ pk: 'none', sk: 'x' }) };
    const refused = new DeleteItemCommand({ ...none, ConditionExpression: 'attribute_exists(pk)' });
    expect(await nameOfError(send(refused))).toBe('ConditionalCheckFailedException');
    await send(new DeleteItemCommand({ ...none, ConditionExpression: 'attribute_not_exists(pk)' }));
  });

  it('projects names, maps and places', async () => {
    await put(subject(), {
      pk: 'r',
      sk: 'x',
      a: 1,
      m: { x: 1, y: [1, 2, { z: 3 }] },
      li: [1, 2, 3],
    });
    const { Item } = await send(
      new GetItemCommand({
        TableName,
        Key,
        ConsistentRead: true,
        ProjectionExpression: '#a, m.y[2].z, li[2], li[0], nope.x',
        ExpressionAttributeNames: { '#a': 'a' },
      }),
    );
    expect(unmarshall(Item ?? {})).toEqual({ a: 1, m: { y: [{ z: 3 }] }, li: [1, 3] });
  });

  it('knows no other tables, and no keys that are not just the key', async () => {
    const other = new GetItemCommand({ TableName: 'other', Key });
    expect(await nameOfError(send(other))).toBe('ResourceNotFoundException');
    for (const wrong of [{ pk: 'r' }, { pk: 'r', sk: 'x', a: 1 }, { pk: 'r', sk: 1 }]) {
      const get = new GetItemCommand({ TableName, Key: marshalled(wrong) });
      expect(await nameOfError(send(get))).toBe('ValidationException');
    }
  });
}
