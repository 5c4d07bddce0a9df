import { Aws, Duration } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { EventSourceMapping } from 'aws-cdk-lib/aws-lambda';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import {
  QUEUE_BATCH_MAX,
  QUEUE_RECEIVES_MAX,
  QUEUE_VISIBILITY_FACTOR,
  TIMEOUT_SECONDS,
} from '../lib/names.ts';
import type { Grantee, ServiceFunction } from './service-function.ts';
import type { FunctionName } from './settings.ts';

export interface WorkQueueProps {
  /** The function that `feed` gets; the visibility timeout follows from its timeout. */
  readonly consumer: FunctionName;
  readonly deadLetters: Queue;
  /** Of what the messages are encrypted with where they hold more than ids. */
  readonly key?: IKey;
}

/** For how long SQS uses a data key: each sender and receiver costs a request to KMS an hour. */
const DATA_KEY_REUSE = Duration.hours(1);

/** Under our own key, or under one of SQS's where none is given. */
export function encryptedWith(key: IKey | undefined) {
  return key === undefined
    ? { encryption: QueueEncryption.SQS_MANAGED }
    : {
        encryption: QueueEncryption.KMS,
        encryptionMasterKey: key,
        dataKeyReuse: DATA_KEY_REUSE,
      };
}

/** A queue whose messages are doorbells: losing all of them loses no work. */
export class WorkQueue extends Construct {
  readonly queue: Queue;
  readonly #key: IKey | undefined;

  constructor(scope: Construct, id: string, props: WorkQueueProps) {
    super(scope, id);
    this.#key = props.key;
    this.queue = new Queue(this, 'Queue', {
      enforceSSL: true,
      ...encryptedWith(props.key),
      visibilityTimeout: Duration.seconds(
        TIMEOUT_SECONDS[props.consumer] * QUEUE_VISIBILITY_FACTOR,
      ),
      deadLetterQueue: { queue: props.deadLetters, maxReceiveCount: QUEUE_RECEIVES_MAX },
    });
  }

  letSend(fn: Grantee): void {
    fn.allow(['sqs:SendMessage'], [this.queue.queueArn]);
    this.#letUseKey(fn, ['kms:Decrypt', 'kms:GenerateDataKey']);
  }

  /** For the health check: whether the queue answers. */
  letInspect(fn: ServiceFunction): void {
    fn.allow(['sqs:GetQueueAttributes'], [this.queue.queueArn]);
  }

  /** Hands batches to the function, which must report the messages it failed one by one. */
  feed(fn: ServiceFunction, maxConcurrency: number): void {
    fn.allow(
      ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'],
      [this.queue.queueArn],
    );
    this.#letUseKey(fn, ['kms:Decrypt']);
    new EventSourceMapping(this, 'Consumer', {
      target: fn,
      eventSourceArn: this.queue.queueArn,
      batchSize: QUEUE_BATCH_MAX,
      reportBatchItemFailures: true,
      maxConcurrency,
    });
  }

  /** Through SQS only. */
  #letUseKey(fn: Grantee, actions: readonly string[]): void {
    if (this.#key === undefined) return;
    fn.allow(actions, [this.#key.keyArn], {
      StringEquals: { 'kms:ViaService': `sqs.${Aws.REGION}.amazonaws.com` },
    });
  }
}
