import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';

/** Asks whether the queue is there and answers; throws if not. */
export function queueProbe(sqs: SQSClient, queueUrl: string): () => Promise<void> {
  return async () => {
    await sqs.send(
      new GetQueueAttributesCommand({
        QueueUrl: queueUrl,
        AttributeNames: ['ApproximateNumberOfMessages'],
      }),
    );
  };
}
