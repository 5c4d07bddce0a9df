import {
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { type ModelOptions, modelDynamoDb } from './model.ts';
import { seededRandom } from './seeded.ts';
import { marshalled } from './subjects.ts';
import type { TableSpec } from './table-spec.ts';
import type { Item } from './values.ts';

export const SEEDS = Array.from({ length: 60 }, (_, seed) => seed);
export const T0 = 1_800_000_000_000;
export const TableName = 'table';
export const Key = marshalled({ pk: 'p', sk: 's' });
const key = (name: string) => ({ name, type: 'S' as const });
const SPEC: TableSpec = {
  name: TableName,
  partition: key('pk'),
  sort: key('sk'),
  ttl: 'ttl',
  indexes: [{ name: 'index', partition: key('gp'), sort: key('gs'), project: ['v'] }],
};

/** A model with a clock that goes on where it sleeps; `passed` is that time. */
export function worldOf(seed: number, options: Partial<ModelOptions> = {}) {
  let nowMs = T0;
  const advance = (ms: number) => {
    nowMs += ms;
  };
  const model = modelDynamoDb({
    clock: { nowMs: () => nowMs },
    random: seededRandom(seed),
    tables: [SPEC],
    sleep: async (ms) => advance(ms),
    ...options,
  });
  return { model, ...conversation(model.client), advance, passedMs: () => nowMs - T0 };
}

function conversation(client: DynamoDBClient) {
  return {
    put: (v: number, more: Readonly<Record<string, unknown>> = {}) =>
      client.send(
        new PutItemCommand({
          TableName,
          Item: marshalled({ pk: 'p', sk: 's', gp: 'g', gs: 's', v, ...more }),
        }),
      ),
    create: () =>
      client.send(
        new PutItemCommand({
          TableName,
          Item: Key,
          ConditionExpression: 'attribute_not_exists(pk)',
        }),
      ),
    count: () =>
      client.send(
        new UpdateItemCommand({
          TableName,
          Key,
          UpdateExpression: 'ADD v :one',
          ExpressionAttributeValues: marshalled({ ':one': 1 }),
        }),
      ),
    remove: () => client.send(new DeleteItemCommand({ TableName, Key })),
    async get(ConsistentRead: boolean) {
      const { Item } = await client.send(new GetItemCommand({ TableName, Key, ConsistentRead }));
      return versionOf(Item);
    },
    async listed(gp = 'g') {
      const { Items = [] } = await client.send(
        new QueryCommand({
          TableName,
          IndexName: 'index',
          KeyConditionExpression: 'gp = :p',
          ExpressionAttributeValues: marshalled({ ':p': gp }),
        }),
      );
      return Items.map(versionOf);
    },
  };
}

export function versionOf(item: Item | undefined): number | undefined {
  return item === undefined ? undefined : Number(item.v?.N ?? 0);
}
