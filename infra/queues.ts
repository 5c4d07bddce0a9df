import { Validations } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import type { DeadLetters } from './dead-letters.ts';
import type { ServiceFunction } from './service-function.ts';
import type { QueueName, StageSettings } from './settings.ts';
import { WorkQueue } from './work-queue.ts';

export interface QueuesProps {
  readonly deadLetters: DeadLetters;
  /** Encrypts the lanes, whose messages hold small events; the others hold ids alone. */
  readonly key: IKey;
}

/** The queues of doorbells: three lanes of deliveries, and two for work in the background. */
export class Queues extends Construct {
  /** The fast lane. */
  readonly delivery: WorkQueue;
  /** Of integrations that hang or are failing: their waiting takes nobody else's place. */
  readonly slow: WorkQueue;
  /** Of what was held and is let go: a backlog never stands in front of what is new. */
  readonly drain: WorkQueue;
  readonly fanOut: WorkQueue;
  /** Of steps that are made one at a time: drains, probes, jobs. */
  readonly work: WorkQueue;

  constructor(scope: Construct, id: string, props: QueuesProps) {
    super(scope, id);
    const { delivery, background } = props.deadLetters;
    const lane = (name: string) =>
      new WorkQueue(this, name, { consumer: 'deliver', deadLetters: delivery, key: props.key });
    this.delivery = lane('Delivery');
    this.slow = lane('Slow');
    this.drain = lane('Drain');
    this.fanOut = new WorkQueue(this, 'FanOut', { consumer: 'fanOut', deadLetters: background });
    this.work = new WorkQueue(this, 'Work', { consumer: 'work', deadLetters: background });
    Validations.of(this).acknowledge({
      id: 'Serverless-LambdaEventSourceMappingDestination',
      reason:
        'Lambda takes failure destinations for streams and Kafka only; for SQS the queue’s own ' +
        'redrive policy moves failed messages.',
    });
  }

  get byName(): Readonly<Record<QueueName, WorkQueue>> {
    const { delivery, slow, drain, fanOut, work } = this;
    return { delivery, slow, drain, fanOut, work };
  }

  /** Each lane has pollers of its own, so that no lane can take another's places. */
  feed(
    functions: Readonly<Record<'deliver' | 'fanOut' | 'work', ServiceFunction>>,
    maxConcurrency: StageSettings['maxConcurrency'],
  ): void {
    const { deliver, fanOut, work } = functions;
    const consumers = { delivery: deliver, slow: deliver, drain: deliver, fanOut, work };
    for (const [name, queue] of entriesOf(this.byName)) {
      queue.feed(consumers[name], maxConcurrency[name]);
    }
  }
}

function entriesOf<K extends string, V>(record: Readonly<Record<K, V>>): readonly [K, V][] {
  return Object.entries(record) as [K, V][];
}
