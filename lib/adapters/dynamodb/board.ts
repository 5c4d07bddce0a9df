import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { BreakerSign } from '../../domain/breaker.ts';
import { TABLES } from '../../names.ts';
import { signOf } from './breaker-item.ts';
import { readAll } from './ranges.ts';
import { type Tables, TROUBLED } from './table.ts';

const BOARD = TABLES.state.indexes.troubled;

/** Every breaker that is not simply closed and well, by one query of a sparse index. */
export async function readBoard(
  db: DynamoDBClient,
  tables: Pick<Tables, 'state'>,
): Promise<readonly BreakerSign[]> {
  const rows = await readAll(db, {
    table: tables.state,
    index: BOARD.name,
    partition: [BOARD.partitionKey, TROUBLED],
    order: 'ascending',
  });
  return rows.map(signOf);
}
