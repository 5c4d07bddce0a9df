import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { awsTargetSender, routedSender } from '../adapters/aws-targets/sender.ts';
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
import { keptSecret, secretsClient } from '../adapters/secrets/secrets-manager.ts';
import { sqsClient } from '../adapters/sqs/client.ts';
import { sqsDeliveryQueue, sqsFanOutQueue, sqsWorkQueue } from '../adapters/sqs/queues.ts';
import { systemClock, systemRandom } from '../adapters/system.ts';
import { breakerBoard } from '../app/breaker-board.ts';
import type { Sender } from '../app/ports.ts';
import type { EgressPolicy } from '../domain/egress.ts';
import { type Environment, readConfig, readRetentionDays, required } from './config.ts';
import { powertoolsTelemetry } from './telemetry.ts';

/** What compositions are made of. A function that does not ask for a part does without its code. */

/** What every function has: clock, dice, telemetry. */
export function base(env: Environment) {
  const config = readConfig(env);
  const telemetry = powertoolsTelemetry(config);
  return { config, telemetry, clock: systemClock, random: systemRandom, version: config.version };
}

type Base = ReturnType<typeof base>;

/**
 * One client of each service in a process, so that connections are used again. Marked pure, so
 * that a bundle in which nobody asks for a client does without its SDK.
 */
export const dynamo = /* @__PURE__ */ once(() => dynamoClient({}));
export const sqs = /* @__PURE__ */ once(sqsClient);
export const secrets = /* @__PURE__ */ once(secretsClient);

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

export function registryTable(env: Environment): Tables {
  return { registry: required(env, ['registryTable']).registryTable, history: '', state: '' };
}

export function allTables(env: Environment): Tables {
  const names = required(env, ['registryTable', 'historyTable', 'stateTable']);
  return { registry: names.registryTable, history: names.historyTable, state: names.stateTable };
}

export function histories(db: DynamoDBClient, tables: Tables, env: Environment, common: Base) {
  const options = { ...common, retentionDays: readRetentionDays(env) };
  return {
    events: dynamoEvents(db, tables, options),
    deliveries: dynamoDeliveries(db, tables, options),
    lines: dynamoLines(db, tables, options),
  };
}

export function deliveryQueue(env: Environment, { telemetry }: Base) {
  const names = ['deliveryQueueUrl', 'slowQueueUrl', 'drainQueueUrl'] as const;
  const urls = required(env, names);
  const lanes = { fast: urls.deliveryQueueUrl, slow: urls.slowQueueUrl, drain: urls.drainQueueUrl };
  return sqsDeliveryQueue(sqs(), lanes, telemetry);
}

export function fanOutQueue(env: Environment, { telemetry }: Base) {
  return sqsFanOutQueue(sqs(), required(env, ['fanOutQueueUrl']).fanOutQueueUrl, telemetry);
}

/** What is known of breakers that are not well, and nothing that changes them. */
export function boardOf(db: DynamoDBClient, tables: Tables, common: Base) {
  const breakers = { board: () => readBoard(db, tables) };
  return breakerBoard({ ...common, breakers });
}

/** What every function needs that moves breakers, or lets go what is held. */
export function outages(db: DynamoDBClient, tables: Tables, env: Environment, common: Base) {
  const { workQueueUrl } = required(env, ['workQueueUrl']);
  const breakers = dynamoBreakers(db, tables, common);
  return {
    breakers,
    board: breakerBoard({ ...common, breakers }),
    drains: dynamoDrains(db, tables, common),
    progress: dynamoProgress(db, tables, common),
    workQueue: sqsWorkQueue(sqs(), workQueueUrl, common.telemetry),
    fanOutQueue: fanOutQueue(env, common),
  };
}

/** To whatever an integration may be: ARNs go to AWS, URLs over HTTP. */
export function senderTo(policy: EgressPolicy): Sender {
  return routedSender(awsTargetSender(policy), httpSender({ policy }));
}

export function pepperOf(env: Environment) {
  const { pepperSecretId } = required(env, ['pepperSecretId']);
  return keptSecret(secrets(), pepperSecretId);
}
