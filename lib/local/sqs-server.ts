import { AwsError, type AwsServer, serveAwsJson } from './aws-json.ts';
import { messageOperations } from './sqs-message-operations.ts';
import { moveOperations } from './sqs-move-tasks.ts';
import { queueOperations } from './sqs-queue-operations.ts';
import type { NamedQueue, SqsService } from './sqs-service.ts';

export interface SqsServer extends AwsServer {
  urlOf(queue: Pick<NamedQueue, 'name'>): string;
}

/** Speaks SQS on loopback; its queue URLs carry its own port, since clients follow them. */
export async function serveSqs(service: SqsService, account: string): Promise<SqsServer> {
  const urlOf = (queue: Pick<NamedQueue, 'name'>) => `${server.url}/${account}/${queue.name}`;
  const operations = {
    ...queueOperations(service, urlOf),
    ...messageOperations(service),
    ...moveOperations(service),
  };
  const server = await serveAwsJson({
    target: 'AmazonSQS',
    version: '1.0',
    errorPrefix: 'com.amazonaws.sqs#',
    operation(name) {
      const operation = operations[name];
      if (operation === undefined) return undefined;
      return (input, signal) => {
        // A receive is counted when it ends: only then it is known to be empty or not.
        if (name !== 'ReceiveMessage')
          service.requests.add(name, queueName(input.QueueUrl ?? input.SourceArn));
        if (service.outage) {
          throw new AwsError('ServiceUnavailable', 'SQS is down.', { status: 503 });
        }
        return operation(input, signal);
      };
    },
  });
  return { ...server, urlOf };
}

/** The last part of a queue's URL or ARN. */
function queueName(address: unknown): string | undefined {
  return typeof address === 'string' ? address.split(/[/:]/).at(-1) : undefined;
}
