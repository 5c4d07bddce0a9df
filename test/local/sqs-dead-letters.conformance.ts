import { SetQueueAttributesCommand, StartMessageMoveTaskCommand } from '@aws-sdk/client-sqs';
import { expect } from 'vitest';
import type { Conversation } from './sqs-conversation.ts';

/** What becomes of messages that nobody could handle, and how they come back. */
export function deadLetterGuarantees(
  guarantee: (title: string, run: () => Promise<void>) => void,
  { sqs, queue, send, receive, refused, depths, moves, deadLetter }: Conversation,
) {
  guarantee('moves a message received too often to the dead letters', async () => {
    const dead = await queue();
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: dead.arn, maxReceiveCount: 2 });
    const { QueueUrl } = await queue({ RedrivePolicy, VisibilityTimeout: '0' });
    await send(QueueUrl, 'poison');
    for (let receives = 0; receives < 2; receives++) {
      expect(await receive(QueueUrl, { WaitTimeSeconds: 1 })).toHaveLength(1);
    }
    expect(await receive(QueueUrl, { WaitTimeSeconds: 1 })).toEqual([]);
    const [found] = await receive(dead.QueueUrl, { WaitTimeSeconds: 1 });
    expect(found?.Body).toBe('poison');
  });

  guarantee('names the queue that a dead letter came from', async () => {
    const { dead, arn } = await deadLetter();
    const asked = { MessageSystemAttributeNames: ['All' as const], WaitTimeSeconds: 1 };
    const [found] = await receive(dead, asked);
    expect(found?.Attributes?.DeadLetterQueueSourceArn).toBe(arn);
  });

  guarantee('moves dead letters back to where they died', async () => {
    const { dead, deadArn, QueueUrl } = await deadLetter();
    await sqs().send(new StartMessageMoveTaskCommand({ SourceArn: deadArn }));
    expect(await receive(QueueUrl, { WaitTimeSeconds: 2 })).toHaveLength(1);
    expect(await depths(dead)).toEqual([0, 0, 0]);
  });

  guarantee('moves dead letters where it is told to, as new messages of their group', async () => {
    const { dead, deadArn, QueueUrl } = await deadLetter({ MessageGroupId: 'int_1' });
    const other = await queue();
    const [before] = await receive(dead, { VisibilityTimeout: 0 });
    await sqs().send(
      new StartMessageMoveTaskCommand({ SourceArn: deadArn, DestinationArn: other.arn }),
    );
    const asked = { WaitTimeSeconds: 2, MessageSystemAttributeNames: ['All' as const] };
    const [found] = await receive(other.QueueUrl, asked);
    expect(found).toMatchObject({
      Body: 'poison',
      Attributes: { ApproximateReceiveCount: '1', MessageGroupId: 'int_1' },
    });
    expect(found?.Attributes).not.toHaveProperty('DeadLetterQueueSourceArn');
    expect(found?.MessageId).not.toBe(before?.MessageId);
    expect(await receive(QueueUrl)).toEqual([]);
  });

  guarantee('tells of the latest moves of dead letters, the newest first', async () => {
    const { deadArn: SourceArn } = await deadLetter();
    expect(await moves(SourceArn)).toEqual([]);
    await sqs().send(new StartMessageMoveTaskCommand({ SourceArn }));
    const done = { SourceArn, Status: 'COMPLETED', StartedTimestamp: expect.any(Number) };
    await expect
      .poll(() => moves(SourceArn))
      .toMatchObject([
        { ...done, ApproximateNumberOfMessagesMoved: 1, ApproximateNumberOfMessagesToMove: 1 },
      ]);
    await sqs().send(
      new StartMessageMoveTaskCommand({ SourceArn, MaxNumberOfMessagesPerSecond: 50 }),
    );
    await expect
      .poll(() => moves(SourceArn, 10))
      .toMatchObject([{ ...done, MaxNumberOfMessagesPerSecond: 50 }, done]);
    expect(await moves(SourceArn)).toHaveLength(1);
  });

  guarantee('moves no message that died in no queue, and says so', async () => {
    const { dead, deadArn: SourceArn } = await deadLetter();
    await send(dead, 'of somewhere else');
    await sqs().send(new StartMessageMoveTaskCommand({ SourceArn }));
    await expect
      .poll(() => moves(SourceArn))
      .toMatchObject([{ Status: 'FAILED', FailureReason: 'CouldNotDetermineMessageSource' }]);
    const [left] = await receive(dead);
    expect(left?.Body).toBe('of somewhere else');
  });

  guarantee('refuses to move from a queue without dead letters, or from none', async () => {
    const { arn } = await queue();
    const start = (SourceArn: string) =>
      refused(sqs().send(new StartMessageMoveTaskCommand({ SourceArn })));
    expect(await start(arn)).toBe('InvalidParameterValue');
    expect(await start(`${arn}-no`)).toBe('ResourceNotFound');
    expect(await refused(moves(`${arn}-no`))).toBe('ResourceNotFound');
  });

  guarantee('refuses a redrive to a queue that does not exist', async () => {
    const { QueueUrl, arn } = await queue();
    const RedrivePolicy = JSON.stringify({
      deadLetterTargetArn: `${arn}-no`,
      maxReceiveCount: 3,
    });
    const answer = sqs().send(
      new SetQueueAttributesCommand({ QueueUrl, Attributes: { RedrivePolicy } }),
    );
    expect(await refused(answer)).toBe('InvalidParameterValue');
  });
}
