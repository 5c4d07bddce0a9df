import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { dynamoApiKeys } from '../../lib/adapters/dynamodb/api-keys.ts';
import { systemRandom } from '../../lib/adapters/system.ts';
import type { Principal } from '../../lib/domain/api-key.ts';

/** Before there is a key, requests are made by whom the deployment would trust. */
export const OWNER: Principal = { keyId: 'key_bench', name: 'bench', scopes: ['admin'] };

const TABLES = { registry: 'registry', history: 'history', state: 'state' };

/** Stores the owner's key, which whoever makes a key is asked for; nothing is counted. */
export async function plantOwner(endpoint: string): Promise<void> {
  const { keyId: id, ...rights } = OWNER;
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const db = new DynamoDBClient({ endpoint, region: 'us-east-1', credentials });
  const options = { random: systemRandom, telemetry: { warn: () => {} } };
  try {
    const key = { ...rights, id, lookup: 'bench', hash: '', createdAtMs: 0 };
    await dynamoApiKeys(db, TABLES, options).create(key);
  } finally {
    db.destroy();
  }
}
