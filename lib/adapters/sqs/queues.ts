import {
  SendMessageBatchCommand,
  type SendMessageBatchRequestEntry,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { DeliveryQueue, Doorbell, FanOutQueue, Telemetry } from '../../app/ports.ts';
import type { EventRef } from '../../app/ports-history.ts';
import type { WorkQueue, WorkToken } from '../../app/ports-outage.ts';
import type { Lane } from '../../domain/delivery.ts';
import { encodeDoorbell, encodeEventRef, encodeWork } from '../../domain/messages.ts';
import { QUEUE_DELAY_MAX_SECONDS } from '../../domain/work.ts';
import { QUEUE_BATCH_MAX } from '../../names.ts';

/** Bytes of one batch request; SQS takes 1 MiB and bills each 64 KiB begun as one request. */
const BATCH_BYTES_MAX = 240_000;
/** Batch requests under way at the same time. */
const WIDTH = 8;

type Entry = SendMessageBatchRequestEntry;

/**
 * The delivery queues, one for each lane. Each doorbell carries its integration as message group,
 * which makes a queue fair: a noisy integration's messages wait behind those of quiet ones (SQS
 * fair queues).
 */
export function sqsDeliveryQueue(
  sqs: SQSClient,
  urls: Readonly<Record<Lane, string>>,
  telemetry: Telemetry,
): DeliveryQueue {
  return {
    async ring(doorbells) {
      const lanes = Map.groupBy(doorbells, ({ task }) => task.lane ?? 'fast');
      const batches = [...lanes].flatMap(([lane, its]) =>
        packed(its.map(doorbellEntry)).map((entries) => ({ url: urls[lane], entries })),
      );
      let failed = 0;
      let next = 0;
      const worker = async () => {
        for (let batch = batches[next++]; batch !== undefined; batch = batches[next++]) {
          const refused = await sendBatch(sqs, batch.url, batch.entries, telemetry);
          // Not in one expression: it would read the sum before the wait, and forget the others'.
          failed += refused;
        }
      };
      await Promise.all(Array.from({ length: Math.min(WIDTH, batches.length) }, worker));
      return { failed };
    },
  };
}

export function sqsFanOutQueue(
  sqs: SQSClient,
  queueUrl: string,
  telemetry: Telemetry,
): FanOutQueue {
  return {
    async ring(event: EventRef) {
      const entry = { Id: '0', MessageBody: encodeEventRef(event), MessageGroupId: event.tenant };
      return { failed: await sendBatch(sqs, queueUrl, [entry], telemetry) };
    },
  };
}

export function sqsWorkQueue(sqs: SQSClient, queueUrl: string, telemetry: Telemetry): WorkQueue {
  return {
    async ring(tokens) {
      let failed = 0;
      for (const entries of packed(tokens.map(workEntry))) {
        failed += await sendBatch(sqs, queueUrl, entries, telemetry);
      }
      return { failed };
    },
  };
}

/** Sends one batch and returns how many of it were not taken: the table brings those back. */
async function sendBatch(
  sqs: SQSClient,
  queueUrl: string,
  entries: readonly Entry[],
  telemetry: Telemetry,
): Promise<number> {
  try {
    const answer = await sqs.send(
      new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries: [...entries] }),
    );
    const { Failed: refused = [] } = answer;
    if (refused.length > 0) tellFailed(telemetry, refused.length, { code: refused[0]?.Code });
    return refused.length;
  } catch (error) {
    tellFailed(telemetry, entries.length, { error });
    return entries.length;
  }
}

function tellFailed(
  telemetry: Telemetry,
  failed: number,
  why: { readonly code?: string | undefined; readonly error?: unknown },
): void {
  telemetry.count('DoorbellsFailed', failed);
  telemetry.warn('doorbells.failed', { failed, found: 'by the next tick', ...why });
}

function doorbellEntry({ task, delaySeconds }: Doorbell): Omit<Entry, 'Id'> {
  return {
    MessageBody: encodeDoorbell(task),
    MessageGroupId: task.integrationId,
    ...delayOf(delaySeconds),
  };
}

/** What rings for one integration, or one job, stands in a group of its own. */
function workEntry({ task, delaySeconds }: WorkToken): Omit<Entry, 'Id'> {
  return {
    MessageBody: encodeWork(task),
    MessageGroupId: task.kind === 'job' ? task.jobId : task.integrationId,
    ...delayOf(delaySeconds),
  };
}

/** Nothing waits longer than SQS can: it then rings early, and is rung again. */
function delayOf(seconds: number): Pick<Entry, 'DelaySeconds'> {
  return seconds > 0 ? { DelaySeconds: Math.min(seconds, QUEUE_DELAY_MAX_SECONDS) } : {};
}

/** Messages in as few batches as ten of them and the size of a request allow. */
function packed(messages: readonly Omit<Entry, 'Id'>[]): Entry[][] {
  const batches: Entry[][] = [];
  let batch: Entry[] = [];
  let bytes = 0;
  for (const message of messages) {
    const size = Buffer.byteLength(message.MessageBody ?? '');
    if (batch.length === QUEUE_BATCH_MAX || (batch.length > 0 && bytes + size > BATCH_BYTES_MAX)) {
      batches.push(batch);
      batch = [];
      bytes = 0;
    }
    bytes += size;
    batch.push({ ...message, Id: String(batch.length) });
  }
  if (batch.length > 0) batches.push(batch);
  return batches;
}
