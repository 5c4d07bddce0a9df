import type { Tables } from '../../../lib/adapters/dynamodb/table.ts';
import type { TableDefinition } from '../../../lib/local/dynamodb-tables.ts';
import { TABLES } from '../../../lib/names.ts';

export type KeyType = 'S' | 'N' | 'B';

export interface KeyAttribute {
  readonly name: string;
  readonly type: KeyType;
}

export interface KeySpec {
  readonly partition: KeyAttribute;
  readonly sort?: KeyAttribute;
}

export interface IndexSpec extends KeySpec {
  readonly name: string;
  /** The attributes beside all keys; `all` is whole items. */
  readonly project: readonly string[] | 'all';
}

export interface TableSpec extends KeySpec {
  readonly name: string;
  /** The attribute that says when a row may be deleted, in seconds. */
  readonly ttl?: string;
  readonly indexes: readonly IndexSpec[];
}

/** The product's tables under these names. */
export function productTables(names: Tables & { readonly audit?: string }): readonly TableSpec[] {
  const { registry, history, state, audit } = TABLES;
  return [
    specOfNames(names.registry, registry),
    specOfNames(names.history, history),
    specOfNames(names.state, state),
    specOfNames(names.audit ?? 'audit', audit),
  ];
}

interface KeyNames {
  readonly partitionKey: string;
  readonly sortKey: string;
  readonly sortKeyType?: 'N';
}

interface TableNames extends KeyNames {
  readonly ttl?: string;
  readonly indexes: Readonly<Record<string, IndexNames>>;
}

interface IndexNames extends KeyNames {
  readonly name: string;
  readonly whole?: boolean;
  readonly project?: readonly string[];
}

function specOfNames(name: string, table: TableNames): TableSpec {
  return {
    name,
    ...keysOfNames(table),
    ...(table.ttl !== undefined && { ttl: table.ttl }),
    indexes: Object.values(table.indexes).map((index) => ({
      name: index.name,
      ...keysOfNames(index),
      project: index.whole === true ? 'all' : (index.project ?? []),
    })),
  };
}

function keysOfNames({ partitionKey, sortKey, sortKeyType }: KeyNames) {
  return {
    partition: { name: partitionKey, type: 'S' },
    sort: { name: sortKey, type: sortKeyType ?? 'S' },
  } as const;
}

/** A table as CloudFormation and the stand-ins are told of it. */
export function specOfDefinition(definition: TableDefinition, ttl?: string): TableSpec {
  const keysOf = ({ KeySchema = [] }: Pick<Partial<TableDefinition>, 'KeySchema'>): KeySpec => {
    const [partition, sort] = KeySchema.map(({ AttributeName: name = '' }) => {
      const found = definition.AttributeDefinitions.find((one) => one.AttributeName === name);
      return { name, type: (found?.AttributeType ?? 'S') as KeyType };
    });
    if (partition === undefined) throw new Error(`${definition.TableName} has no key.`);
    return { partition, ...(sort !== undefined && { sort }) };
  };
  const indexes = definition.GlobalSecondaryIndexes ?? [];
  return {
    name: definition.TableName,
    ...keysOf(definition),
    ...(ttl !== undefined && { ttl }),
    indexes: indexes.map(({ IndexName = '', KeySchema = [], Projection }) => ({
      name: IndexName,
      ...keysOf({ KeySchema }),
      project: Projection?.ProjectionType === 'ALL' ? 'all' : (Projection?.NonKeyAttributes ?? []),
    })),
  };
}
