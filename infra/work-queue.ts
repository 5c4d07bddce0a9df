import { Duration } from 'aws-cdk-lib';
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
}

/** A queue whose messages are doorbells: losing all of them loses no work. */
export class WorkQueue extends Construct {
  readonly queue: Queue;

  constructor(scope: Construct, id: string, props: WorkQueueProps) {
    super(scope, id);
    this.queue = new Queue(this, 'Queue', {
      enforceSSL: true,
      encryption: QueueEncryption.SQS_MANAGED,
      visibilityTimeout: Duration.seconds(
        TIMEOUT_SECONDS[props.consumer] * QUEUE_VISIBILITY_FACTOR,
      ),
      deadLetterQueue: { queue: props.deadLetters, maxReceiveCount: QUEUE_RECEIVES_MAX },
    });
  }

  letSend(fn: Grantee): void {
    fn.allow(['sqs:SendMessage'], [this.queue.queueArn]);
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
    new EventSourceMapping(this, 'Consumer', {
      target: fn,
      eventSourceArn: this.queue.queueArn,
      batchSize: QUEUE_BATCH_MAX,
      reportBatchItemFailures: true,
      maxConcurrency,
    });
  }
}
