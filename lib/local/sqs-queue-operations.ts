import { AwsError, type AwsInput, type AwsOperation } from './aws-json.ts';
import { attributesOf, DEFAULT_SETTINGS, withAttributes } from './sqs-attributes.ts';
import { invalidValue, names, optionalText, record, text } from './sqs-input.ts';
import type { NamedQueue, SqsService } from './sqs-service.ts';

/** The operations of SQS on queues as a whole. */
export function queueOperations(
  service: SqsService,
  urlOf: (queue: NamedQueue) => string,
): Readonly<Record<string, AwsOperation>> {
  return {
    CreateQueue: (input) => ({ QueueUrl: urlOf(create(service, input)) }),
    DeleteQueue(input) {
      service.delete(queueOf(service, input));
      return {};
    },
    GetQueueUrl: (input) => ({
      QueueUrl: urlOf(existing(service.byName(text(input, 'QueueName')))),
    }),
    ListQueues(input) {
      const prefix = optionalText(input, 'QueueNamePrefix') ?? '';
      const found = service.all().filter(({ name }) => name.startsWith(prefix));
      return { QueueUrls: found.map(urlOf) };
    },
    GetQueueAttributes: (input) => ({
      Attributes: attributesOf(queueOf(service, input), names(input, 'AttributeNames')),
    }),
    SetQueueAttributes(input) {
      const queue = queueOf(service, input);
      const settings = withAttributes(queue.settings, record(input, 'Attributes'));
      requireDeadLetters(service, settings.redrive?.deadLetterArn);
      queue.settings = settings;
      return {};
    },
    PurgeQueue(input) {
      queueOf(service, input).purge();
      return {};
    },
    ListDeadLetterSourceQueues(input) {
      return { queueUrls: service.sourcesOf(queueOf(service, input)).map(urlOf) };
    },
  };
}

/** The queue that the request's `QueueUrl` names; refuses one that does not exist. */
export function queueOf(service: SqsService, input: AwsInput): NamedQueue {
  const name = text(input, 'QueueUrl').split('/').at(-1) ?? '';
  return existing(service.byName(name));
}

function existing(queue: NamedQueue | undefined): NamedQueue {
  if (queue !== undefined) return queue;
  throw new AwsError('QueueDoesNotExist', 'The specified queue does not exist.', {
    queryCode: 'AWS.SimpleQueueService.NonExistentQueue',
  });
}

function create(service: SqsService, input: AwsInput): NamedQueue {
  const name = text(input, 'QueueName');
  if (!/^[A-Za-z0-9_-]{1,80}$/.test(name)) throw invalidValue(`Queue name ${name} is invalid.`);
  const settings = withAttributes(DEFAULT_SETTINGS, record(input, 'Attributes'));
  requireDeadLetters(service, settings.redrive?.deadLetterArn);
  const known = service.byName(name);
  if (known === undefined) return service.create(name, settings);
  const asked = withAttributes(known.settings, record(input, 'Attributes'));
  if (JSON.stringify(asked) === JSON.stringify(known.settings)) return known;
  throw new AwsError('QueueNameExists', `A queue named ${name} has other attributes.`, {
    queryCode: 'QueueAlreadyExists',
  });
}

function requireDeadLetters(service: SqsService, arn: string | undefined) {
  if (arn !== undefined && service.byArn(arn) === undefined) {
    throw invalidValue(
      'Value for parameter RedrivePolicy is invalid. Reason: Dead letter target does not exist.',
    );
  }
}
