import type { SQSClient } from '@aws-sdk/client-sqs';
import type { Clock } from '../../../lib/app/ports.ts';
import { AwsError, type AwsInput } from '../../../lib/local/aws-json.ts';
import { messageOperations } from '../../../lib/local/sqs-message-operations.ts';
import { moveOperations } from '../../../lib/local/sqs-move-tasks.ts';
import { queueOperations } from '../../../lib/local/sqs-queue-operations.ts';
import type { NamedQueue } from '../../../lib/local/sqs-service.ts';
import type { Process } from '../kernel/process.ts';
import { sendThrough } from './network.ts';
import { type WeakService, weakService } from './service.ts';
import { type Ask, AWS_WEAKNESSES, type Weaknesses } from './weaknesses.ts';

export interface ModelOptions {
  readonly clock: Clock;
  /** In [0, 1), drawn for a message, a queue or a process: it may tell them apart. */
  readonly random: { unit(of?: string): number };
  /** Nothing goes wrong where it is absent. */
  readonly ask?: Ask;
  /** Those of AWS where nothing else is said. */
  readonly weaknesses?: Partial<Weaknesses>;
  readonly urlOf?: (queue: Pick<NamedQueue, 'name'>) => string;
}

export interface ModelSqs {
  readonly service: WeakService;
  readonly clock: Clock;
  urlOf(queue: Pick<NamedQueue, 'name'>): string;
  /** What the service does with a request that has arrived. Throws what SQS refuses. */
  request(operation: string, input: AwsInput, signal?: AbortSignal): object | Promise<object>;
  /**
   * A client in a process: has `send` and nothing else. `chainOf` is the trace header of the
   * invocation it runs in, which Lambda's SDK puts on every message.
   */
  clientOf(process: Process, chainOf?: () => string | undefined): SQSClient;
}

export const PLACE = { region: 'us-east-1', account: '000000000000' };

/** Standard queues of SQS in virtual time, at most as strong as AWS: see `Weaknesses`. */
export function modelSqs(options: ModelOptions): ModelSqs {
  const { clock, random, ask = () => undefined } = options;
  const weaknesses = { ...AWS_WEAKNESSES, ...options.weaknesses };
  const unit = (of: string) => random.unit(of);
  const service = weakService({ ...PLACE, clock, unit, ask, weaknesses });
  const urlOf =
    options.urlOf ??
    (({ name }) => `https://sqs.${PLACE.region}.amazonaws.com/${PLACE.account}/${name}`);
  const operations = {
    ...queueOperations(service, urlOf),
    ...messageOperations(service),
    ...moveOperations(service),
  };

  const model: ModelSqs = {
    service,
    clock,
    urlOf,
    request(name, input, signal = NEVER_ABORTED) {
      service.requests.add(
        name,
        String(input.QueueUrl ?? '')
          .split('/')
          .at(-1),
      );
      if (service.outage) throw new AwsError('ServiceUnavailable', 'SQS is down.', { status: 503 });
      const operation = operations[name];
      if (operation === undefined) throw new Error(`The model of SQS has no ${name}.`);
      return operation(input, signal);
    },
    clientOf(process, chainOf = () => undefined) {
      const send = (command: { readonly input: AwsInput }) => {
        const name = command.constructor.name.replace(/Command$/, '');
        const request = { name, input: chained(name, command.input, chainOf()) };
        return sendThrough({ process, model, weaknesses, unit, ask }, request);
      };
      // The adapters ask nothing else of a client.
      return { send } as unknown as SQSClient;
    },
  };
  return model;
}

const NEVER_ABORTED = new AbortController().signal;

/** The input with the chain of invocations on each message that it sends. */
function chained(name: string, input: AwsInput, chain: string | undefined): AwsInput {
  if (chain === undefined || !name.startsWith('SendMessage')) return input;
  const MessageSystemAttributes = {
    AWSTraceHeader: { DataType: 'String', StringValue: chain },
  };
  if (name === 'SendMessage') return { ...input, MessageSystemAttributes };
  const entries = Array.isArray(input.Entries) ? input.Entries : [];
  return {
    ...input,
    Entries: entries.map((entry: AwsInput) => ({ ...entry, MessageSystemAttributes })),
  };
}
