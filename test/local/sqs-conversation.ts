import { randomUUID } from 'node:crypto';
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  ListMessageMoveTasksCommand,
  ReceiveMessageCommand,
  type ReceiveMessageCommandInput,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';

export type Conversation = ReturnType<typeof conversation>;

/** What the conformance of a stand-in is asked with, in few words. */
export function conversation(sqs: () => SQSClient) {
  async function queue(Attributes: Record<string, string> = {}) {
    const QueueName = `q-${randomUUID()}`;
    const { QueueUrl = '' } = await sqs().send(new CreateQueueCommand({ QueueName, Attributes }));
    const { Attributes: found } = await sqs().send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }),
    );
    return { QueueUrl, QueueName, arn: found?.QueueArn ?? '' };
  }
  const send = (QueueUrl: string, MessageBody: string, more: object = {}) =>
    sqs().send(new SendMessageCommand({ QueueUrl, MessageBody, ...more }));
  const receive = async (QueueUrl: string, more: Partial<ReceiveMessageCommandInput> = {}) => {
    const command = new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, ...more });
    return (await sqs().send(command)).Messages ?? [];
  };
  const handleOf = async (QueueUrl: string, more: Partial<ReceiveMessageCommandInput> = {}) =>
    (await receive(QueueUrl, more))[0]?.ReceiptHandle ?? '';
  const refused = async (answer: Promise<unknown>) => {
    const error = await answer.then(
      () => ({ name: 'nothing was refused' }),
      (thrown: Error) => thrown,
    );
    // With or without the namespace of the query era: the code is what callers tell apart.
    return error.name.replace(/Exception$|^AWS\.SimpleQueueService\./g, '');
  };
  const depths = async (QueueUrl: string) => {
    const asked = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] });
    const all: Record<string, string> = (await sqs().send(asked)).Attributes ?? {};
    return ['', 'NotVisible', 'Delayed'].map((suffix) =>
      Number(all[`ApproximateNumberOfMessages${suffix}`]),
    );
  };

  async function moves(SourceArn: string, MaxResults?: number) {
    const asked = { SourceArn, ...(MaxResults !== undefined && { MaxResults }) };
    return (await sqs().send(new ListMessageMoveTasksCommand(asked))).Results;
  }

  async function deadLetter(more: object = {}) {
    const dead = await queue();
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: dead.arn, maxReceiveCount: 1 });
    const { QueueUrl, arn } = await queue({ RedrivePolicy, VisibilityTimeout: '0' });
    await send(QueueUrl, 'poison', more);
    await receive(QueueUrl);
    await receive(QueueUrl);
    return { dead: dead.QueueUrl, deadArn: dead.arn, QueueUrl, arn };
  }
  return { sqs, queue, send, receive, handleOf, refused, depths, moves, deadLetter };
}
