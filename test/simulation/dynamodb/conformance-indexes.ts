import {
  type AttributeValue,
  DeleteItemCommand,
  PutItemCommand,
  QueryCommand,
  type QueryCommandInput,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { expect, it } from 'vitest';
import {
  marshalled,
  put,
  type Subject,
  type SubjectKind,
  TableName,
  valuesOf,
} from './subjects.ts';

const NUMBERS = ['-10', '-9.5', '-0.001', '0', '0.5', '2', '10', '123456789012345678901234567890'];

/** Indexes, pages of 1 MB, and what a request consumes. */
export function indexConformance(subject: () => Subject, kind: SubjectKind): void {
  const query = (gp: string, input: Partial<QueryCommandInput>) =>
    subject().client.send(
      new QueryCommand({
        TableName,
        IndexName: 'byText',
        KeyConditionExpression: 'gp = :p',
        ...valuesOf({ ':p': gp }),
        ...input,
      }),
    );
  const all = async (gp: string, input: Partial<QueryCommandInput> = {}) =>
    ((await query(gp, input)).Items ?? []).map((item) => unmarshall(item));

  it('sorts numbers by what they are worth', async () => {
    for (const [n, gn] of [...NUMBERS.entries()].reverse()) {
      const Item = { ...marshalled({ pk: `n${n}`, sk: 'x', gp: 'numbers' }), gn: { N: gn } };
      await subject().client.send(new PutItemCommand({ TableName, Item }));
    }
    const { Items = [] } = await query('numbers', { IndexName: 'byNumber' });
    expect(Items.map((item) => item.gn?.N)).toEqual(NUMBERS);
    const between = await query('numbers', {
      IndexName: 'byNumber',
      KeyConditionExpression: 'gp = :p AND gn BETWEEN :a AND :b',
      ...valuesOf({ ':p': 'numbers', ':a': -9.6, ':b': 2 }),
    });
    expect(between.Items?.map((item) => item.gn?.N)).toEqual(NUMBERS.slice(1, 6));
  });

  it('hold who has both keys, what they project and nothing else', async () => {
    const Key = { pk: 'i', sk: 'x' };
    await put(subject(), { ...Key, gp: 'held', a: 1, b: 2 });
    expect(await all('held')).toEqual([]);
    await put(subject(), { ...Key, gp: 'held', gs: 's', a: 1, b: 2 });
    expect(await all('held')).toEqual([{ ...Key, gp: 'held', gs: 's', a: 1 }]);
    await put(subject(), { ...Key, gp: 'held', gs: 't', a: 2 });
    expect(await all('held')).toEqual([{ ...Key, gp: 'held', gs: 't', a: 2 }]);
    await put(subject(), { ...Key, gp: 'elsewhere', gs: 't' });
    expect(await all('held')).toEqual([]);
    const UpdateExpression = 'REMOVE gs';
    const update = { TableName, Key: marshalled(Key), UpdateExpression };
    await subject().client.send(new UpdateItemCommand(update));
    expect(await all('elsewhere')).toEqual([]);
    await put(subject(), { ...Key, gp: 'held', gs: 's' });
    await subject().client.send(new DeleteItemCommand({ TableName, Key: marshalled(Key) }));
    expect(await all('held')).toEqual([]);
  });

  it.each([1, 3, 7])('give rows with equal keys each once, in pages of %i', async (Limit) => {
    const names = Array.from({ length: 12 }, (_, n) => `t${n}`);
    for (const pk of names) await put(subject(), { pk, sk: 'x', gp: 'ties', gs: 'same' });
    for (const ScanIndexForward of [true, false]) {
      const found: string[] = [];
      let from: Record<string, AttributeValue> | undefined;
      for (let page = 0; page < 20; page++) {
        const more = { Limit, ScanIndexForward, ExclusiveStartKey: from };
        const { Items = [], LastEvaluatedKey } = await query('ties', more);
        found.push(...Items.map((item) => String(unmarshall(item).pk)));
        from = LastEvaluatedKey;
        if (from === undefined) break;
        expect(Object.keys(from).sort()).toEqual(['gp', 'gs', 'pk', 'sk']);
      }
      expect(found.toSorted()).toEqual(names.toSorted());
    }
  });

  it('ends a page at 1 MB', async () => {
    const a = 'x'.repeat(300 * 1_024);
    for (let n = 0; n < 5; n++) await put(subject(), { pk: 'large', sk: `${n}`, a });
    const { Items = [], LastEvaluatedKey } = await subject().client.send(
      new QueryCommand({
        TableName,
        KeyConditionExpression: 'pk = :p',
        ...valuesOf({ ':p': 'large' }),
      }),
    );
    // With the row that goes beyond it; dynoxide ends before.
    const last = kind === 'dynoxide' ? 2 : 3;
    expect([Items.length, LastEvaluatedKey?.sk?.S]).toEqual([last + 1, String(last)]);
  });

  // dynalite does not say what an index consumes.
  it.skipIf(kind === 'dynalite')('say what a write costs them', async () => {
    const consumed = async (item: Readonly<Record<string, unknown>>) => {
      const Item = marshalled({ pk: 'cost', sk: 'x', ...item });
      const { ConsumedCapacity } = await subject().client.send(
        new PutItemCommand({ TableName, Item, ReturnConsumedCapacity: 'INDEXES' }),
      );
      const { CapacityUnits, GlobalSecondaryIndexes = {} } = ConsumedCapacity ?? {};
      return [CapacityUnits, GlobalSecondaryIndexes.byText?.CapacityUnits ?? 0];
    };
    expect(await consumed({ b: 1 })).toEqual([1, 0]);
    expect(await consumed({ gp: 'cost', gs: 's' })).toEqual([2, 1]);
    expect(await consumed({ gp: 'cost', gs: 's', b: 2 })).toEqual([1, 0]);
    expect(await consumed({ gp: 'cost', gs: 's', a: 2 })).toEqual([2, 1]);
    expect(await consumed({ gp: 'cost', gs: 't', a: 2 })).toEqual([3, 2]);
    expect(await consumed({ b: 'x'.repeat(3_000) })).toEqual([4, 1]);
    expect(await consumed({})).toEqual([3, 0]);
  });
}
