import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { SQSClient } from '@aws-sdk/client-sqs';
import type { QueueName, StageSettings } from '../../../infra/settings.ts';
import { apiFunction } from '../../../lib/edge/functions/api.ts';
import { callFunction } from '../../../lib/edge/functions/call.ts';
import { deliverFunction } from '../../../lib/edge/functions/deliver.ts';
import { fanOutFunction } from '../../../lib/edge/functions/fan-out.ts';
import { publishFunction } from '../../../lib/edge/functions/publish.ts';
import { receiveFunction } from '../../../lib/edge/functions/receive.ts';
import { tickFunction } from '../../../lib/edge/functions/tick.ts';
import { workFunction } from '../../../lib/edge/functions/work.ts';
import { DEFAULT_SETTINGS } from '../../../lib/local/sqs-attributes.ts';
import type { NamedQueue } from '../../../lib/local/sqs-service.ts';
import { TIMEOUT_SECONDS } from '../../../lib/names.ts';
import type { Outside } from '../../../lib/runtime/outside.ts';
import { type Receiver, type Receivers, receivers } from '../destinations/receivers.ts';
import type { Written } from '../dynamodb/table.ts';
import { productTables } from '../dynamodb/table-spec.ts';
import type { Weaknesses as DynamoDbWeaknesses } from '../dynamodb/weaknesses.ts';
import type { Process } from '../kernel/process.ts';
import type { Simulation } from '../kernel/simulate.ts';
import { type DynamoDb, dynamoDb } from '../lambda/dynamodb.ts';
import { eventSource } from '../lambda/event-source.ts';
import { type Compose, type ModelFunction, modelFunction } from '../lambda/function.ts';
import type { LambdaHandler } from '../lambda/instance.ts';
import { type Rest, schedule } from '../lambda/schedule.ts';
import { type ModelSqs, modelSqs } from '../sqs/model.ts';
import type { Weaknesses as SqsWeaknesses } from '../sqs/weaknesses.ts';
import { plantCaller } from './caller.ts';
import { told } from './commands.ts';
import { type Gateway, gateway } from './gateway.ts';
import { type Keys, modelKeys } from './keys.ts';
import { type Line, type Log, productLog } from './log.ts';
import {
  BATCH_SIZE,
  CONSUMERS,
  DEAD_LETTER_RETENTION_SECONDS,
  environmentOf,
  type FunctionName,
  RECEIVES_MAX,
  RECURSIVE,
  SETTINGS,
  TABLE_NAMES,
  TICK_EVERY_MS,
  visibilitySeconds,
} from './settings.ts';
import { modelVault, type Vault } from './vault.ts';

/** The real handlers on models of everything they touch. */
export interface Product {
  readonly simulation: Simulation;
  readonly db: DynamoDb;
  readonly sqs: ModelSqs;
  readonly vault: Vault;
  readonly keys: Keys;
  readonly queues: Readonly<Record<QueueName, NamedQueue>>;
  readonly deadLetters: Readonly<Record<'delivery' | 'background', NamedQueue>>;
  readonly functions: Readonly<Record<FunctionName, ModelFunction>>;
  readonly receivers: Receivers;
  readonly log: Log;
  readonly request: Gateway;
}

export interface ProductOptions {
  readonly receivers: readonly Receiver[];
  /** Told of every change of a row, when it is made. */
  readonly onWrite?: (written: Written) => void;
  readonly onLine?: (line: Line) => void;
  /** Told of every error that a handler throws, as it would be printed. */
  readonly onEscape?: (error: unknown) => void;
  /** Runs every handler. */
  readonly around?: (event: unknown, work: () => unknown) => unknown;
  /** Which ticks are left out. */
  readonly rest?: Rest;
  readonly dynamodb?: Partial<DynamoDbWeaknesses>;
  readonly sqs?: Partial<SqsWeaknesses>;
  /** Another way to the tables for some of the instances: as older or newer code has it. */
  readonly throughOf?: (process: Process, db: DynamoDBClient) => DynamoDBClient;
  /** The same for the queues. */
  readonly queuesThroughOf?: (process: Process, sqs: SQSClient) => SQSClient;
  /** Batches worked on side by side, queue by queue; where it is absent those of this stage. */
  readonly maxConcurrency?: StageSettings['maxConcurrency'];
}

const MAKE = {
  api: apiFunction,
  call: callFunction,
  publish: publishFunction,
  receive: receiveFunction,
  deliver: deliverFunction,
  fanOut: fanOutFunction,
  tick: tickFunction,
  work: workFunction,
} as const satisfies Record<FunctionName, unknown>;

