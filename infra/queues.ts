import { Validations } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { DeadLetters } from './dead-letters.ts';
import { WorkQueue } from './work-queue.ts';

export interface QueuesProps {
  readonly deadLetters: DeadLetters;
}

/** The two queues of doorbells. */
export class Queues extends Construct {
  readonly delivery: WorkQueue;
  readonly fanOut: WorkQueue;

  constructor(scope: Construct, id: string, props: QueuesProps) {
    super(scope, id);
    const { delivery, background } = props.deadLetters;
    this.delivery = new WorkQueue(this, 'Delivery', { consumer: 'deliver', deadLetters: delivery });
    this.fanOut = new WorkQueue(this, 'FanOut', { consumer: 'fanOut', deadLetters: background });
    Validations.of(this).acknowledge({
      id: 'Serverless-LambdaEventSourceMappingDestination',
      reason:
        'Lambda takes failure destinations for streams and Kafka only; for SQS the queue’s own ' +
        'redrive policy moves failed messages.',
    });
  }
}
