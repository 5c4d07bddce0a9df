import { setTimeout as sleep } from 'node:timers/promises';
import {
  type AttributeDefinition,
  CreateTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  type GlobalSecondaryIndex,
  type KeySchemaElement,
  ResourceInUseException,
  type TableDescription,
} from '@aws-sdk/client-dynamodb';

/** The properties of an `AWS::DynamoDB::Table` that a stand-in can keep; it knows no others. */
export interface TableDefinition {
  readonly TableName: string;
  readonly KeySchema: KeySchemaElement[];
  readonly AttributeDefinitions: AttributeDefinition[];
  readonly GlobalSecondaryIndexes?: GlobalSecondaryIndex[];
}

/**
 * Creates the tables that are not there yet. A table that is there with other keys or indexes
 * is an error: it was made by another version, and its data would not be found.
 */
export async function createTables(
  endpoint: string,
  tables: readonly TableDefinition[],
): Promise<void> {
  const db = new DynamoDBClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  try {
    for (const table of tables) await createTable(db, table);
  } finally {
    db.destroy();
  }
}

async function createTable(db: DynamoDBClient, table: TableDefinition): Promise<void> {
  const { TableName, KeySchema, AttributeDefinitions, GlobalSecondaryIndexes } = table;
  try {
    await db.send(
      new CreateTableCommand({
        TableName,
        KeySchema,
        AttributeDefinitions,
        ...(GlobalSecondaryIndexes !== undefined && { GlobalSecondaryIndexes }),
        BillingMode: 'PAY_PER_REQUEST',
      }),
    );
  } catch (error) {
    if (!(error instanceof ResourceInUseException)) throw error;
  }
  const existing = await activeTable(db, TableName);
  if (shapeOf(existing) !== shapeOf(table)) {
    throw new Error(
      `The table ${TableName} was made with other keys or indexes: ${shapeOf(existing)} instead ` +
        `of ${shapeOf(table)}. Remove the data directory, or start the version that made it.`,
    );
  }
}

const ACTIVE_CHECKS_MAX = 200;
const ACTIVE_CHECK_MS = 10;

async function activeTable(db: DynamoDBClient, name: string): Promise<TableDescription> {
  for (let check = 0; check < ACTIVE_CHECKS_MAX; check++) {
    const { Table } = await db.send(new DescribeTableCommand({ TableName: name }));
    if (Table?.TableStatus === 'ACTIVE') return Table;
    await sleep(ACTIVE_CHECK_MS);
  }
  throw new Error(`The table ${name} did not become active.`);
}

/** Keys, indexes and what these hold, as a text that is equal only for equal tables. */
function shapeOf(table: TableDescription | TableDefinition): string {
  const indexes = (table.GlobalSecondaryIndexes ?? []).map(
    ({ IndexName, KeySchema, Projection }) =>
      `${IndexName}(${keysOf(KeySchema)}; ${Projection?.ProjectionType} ` +
      `${(Projection?.NonKeyAttributes ?? []).toSorted().join(' ')})`,
  );
  return `(${keysOf(table.KeySchema)}) ${indexes.sort().join(' ')}`;
}

function keysOf(schema: readonly KeySchemaElement[] = []): string {
  return schema.map(({ AttributeName, KeyType }) => `${KeyType} ${AttributeName}`).join(', ');
}
