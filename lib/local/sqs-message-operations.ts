import { AwsError, type AwsInput, type AwsOperation } from './aws-json.ts';
import { md5, md5OfAttributes, systemAttributes } from './sqs-attributes.ts';
import {
  BATCH_BYTES_MAX,
  batch,
  batchError,
  eachEntry,
  invalidValue,
  messageAttributes,
  messageBytes,
  names,
  newMessage,
  text,
  whole,
} from './sqs-input.ts';
import type { NewMessage, Received } from './sqs-message.ts';
import { queueOf } from './sqs-queue-operations.ts';
import { type NamedQueue, type SqsService, WAIT_SECONDS_MAX } from './sqs-service.ts';

const VISIBILITY_SECONDS: readonly [number, number] = [0, 43_200];

/** The operations of SQS on messages. */
export function messageOperations(service: SqsService): Readonly<Record<string, AwsOperation>> {
  return {
    SendMessage(input) {
      const queue = queueOf(service, input);
      const sent = send(queue, newMessage(input, queue.settings.messageBytesMax));
      service.changed(queue);
      return sent;
    },
    SendMessageBatch(input) {
      const queue = queueOf(service, input);
      const entries = batch(input);
      requireBatchSize(entries.map((entry) => entry.input));
      const answer = eachEntry(entries, (entry) =>
        send(queue, newMessage(entry, queue.settings.messageBytesMax)),
      );
      service.changed(queue);
      return answer;
    },
    ReceiveMessage: (input, signal) => receive(service, input, signal),
    DeleteMessage: (input) => remove(queueOf(service, input), input),
    DeleteMessageBatch(input) {
      const queue = queueOf(service, input);
      return eachEntry(batch(input), (entry) => remove(queue, entry));
    },
    ChangeMessageVisibility(input) {
      const queue = queueOf(service, input);
      extend(queue, input);
      service.changed(queue);
      return {};
    },
    ChangeMessageVisibilityBatch(input) {
      const queue = queueOf(service, input);
      const answer = eachEntry(batch(input), (entry) => extend(queue, entry));
      service.changed(queue);
      return answer;
    },
  };
}

function send(queue: NamedQueue, message: NewMessage) {
  const { id, attributes } = queue.put(message);
  return {
    MessageId: id,
    MD5OfMessageBody: md5(message.body),
    ...(attributes !== undefined && { MD5OfMessageAttributes: md5OfAttributes(attributes) }),
  };
}

function requireBatchSize(entries: readonly AwsInput[]) {
  const bytes = entries.reduce(
    (sum, entry) => sum + messageBytes(`${entry.MessageBody}`, messageAttributes(entry)),
    0,
  );
  if (bytes <= BATCH_BYTES_MAX) return;
  throw batchError(
    'BatchRequestTooLong',
    `Batch requests cannot be longer than ${BATCH_BYTES_MAX} bytes. You have sent ${bytes} bytes.`,
  );
}

async function receive(service: SqsService, input: AwsInput, signal: AbortSignal) {
  const queue = queueOf(service, input);
  const waitSeconds = whole(input, 'WaitTimeSeconds', [0, WAIT_SECONDS_MAX]);
  const visibilitySeconds = whole(input, 'VisibilityTimeout', VISIBILITY_SECONDS);
  const messages = await service.receive(queue, {
    max: whole(input, 'MaxNumberOfMessages', [1, 10]) ?? 1,
    waitMs: (waitSeconds ?? queue.settings.receiveWaitSeconds) * 1000,
    ...(visibilitySeconds !== undefined && { visibilitySeconds }),
    signal,
  });
  return { Messages: messages.map((message) => onTheWire(message, input)) };
}

function onTheWire(message: Received, input: AwsInput) {
  const wanted = names(input, 'AttributeNames', 'MessageSystemAttributeNames');
  const asked = names(input, 'MessageAttributeNames');
  const isAsked = (name: string) => asked.some((ask) => ['All', '.*', name].includes(ask));
  const given = Object.entries(message.attributes ?? {}).filter(([name]) => isAsked(name));
  const attributes = Object.fromEntries(given);
  return {
    MessageId: message.id,
    ReceiptHandle: message.receiptHandle,
    Body: message.body,
    MD5OfBody: md5(message.body),
    ...(wanted.length > 0 && { Attributes: systemAttributes(message, wanted) }),
    ...(given.length > 0 && {
      MessageAttributes: attributes,
      MD5OfMessageAttributes: md5OfAttributes(attributes),
    }),
  };
}

/** A handle of an earlier receive is taken without complaint and removes nothing, as on AWS. */
function remove(queue: NamedQueue, input: AwsInput) {
  if (queue.remove(text(input, 'ReceiptHandle')) === 'invalid') throw invalidHandle();
  return {};
}

function extend(queue: NamedQueue, input: AwsInput) {
  const seconds = whole(input, 'VisibilityTimeout', VISIBILITY_SECONDS);
  if (seconds === undefined) throw invalidValue('VisibilityTimeout must be given.');
  switch (queue.extend(text(input, 'ReceiptHandle'), seconds)) {
    case 'changed':
      return {};
    case 'invalid':
      throw invalidHandle();
    case 'gone':
      throw invalidValue(
        'Message does not exist or is not available for visibility timeout change.',
      );
    case 'not-in-flight':
      throw batchError('MessageNotInflight', 'The specified message is not in flight.');
  }
}

function invalidHandle(): AwsError {
  return new AwsError('ReceiptHandleIsInvalid', 'The input receipt handle is invalid.');
}
