import type { NewMessage, QueueSettings, SqsQueue } from '../../../lib/local/sqs-message.ts';
import { type QueueClock, sqsQueue } from '../../../lib/local/sqs-queue.ts';
import type { Ask, Weaknesses } from './weaknesses.ts';

export interface WeakOptions {
  readonly clock: QueueClock & { after(ms: number, work: () => void): unknown };
  readonly unit: (of: string) => number;
  readonly ask: Ask;
  readonly weaknesses: Weaknesses;
  /** More may be visible than was known. */
  readonly onChange: () => void;
}

/** The queue of the local run, as weak as SQS is. */
export function weakQueue(name: string, settings: QueueSettings, options: WeakOptions): SqsQueue {
  const { clock, unit, ask, weaknesses, onChange } = options;
  const queue = sqsQueue(settings, clock);
  const place = `sqs/${name}`;
  /** What a second copy is called, by its own id: a copy has the id of the first. */
  const copies = new Map<string, string>();

  const jitter = ({ body }: NewMessage) =>
    weaknesses.jitterMs === 0 ? 0 : weaknesses.jitterMs * unit(body.slice(0, KEY_LENGTH));
  const delayed = (message: NewMessage, lateMs: number): NewMessage => ({
    ...message,
    delaySeconds: (message.delaySeconds ?? queue.settings.delaySeconds) + Math.round(lateMs) / 1000,
  });
  const { put, take, remove, purge, extend } = queue;

  return Object.assign(queue, {
    put(message: NewMessage) {
      const fault = ask(`${place} put`, ['sqs-late', 'sqs-duplicate', 'sqs-lost']);
      const amount = fault?.amount ?? 0;
      if (fault?.kind === 'sqs-lost') {
        return { ...message, id: clock.newId(), sentAtMs: clock.nowMs(), receiveCount: 0 };
      }
      const lateMs = fault?.kind === 'sqs-late' ? weaknesses.lateMs * amount : jitter(message);
      const sent = put(lateMs === 0 ? message : delayed(message, lateMs));
      if (fault?.kind === 'sqs-duplicate') {
        const afterMs = amount < SIDE_BY_SIDE ? lateMs : weaknesses.duplicateAfterMs * amount;
        copies.set(put(delayed(message, afterMs)).id, sent.id);
      }
      return sent;
    },
    take(max: number, visibilitySeconds?: number) {
      const { messages, dead } = take(max, visibilitySeconds);
      for (const { receiptHandle } of messages) {
        const fault = ask(`${place} take`, ['sqs-early']);
        if (fault === undefined) continue;
        extend(receiptHandle, Math.round((weaknesses.earlyMs * fault.amount) / 1000));
      }
      if (copies.size === 0) return { messages, dead };
      return {
        messages: messages.map((one) => ({ ...one, id: copies.get(one.id) ?? one.id })),
        dead,
      };
    },
    remove(receiptHandle: string) {
      const fault = ask(`${place} delete`, ['sqs-undeleted']);
      if (fault !== undefined) return 'removed';
      const answer = remove(receiptHandle);
      if (answer === 'removed') copies.delete(receiptHandle.slice(0, ID_LENGTH));
      return answer;
    },
    purge() {
      const purgeMs = Math.round(weaknesses.purgeMs * (weaknesses.purgeMs === 0 ? 0 : unit(name)));
      if (purgeMs === 0) return purge();
      const { visible, inFlight, delayed: late } = queue.counts();
      clock.after(purgeMs, () => {
        purge();
        onChange();
      });
      return visible + inFlight + late;
    },
  });
}

const ID_LENGTH = 36;
/** What a message is about stands at its beginning. */
const KEY_LENGTH = 200;
/** Of the second copies this share comes with the first, as a rule in the same batch. */
const SIDE_BY_SIDE = 0.3;
