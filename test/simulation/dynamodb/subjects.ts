import { type DynamoDBClient, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import { convertToAttr, marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { dynamoClient } from '../../../lib/adapters/dynamodb/client.ts';
import { type DynamoKind, startDynamo } from '../../../lib/local/dynamodb.ts';
import { createTables, type TableDefinition } from '../../../lib/local/dynamodb-tables.ts';
import { modelDynamoDb } from './model.ts';
import { seededRandom } from './seeded.ts';
import { specOfDefinition } from './table-spec.ts';
import { NO_WEAKNESSES } from './weaknesses.ts';

export type SubjectKind = 'model' | DynamoKind;

/** Something that says it is DynamoDB. */
export interface Subject {
  readonly client: DynamoDBClient;
  stop(): Promise<void>;
}

const attribute = (AttributeName: string, AttributeType: 'S' | 'N') => ({
  AttributeName,
  AttributeType,
});
const schema = (hash: string, range: string) => [
  { AttributeName: hash, KeyType: 'HASH' as const },
  { AttributeName: range, KeyType: 'RANGE' as const },
];

export const TableName = 'conformance';
const DEFINITION: TableDefinition = {
  TableName,
  KeySchema: schema('pk', 'sk'),
  AttributeDefinitions: [
    ...['pk', 'sk', 'gp', 'gs'].map((name) => attribute(name, 'S')),
    attribute('gn', 'N'),
  ],
  GlobalSecondaryIndexes: [
    {
      IndexName: 'byNumber',
      KeySchema: schema('gp', 'gn'),
      Projection: { ProjectionType: 'KEYS_ONLY' },
    },
    {
      IndexName: 'byText',
      KeySchema: schema('gp', 'gs'),
      Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['a'] },
    },
  ],
};

export async function startSubject(kind: SubjectKind): Promise<Subject> {
  if (kind === 'model') {
    const { client } = modelDynamoDb({
      clock: { nowMs: () => 0 },
      random: seededRandom(1),
      tables: [specOfDefinition(DEFINITION)],
      weaknesses: NO_WEAKNESSES,
    });
    return { client, stop: async () => undefined };
  }
  const server = await startDynamo({ kind });
  await createTables(server.endpoint, [DEFINITION]);
  const client = dynamoClient({ endpoint: server.endpoint, requestTimeoutMs: 20_000 });
  return {
    client,
    async stop() {
      client.destroy();
      await server.stop();
    },
  };
}

export type Native = Readonly<Record<string, unknown>>;

export function marshalled(item: Native) {
  return marshall(item, { removeUndefinedValues: true });
}

/** Aliases as a request takes them: none is no parameter. */
export function valuesOf(values: Native) {
  return Object.keys(values).length === 0
    ? {}
    : { ExpressionAttributeValues: marshall(values, { convertEmptyValues: false }) };
}

export async function put({ client }: Subject, item: Native): Promise<void> {
  await client.send(new PutItemCommand({ TableName, Item: marshalled(item) }));
}

/** The item, or nothing where there is none; its keys are left out. */
export async function rest({ client }: Subject, pk: string, sk = 'x'): Promise<Native | undefined> {
  const { Items = [] } = await client.send(
    new QueryCommand({
      TableName,
      KeyConditionExpression: 'pk = :p AND sk = :s',
      ExpressionAttributeValues: { ':p': convertToAttr(pk), ':s': convertToAttr(sk) },
      ConsistentRead: true,
    }),
  );
  const [item] = Items;
  if (item === undefined) return undefined;
  const { pk: _, sk: __, ...others } = unmarshall(item);
  return others;
}

/** The name of what it is refused with. */
export async function nameOfError(refused: Promise<unknown>): Promise<string> {
  try {
    await refused;
    return 'nothing';
  } catch (error) {
    return (error as Error).name;
  }
}
