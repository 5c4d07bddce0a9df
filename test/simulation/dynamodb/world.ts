import { dynamoAnswers } from '../../../lib/adapters/dynamodb/answers.ts';
import { dynamoApiKeys } from '../../../lib/adapters/dynamodb/api-keys.ts';
import { dynamoBreakers } from '../../../lib/adapters/dynamodb/breakers.ts';
import { dynamoClaims } from '../../../lib/adapters/dynamodb/claims.ts';
import { dynamoConcurrencyLimits } from '../../../lib/adapters/dynamodb/concurrency-limits.ts';
import { dynamoDeliveries } from '../../../lib/adapters/dynamodb/deliveries.ts';
import { dynamoDrains } from '../../../lib/adapters/dynamodb/drains.ts';
import { dynamoEvents } from '../../../lib/adapters/dynamodb/events.ts';
import { dynamoHealthChecks } from '../../../lib/adapters/dynamodb/health-checks.ts';
import { dynamoIntegrations } from '../../../lib/adapters/dynamodb/integrations.ts';
import { dynamoJobs } from '../../../lib/adapters/dynamodb/jobs.ts';
import { dynamoLines } from '../../../lib/adapters/dynamodb/lines.ts';
import { dynamoProgress } from '../../../lib/adapters/dynamodb/progress.ts';
import { dynamoRateLimits } from '../../../lib/adapters/dynamodb/rate-limits.ts';
import { dynamoSources } from '../../../lib/adapters/dynamodb/sources.ts';
import type { StoreOptions } from '../../../lib/adapters/dynamodb/store.ts';
import { cachedTargets } from '../../../lib/adapters/dynamodb/targets.ts';
import { type MakeWorld, testClock, type World } from '../../contracts/stand-ins.ts';
import type { FakeStores } from '../../fakes/stores.ts';
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
    storesOn(model, {
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

function storesOn(
  { client: db }: ModelDynamoDb,
  options: StoreOptions & { readonly perTenantMax?: number },
): FakeStores {
  const integrations = dynamoIntegrations(db, TABLE_NAMES, options);
  return {
    integrations,
    targets: cachedTargets(integrations, options.clock),
    sources: dynamoSources(db, TABLE_NAMES, options),
    apiKeys: dynamoApiKeys(db, TABLE_NAMES, options),
    events: dynamoEvents(db, TABLE_NAMES, options),
    deliveries: dynamoDeliveries(db, TABLE_NAMES, options),
    claims: dynamoClaims(db, TABLE_NAMES, options),
    progress: dynamoProgress(db, TABLE_NAMES, options),
    breakers: dynamoBreakers(db, TABLE_NAMES, options),
    rateLimits: dynamoRateLimits(db, TABLE_NAMES, options),
    concurrencyLimits: dynamoConcurrencyLimits(db, TABLE_NAMES, options),
    drains: dynamoDrains(db, TABLE_NAMES, options),
    lines: dynamoLines(db, TABLE_NAMES, options),
    healthChecks: dynamoHealthChecks(db, TABLE_NAMES, options),
    jobs: dynamoJobs(db, TABLE_NAMES, options),
    answers: dynamoAnswers(db, TABLE_NAMES, options),
  };
}