/** Instances at a time of a function that no queue feeds. */
const CONCURRENCY_MAX = 10;

/** Deploys the product into the simulation. */
export function deployed(simulation: Simulation, options: ProductOptions): Product {
  const { throughOf = (_, client) => client, queuesThroughOf = (_, client) => client } = options;
  const { maxConcurrency = SETTINGS.maxConcurrency } = options;
  const log = productLog(options.onLine, options.onEscape);
  const hosts = receivers(simulation, options.receivers);
  const db = dynamoDb(simulation, productTables(TABLE_NAMES), {
    ...options.dynamodb,
    ...(options.onWrite && { onWrite: options.onWrite }),
  });
  plantCaller(db.model);
  const sqs = modelSqs({
    clock: simulation.world.clock,
    random: { unit: simulation.drawsByKey('sqs') },
    ask: simulation.fault,
    weaknesses: options.sqs ?? {},
  });
  const vault = modelVault(simulation);
  const keys = modelKeys(simulation);
  const env = environmentOf(sqs.urlOf);

  const composeOf =
    (name: FunctionName): Compose =>
    ({ process, chainOf }) => {
      const outside: Outside = {
        clock: process.clock,
        random: process.random,
        telemetry: log.telemetryOf(process.name),
        dynamo: told(name, 'DynamoDBClient', throughOf(process, db.clientOf(process))),
        sqs: told(name, 'SQSClient', queuesThroughOf(process, sqs.clientOf(process, chainOf))),
        secrets: told(name, 'SecretsManagerClient', vault.clientOf(process)),
        kms: told(name, 'KMSClient', keys.clientOf(process)),
        sender: hosts.senderOf(process),
      };
      const handler = MAKE[name](env, outside) as LambdaHandler;
      const { around = (_, work) => work() } = options;
      return (event, context) => around(event, () => handler(event, context));
    };
  const functionOf = (name: FunctionName) =>
    modelFunction(simulation, {
      name,
      timeoutMs: TIMEOUT_SECONDS[name] * 1_000,
      concurrencyMax: concurrencyOf(name, maxConcurrency),
      ...(RECURSIVE.has(name) && { recursiveLoop: 'Allow' as const }),
      compose: composeOf(name),
    });
  const functions = fromNames(Object.keys(MAKE) as FunctionName[], functionOf);

  const deadLetters = fromNames(['delivery', 'background'] as const, (name) =>
    sqs.service.create(`dead-${name}`, {
      ...DEFAULT_SETTINGS,
      retentionSeconds: DEAD_LETTER_RETENTION_SECONDS,
    }),
  );
  const queues = fromNames(Object.keys(CONSUMERS) as QueueName[], (name) => {
    const { fn, deadLetters: dead } = CONSUMERS[name];
    const queue = sqs.service.create(name, {
      ...DEFAULT_SETTINGS,
      visibilityTimeoutSeconds: visibilitySeconds(fn),
      redrive: { deadLetterArn: deadLetters[dead].arn, maxReceiveCount: RECEIVES_MAX },
    });
    eventSource(simulation, sqs, {
      ...{ queue, fn: functions[fn], batchSize: BATCH_SIZE, windowMs: 0 },
      ...{ concurrencyMax: maxConcurrency[name], reportsFailures: true },
    });
    return queue;
  });
  schedule(simulation, {
    ...{ name: 'tick', fn: functions.tick, everyMs: TICK_EVERY_MS },
    ...(options.rest && { rest: options.rest }),
  });
  const request = gateway(simulation, functions);
  const product = { simulation, db, sqs, vault, keys, queues, deadLetters, functions };
  return { ...product, receivers: hosts, log, request };
}

/** As many as its queues may run at once: with fewer, a batch would be throttled. */
function concurrencyOf(
  name: FunctionName,
  maxConcurrency: StageSettings['maxConcurrency'],
): number {
  const fed = (Object.keys(CONSUMERS) as QueueName[]).filter(
    (queue) => CONSUMERS[queue].fn === name,
  );
  return fed.reduce((sum, queue) => sum + maxConcurrency[queue], 0) || CONCURRENCY_MAX;
}

function fromNames<K extends string, V>(names: readonly K[], of: (name: K) => V): Record<K, V> {
  return Object.fromEntries(names.map((name) => [name, of(name)])) as Record<K, V>;
}
