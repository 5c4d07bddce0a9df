import { describe, expect, it } from 'vitest';
import { failedMessages } from '../../lib/local/batch-answer.ts';
import { startEventSource } from '../../lib/local/event-source.ts';
import type { InvokeResult } from '../../lib/local/lambda-environment.ts';
import { DEFAULT_SETTINGS } from '../../lib/local/sqs-attributes.ts';
import { sqsService } from '../../lib/local/sqs-service.ts';

const answer = (result: unknown): InvokeResult => ({
  kind: 'answer',
  payload: JSON.stringify(result) ?? 'null',
});
/** Time enough on a busy machine, and none lost on one at rest. */
const SOME_TIME = { timeout: 15_000, interval: 5 };
const BROKEN: InvokeResult = { kind: 'error', error: { errorType: 'Error', errorMessage: 'no' } };

describe('a batch leaves in the queue', () => {
  const failing = (...ids: unknown[]) => ({
    batchItemFailures: ids.map((itemIdentifier) => ({ itemIdentifier })),
  });

  it.each([
    ['what the function names', answer(failing('b')), ['b']],
    ['nothing for an empty list', answer(failing()), []],
    ['nothing for a list of null', answer({ batchItemFailures: null }), []],
    ['nothing for an empty object', answer({}), []],
    ['nothing for no answer', answer(undefined), []],
    ['everything for an unknown id', answer(failing('b', 'z')), ['a', 'b', 'c']],
    ['everything for an empty id', answer(failing('')), ['a', 'b', 'c']],
    ['everything for an id of null', answer(failing(null)), ['a', 'b', 'c']],
    ['everything for another key', answer({ batchItemFailures: [{ id: 'a' }] }), ['a', 'b', 'c']],
    ['everything for a list that is none', answer({ batchItemFailures: 'a' }), ['a', 'b', 'c']],
    ['everything for a function that failed', BROKEN, ['a', 'b', 'c']],
    ['everything for a function at its cap', { kind: 'throttled' } as const, ['a', 'b', 'c']],
  ])('%s', (_, result, expected) => {
    expect([...failedMessages(result, ['a', 'b', 'c'], true)].sort()).toEqual(expected);
  });

  it('nothing of a good batch, whatever it names, unless the mapping asks for failures', () => {
    expect(failedMessages(answer(failing('a')), ['a'], false).size).toBe(0);
  });
});

interface Seen {
  readonly Records: readonly {
    readonly messageId: string;
    readonly body: string;
    readonly attributes: Readonly<Record<string, string>>;
  }[];
}

function source(invoke: (event: Seen) => Promise<InvokeResult>, more = {}) {
  const service = sqsService({ region: 'us-east-1', account: '000000000000' });
  const queue = service.create('jobs', DEFAULT_SETTINGS);
  const errors: unknown[] = [];
  const mapping = {
    queueArn: queue.arn,
    functionId: 'f',
    batchSize: 10,
    windowMs: 0,
    concurrencyMax: undefined,
    reportsFailures: true,
    ...more,
  };
  const start = () =>
    startEventSource({
      mapping,
      service,
      queue,
      fn: {
        spec: {} as never,
        invoke: (event) => invoke(event as Seen),
        counts: () => ({ invocations: 0, errors: 0, coldStarts: 0 }),
        idle: async () => undefined,
        stop: async () => undefined,
      },
      region: 'us-east-1',
      pollersMax: 4,
      onError: (error) => errors.push(error),
    });
  const send = (body: string, groupId?: string) => {
    queue.put({ body, ...(groupId !== undefined && { groupId }) });
    service.changed(queue);
  };
  return { service, queue, start, send, errors };
}

