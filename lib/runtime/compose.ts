import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { dynamoApiKeys } from '../adapters/dynamodb/api-keys.ts';
import { dynamoClaims } from '../adapters/dynamodb/claims.ts';
import { dynamoClient } from '../adapters/dynamodb/client.ts';
import { dynamoDeliveries } from '../adapters/dynamodb/deliveries.ts';
import { dynamoEvents } from '../adapters/dynamodb/events.ts';
import { dynamoIntegrations } from '../adapters/dynamodb/integrations.ts';
import { dynamoProgress } from '../adapters/dynamodb/progress.ts';
import { cachedSources, dynamoSources } from '../adapters/dynamodb/sources.ts';
import type { Tables } from '../adapters/dynamodb/table.ts';
import { cachedTargets } from '../adapters/dynamodb/targets.ts';
import { httpSender } from '../adapters/http/sender.ts';
import { adminKeyVault, keptSecret, secretsClient } from '../adapters/secrets/secrets-manager.ts';
import { sqsClient } from '../adapters/sqs/client.ts';
import { queueProbe } from '../adapters/sqs/queue-probe.ts';
import { sqsDeliveryQueue, sqsFanOutQueue } from '../adapters/sqs/queues.ts';
import { systemClock, systemRandom } from '../adapters/system.ts';
import { ENV } from '../names.ts';
import { type Environment, readConfig, readEgress, readRetentionDays, required } from './config.ts';
import { derivedKey, packer, sealer } from './seal.ts';
import { powertoolsTelemetry } from './telemetry.ts';

/**
 * The composition root: one function for each Lambda, called once when its module is loaded. A
 * function gets only what it uses, so that its bundle holds nothing else.
 */

/** What every function has: clock, dice, telemetry. */
function base(env: Environment) {
  const config = readConfig(env);
  const telemetry = powertoolsTelemetry(config);
  return { config, telemetry, clock: systemClock, random: systemRandom, version: config.version };
}

type Base = ReturnType<typeof base>;

/**
 * One client of each service in a process, so that connections are used again. Marked pure, so
 * that a bundle in which nobody asks for a client does without its SDK.
 */
const dynamo = /* @__PURE__ */ once(() => dynamoClient({}));
const sqs = /* @__PURE__ */ once(sqsClient);
const secrets = /* @__PURE__ */ once(secretsClient);

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

function registryTable(env: Environment): Tables {
  return { registry: required(env, ['registryTable']).registryTable, history: '', state: '' };
}

function allTables(env: Environment): Tables {
  const names = required(env, ['registryTable', 'historyTable', 'stateTable']);
  return { registry: names.registryTable, history: names.historyTable, state: names.stateTable };
}

function histories(db: DynamoDBClient, tables: Tables, env: Environment, common: Base) {
  const options = { ...common, retentionDays: readRetentionDays(env) };
  return {
    events: dynamoEvents(db, tables, options),
    deliveries: dynamoDeliveries(db, tables, options),
  };
}

function deliveryQueue(env: Environment, { telemetry }: Base) {
  const { deliveryQueueUrl } = required(env, ['deliveryQueueUrl']);
  return sqsDeliveryQueue(sqs(), deliveryQueueUrl, telemetry);
}

function pepperOf(env: Environment) {
  const { pepperSecretId } = required(env, ['pepperSecretId']);
  return keptSecret(secrets(), pepperSecretId);
}

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
  const { fanOutQueueUrl } = required(env, ['fanOutQueueUrl']);
  return {
    ...common,
    ...histories(db, tables, env, common),
    // No answer of these functions holds a secret, so they need no right to read the pepper.
    sealer: packer,
    integrations: dynamoIntegrations(db, tables, common),
    claims: dynamoClaims(db, tables, common),
    deliveryQueue: deliveryQueue(env, common),
    fanOutQueue: sqsFanOutQueue(sqs(), fanOutQueueUrl, common.telemetry),
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
  return {
    ...common,
    ...histories(db, tables, env, common),
    integrations,
    targets: cachedTargets(integrations, common.clock),
    deliveryQueue: deliveryQueue(env, common),
    sender: httpSender({ policy: readEgress(env) }),
  };
}

export function composeFanOut(env: Environment = process.env) {
  const common = base(env);
  const { events } = histories(dynamo(), allTables(env), env, common);
  return { ...common, events, deliveryQueue: deliveryQueue(env, common) };
}

export function composeTick(env: Environment = process.env) {
  const common = base(env);
  const db = dynamo();
  const tables = allTables(env);
  const integrations = dynamoIntegrations(db, tables, common);
  return {
    ...common,
    ...histories(db, tables, env, common),
    integrations,
    targets: cachedTargets(integrations, common.clock),
    progress: dynamoProgress(db, tables, common),
    deliveryQueue: deliveryQueue(env, common),
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
    egress,
    publicUrl: env[ENV.publicUrl] ?? '',
    pepper,
    cursorKey: derivedKey(pepper, 'cursors'),
    sealer: sealer(derivedKey(pepper, 'kept-answers')),
    targets: cachedTargets(integrations, clock),
    sources: dynamoSources(db, tables, publish),
    apiKeys: dynamoApiKeys(db, tables, publish),
    progress: dynamoProgress(db, tables, publish),
    sender: httpSender({ policy: egress }),
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
