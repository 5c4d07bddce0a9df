import {
  GetItemCommand,
  ProvisionedThroughputExceededException,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { GetSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { SendMessageBatchCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GIVES_UP_MS } from '../../lib/local/faults/effects.ts';
import type { Service, Verdict } from '../../lib/local/faults/messages.ts';
import { startFaultyAws } from './fixtures/faulty-aws.ts';

let aws: Awaited<ReturnType<typeof startFaultyAws>>;

beforeAll(async () => {
  aws = await startFaultyAws();
});
afterAll(() => aws.stop());

const fault = (kind: string, amount = 0): Verdict => ({ fault: { kind, amount } });
const update = () =>
  aws.dynamo.send(new UpdateItemCommand({ TableName: 't', Key: { pk: { S: 'a' } } }));
const read = () => aws.secrets.send(new GetSecretValueCommand({ SecretId: 's' }));

function send(count = 4) {
  const Entries = Array.from({ length: count }, (_, i) => ({ Id: `${i}`, MessageBody: `m${i}` }));
  return aws.sqs.send(new SendMessageBatchCommand({ QueueUrl: aws.queueUrl, Entries }));
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return performance.now() - startedMs;
}

describe('a request that goes wrong once is sent again by the SDK, and was done', () => {
  it.each([
    ['dynamodb-throttle', 0.1, 1],
    ['dynamodb-throttle', 0.9, 1],
    ['dynamodb-lost-before', 0.1, 1],
    ['dynamodb-lost-after', 0.1, 2],
    ['dynamodb-lost-after', 0.6, 2],
  ])('%s (%d): %d times', async (kind, amount, times) => {
    aws.plan(fault(kind, amount));
    const { $metadata } = await update();
    expect([$metadata.attempts, aws.heard.length]).toEqual([2, times]);
  });

  it.each([
    ['sqs-throttled', 0.1, 2],
    ['sqs-lost-before', 0.1, 2],
    ['sqs-lost-after', 0.1, 4],
  ])('%s (%d): %d messages of 2', async (kind, amount, messages) => {
    aws.plan(fault(kind, amount));
    const { $metadata, Successful } = await send(2);
    expect([$metadata.attempts, Successful?.length]).toEqual([2, 2]);
    expect(aws.queue.counts().visible).toBe(messages);
  });
});

describe('a request that always goes wrong fails', () => {
  it('as DynamoDB throttles: the SDK makes the error', async () => {
    aws.plan(...[1, 2, 3].map(() => fault('dynamodb-throttle')));
    const error = await update().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ProvisionedThroughputExceededException);
    expect(error).toMatchObject({ $metadata: { httpStatusCode: 400, attempts: 3 } });
    expect(aws.heard).toEqual([]);
  });

  it('as nobody answers: after as long as the client waits, nothing done or all of it', async () => {
    for (const [kind, messages] of [
      ['sqs-lost-before', 0],
      ['sqs-lost-after', 4],
    ] as const) {
      aws.plan(fault(kind, 0.8), fault(kind, 0.8));
      const tookMs = await timed(() => expect(send(2)).rejects.toThrow('Request timed out.'));
      expect(tookMs).toBeGreaterThanOrEqual(2 * GIVES_UP_MS.sqs - 5);
      expect(aws.queue.counts().visible).toBe(messages);
    }
  });

  it('as secrets are down: for every try of one command, and not for the next', async () => {
    aws.plan(fault('secrets-down'));
    await expect(read()).rejects.toMatchObject({
      name: 'ThrottlingException',
      $metadata: { attempts: 3 },
    });
    expect(aws.heard).toEqual([]);
    expect((await read()).SecretString).toBe('pepper');
  });
});

describe('a slow request', () => {
  it('is only late where its client waits for it', async () => {
    aws.plan(fault('dynamodb-slow', 0.05));
    const tookMs = await timed(update);
    expect(tookMs).toBeGreaterThanOrEqual(395);
    expect(aws.heard).toHaveLength(1);
  });

  it('is done after its client has given up and asked again', async () => {
    aws.plan(fault('sqs-slow', 0.25));
    expect((await send(2)).$metadata.attempts).toBe(2);
    expect(aws.queue.counts().visible).toBe(2);
    await expect.poll(() => aws.queue.counts().visible, { timeout: 3_000 }).toBe(4);
  });
});

describe('a batch that is taken in part', () => {
  it.each([
    [0, 1],
    [0.5, 2],
    [0.99, 4],
  ])('names those that were refused (%d: %d of 4)', async (amount, refused) => {
    aws.plan(fault('sqs-partial', amount));
    const { Successful = [], Failed = [] } = await send(4);
    expect(Failed.map(({ Id }) => Id)).toEqual(['0', '1', '2', '3'].slice(0, refused));
    expect(Successful.map(({ Id }) => Id)).toEqual(['0', '1', '2', '3'].slice(refused));
    expect(aws.queue.counts().visible).toBe(4 - refused);
  });
});

describe('a process that is to die', () => {
  it.each([
    ['before', 0],
    ['after', 1],
  ] as const)('%s its request has sent %d', async (kill, times) => {
    aws.plan({ kill });
    await expect(update()).rejects.toThrow('died');
    expect(aws.heard).toHaveLength(times);
  });

  it('after a request whose answer is lost has done it', async () => {
    aws.plan({ ...fault('dynamodb-lost-after', 0.6), kill: 'after' });
    await expect(update()).rejects.toThrow('died');
    expect(aws.heard).toHaveLength(1);
  });
});

it('clients wait as long as the faults make them', async () => {
  aws.plan();
  await aws.dynamo.send(new GetItemCommand({ TableName: 't', Key: { pk: { S: 'a' } } }));
  await Promise.all([send(1), read()]);
  const waits = { dynamodb: aws.dynamo, sqs: aws.sqs, secrets: aws.secrets };
  for (const [service, client] of Object.entries(waits)) {
    const { requestTimeout } = (client.config.requestHandler as Handler).httpHandlerConfigs();
    expect([service, requestTimeout]).toEqual([service, GIVES_UP_MS[service as Service]]);
  }
});

/** What the types of the clients do not say of their handlers. */
interface Handler {
  httpHandlerConfigs(): { readonly requestTimeout?: number };
}
