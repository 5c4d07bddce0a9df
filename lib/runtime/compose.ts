import { dynamoApiKeys } from '../adapters/dynamodb/api-keys.ts';
import { dynamoClaims } from '../adapters/dynamodb/claims.ts';
import { dynamoConcurrencyLimits } from '../adapters/dynamodb/concurrency-limits.ts';
import { dynamoHealthChecks } from '../adapters/dynamodb/health-checks.ts';
import { dynamoIntegrations } from '../adapters/dynamodb/integrations.ts';
import { dynamoJobs } from '../adapters/dynamodb/jobs.ts';
import { dynamoRateLimits } from '../adapters/dynamodb/rate-limits.ts';
import { cachedSources, dynamoSources } from '../adapters/dynamodb/sources.ts';
import { cachedTargets } from '../adapters/dynamodb/targets.ts';
import { httpSender } from '../adapters/http/sender.ts';
import { adminKeyVault } from '../adapters/secrets/secrets-manager.ts';
import { queueProbe } from '../adapters/sqs/queue-probe.ts';
import { breakerTally } from '../app/breaker-tally.ts';
import { limitDrains } from '../app/limit-drains.ts';
import { oauth2Tokens, type TokenDeps } from '../app/oauth2-tokens.ts';
import { ENV } from '../names.ts';
import { type Environment, readEgress, readRetentionDays, required } from './config.ts';
import {
  allTables,
  base,
  boardOf,
  deliveryQueue,
  dynamo,
  fanOutQueue,
  histories,
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

export function composeAuthorize(env: Environment = process.env) {
  const common = base(env);
  const tables = registryTable(env);
  const apiKeys = dynamoApiKeys(dynamo(), tables, common);
  return { ...common, apiKeys, pepper: pepperOf(env) };
}

export function composePublish(env: Environment = process.env) {
  const common = base(env);
  const db = dynamo();
  const tables = allTables(env);
  return {
    ...common,
    ...histories(db, tables, env, common),
    board: boardOf(db, tables, common),
    // No answer of these functions holds a secret, so they need no right to read the pepper.
    sealer: packer,
    integrations: dynamoIntegrations(db, tables, common),
    claims: dynamoClaims(db, tables, common),
    deliveryQueue: deliveryQueue(env, common),
    fanOutQueue: fanOutQueue(env, common),
  };
}

export function composeReceive(env: Environment = process.env) {
  const publish = composePublish(env);
  const sources = cachedSources(dynamoSources(dynamo(), allTables(env), publish), publish.clock);
  return { ...publish, sourceOf: (id: Parameters<typeof sources.byId>[0]) => sources.byId(id) };
}

export function composeDeliver(env: Environment = process.env) {
  const common = base(env);
  const db = dynamo();
  const tables = allTables(env);
  const integrations = dynamoIntegrations(db, tables, common);
  const outage = outages(db, tables, env, common);
  return {
    ...common,
    ...histories(db, tables, env, common),
    ...outage,
    integrations,
    targets: cachedTargets(integrations, common.clock),
    deliveryQueue: deliveryQueue(env, common),
    ...sending(common, readEgress(env)),
    tally: breakerTally(),
    instance: Buffer.from(common.random.bytes(INSTANCE_BYTES)).toString('base64url'),
    rateLimits: dynamoRateLimits(db, tables, common),
    concurrencyLimits: dynamoConcurrencyLimits(db, tables, common),
    limitDrains: limitDrains({ ...common, ...outage }),
  };
}

const INSTANCE_BYTES = 6;

/** The way out, with the access tokens that this function instance has fetched for it. */
function sending(common: Omit<TokenDeps, 'sender'>, egress: Parameters<typeof senderTo>[0]) {
  const sender = senderTo(egress);
  return { sender, tokens: oauth2Tokens({ ...common, sender }) };
}

export function composeFanOut(env: Environment = process.env) {
  const common = base(env);
  const tables = allTables(env);
  const { events } = histories(dynamo(), tables, env, common);
  const board = boardOf(dynamo(), tables, common);
  return { ...common, events, board, deliveryQueue: deliveryQueue(env, common) };
}

export function composeTick(env: Environment = process.env) {
  const common = base(env);
  const db = dynamo();
  const tables = allTables(env);
  const integrations = dynamoIntegrations(db, tables, common);
  return {
    ...common,
    ...histories(db, tables, env, common),
    ...outages(db, tables, env, common),
    integrations,
    targets: cachedTargets(integrations, common.clock),
    deliveryQueue: deliveryQueue(env, common),
    jobs: dynamoJobs(db, tables, common),
    healthChecks: dynamoHealthChecks(db, tables, common),
    sender: httpSender({ policy: readEgress(env) }),
  };
}

export function composeWork(env: Environment = process.env) {
  const common = base(env);
  const db = dynamo();
  const tables = allTables(env);
  return {
    ...common,
    ...histories(db, tables, env, common),
    ...outages(db, tables, env, common),
    integrations: dynamoIntegrations(db, tables, common),
    deliveryQueue: deliveryQueue(env, common),
    rateLimits: dynamoRateLimits(db, tables, common),
    jobs: dynamoJobs(db, tables, common),
  };
}

/** The control plane has everything: it is called rarely, and its routes are warm together. */
export function composeApi(env: Environment = process.env) {
  const publish = composePublish(env);
  const { clock, integrations, events } = publish;
  const db = dynamo();
  const tables = allTables(env);
  const egress = readEgress(env);
  const pepper = pepperOf(env);
  const { deliveryQueueUrl } = required(env, ['deliveryQueueUrl']);
  return {
    ...publish,
    ...outages(db, tables, env, publish),
    retentionDays: readRetentionDays(env),
    jobs: dynamoJobs(db, tables, publish),
    healthChecks: dynamoHealthChecks(db, tables, publish),
    egress,
    publicUrl: env[ENV.publicUrl] ?? '',
    pepper,
    cursorKey: derivedKey(pepper, 'cursors'),
    sealer: sealer(derivedKey(pepper, 'kept-answers')),
    targets: cachedTargets(integrations, clock),
    sources: dynamoSources(db, tables, publish),
    apiKeys: dynamoApiKeys(db, tables, publish),
    ...sending(publish, egress),
    probes: {
      registry: () => integrations.list({ limit: 1 }),
      history: () => events.get({ tenant: 'default', eventId: 'health' }),
      queue: queueProbe(sqs(), deliveryQueueUrl),
    },
  };
}

export function composeFirstKey(env: Environment = process.env) {
  const common = base(env);
  const { adminKeySecretId } = required(env, ['adminKeySecretId']);
  return {
    ...common,
    apiKeys: dynamoApiKeys(dynamo(), registryTable(env), common),
    pepper: pepperOf(env),
    vault: adminKeyVault(secrets(), adminKeySecretId),
  };
}
