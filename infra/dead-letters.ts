import { Duration, Validations } from 'aws-cdk-lib';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';

/** Where messages end that our own code could not handle; each one in here is a bug report. */
export class DeadLetters extends Construct {
  readonly delivery: Queue;
  /** Of fan-out, the tick and the alarm mails: nothing in it is needed to deliver an event. */
  readonly background: Queue;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.delivery = this.#queue('Delivery');
    this.background = this.#queue('Background');
    Validations.of(this).acknowledge({
      id: 'Serverless-SQSRedrivePolicy',
      reason: 'These are the dead-letter queues themselves: a message ends here, with an alarm.',
    });
  }

  #queue(id: string): Queue {
    return new Queue(this, id, {
      enforceSSL: true,
      encryption: QueueEncryption.SQS_MANAGED,
      // The longest that SQS keeps anything.
      retentionPeriod: Duration.days(14),
    });
  }
}
