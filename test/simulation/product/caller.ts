import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { keys, kindKeys } from '../../../lib/adapters/dynamodb/table.ts';
import type { ApiKey, Principal } from '../../../lib/domain/api-key.ts';
import type { ModelDynamoDb } from '../dynamodb/model.ts';
import { TABLE_NAMES } from './settings.ts';

/** Who makes every request; there is no authorizer in front of it. */
export const CALLER: Principal = {
  keyId: 'key_simulation',
  name: 'simulation',
  scopes: ['admin'],
};

/** Stores the caller's key, which whoever makes a key is asked for. */
export function plantCaller(model: Pick<ModelDynamoDb, 'plant'>): void {
  const { keyId: id, name, scopes } = CALLER;
  const key: ApiKey = { id, lookup: 'simulation', hash: '', name, scopes, createdAtMs: 0 };
  const rows = [
    { ...keys.apiKeyPointer(id), lookup: key.lookup },
    { ...keys.apiKey(key.lookup), ...kindKeys('key', id), id, doc: JSON.stringify(key) },
  ];
  for (const row of rows) {
    model.plant(new PutItemCommand({ TableName: TABLE_NAMES.registry, Item: marshall(row) }));
  }
}
