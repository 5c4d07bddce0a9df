import { randomBytes } from 'node:crypto';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { dynamoAnswers } from '../../lib/adapters/dynamodb/answers.ts';
import { dynamoApiKeys } from '../../lib/adapters/dynamodb/api-keys.ts';
import { dynamoAuditDigests } from '../../lib/adapters/dynamodb/audit-digests.ts';
import { dynamoAuditIntents } from '../../lib/adapters/dynamodb/audit-intents.ts';
import type { AuditTables } from '../../lib/adapters/dynamodb/audit-keys.ts';
import { dynamoAuditTrail } from '../../lib/adapters/dynamodb/audit-trail.ts';
import { dynamoBreakers } from '../../lib/adapters/dynamodb/breakers.ts';
import { dynamoClaims } from '../../lib/adapters/dynamodb/claims.ts';
import { type ConsumedUnits, dynamoClient } from '../../lib/adapters/dynamodb/client.ts';
import { dynamoConcurrencyLimits } from '../../lib/adapters/dynamodb/concurrency-limits.ts';
import { dynamoDeliveries } from '../../lib/adapters/dynamodb/deliveries.ts';
import { dynamoDrains } from '../../lib/adapters/dynamodb/drains.ts';
import { dynamoEvents } from '../../lib/adapters/dynamodb/events.ts';
import { dynamoHealthChecks } from '../../lib/adapters/dynamodb/health-checks.ts';
import { dynamoIntegrations } from '../../lib/adapters/dynamodb/integrations.ts';
import { dynamoJobs } from '../../lib/adapters/dynamodb/jobs.ts';
import { dynamoKeyRates } from '../../lib/adapters/dynamodb/key-rates.ts';
import { dynamoSignaturesSeen } from '../../lib/adapters/dynamodb/key-signatures.ts';
import { dynamoLines } from '../../lib/adapters/dynamodb/lines.ts';
import { dynamoLockOuts } from '../../lib/adapters/dynamodb/lock-outs.ts';
import type { NamedOptions } from '../../lib/adapters/dynamodb/named-resources.ts';
import { dynamoProgress } from '../../lib/adapters/dynamodb/progress.ts';
import { dynamoRateLimits } from '../../lib/adapters/dynamodb/rate-limits.ts';
import { dynamoSources } from '../../lib/adapters/dynamodb/sources.ts';
import type { StoreOptions } from '../../lib/adapters/dynamodb/store.ts';
import type { Tables } from '../../lib/adapters/dynamodb/table.ts';
import { cachedTargets } from '../../lib/adapters/dynamodb/targets.ts';
import { type DynamoKind, dynoxideBinary, startDynamo } from '../../lib/local/dynamodb.ts';
import { createTables, type TableDefinition } from '../../lib/local/dynamodb-tables.ts';
import { TABLES } from '../../lib/names.ts';
import { type FakeStores, fakeStores } from '../fakes/stores.ts';
import { FAKE_RETENTION_DAYS } from '../fakes/stores-history.ts';
import { T0 } from './fixtures.ts';

/** Stores under test. `another` is what a second process sees: the same data, none of the memory. */
export interface World {
  readonly stores: FakeStores;
  readonly clock: TestClock;
  another(): FakeStores;
}

export interface TestClock {
  nowMs(): number;
  advance(ms: number): void;
}

export interface WorldOptions {
  readonly perTenantMax?: number;
}
export type MakeWorld = (options?: WorldOptions) => Promise<World>;

/** A world on real requests, with what a test of the adapters themselves needs besides. */
export interface DynamoWorld extends World {
  readonly db: DynamoDBClient;
  readonly tables: Tables;
  readonly warnings: string[];
}

export function testClock(): TestClock {
  let nowMs = T0 + 60_000;
  return {
    nowMs: () => nowMs,
    advance(ms) {
      nowMs += ms;
    },
  };
}

export async function fakeWorld({ perTenantMax }: WorldOptions = {}): Promise<World> {
  const clock = testClock();
  const stores = fakeStores(clock, perTenantMax);
  return { stores, clock, another: () => stores };
}

export interface StandIn {
  readonly kind: DynamoKind;
  world(
    options?: WorldOptions & { readonly onConsumed?: (consumed: ConsumedUnits) => void },
  ): Promise<DynamoWorld>;
  stop(): Promise<void>;
}

/** The stand-ins that can run here; dynalite can everywhere. */
export const STAND_INS: readonly DynamoKind[] = ['dynoxide', 'dynalite'];

export function isMissing(kind: DynamoKind): boolean {
  return kind === 'dynoxide' && dynoxideBinary() === undefined;
}

