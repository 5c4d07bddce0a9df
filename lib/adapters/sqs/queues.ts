import {
  SendMessageBatchCommand,
  type SendMessageBatchRequestEntry,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { DeliveryQueue, Doorbell, EventRef, FanOutQueue, Telemetry } from '../../app/ports.ts';
import { encodeDoorbell, encodeEventRef } from '../../domain/messages.ts';
import { QUEUE_BATCH_MAX, QUEUE_DELAY_SECONDS_MAX } from '../../names.ts';

/** Bytes of one batch request; SQS takes 1 MiB and bills each 64 KiB begun as one request. */
const BATCH_BYTES_MAX = 240_000;
/** Batch requests under way at the same time. */
const WIDTH = 8;

/**
 * The delivery queue. Each doorbell carries its integration as message group, which makes the
 * queue fair: a noisy integration's messages wait behind those of quiet ones (SQS fair queues).
 */
export function sqsDeliveryQueue(
  sqs: SQSClient,
  queueUrl: string,
  telemetry: Telemetry,
): DeliveryQueue {
  return {
    async ring(doorbells) {
      const batches = packed(doorbells);
      let failed = 0;
      let next = 0;
      const worker = async () => {
        while (next < batches.length) failed += await send(batches[next++] ?? []);
      };
      await Promise.all(Array.from({ length: Math.min(WIDTH, batches.length) }, worker));
      return { failed };
    },
  };

  async function send(entries: readonly SendMessageBatchRequestEntry[]): Promise<number> {
    return await sendBatch(sqs, queueUrl, entries, telemetry);
  }
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

/** Sends one batch; a message that was not taken is counted, for the table brings it back. */
async function sendBatch(
  sqs: SQSClient,
  queueUrl: string,
  entries: readonly SendMessageBatchRequestEntry[],
  telemetry: Telemetry,
): Promise<number> {
  try {
    const answer = await sqs.send(
      new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries: [...entries] }),
    );
    return answer.Failed?.length ?? 0;
  } catch (error) {
    telemetry.warn('queue.send-failed', { messages: entries.length, error });
    return entries.length;
  }
}

/** Doorbells in as few batches as ten messages and the size of a request allow. */
function packed(doorbells: readonly Doorbell[]): SendMessageBatchRequestEntry[][] {
  const batches: SendMessageBatchRequestEntry[][] = [];
  let batch: SendMessageBatchRequestEntry[] = [];
  let bytes = 0;
  for (const { task, delaySeconds } of doorbells) {
    const body = encodeDoorbell(task);
    const size = Buffer.byteLength(body);
    if (batch.length === QUEUE_BATCH_MAX || (batch.length > 0 && bytes + size > BATCH_BYTES_MAX)) {
      batches.push(batch);
      batch = [];
      bytes = 0;
    }
    bytes += size;
    batch.push({
      Id: String(batch.length),
      MessageBody: body,
      MessageGroupId: task.integrationId,
      ...(delaySeconds > 0 && { DelaySeconds: Math.min(delaySeconds, QUEUE_DELAY_SECONDS_MAX) }),
    });
  }
  if (batch.length > 0) batches.push(batch);
  return batches;
}
