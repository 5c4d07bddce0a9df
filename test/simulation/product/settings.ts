import { type QueueName, type StageSettings, settingsOf } from '../../../infra/settings.ts';
import {
  ENV,
  QUEUE_BATCH_MAX,
  QUEUE_RECEIVES_MAX,
  QUEUE_VISIBILITY_FACTOR,
  TIMEOUT_SECONDS,
} from '../../../lib/names.ts';
import { PLACE } from '../sqs/model.ts';

/** The product as the template deploys it in its stage `dev`: `settings.test.ts` compares them. */
export const SETTINGS: StageSettings = settingsOf('dev');

export const TABLE_NAMES = {
  ...{ registry: 'registry', history: 'history', state: 'state', audit: 'audit' },
} as const;

/** A function that the simulation runs. The authorizer is left out: requests name who asks. */
export type FunctionName =
  | 'api'
  | 'call'
  | 'publish'
  | 'receive'
  | 'deliver'
  | 'fanOut'
  | 'tick'
  | 'work';

/** Which function each queue feeds, and where what it cannot do ends up. */
export const CONSUMERS = {
  delivery: { fn: 'deliver', deadLetters: 'delivery' },
  slow: { fn: 'deliver', deadLetters: 'delivery' },
  drain: { fn: 'deliver', deadLetters: 'delivery' },
  fanOut: { fn: 'fanOut', deadLetters: 'background' },
  work: { fn: 'work', deadLetters: 'background' },
} as const satisfies Record<QueueName, { fn: FunctionName; deadLetters: string }>;

/** Functions that feed their own queue. */
export const RECURSIVE: ReadonlySet<FunctionName> = new Set(['deliver', 'work']);

export const BATCH_SIZE = QUEUE_BATCH_MAX;
export const RECEIVES_MAX = QUEUE_RECEIVES_MAX;
export const DEAD_LETTER_RETENTION_SECONDS = 14 * 86_400;
/** As in the stage `prod`: a run is judged after a month of calm. */
export const RETENTION_DAYS = 45;
/** The keys of KMS that the environment names. */
export const KEYS = { key: 'data', digestKey: 'signing' } as const;

export const TICK_EVERY_MS = 60_000;

export function visibilitySeconds(fn: FunctionName): number {
  return TIMEOUT_SECONDS[fn] * QUEUE_VISIBILITY_FACTOR;
}

export function environmentOf(urlOf: (queue: { readonly name: string }) => string) {
  const queueUrl = (name: QueueName) => urlOf({ name });
  return {
    [ENV.stage]: 'dev',
    [ENV.version]: '0.0.0',
    [ENV.egress]: 'strict',
    [ENV.registryTable]: TABLE_NAMES.registry,
    [ENV.historyTable]: TABLE_NAMES.history,
    [ENV.stateTable]: TABLE_NAMES.state,
    [ENV.auditTable]: TABLE_NAMES.audit,
    [ENV.deliveryQueueUrl]: queueUrl('delivery'),
    [ENV.slowQueueUrl]: queueUrl('slow'),
    [ENV.drainQueueUrl]: queueUrl('drain'),
    [ENV.fanOutQueueUrl]: queueUrl('fanOut'),
    [ENV.workQueueUrl]: queueUrl('work'),
    [ENV.pepperSecretId]: 'pepper',
    [ENV.secretsKeyArn]: 'key',
    [ENV.digestKeyArn]: 'digestKey',
    [ENV.retentionDays]: String(RETENTION_DAYS),
    [ENV.publicUrl]: `https://in.${PLACE.region}.example.com`,
    [ENV.ownHosts]: `in.${PLACE.region}.example.com`,
    AWS_LAMBDA_FUNCTION_NAME: 'breakwater',
  };
}
