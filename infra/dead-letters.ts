import { Duration, Validations } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { encryptedWith } from './work-queue.ts';

/** Where messages end that our own code could not handle; each one in here is a bug report. */
export class DeadLetters extends Construct {
  readonly delivery: Queue;
  /** Of fan-out, the tick and the alarm mails: nothing in it is needed to deliver an event. */
  readonly background: Queue;

  constructor(scope: Construct, id: string, { key }: { readonly key: IKey }) {
    super(scope, id);
    // What it gets may hold small events; what the other gets holds ids alone.
    this.delivery = this.#queue('Delivery', key);
    this.background = this.#queue('Background');
    Validations.of(this).acknowledge({
      id: 'Serverless-SQSRedrivePolicy',
      reason: 'These are the dead-letter queues themselves: a message ends here, with an alarm.',
    });
  }

  #queue(id: string, key?: IKey): Queue {
    return new Queue(this, id, {
      enforceSSL: true,
      ...encryptedWith(key),
      // The longest that SQS keeps anything.
      retentionPeriod: Duration.days(14),
    });
  }
}
