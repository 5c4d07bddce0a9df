import { dynamoApiKeys } from '../adapters/dynamodb/api-keys.ts';
import { dynamoClaims } from '../adapters/dynamodb/claims.ts';
import { dynamoConcurrencyLimits } from '../adapters/dynamodb/concurrency-limits.ts';
import { dynamoHealthChecks } from '../adapters/dynamodb/health-checks.ts';
import { dynamoIntegrations } from '../adapters/dynamodb/integrations.ts';
import { dynamoJobs } from '../adapters/dynamodb/jobs.ts';
import { dynamoKeyRates } from '../adapters/dynamodb/key-rates.ts';
import { dynamoSignaturesSeen } from '../adapters/dynamodb/key-signatures.ts';
import { dynamoLockOuts } from '../adapters/dynamodb/lock-outs.ts';
import { dynamoRateLimits } from '../adapters/dynamodb/rate-limits.ts';
import { cachedSources, dynamoSources } from '../adapters/dynamodb/sources.ts';
import { cachedTargets } from '../adapters/dynamodb/targets.ts';
import { adminKeyVault } from '../adapters/secrets/secrets-manager.ts';
import { queueProbe } from '../adapters/sqs/queue-probe.ts';
import { breakerTally } from '../app/breaker-tally.ts';
import { limitDrains } from '../app/limit-drains.ts';
import { oauth2Tokens, type TokenDeps } from '../app/oauth2-tokens.ts';
import { instanceName } from '../app/random-names.ts';
import { ENV } from '../names.ts';
import {
  type Environment,
  readEgress,
  readKeyRateLimit,
  readRetentionDays,
  required,
} from './config.ts';
import type { Outside } from './outside.ts';
import {
  allTables,
  auditChanges,
  auditOf,
  base,
  boardOf,
  deliveryQueue,
  digestChecking,
  digestSigning,
  dynamo,
  fanOutQueue,
  histories,
  httpSenderTo,
  openerOf,
  outages,
  pepperOf,
  registryTable,
  secrets,
  senderTo,
  sqs,
  vaultOf,
} from './parts.ts';
import { derivedKey, packer, sealer } from './seal.ts';

/**
 * The composition root: one function for each Lambda, called once when its module is loaded. A
 * function gets only what it uses, so that its bundle holds nothing else.
 */

export function composeAuthorize(env: Environment = process.env, outside: Outside = {}) {
  const common = base(env, outside);
  const { registryTable, stateTable } = required(env, ['registryTable', 'stateTable']);
  const tables = { registry: registryTable, history: '', state: stateTable };
  const db = dynamo(outside);
  return {
    ...common,
    apiKeys: dynamoApiKeys(db, tables, common),
    keyRates: dynamoKeyRates(db, tables, common),
    lockOuts: dynamoLockOuts(db, tables, common),
    signaturesSeen: dynamoSignaturesSeen(db, tables, common),
    defaultRateLimit: readKeyRateLimit(env),
    pepper: pepperOf(env, outside),
    audit: auditOf(env, common, outside),
  };
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
  const options = { ...publish, vault: openerOf(env, publish, outside) };
  const sources = dynamoSources(dynamo(outside), allTables(env), options);
  const cached = cachedSources(sources, publish.clock);
  return {
    ...publish,
    async sourceOf(...asked: Parameters<typeof cached>) {
      const source = await cached(...asked);
      return source && (await sources.open(source));
    },
  };
}

export function composeDeliver(env: Environment = process.env, outside: Outside = {}) {
  const common = base(env, outside);
  const db = dynamo(outside);
  const tables = allTables(env);
  const options = { ...common, vault: openerOf(env, common, outside) };
  const integrations = dynamoIntegrations(db, tables, options);
  const outage = outages(env, common, outside);
  return {
    ...common,
    ...histories(env, common, outside),
    ...outage,
    ...auditChanges(env, common, outside),
    integrations,
    targets: cachedTargets(integrations, common.clock),
    deliveryQueue: deliveryQueue(env, common, outside),
    ...sending(env, common, outside),
    tally: breakerTally(),
    instance: instanceName(common.random),
    rateLimits: dynamoRateLimits(db, tables, common),
    concurrencyLimits: dynamoConcurrencyLimits(db, tables, common),
    limitDrains: limitDrains({ ...common, ...outage }),
  };
}

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
  const options = { ...common, vault: openerOf(env, common, outside) };
  const integrations = dynamoIntegrations(db, tables, options);
  return {
    ...common,
    ...histories(env, common, outside),
    ...outages(env, common, outside),
    ...auditChanges(env, common, outside),
    ...digestSigning(env, common, outside),
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
  const { clock, events } = publish;
  const db = dynamo(outside);
  const tables = allTables(env);
  const sealing = { ...publish, vault: vaultOf(env, publish, outside) };
  const integrations = dynamoIntegrations(db, tables, sealing);
  const egress = readEgress(env);
  const pepper = pepperOf(env, outside);
  const { deliveryQueueUrl } = required(env, ['deliveryQueueUrl']);
  return {
    ...publish,
    integrations,
    ...outages(env, publish, outside),
    ...auditChanges(env, publish, outside),
    ...digestChecking(env, publish, outside),
    retentionDays: readRetentionDays(env),
    jobs: dynamoJobs(db, tables, publish),
    healthChecks: dynamoHealthChecks(db, tables, publish),
    egress,
    publicUrl: env[ENV.publicUrl] ?? '',
    pepper,
    cursorKey: derivedKey(pepper, 'cursors'),
    sealer: sealer(derivedKey(pepper, 'kept-answers'), publish.random),
    targets: cachedTargets(integrations, clock),
    sources: dynamoSources(db, tables, sealing),
    apiKeys: dynamoApiKeys(db, tables, publish),
    defaultRateLimit: readKeyRateLimit(env),
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
    ...auditChanges(env, common, outside),
    apiKeys: dynamoApiKeys(dynamo(outside), registryTable(env), common),
    pepper: pepperOf(env, outside),
    vault: adminKeyVault(secrets(outside), adminKeySecretId),
  };
}
