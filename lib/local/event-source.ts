import { setTimeout as sleep } from 'node:timers/promises';
import { failedMessages } from './batch-answer.ts';
import type { LambdaFunction } from './lambda.ts';
import { md5, systemAttributes } from './sqs-attributes.ts';
import { BATCH_MAX } from './sqs-input.ts';
import type { Received } from './sqs-message.ts';
import { type NamedQueue, type SqsService, WAIT_SECONDS_MAX } from './sqs-service.ts';
import type { MappingSpec } from './stack.ts';

/** The pollers between a queue and its function, as Lambda runs them. */
export interface EventSource {
  /** Takes no further message, and resolves when the batches in hand are settled. */
  stop(): Promise<void>;
}

export interface EventSourceDeps {
  readonly mapping: MappingSpec;
  readonly service: SqsService;
  readonly queue: NamedQueue;
  readonly fn: LambdaFunction;
  readonly region: string;
  /** However much the mapping would allow. */
  readonly pollersMax: number;
  onError(error: unknown): void;
}

/** Between two looks at a queue that cannot be polled. */
const RETRY_POLL_MS = 500;

/**
 * One receive at a time waits for messages, however many batches may be worked on: so a queue at
 * rest costs one sleeping poll, and a hanging batch takes one place and no more.
 */
export function startEventSource(deps: EventSourceDeps): EventSource {
  const stopping = new AbortController();
  const polling = poll(deps, stopping.signal);
  return {
    async stop() {
      stopping.abort();
      await polling;
    },
  };
}

/** How many batches of the mapping's queue are worked on at the same time, at most. */
export function batchesMax({ concurrencyMax }: MappingSpec, pollersMax: number): number {
  return Math.min(concurrencyMax ?? pollersMax, pollersMax);
}

async function poll(deps: EventSourceDeps, signal: AbortSignal): Promise<void> {
  const max = batchesMax(deps.mapping, deps.pollersMax);
  const inHand = new Set<Promise<void>>();
  let onPlace = () => {};
  while (max > 0 && !signal.aborted) {
    if (inHand.size >= max) {
      await new Promise<void>((resolve) => (onPlace = resolve));
      continue;
    }
    const batch = await received(deps, signal);
    if (batch.length === 0) continue;
    const work = settle(deps, batch).finally(() => {
      inHand.delete(work);
      onPlace();
    });
    inHand.add(work);
  }
  await Promise.all(inHand);
}

async function received(deps: EventSourceDeps, signal: AbortSignal): Promise<readonly Received[]> {
  try {
    const batch = await gather(deps, signal);
    if (batch.length === 0 && deps.service.outage) await sleep(RETRY_POLL_MS);
    return batch;
  } catch (error) {
    deps.onError(error);
    await sleep(RETRY_POLL_MS);
    return [];
  }
}

/** Never throws: what broke comes again with its messages. */
async function settle(deps: EventSourceDeps, batch: readonly Received[]): Promise<void> {
  try {
    await work(deps, batch);
  } catch (error) {
    deps.onError(error);
    await sleep(RETRY_POLL_MS);
  }
}

/** One receive; with a batching window more of them, until the batch is full or the window over. */
async function gather(deps: EventSourceDeps, signal: AbortSignal): Promise<readonly Received[]> {
  const { service, queue, mapping } = deps;
  const batch: Received[] = [];
  let waitMs = WAIT_SECONDS_MAX * 1000;
  let untilMs: number | undefined;
  while (batch.length < mapping.batchSize && waitMs > 0) {
    const max = Math.min(BATCH_MAX, mapping.batchSize - batch.length);
    batch.push(...(await service.receive(queue, { max, waitMs, signal })));
    if (batch.length === 0 || mapping.windowMs === 0 || signal.aborted) break;
    untilMs ??= Date.now() + mapping.windowMs;
    waitMs = untilMs - Date.now();
  }
  return batch;
}

async function work(deps: EventSourceDeps, batch: readonly Received[]): Promise<void> {
  const { mapping, queue, region, fn } = deps;
  const Records = batch.map((message) => toRecord(message, queue.arn, region));
  const result = await fn.invoke({ Records });
  const ids = batch.map(({ id }) => id);
  const failed = failedMessages(result, ids, mapping.reportsFailures);
  remove(
    deps,
    batch.filter(({ id }) => !failed.has(id)),
  );
}

/** What failed is left alone: it comes again when its visibility timeout is over. */
function remove({ service, queue }: EventSourceDeps, done: readonly Received[]): void {
  for (let from = 0; from < done.length; from += BATCH_MAX) {
    service.requests.add('DeleteMessageBatch', queue.name);
    // Down as it is, it would lose the request; the messages come again.
    if (service.outage) continue;
    for (const { receiptHandle } of done.slice(from, from + BATCH_MAX)) queue.remove(receiptHandle);
  }
}

function toRecord(message: Received, eventSourceARN: string, awsRegion: string) {
  return {
    messageId: message.id,
    receiptHandle: message.receiptHandle,
    body: message.body,
    attributes: systemAttributes(message),
    messageAttributes: Object.fromEntries(
      Object.entries(message.attributes ?? {}).map(([name, value]) => [
        name,
        {
          stringValue: value.StringValue,
          binaryValue: value.BinaryValue,
          stringListValues: [],
          binaryListValues: [],
          dataType: value.DataType,
        },
      ]),
    ),
    md5OfBody: md5(message.body),
    eventSource: 'aws:sqs',
    eventSourceARN,
    awsRegion,
  };
}
