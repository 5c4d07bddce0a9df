import type { ConsumedCapacity, ReturnConsumedCapacity } from '@aws-sdk/client-dynamodb';

const WRITE_UNIT_BYTES = 1_024;
const READ_UNIT_BYTES = 4_096;

export function writeUnits(bytes: number): number {
  return Math.max(Math.ceil(bytes / WRITE_UNIT_BYTES), 1);
}

export function readUnits(bytes: number, isConsistent: boolean): number {
  return Math.max(Math.ceil(bytes / READ_UNIT_BYTES), 1) * (isConsistent ? 1 : 0.5);
}

/** Units of the table itself and of each of its indexes that was written or read. */
export interface Units {
  readonly table: number;
  readonly indexes: Readonly<Record<string, number>>;
}

export function totalOf({ table, indexes }: Units): number {
  let total = table;
  for (const index in indexes) total += indexes[index] ?? 0;
  return total;
}

/** What an answer says of its cost: nothing unless it was asked for. */
export function consumed(
  asked: ReturnConsumedCapacity | undefined,
  table: string,
  units: Units,
): { readonly ConsumedCapacity?: ConsumedCapacity } {
  if (asked === undefined || asked === 'NONE') return {};
  const total = { TableName: table, CapacityUnits: totalOf(units) };
  if (asked === 'TOTAL') return { ConsumedCapacity: total };
  const indexes = Object.entries(units.indexes).map(
    ([name, CapacityUnits]) => [name, { CapacityUnits }] as const,
  );
  return {
    ConsumedCapacity: {
      ...total,
      Table: { CapacityUnits: units.table },
      ...(indexes.length > 0 && { GlobalSecondaryIndexes: Object.fromEntries(indexes) }),
    },
  };
}
