import { setTimeout as sleep } from 'node:timers/promises';
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  GetQueueUrlCommand,
  ListQueuesCommand,
  PurgeQueueCommand,
  SendMessageBatchCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { conversation } from './sqs-conversation.ts';
import { deadLetterGuarantees } from './sqs-dead-letters.conformance.ts';

/** What the code relies on in SQS, asked through the SDK; run once per stand-in. */
export interface Standin {
  readonly url: string;
  /** For one whose queue URLs do not lead back to it. */
  readonly ignoresQueueUrls?: true;
  stop(): Promise<void>;
}

/** Guarantees that a stand-in is known not to give, each with what it does instead. */
export type Lacks = Readonly<Record<string, string>>;

export function sqsConformance(name: string, start: () => Promise<Standin>, lacks: Lacks = {}) {
  describe(`${name} speaks SQS`, () => {
    let standin: Standin;
    let sqs: SQSClient;

    beforeAll(async () => {
      standin = await start();
      sqs = new SQSClient({
        endpoint: standin.url,
        region: 'us-east-1',
        maxAttempts: 1,
        ...(standin.ignoresQueueUrls && { useQueueUrlAsEndpoint: false }),
      });
    });
    afterAll(async () => {
      sqs.destroy();
      await standin.stop();
    });

    // A lack that is one no longer turns red, so the list cannot rot.
    const guarantee = (title: string, run: () => Promise<void>) => {
      const lack = lacks[title];
      if (lack === undefined) it.concurrent(title, run);
      else it.fails(`lacks: ${title} (${lack})`, run);
    };

    const talk = conversation(() => sqs);
    const { queue, send, receive, handleOf, refused, depths } = talk;
    deadLetterGuarantees(guarantee, talk);

    guarantee('hands out queue URLs that lead back to itself', async () => {
      const { QueueUrl, QueueName } = await queue();
      expect(QueueUrl.startsWith(standin.url)).toBe(true);
      const found = await sqs.send(new GetQueueUrlCommand({ QueueName }));
      expect(found.QueueUrl).toBe(QueueUrl);
      const listed = await sqs.send(new ListQueuesCommand({ QueueNamePrefix: QueueName }));
      expect(listed.QueueUrls).toContain(QueueUrl);
    });

    guarantee(
      'gives a message once while it is in flight, and never after its delete',
      async () => {
        const { QueueUrl } = await queue();
        const sent = await send(QueueUrl, 'größer ✓', { MessageAttributes: TRACE });
        const [message] = await receive(QueueUrl, { MessageAttributeNames: ['All'] });
        expect(message).toMatchObject({ MessageId: sent.MessageId, Body: 'größer ✓' });
        expect(message?.MessageAttributes?.trace).toMatchObject(TRACE.trace);
        expect(message?.MD5OfMessageAttributes).toBe(sent.MD5OfMessageAttributes);
        expect(await receive(QueueUrl)).toEqual([]);
        expect(await depths(QueueUrl)).toEqual([0, 1, 0]);
        const ReceiptHandle = message?.ReceiptHandle;
        await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
        expect(await depths(QueueUrl)).toEqual([0, 0, 0]);
      },
    );

    guarantee('shows a message again after its visibility timeout, counting receives', async () => {
      const { QueueUrl } = await queue({ VisibilityTimeout: '1' });
      await send(QueueUrl, 'again');
      await receive(QueueUrl);
      const asked = { WaitTimeSeconds: 3, MessageSystemAttributeNames: ['All' as const] };
      const [message] = await receive(QueueUrl, asked);
      expect(message?.Attributes).toMatchObject({ ApproximateReceiveCount: '2' });
      expect(Number(message?.Attributes?.SentTimestamp)).toBeGreaterThan(1.6e12);
    });

    guarantee('shows a message at once when its visibility is set to zero', async () => {
      const { QueueUrl } = await queue();
      await send(QueueUrl, 'now');
      const ReceiptHandle = await handleOf(QueueUrl);
      await sqs.send(
        new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 0 }),
      );
      expect(await receive(QueueUrl)).toHaveLength(1);
    });

    guarantee('ends a long poll as soon as a message comes', async () => {
      const { QueueUrl } = await queue();
      const polled = receive(QueueUrl, { WaitTimeSeconds: 5 });
      setTimeout(() => void send(QueueUrl, 'ring'), 200);
      expect(await Promise.race([polled, sleep(2000)])).toHaveLength(1);
    });

    guarantee('keeps a delayed message back', async () => {
      const { QueueUrl } = await queue();
      await send(QueueUrl, 'later', { DelaySeconds: 1 });
      expect(await depths(QueueUrl)).toEqual([0, 0, 1]);
      expect(await receive(QueueUrl)).toEqual([]);
      expect(await receive(QueueUrl, { WaitTimeSeconds: 3 })).toHaveLength(1);
    });

    guarantee('takes a batch entry by entry, and deletes likewise', async () => {
      const { QueueUrl } = await queue();
      const answer = await sqs.send(
        new SendMessageBatchCommand({
          QueueUrl,
          Entries: [
            { Id: 'good', MessageBody: 'a' },
            { Id: 'bad', MessageBody: 'bell \u0007' },
          ],
        }),
      );
      expect(answer.Successful?.map(({ Id }) => Id)).toEqual(['good']);
      expect(answer.Failed).toMatchObject([{ Id: 'bad', SenderFault: true }]);
      const ReceiptHandle = await handleOf(QueueUrl);
      const deleted = await sqs.send(
        new DeleteMessageBatchCommand({ QueueUrl, Entries: [{ Id: '1', ReceiptHandle }] }),
      );
      expect(deleted.Successful).toEqual([{ Id: '1' }]);
      expect(await depths(QueueUrl)).toEqual([0, 0, 0]);
    });

    guarantee('forgets every message on a purge, those in flight too', async () => {
      const { QueueUrl } = await queue();
      await send(QueueUrl, 'in flight');
      await receive(QueueUrl);
      await send(QueueUrl, 'visible');
      await send(QueueUrl, 'delayed', { DelaySeconds: 60 });
      await sqs.send(new PurgeQueueCommand({ QueueUrl }));
      expect(await depths(QueueUrl)).toEqual([0, 0, 0]);
    });

    guarantee('carries one mebibyte and refuses a byte more', async () => {
      const { QueueUrl } = await queue();
      await send(QueueUrl, 'x'.repeat(MEBIBYTE));
      const [message] = await receive(QueueUrl);
      expect(message?.Body).toHaveLength(MEBIBYTE);
      expect(await refused(send(QueueUrl, 'x'.repeat(MEBIBYTE + 1)))).toBe('InvalidParameterValue');
      const Entries = ['a', 'b'].map((Id) => ({ Id, MessageBody: 'x'.repeat(MEBIBYTE / 2 + 1) }));
      const both = sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
      expect(await refused(both)).toBe('BatchRequestTooLong');
    });

    guarantee('keeps the message group of a standard queue', async () => {
      const { QueueUrl } = await queue();
      await send(QueueUrl, 'grouped', { MessageGroupId: 'int_1' });
      const [message] = await receive(QueueUrl, { MessageSystemAttributeNames: ['All'] });
      expect(message?.Attributes?.MessageGroupId).toBe('int_1');
    });

    guarantee('lets a quiet group pass one that fills the queue', async () => {
      const { QueueUrl } = await queue();
      for (let sent = 0; sent < 12; sent++) {
        await send(QueueUrl, 'noisy', { MessageGroupId: 'noisy' });
      }
      await send(QueueUrl, 'quiet', { MessageGroupId: 'quiet' });
      const first = await receive(QueueUrl, { MaxNumberOfMessages: 5 });
      expect(first.map(({ Body }) => Body)).toContain('quiet');
    });

    guarantee('refuses a delay above fifteen minutes', async () => {
      const { QueueUrl } = await queue();
      await send(QueueUrl, 'max', { DelaySeconds: 900 });
      const over = send(QueueUrl, 'over', { DelaySeconds: 901 });
      expect(await refused(over)).toBe('InvalidParameterValue');
    });

    guarantee('refuses a receipt handle that it never gave', async () => {
      const { QueueUrl } = await queue();
      const ReceiptHandle = 'not-a-handle';
      const answer = sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
      expect(await refused(answer)).toBe('ReceiptHandleIsInvalid');
    });

    guarantee('refuses empty, oversize and ambiguous batches', async () => {
      const { QueueUrl } = await queue();
      const entry = (Id: string) => ({ Id, MessageBody: 'x' });
      const attempt = (Entries: { Id: string; MessageBody: string }[]) =>
        refused(sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries })));
      expect(await attempt([])).toBe('EmptyBatchRequest');
      expect(await attempt([entry('1'), entry('1')])).toBe('BatchEntryIdsNotDistinct');
      expect(await attempt([entry('a b')])).toBe('InvalidBatchEntryId');
      const eleven = Array.from({ length: 11 }, (_, index) => entry(`${index}`));
      expect(await attempt(eleven)).toBe('TooManyEntriesInBatchRequest');
    });

    guarantee('refuses what no queue may hold', async () => {
      const { QueueUrl } = await queue();
      expect(await refused(send(QueueUrl, 'bell \u0007'))).toBe('InvalidMessageContents');
      const missing = QueueUrl.replace(/[^/]+$/, 'no-such-queue');
      expect(await refused(send(missing, 'x'))).toBe('QueueDoesNotExist');
      expect(await refused(receive(QueueUrl, { MaxNumberOfMessages: 11 }))).toBe(
        'InvalidParameterValue',
      );
    });
  });
}

const MEBIBYTE = 1_048_576;
const TRACE = { trace: { DataType: 'String', StringValue: 'abc' } };
