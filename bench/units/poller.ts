import {
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { QueueCounts } from '../../lib/local/sqs-message.ts';
import { QUEUE_BATCH_MAX } from '../../lib/names.ts';
import type { Functions } from './functions.ts';

/** Lambda's poller of the delivery queue: one receive, one invocation, one delete per batch. */
export interface Poller {
  /** Works until the queue is empty, delayed messages included; returns the messages handled. */
  drain(): Promise<number>;
}

const BATCHES_MAX = 1_000;
const WAIT_SECONDS = 2;

export function poller(
  functions: Functions,
  sqs: SQSClient,
  queueUrl: string,
  counts: () => QueueCounts | undefined,
): Poller {
  async function batch(): Promise<number> {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: queueUrl,
        MaxNumberOfMessages: QUEUE_BATCH_MAX,
        WaitTimeSeconds: WAIT_SECONDS,
      }),
    );
    if (Messages.length === 0) return 0;
    const answer = await functions.invoke('deliver', { Records: Messages.map(recordOf) });
    const { batchItemFailures } = answer as { readonly batchItemFailures: readonly unknown[] };
    if (batchItemFailures.length > 0) throw new Error('Deliveries broke; see the log.');
    await sqs.send(
      new DeleteMessageBatchCommand({
        QueueUrl: queueUrl,
        Entries: Messages.map(({ ReceiptHandle }, i) => ({ Id: String(i), ReceiptHandle })),
      }),
    );
    return Messages.length;
  }

  return {
    async drain() {
      let handled = 0;
      for (let i = 0; i < BATCHES_MAX; i++) {
        const { visible = 0, delayed = 0, inFlight = 0 } = counts() ?? {};
        if (visible + delayed + inFlight === 0) return handled;
        handled += await batch();
      }
      throw new Error(`The queue was not empty after ${BATCHES_MAX} batches.`);
    },
  };
}

function recordOf({ MessageId, ReceiptHandle, Body }: Message) {
  return {
    messageId: MessageId,
    receiptHandle: ReceiptHandle,
    body: Body,
    attributes: { ApproximateReceiveCount: '1' },
    messageAttributes: {},
    eventSource: 'aws:sqs',
    eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:delivery',
    awsRegion: 'us-east-1',
  };
}
