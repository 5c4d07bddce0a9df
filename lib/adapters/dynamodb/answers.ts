import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import type { Answers } from '../../app/ports-calls.ts';
import { KEPT_BODY_BYTES_MAX, type KeptCallAnswer } from '../../domain/call-cache.ts';
import { packBytes, unpackBytes } from './codec.ts';
import { getItem, type Item, type Store, type StoreOptions } from './store.ts';
import { conditions, keys, type Tables, ttlAt } from './table.ts';

/** A row holds 400 KB; headers and keys take a few of them. */
const PACKED_BYTES_MAX = 262_144;

/**
 * Answers in DynamoDB, one row for each request of an integration. A write that was sent twice is
 * the same write; that it is then refused because of itself changes nothing.
 */
export function dynamoAnswers(
  db: DynamoDBClient,
  tables: Tables,
  options: Pick<StoreOptions, 'random' | 'clock'>,
): Answers {
  const store: Store = { db, table: tables.state, random: options.random };
  return {
    async last(integrationId, key) {
      const row = await getItem(store, keys.answer(integrationId, key));
      // DynamoDB deletes up to days after the `ttl`.
      if (row === undefined || (row.ex as number) <= options.clock.nowMs()) return undefined;
      return answerOf(row);
    },

    async keep(integrationId, key, { storedAtMs, statusCode, headers, body }, expiresAtMs) {
      const packed = packBytes(body);
      if (packed.bytes.byteLength > PACKED_BYTES_MAX) return 'too-large';
      const { values, ...expressions } = conditions.isNewOrAcceptedBefore(storedAtMs);
      const item = {
        ...keys.answer(integrationId, key),
        ...{ at: storedAtMs, sc: statusCode, hd: headers, bd: packed.bytes, df: packed.isDeflated },
        ...{ ex: expiresAtMs, ttl: ttlAt(expiresAtMs) },
      };
      try {
        await db.send(
          new PutItemCommand({
            TableName: store.table,
            Item: marshall(item),
            ...expressions,
            ...(values !== undefined && { ExpressionAttributeValues: marshall(values) }),
          }),
        );
        return 'kept';
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return 'older';
        throw error;
      }
    },
  };
}

function answerOf(item: Item): KeptCallAnswer {
  const row = item as unknown as AnswerRow;
  return {
    storedAtMs: row.at,
    statusCode: row.sc,
    headers: row.hd,
    body: unpackBytes({ bytes: row.bd, isDeflated: row.df }, KEPT_BODY_BYTES_MAX),
  };
}

interface AnswerRow {
  readonly at: number;
  readonly sc: number;
  readonly hd: Readonly<Record<string, string>>;
  readonly bd: Uint8Array;
  readonly df: boolean;
}
