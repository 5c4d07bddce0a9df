import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { awsTargetSender, routedSender } from '../adapters/aws-targets/sender.ts';
import { dynamoAuditDigests } from '../adapters/dynamodb/audit-digests.ts';
import { dynamoAuditIntents } from '../adapters/dynamodb/audit-intents.ts';
import type { AuditTables } from '../adapters/dynamodb/audit-keys.ts';
import { dynamoAuditTrail } from '../adapters/dynamodb/audit-trail.ts';
import { readBoard } from '../adapters/dynamodb/board.ts';
import { dynamoBreakers } from '../adapters/dynamodb/breakers.ts';
import { dynamoClient } from '../adapters/dynamodb/client.ts';
import { dynamoDeliveries } from '../adapters/dynamodb/deliveries.ts';
import { dynamoDrains } from '../adapters/dynamodb/drains.ts';
import { dynamoEvents } from '../adapters/dynamodb/events.ts';
import { dynamoLines } from '../adapters/dynamodb/lines.ts';
import { dynamoProgress } from '../adapters/dynamodb/progress.ts';
import type { Tables } from '../adapters/dynamodb/table.ts';
import { httpSender } from '../adapters/http/sender.ts';
import { kmsDigestKey, kmsDigestSigner } from '../adapters/kms/digest-key.ts';
import { kmsClient, kmsOpener, kmsVault } from '../adapters/kms/vault.ts';
import { keptSecret, secretsClient } from '../adapters/secrets/secrets-manager.ts';
import { sqsClient } from '../adapters/sqs/client.ts';
import { sqsDeliveryQueue, sqsFanOutQueue, sqsWorkQueue } from '../adapters/sqs/queues.ts';
import { systemClock, systemRandom } from '../adapters/system.ts';
import { auditLog } from '../app/audit.ts';
import { breakerBoard } from '../app/breaker-board.ts';
import type { Sender } from '../app/ports-sending.ts';
import type { EgressPolicy } from '../domain/egress.ts';
import { announced, announcedTarget } from './clients.ts';
import { type Environment, readConfig, readRetentionDays, required } from './config.ts';
import type { Outside } from './outside.ts';
import { powertoolsTelemetry } from './telemetry.ts';

/** What compositions are made of. A function that does not ask for a part does without its code. */

/** What every function has: clock, dice, telemetry. */
export function base(env: Environment, outside: Outside) {
  const config = readConfig(env);
  const { clock = systemClock, random = systemRandom } = outside;
  const telemetry = outside.telemetry ?? powertoolsTelemetry(config);
  return { config, telemetry, clock, random, version: config.version };
}

type Base = ReturnType<typeof base>;

/**
 * One client of each service in a process, so that connections are used again. Marked pure, so
 * that a bundle in which nobody asks for a client does without its SDK.
 */
export const dynamo = /* @__PURE__ */ givenOrOwn('dynamo', () => dynamoClient({}));
export const sqs = /* @__PURE__ */ givenOrOwn('sqs', sqsClient);
export const secrets = /* @__PURE__ */ givenOrOwn('secrets', secretsClient);
export const kms = /* @__PURE__ */ givenOrOwn('kms', kmsClient);

function givenOrOwn<K extends keyof Outside>(name: K, make: () => NonNullable<Outside[K]>) {
  let own: NonNullable<Outside[K]> | undefined;
  return (outside: Outside): NonNullable<Outside[K]> => {
    const given = outside[name];
    if (given != null) return given;
    own ??= announced(make());
    return own;
  };
}

export function registryTable(env: Environment): Tables {
  return { registry: required(env, ['registryTable']).registryTable, history: '', state: '' };
}

export function allTables(env: Environment): Tables {
  const names = required(env, ['registryTable', 'historyTable', 'stateTable']);
  return { registry: names.registryTable, history: names.historyTable, state: names.stateTable };
}

export function histories(env: Environment, common: Base, outside: Outside) {
  const db = dynamo(outside);
  const tables = allTables(env);
  const options = { ...common, retentionDays: readRetentionDays(env) };
  return {
    events: dynamoEvents(db, tables, options),
    deliveries: dynamoDeliveries(db, tables, options),
    lines: dynamoLines(db, tables, options),
  };
}

