import type { TableDefinition } from '../../lib/local/dynamodb-tables.ts';
import { TABLES } from '../../lib/names.ts';

/** A table as far as its capacity depends on it. */
export interface TableShape {
  readonly name: string;
  readonly keys: readonly string[];
  readonly indexes: readonly IndexShape[];
}

export interface IndexShape {
  readonly name: string;
  /** Partition key, then sort key. */
  readonly keys: readonly [string, string];
  readonly project: 'all' | readonly string[];
}

interface IndexNames {
  readonly name: string;
  readonly partitionKey: string;
  readonly sortKey: string;
  readonly sortKeyType?: 'N';
  readonly whole?: boolean;
  readonly project?: readonly string[];
}

/** The tables of the product; their names are those of `lib/names.ts`. */
export const SHAPES: readonly TableShape[] = Object.entries(TABLES).map(([name, table]) => ({
  name,
  keys: [table.partitionKey, table.sortKey],
  indexes: indexesOf(table).map((index) => ({
    name: index.name,
    keys: [index.partitionKey, index.sortKey],
    project: index.whole === true ? 'all' : (index.project ?? []),
  })),
}));

/** The same as a stand-in is told to create them. */
export function tableDefinitions(): readonly TableDefinition[] {
  return Object.entries(TABLES).map(([name, table]) => {
    const indexes = indexesOf(table);
    return {
      TableName: name,
      KeySchema: keySchema([table.partitionKey, table.sortKey]),
      AttributeDefinitions: [
        ...[table.partitionKey, table.sortKey].map((key) => attribute(key)),
        ...indexes.flatMap((index) => [
          attribute(index.partitionKey),
          attribute(index.sortKey, index.sortKeyType),
        ]),
      ],
      ...(indexes.length > 0 && { GlobalSecondaryIndexes: indexes.map(indexDefinition) }),
    };
  });
}

function indexesOf(table: (typeof TABLES)[keyof typeof TABLES]): readonly IndexNames[] {
  return 'indexes' in table ? Object.values(table.indexes) : [];
}

function indexDefinition({ name, partitionKey, sortKey, whole, project }: IndexNames) {
  const include = { ProjectionType: 'INCLUDE' as const, NonKeyAttributes: [...(project ?? [])] };
  const part = project === undefined ? { ProjectionType: 'KEYS_ONLY' as const } : include;
  return {
    IndexName: name,
    KeySchema: keySchema([partitionKey, sortKey]),
    Projection: whole === true ? { ProjectionType: 'ALL' as const } : part,
  };
}

function keySchema([partitionKey, sortKey]: readonly [string, string]) {
  return [
    { AttributeName: partitionKey, KeyType: 'HASH' as const },
    { AttributeName: sortKey, KeyType: 'RANGE' as const },
  ];
}

function attribute(name: string, type: 'N' | 'S' = 'S') {
  return { AttributeName: name, AttributeType: type };
}
