import { dynamoApiKeys } from '../adapters/dynamodb/api-keys.ts';
import { dynamoClaims } from '../adapters/dynamodb/claims.ts';
import { dynamoConcurrencyLimits } from '../adapters/dynamodb/concurrency-limits.ts';
import { dynamoHealthChecks } from '../adapters/dynamodb/health-checks.ts';
import { dynamoIntegrations } from '../adapters/dynamodb/integrations.ts';
import { dynamoJobs } from '../adapters/dynamodb/jobs.ts';
import { dynamoRateLimits } from '../adapters/dynamodb/rate-limits.ts';
import { cachedSources, dynamoSources } from '../adapters/dynamodb/sources.ts';
import { cachedTargets } from '../adapters/dynamodb/targets.ts';
import { adminKeyVault } from '../adapters/secrets/secrets-manager.ts';
import { queueProbe } from '../adapters/sqs/queue-probe.ts';
import { breakerTally } from '../app/breaker-tally.ts';
import { limitDrains } from '../app/limit-drains.ts';
import { oauth2Tokens, type TokenDeps } from '../app/oauth2-tokens.ts';
import { ENV } from '../names.ts';
import { type Environment, readEgress, readRetentionDays, required } from './config.ts';
import type { Outside } from './outside.ts';
import {
  allTables,
  base,
  boardOf,
  deliveryQueue,
  dynamo,
  fanOutQueue,
  histories,
  httpSenderTo,
  outages,
  pepperOf,
  registryTable,
  secrets,
  senderTo,
  sqs,
} from './parts.ts';
import { derivedKey, packer, sealer } from './seal.ts';

/**
 * The composition root: one function for each Lambda, called once when its module is loaded. A
 * function gets only what it uses, so that its bundle holds nothing else.
 */

export function composeAuthorize(env: Environment = process.env, outside: Outside = {}) {
  const common = base(env, outside);
  const tables = registryTable(env);
  const apiKeys = dynamoApiKeys(dynamo(outside), tables, common);
  return { ...common, apiKeys, pepper: pepperOf(env, outside) };
}

export function composePublish(env: Environment = process.env, outside: Outside = {}) {
  const common = base(env, outside);
  const db = dynamo(outside);
  const tables = allTables(env);
  return {
    ...common,
    ...histories(env, common, outside),
    board: boardOf(db, tables, common),
    // No answer of these functions holds a secret, so they need no right to read the pepper.
    sealer: packer,
    integrations: dynamoIntegrations(db, tables, common),
    claims: dynamoClaims(db, tables, common),
    deliveryQueue: deliveryQueue(env, common, outside),
    fanOutQueue: fanOutQueue(env, common, outside),
  };
}

export function composeReceive(env: Environment = process.env, outside: Outside = {}) {
  const publish = composePublish(env, outside);
  const sources = cachedSources(
    dynamoSources(dynamo(outside), allTables(env), publish),
    publish.clock,
  );
  return { ...publish, sourceOf: (id: Parameters<typeof sources.byId>[0]) => sources.byId(id) };
}

export function composeDeliver(env: Environment = process.env, outside: Outside = {}) {
  const common = base(env, outside);
  const db = dynamo(outside);
  const tables = allTables(env);
  const integrations = dynamoIntegrations(db, tables, common);
  const outage = outages(env, common, outside);
  return {
    ...common,
    ...histories(env, common, outside),
    ...outage,
    integrations,
    targets: cachedTargets(integrations, common.clock),
    deliveryQueue: deliveryQueue(env, common, outside),
    ...sending(env, common, outside),
    tally: breakerTally(),
    instance: Buffer.from(common.random.bytes(INSTANCE_BYTES)).toString('base64url'),
    rateLimits: dynamoRateLimits(db, tables, common),
    concurrencyLimits: dynamoConcurrencyLimits(db, tables, common),
    limitDrains: limitDrains({ ...common, ...outage }),
  };
}

const INSTANCE_BYTES = 6;

/** The way out, with the access tokens that this function instance has fetched for it. */
function sending(env: Environment, common: Omit<TokenDeps, 'sender'>, outside: Outside) {
  const sender = senderTo(readEgress(env), outside);
  return { sender, tokens: oauth2Tokens({ ...common, sender }) };
}

export function composeFanOut(env: Environment = process.env, outside: Outside = {}) {
  const common = base(env, outside);
  const tables = allTables(env);
  const { events } = histories(env, common, outside);
  const board = boardOf(dynamo(outside), tables, common);
  return { ...common, events, board, deliveryQueue: deliveryQueue(env, common, outside) };
}

export function composeTick(env: Environment = process.env, outside: Outside = {}) {
  const common = base(env, outside);
  const db = dynamo(outside);
  const tables = allTables(env);
  const integrations = dynamoIntegrations(db, tables, common);
  return {
    ...common,
    ...histories(env, common, outside),
    ...outages(env, common, outside),
    integrations,
    targets: cachedTargets(integrations, common.clock),
    deliveryQueue: deliveryQueue(env, common, outside),
    jobs: dynamoJobs(db, tables, common),
    healthChecks: dynamoHealthChecks(db, tables, common),
    sender: httpSenderTo(readEgress(env), outside),
  };
}

export function composeWork(env: Environment = process.env, outside: Outside = {}) {
  const common = base(env, outside);
  const db = dynamo(outside);
  const tables = allTables(env);
  return {
    ...common,
    ...histories(env, common, outside),
    ...outages(env, common, outside),
    integrations: dynamoIntegrations(db, tables, common),
    deliveryQueue: deliveryQueue(env, common, outside),
    rateLimits: dynamoRateLimits(db, tables, common),
    jobs: dynamoJobs(db, tables, common),
  };
}

/** The control plane has everything: it is called rarely, and its routes are warm together. */
export function composeApi(env: Environment = process.env, outside: Outside = {}) {
  const publish = composePublish(env, outside);
  const { clock, integrations, events } = publish;
  const db = dynamo(outside);
  const tables = allTables(env);
  const egress = readEgress(env);
  const pepper = pepperOf(env, outside);
  const { deliveryQueueUrl } = required(env, ['deliveryQueueUrl']);
  return {
    ...publish,
    ...outages(env, publish, outside),
    retentionDays: readRetentionDays(env),
    jobs: dynamoJobs(db, tables, publish),
    healthChecks: dynamoHealthChecks(db, tables, publish),
    egress,
    publicUrl: env[ENV.publicUrl] ?? '',
    pepper,
    cursorKey: derivedKey(pepper, 'cursors'),
    sealer: sealer(derivedKey(pepper, 'kept-answers'), publish.random),
    targets: cachedTargets(integrations, clock),
    sources: dynamoSources(db, tables, publish),
    apiKeys: dynamoApiKeys(db, tables, publish),
    ...sending(env, publish, outside),
    probes: {
      registry: () => integrations.list({ limit: 1 }),
      history: () => events.get({ tenant: 'default', eventId: 'health' }),
      queue: queueProbe(sqs(outside), deliveryQueueUrl),
    },
  };
}

export function composeFirstKey(env: Environment = process.env, outside: Outside = {}) {
  const common = base(env, outside);
  const { adminKeySecretId } = required(env, ['adminKeySecretId']);
  return {
    ...common,
    apiKeys: dynamoApiKeys(dynamo(outside), registryTable(env), common),
    pepper: pepperOf(env, outside),
    vault: adminKeyVault(secrets(outside), adminKeySecretId),
  };
}
