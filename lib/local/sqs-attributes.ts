import { createHash } from 'node:crypto';
import { AwsError } from './aws-json.ts';
import type { Message, MessageAttribute, QueueSettings } from './sqs-message.ts';
import type { NamedQueue } from './sqs-service.ts';

/** Queue attributes as SQS spells them, their ranges, and the attributes of a received message. */

export const DEFAULT_SETTINGS: QueueSettings = {
  visibilityTimeoutSeconds: 30,
  delaySeconds: 0,
  retentionSeconds: 345_600,
  messageBytesMax: 1_048_576,
  receiveWaitSeconds: 0,
};

type NumberSetting = Exclude<keyof QueueSettings, 'redrive'>;

const NUMBERS: Readonly<Record<string, readonly [NumberSetting, min: number, max: number]>> = {
  VisibilityTimeout: ['visibilityTimeoutSeconds', 0, 43_200],
  DelaySeconds: ['delaySeconds', 0, 900],
  MessageRetentionPeriod: ['retentionSeconds', 60, 1_209_600],
  MaximumMessageSize: ['messageBytesMax', 1024, 1_048_576],
  ReceiveMessageWaitTimeSeconds: ['receiveWaitSeconds', 0, 20],
};

/** Attributes that guard a queue on AWS and change nothing about its messages. */
const GUARDS = new Set([
  'Policy',
  'RedriveAllowPolicy',
  'KmsMasterKeyId',
  'KmsDataKeyReusePeriodSeconds',
  'SqsManagedSseEnabled',
]);

const REDRIVES_MAX = 1000;

/** `settings` with the given attributes over them. */
export function withAttributes(
  settings: QueueSettings,
  attributes: Readonly<Record<string, unknown>>,
): QueueSettings {
  let next = settings;
  for (const [name, value] of Object.entries(attributes)) {
    const number = NUMBERS[name];
    if (number !== undefined) next = { ...next, [number[0]]: inRange(name, value, number) };
    else if (name === 'RedrivePolicy') next = withRedrive(next, value);
    else if (!GUARDS.has(name)) throw unknownAttribute(name);
  }
  return next;
}

function inRange(
  name: string,
  value: unknown,
  [, min, max]: readonly [NumberSetting, number, number],
) {
  const number = Number(value);
  if (Number.isInteger(number) && number >= min && number <= max) return number;
  throw new AwsError('InvalidAttributeValue', `Invalid value for the parameter ${name}.`);
}

function withRedrive(settings: QueueSettings, value: unknown): QueueSettings {
  const { redrive: _, ...rest } = settings;
  if (value === '') return rest;
  const policy = parsePolicy(value);
  const maxReceiveCount = Number(policy.maxReceiveCount);
  const deadLetterArn = policy.deadLetterTargetArn;
  const isCount = Number.isInteger(maxReceiveCount) && maxReceiveCount >= 1;
  if (typeof deadLetterArn !== 'string' || !isCount || maxReceiveCount > REDRIVES_MAX) {
    throw new AwsError('InvalidParameterValueException', 'Invalid RedrivePolicy.', {
      queryCode: 'InvalidParameterValue',
    });
  }
  return { ...rest, redrive: { deadLetterArn, maxReceiveCount } };
}

function parsePolicy(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  try {
    return JSON.parse(String(value)) as Record<string, unknown>;
  } catch {
    throw new AwsError('InvalidAttributeValue', 'RedrivePolicy is not JSON.');
  }
}

/** The attributes of a queue, those that `names` asks for (`All`: every one). */
export function attributesOf(queue: NamedQueue, names: readonly string[]): Record<string, string> {
  const { settings } = queue;
  const { visible, inFlight, delayed } = queue.counts();
  const all: Record<string, string> = {
    QueueArn: queue.arn,
    ApproximateNumberOfMessages: `${visible}`,
    ApproximateNumberOfMessagesNotVisible: `${inFlight}`,
    ApproximateNumberOfMessagesDelayed: `${delayed}`,
    SqsManagedSseEnabled: 'true',
  };
  for (const [name, [key]] of Object.entries(NUMBERS)) all[name] = `${settings[key]}`;
  if (settings.redrive !== undefined) {
    const { deadLetterArn, maxReceiveCount } = settings.redrive;
    all.RedrivePolicy = JSON.stringify({ deadLetterTargetArn: deadLetterArn, maxReceiveCount });
  }
  for (const name of names) {
    if (name !== 'All' && !(name in all) && !GUARDS.has(name) && name !== 'RedrivePolicy') {
      throw unknownAttribute(name);
    }
  }
  return pick(all, names);
}

function unknownAttribute(name: string): AwsError {
  return new AwsError('InvalidAttributeName', `Unknown Attribute ${name}.`);
}

/** What SQS tells of a message beside its body; also the `attributes` of a record for Lambda. */
export function systemAttributes(
  message: Message,
  names: readonly string[] = ['All'],
): Record<string, string> {
  const all: Record<string, string> = {
    ApproximateReceiveCount: `${message.receiveCount}`,
    SentTimestamp: `${message.sentAtMs}`,
    SenderId: 'AROALOCALRUN:local',
    ApproximateFirstReceiveTimestamp: `${message.firstReceivedAtMs ?? message.sentAtMs}`,
  };
  if (message.groupId !== undefined) all.MessageGroupId = message.groupId;
  if (message.traceHeader !== undefined) all.AWSTraceHeader = message.traceHeader;
  if (message.deadLetterSourceArn !== undefined) {
    all.DeadLetterQueueSourceArn = message.deadLetterSourceArn;
  }
  return pick(all, names);
}

function pick(all: Record<string, string>, names: readonly string[]): Record<string, string> {
  if (names.includes('All')) return all;
  return Object.fromEntries(Object.entries(all).filter(([name]) => names.includes(name)));
}

export function md5(text: string): string {
  return createHash('md5').update(text, 'utf8').digest('hex');
}

/** The digest that SQS defines over message attributes: name, type and value, by name. */
export function md5OfAttributes(attributes: Readonly<Record<string, MessageAttribute>>): string {
  const hash = createHash('md5');
  const add = (bytes: Buffer) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    hash.update(length).update(bytes);
  };
  for (const [name, value] of Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : 1))) {
    add(Buffer.from(name));
    add(Buffer.from(value.DataType));
    const isBinary = value.BinaryValue !== undefined;
    hash.update(Buffer.of(isBinary ? 2 : 1));
    add(isBinary ? Buffer.from(value.BinaryValue, 'base64') : Buffer.from(value.StringValue ?? ''));
  }
  return hash.digest('hex');
}