describe('an event source', () => {
  it('hands records on as Lambda does, and deletes what did not fail', async () => {
    const seen: Seen[] = [];
    const { queue, start, send } = source(async (event) => {
      seen.push(event);
      const failed = event.Records.filter(({ body }) => body === 'bad');
      return answer({
        batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })),
      });
    });
    send('good', 'int_1');
    send('bad');
    const running = start();
    const left = { visible: 0, inFlight: 1, delayed: 0 };
    await expect.poll(() => queue.counts(), SOME_TIME).toEqual(left);
    await running.stop();
    expect(seen[0]?.Records[0]).toMatchObject({
      messageId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      receiptHandle: expect.any(String),
      body: 'good',
      attributes: {
        ApproximateReceiveCount: '1',
        MessageGroupId: 'int_1',
        SentTimestamp: expect.stringMatching(/^\d{13}$/),
      },
      messageAttributes: {},
      md5OfBody: '755f85c2723bb39381c7379a604160d8',
      eventSource: 'aws:sqs',
      eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:jobs',
      awsRegion: 'us-east-1',
    });
  });

  it('takes up to ten at a time, never more batches at once than allowed', async () => {
    const sizes: number[] = [];
    let now = 0;
    let most = 0;
    const { service, queue, start, send } = source(
      async ({ Records }) => {
        sizes.push(Records.length);
        most = Math.max(most, ++now);
        await new Promise((resolve) => setTimeout(resolve, 20));
        now -= 1;
        return answer({});
      },
      { concurrencyMax: 2 },
    );
    for (let sent = 0; sent < 45; sent++) send(`${sent}`);
    const running = start();
    const left = { visible: 0, inFlight: 0, delayed: 0 };
    await expect.poll(() => queue.counts(), SOME_TIME).toEqual(left);
    await running.stop();
    expect(sizes.sort((a, b) => b - a)).toEqual([10, 10, 10, 10, 5]);
    expect(most).toBe(2);
    expect(service.requests.totals()).toMatchObject({ ReceiveMessage: 5, DeleteMessageBatch: 5 });
  });

  it('gathers a batch until it is full', async () => {
    const sizes: number[] = [];
    const { queue, start, send } = source(
      async ({ Records }) => {
        sizes.push(Records.length);
        return answer({});
      },
      { windowMs: 60_000, batchSize: 2, concurrencyMax: 1 },
    );
    const running = start();
    send('a');
    await expect.poll(() => queue.counts().inFlight, SOME_TIME).toBe(1);
    send('b');
    await expect.poll(() => sizes, SOME_TIME).toEqual([2]);
    await running.stop();
  });

  it('gathers one that does not get full for as long as its window says', async () => {
    const batches: { readonly size: number; readonly atMs: number }[] = [];
    const { start, send } = source(
      async ({ Records }) => {
        batches.push({ size: Records.length, atMs: Date.now() });
        return answer({});
      },
      { windowMs: 300, concurrencyMax: 1 },
    );
    const running = start();
    const sentMs = Date.now();
    send('a');
    await expect.poll(() => batches, SOME_TIME).toMatchObject([{ size: 1 }]);
    expect((batches[0]?.atMs ?? 0) - sentMs).toBeGreaterThanOrEqual(300);
    await running.stop();
  });

  it('ends its long polls at once when it is stopped, and the batches in hand first', async () => {
    let done = 0;
    const begun = Promise.withResolvers<void>();
    const { start, send } = source(async () => {
      begun.resolve();
      await new Promise((resolve) => setTimeout(resolve, 100));
      done += 1;
      return answer({});
    });
    const running = start();
    send('a');
    await begun.promise;
    await running.stop();
    expect(done).toBe(1);
    // A long poll that nobody ends takes twenty seconds.
  }, 15_000);

  it('receives and deletes nothing while SQS is down, and goes on afterwards', async () => {
    let calls = 0;
    const { service, queue, start, send } = source(async () => {
      calls += 1;
      return answer({});
    });
    service.outage = true;
    send('a');
    const running = start();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(calls).toBe(0);
    service.outage = false;
    service.changed(queue);
    await expect.poll(() => queue.counts().visible, SOME_TIME).toBe(0);
    await running.stop();
    expect(calls).toBe(1);
  });
});
