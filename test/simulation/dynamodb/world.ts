import { dynamoStores, type MakeWorld, testClock, type World } from '../../contracts/stand-ins.ts';
import { FAKE_RETENTION_DAYS } from '../../fakes/stores-history.ts';
import { type ModelDynamoDb, type ModelOptions, modelDynamoDb } from './model.ts';
import { seededRandom } from './seeded.ts';
import { productTables } from './table-spec.ts';

export const TABLE_NAMES = { registry: 'registry', history: 'history', state: 'state' };

export interface ModelWorld extends World {
  readonly model: ModelDynamoDb;
  readonly warnings: readonly string[];
}

/** The product's stores on a new model; the world's clock is the model's too. */
export function modelWorld(options: Partial<ModelOptions>, perTenantMax?: number): ModelWorld {
  const clock = testClock();
  const random = seededRandom(1);
  const model = modelDynamoDb({ clock, random, tables: productTables(TABLE_NAMES), ...options });
  const warnings: string[] = [];
  const another = () =>
    dynamoStores(model.client, TABLE_NAMES, {
      clock,
      random,
      telemetry: { warn: (message: string) => void warnings.push(message) },
      retentionDays: FAKE_RETENTION_DAYS,
      ...(perTenantMax !== undefined && { perTenantMax }),
    });
  return { stores: another(), another, clock, model, warnings };
}

export function worldsWith(options: Partial<ModelOptions>): MakeWorld {
  return async ({ perTenantMax } = {}) => modelWorld(options, perTenantMax);
}
