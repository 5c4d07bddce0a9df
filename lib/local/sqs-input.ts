import { AwsError, type AwsInput } from './aws-json.ts';
import type { MessageAttribute, NewMessage } from './sqs-message.ts';

/** Reads and checks what a request to SQS carries; every refusal has the code of the real one. */

export const BATCH_MAX = 10;
export const BATCH_BYTES_MAX = 1_048_576;
export const DELAY_SECONDS_MAX = 900;

/** The characters SQS takes: XML 1.0 without most controls and without lone surrogates. */
const UNICODE = /^[\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]*$/u;

export function invalidValue(message: string): AwsError {
  return new AwsError('InvalidParameterValueException', message, {
    queryCode: 'InvalidParameterValue',
  });
}

function missing(name: string): AwsError {
  const message = `The request must contain the parameter ${name}.`;
  return new AwsError('MissingRequiredParameterException', message, {
    queryCode: 'MissingParameter',
  });
}

export function text(input: AwsInput, name: string): string {
  const value = input[name];
  if (value === undefined || value === null || value === '') throw missing(name);
  if (typeof value !== 'string') throw invalidValue(`${name} must be a string.`);
  return value;
}

export function optionalText(input: AwsInput, name: string): string | undefined {
  return input[name] === undefined ? undefined : text(input, name);
}

/** A whole number between `min` and `max`, or undefined when the request leaves it out. */
export function whole(
  input: AwsInput,
  name: string,
  [min, max]: readonly [number, number],
): number | undefined {
  const value = input[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) {
    return value;
  }
  throw invalidValue(
    `Value ${String(value)} for parameter ${name} is invalid. Reason: Must be between ${min} and ${max}, if provided.`,
  );
}

export function names(input: AwsInput, ...fields: readonly string[]): readonly string[] {
  return fields.flatMap((field) => (Array.isArray(input[field]) ? input[field].map(String) : []));
}

export function record(input: AwsInput, name: string): Readonly<Record<string, unknown>> {
  const value = input[name];
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

export function newMessage(input: AwsInput, bytesMax: number): NewMessage {
  const body = text(input, 'MessageBody');
  if (!UNICODE.test(body)) {
    throw new AwsError('InvalidMessageContents', 'Invalid characters found in the message body.');
  }
  const attributes = messageAttributes(input);
  if (messageBytes(body, attributes) > bytesMax) {
    throw invalidValue(
      `One or more parameters are invalid. Reason: Message must be shorter than ${bytesMax} bytes.`,
    );
  }
  if (input.MessageDeduplicationId !== undefined) {
    throw invalidValue('MessageDeduplicationId is not valid for this queue type.');
  }
  const delaySeconds = whole(input, 'DelaySeconds', [0, DELAY_SECONDS_MAX]);
  const groupId = optionalText(input, 'MessageGroupId');
  const trace = record(input, 'MessageSystemAttributes').AWSTraceHeader as
    | MessageAttribute
    | undefined;
  return {
    body,
    ...(Object.keys(attributes).length > 0 && { attributes }),
    ...(groupId !== undefined && { groupId }),
    ...(delaySeconds !== undefined && { delaySeconds }),
    ...(trace?.StringValue !== undefined && { traceHeader: trace.StringValue }),
  };
}

export function messageAttributes(input: AwsInput): Readonly<Record<string, MessageAttribute>> {
  return record(input, 'MessageAttributes') as Record<string, MessageAttribute>;
}

/** Body and attributes as SQS counts them against its limits. */
export function messageBytes(
  body: string,
  attributes: Readonly<Record<string, MessageAttribute>> = {},
): number {
  let bytes = Buffer.byteLength(body);
  for (const [name, { DataType, StringValue = '', BinaryValue = '' }] of Object.entries(
    attributes,
  )) {
    bytes += Buffer.byteLength(name) + Buffer.byteLength(DataType);
    bytes += Buffer.byteLength(StringValue) + Buffer.byteLength(BinaryValue, 'base64');
  }
  return bytes;
}

export interface BatchEntry {
  readonly id: string;
  readonly input: AwsInput;
}

/** The entries of a batch request: 1 to 10, each with an id of its own. */
export function batch(input: AwsInput): readonly BatchEntry[] {
  const entries: unknown = input.Entries;
  if (!Array.isArray(entries) || entries.length === 0) {
    throw batchError('EmptyBatchRequest', 'There should be at least one entry in the request.');
  }
  if (entries.length > BATCH_MAX) {
    throw batchError(
      'TooManyEntriesInBatchRequest',
      `Maximum number of entries per request are ${BATCH_MAX}. You have sent ${entries.length}.`,
    );
  }
  const read = entries.map((entry: AwsInput) => ({ id: text(entry, 'Id'), input: entry }));
  for (const { id } of read) {
    if (!/^[A-Za-z0-9_-]{1,80}$/.test(id)) {
      throw batchError('InvalidBatchEntryId', `${id} is not a valid entry id.`);
    }
  }
  if (new Set(read.map(({ id }) => id)).size < read.length) {
    throw batchError('BatchEntryIdsNotDistinct', 'Two entries have the same id.');
  }
  return read;
}

export function batchError(code: string, message: string): AwsError {
  return new AwsError(code, message, { queryCode: `AWS.SimpleQueueService.${code}` });
}

/** Runs each entry by itself: what one of them throws fails that one alone. */
export function eachEntry<T extends object>(
  entries: readonly BatchEntry[],
  act: (input: AwsInput) => T,
) {
  const Successful: (T & { Id: string })[] = [];
  const Failed: { Id: string; SenderFault: boolean; Code: string; Message: string }[] = [];
  for (const { id, input } of entries) {
    try {
      Successful.push({ Id: id, ...act(input) });
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      const { queryCode, message } = error;
      Failed.push({ Id: id, SenderFault: true, Code: queryCode, Message: message });
    }
  }
  return { Successful, Failed };
}