/** Starts a stand-in that gives every world new tables. */
export async function startStandIn(kind: DynamoKind): Promise<StandIn> {
  const server = await startDynamo({ kind });
  const clients: DynamoDBClient[] = [];
  let worlds = 0;
  return {
    kind,
    async world({ perTenantMax, onConsumed } = {}) {
      const definitions = tableDefinitions(`w${++worlds}`);
      await createTables(server.endpoint, definitions);
      const db = dynamoClient({
        endpoint: server.endpoint,
        requestTimeoutMs: 20_000,
        ...(onConsumed !== undefined && { onConsumed }),
      });
      clients.push(db);
      return dynamoWorld(db, tablesOf(`w${worlds}`), perTenantMax);
    },
    async stop() {
      for (const client of clients) client.destroy();
      await server.stop();
    },
  };
}

function dynamoWorld(
  db: DynamoDBClient,
  tables: Tables,
  perTenantMax: number | undefined,
): DynamoWorld {
  const clock = testClock();
  const warnings: string[] = [];
  const options = {
    clock,
    random: { bytes: (count: number) => new Uint8Array(randomBytes(count)) },
    telemetry: { warn: (message: string) => void warnings.push(message) },
    retentionDays: FAKE_RETENTION_DAYS,
    ...(perTenantMax !== undefined && { perTenantMax }),
  };
  const another = () => dynamoStores(db, tables, options);
  return { stores: another(), another, clock, db, tables, warnings };
}

/** The product's own stores, all of them, on whatever answers as DynamoDB. */
export function dynamoStores(
  db: DynamoDBClient,
  tables: Tables,
  options: StoreOptions & Pick<NamedOptions, 'vault'> & { readonly perTenantMax?: number },
): FakeStores {
  const integrations = dynamoIntegrations(db, tables, options);
  return {
    integrations,
    targets: cachedTargets(integrations, options.clock),
    sources: dynamoSources(db, tables, options),
    apiKeys: dynamoApiKeys(db, tables, options),
    events: dynamoEvents(db, tables, options),
    deliveries: dynamoDeliveries(db, tables, options),
    claims: dynamoClaims(db, tables, options),
    progress: dynamoProgress(db, tables, options),
    breakers: dynamoBreakers(db, tables, options),
    rateLimits: dynamoRateLimits(db, tables, options),
    concurrencyLimits: dynamoConcurrencyLimits(db, tables, options),
    drains: dynamoDrains(db, tables, options),
    lines: dynamoLines(db, tables, options),
    healthChecks: dynamoHealthChecks(db, tables, options),
    jobs: dynamoJobs(db, tables, options),
    answers: dynamoAnswers(db, tables, options),
    auditTrail: dynamoAuditTrail(db, auditTablesOf(tables), options),
    auditIntents: dynamoAuditIntents(db, auditTablesOf(tables), options),
    auditDigests: dynamoAuditDigests(db, auditTablesOf(tables), options),
    keyRates: dynamoKeyRates(db, tables, options),
    lockOuts: dynamoLockOuts(db, tables, options),
    signaturesSeen: dynamoSignaturesSeen(db, tables, options),
  };
}

/** The table of the audit log stands beside that of states, under the same prefix. */
function auditTablesOf({ state }: Tables): AuditTables {
  return { audit: state.replace(/state$/, 'audit'), state };
}

function tablesOf(prefix: string): Tables {
  const [registry, history, state] = ['registry', 'history', 'state'].map((t) => `${prefix}-${t}`);
  return { registry: registry ?? '', history: history ?? '', state: state ?? '' };
}

interface IndexNames {
  readonly name: string;
  readonly partitionKey: string;
  readonly sortKey: string;
  readonly sortKeyType?: 'N';
  readonly whole?: boolean;
  readonly project?: readonly string[];
}

/** The four tables as `lib/names.ts` has them, in the words of a CloudFormation template. */
export function tableDefinitions(prefix: string): readonly TableDefinition[] {
  return Object.entries(TABLES).map(([name, table]) => {
    const indexes: IndexNames[] = 'indexes' in table ? Object.values(table.indexes) : [];
    return {
      TableName: `${prefix}-${name}`,
      KeySchema: keySchema(table),
      AttributeDefinitions: [table, ...indexes].flatMap((keys: Omit<IndexNames, 'name'>) => [
        { AttributeName: keys.partitionKey, AttributeType: 'S' as const },
        { AttributeName: keys.sortKey, AttributeType: keys.sortKeyType ?? ('S' as const) },
      ]),
      ...(indexes.length > 0 && {
        GlobalSecondaryIndexes: indexes.map((index) => ({
          IndexName: index.name,
          KeySchema: keySchema(index),
          Projection: projectionOf(index),
        })),
      }),
    };
  });
}

function keySchema({ partitionKey, sortKey }: Omit<IndexNames, 'name'>) {
  return [
    { AttributeName: partitionKey, KeyType: 'HASH' as const },
    { AttributeName: sortKey, KeyType: 'RANGE' as const },
  ];
}

function projectionOf({ whole, project }: IndexNames) {
  if (whole === true) return { ProjectionType: 'ALL' as const };
  if (project === undefined) return { ProjectionType: 'KEYS_ONLY' as const };
  return { ProjectionType: 'INCLUDE' as const, NonKeyAttributes: [...project] };
}
