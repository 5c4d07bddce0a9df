import { setTimeout as sleep } from 'node:timers/promises';
import {
  type AttributeDefinition,
  CreateTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  type GlobalSecondaryIndex,
  type GlobalSecondaryIndexDescription,
  type KeySchemaElement,
  ResourceInUseException,
  type TableDescription,
  UpdateTableCommand,
} from '@aws-sdk/client-dynamodb';

/** The properties of an `AWS::DynamoDB::Table` that a stand-in can keep; it knows no others. */
export interface TableDefinition {
  readonly TableName: string;
  readonly KeySchema: KeySchemaElement[];
  readonly AttributeDefinitions: AttributeDefinition[];
  readonly GlobalSecondaryIndexes?: GlobalSecondaryIndex[];
}

/**
 * Creates the tables that are not there yet, and adds an index that a later version brought, as
 * a deployment does. A table with other keys or indexes than that is an error: its data would not
 * be found.
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
  const existing = await withMissingIndexes(db, table, await activeTable(db, TableName));
  if (shapeOf(existing) !== shapeOf(table)) {
    throw new Error(
      `The table ${TableName} was made with other keys or indexes: ${shapeOf(existing)} instead ` +
        `of ${shapeOf(table)}. Remove the data directory, or start the version that made it.`,
    );
  }
}

async function withMissingIndexes(
  db: DynamoDBClient,
  { TableName, AttributeDefinitions, GlobalSecondaryIndexes = [] }: TableDefinition,
  existing: TableDescription,
): Promise<TableDescription> {
  const there = new Set((existing.GlobalSecondaryIndexes ?? []).map(({ IndexName }) => IndexName));
  const missing = GlobalSecondaryIndexes.filter(({ IndexName }) => !there.has(IndexName));
  for (const index of missing) {
    await db.send(
      new UpdateTableCommand({
        TableName,
        AttributeDefinitions,
        GlobalSecondaryIndexUpdates: [
          { Create: { ...index, ProvisionedThroughput: THROUGHPUT_FOR_DYNALITE } },
        ],
      }),
    );
    // Indexes are made one at a time, here as on AWS.
    await activeTable(db, TableName);
  }
  return missing.length > 0 ? await activeTable(db, TableName) : existing;
}

/** It asks for one even on demand, and then makes no index: the table stays refused. */
const THROUGHPUT_FOR_DYNALITE = { ReadCapacityUnits: 1, WriteCapacityUnits: 1 };

const ACTIVE_CHECKS_MAX = 200;
const ACTIVE_CHECK_MS = 10;

async function activeTable(db: DynamoDBClient, name: string): Promise<TableDescription> {
  for (let check = 0; check < ACTIVE_CHECKS_MAX; check++) {
    const { Table } = await db.send(new DescribeTableCommand({ TableName: name }));
    if (Table?.TableStatus === 'ACTIVE' && (Table.GlobalSecondaryIndexes ?? []).every(isActive)) {
      return Table;
    }
    await sleep(ACTIVE_CHECK_MS);
  }
  throw new Error(`The table ${name} did not become active.`);
}

function isActive({ IndexStatus }: GlobalSecondaryIndexDescription): boolean {
  return IndexStatus === 'ACTIVE';
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