export function deliveryQueue(env: Environment, { telemetry }: Base, outside: Outside) {
  const names = ['deliveryQueueUrl', 'slowQueueUrl', 'drainQueueUrl'] as const;
  const urls = required(env, names);
  const lanes = { fast: urls.deliveryQueueUrl, slow: urls.slowQueueUrl, drain: urls.drainQueueUrl };
  return sqsDeliveryQueue(sqs(outside), lanes, telemetry);
}

export function fanOutQueue(env: Environment, { telemetry }: Base, outside: Outside) {
  return sqsFanOutQueue(sqs(outside), required(env, ['fanOutQueueUrl']).fanOutQueueUrl, telemetry);
}

/** What is known of breakers that are not well, and nothing that changes them. */
export function boardOf(db: DynamoDBClient, tables: Tables, common: Base) {
  const breakers = { board: () => readBoard(db, tables) };
  return breakerBoard({ ...common, breakers });
}

/** What every function needs that moves breakers, or lets go what is held. */
export function outages(env: Environment, common: Base, outside: Outside) {
  const db = dynamo(outside);
  const tables = allTables(env);
  const { workQueueUrl } = required(env, ['workQueueUrl']);
  const breakers = dynamoBreakers(db, tables, common);
  return {
    breakers,
    board: breakerBoard({ ...common, breakers }),
    drains: dynamoDrains(db, tables, common),
    progress: dynamoProgress(db, tables, common),
    workQueue: sqsWorkQueue(sqs(outside), workQueueUrl, common.telemetry),
    fanOutQueue: fanOutQueue(env, common, outside),
  };
}

/** To whatever an integration may be: ARNs go to AWS, URLs over HTTP. */
export function senderTo(policy: EgressPolicy, outside: Outside): Sender {
  return (
    outside.sender ?? routedSender(awsTargetSender(policy, announcedTarget), httpSender({ policy }))
  );
}

/** To URLs alone. */
export function httpSenderTo(policy: EgressPolicy, outside: Outside): Sender {
  return outside.sender ?? httpSender({ policy });
}

/** For functions that use secrets of integrations or sources, and store none. */
export function openerOf(env: Environment, common: Base, outside: Outside) {
  return kmsOpener(kms(outside), required(env, ['secretsKeyArn']).secretsKeyArn, common);
}

/** For the one that stores them. */
export function vaultOf(env: Environment, common: Base, outside: Outside) {
  return kmsVault(kms(outside), required(env, ['secretsKeyArn']).secretsKeyArn, common);
}

export function pepperOf(env: Environment, outside: Outside) {
  const { pepperSecretId } = required(env, ['pepperSecretId']);
  return keptSecret(secrets(outside), pepperSecretId);
}

function auditTables(env: Environment): AuditTables {
  const { auditTable, stateTable } = required(env, ['auditTable', 'stateTable']);
  return { audit: auditTable, state: stateTable };
}

/** What happens, told to the audit log. */
export function auditOf(env: Environment, common: Base, outside: Outside) {
  const auditTrail = dynamoAuditTrail(dynamo(outside), auditTables(env), common);
  return auditLog({ ...common, auditTrail });
}

/** What it takes to make changes that are in the audit log. */
export function auditChanges(env: Environment, common: Base, outside: Outside) {
  const [db, tables] = [dynamo(outside), auditTables(env)];
  return {
    auditTrail: dynamoAuditTrail(db, tables, common),
    auditIntents: dynamoAuditIntents(db, tables, common),
  };
}

function digestsOf(env: Environment, common: Base, outside: Outside) {
  const auditDigests = dynamoAuditDigests(dynamo(outside), auditTables(env), common);
  return { auditDigests, keyArn: required(env, ['digestKeyArn']).digestKeyArn };
}

/** For the one that signs how far the audit log goes. */
export function digestSigning(env: Environment, common: Base, outside: Outside) {
  const { auditDigests, keyArn } = digestsOf(env, common, outside);
  return { auditDigests, digestSigner: kmsDigestSigner(kms(outside), keyArn) };
}

/** For the one that checks what was signed. */
export function digestChecking(env: Environment, common: Base, outside: Outside) {
  const { auditDigests, keyArn } = digestsOf(env, common, outside);
  return { auditDigests, digestKey: kmsDigestKey(kms(outside), keyArn) };
}
