import { randomUUID } from 'node:crypto';
import { AwsError } from './aws-json.ts';
import type {
  Message,
  NewMessage,
  QueueCounts,
  QueueSettings,
  Received,
  SqsQueue,
} from './sqs-message.ts';
import { sqsQueue, tapped } from './sqs-queue.ts';

/** All queues of one local run: names, dead letters, long polls, and a count of what was asked. */

export interface NamedQueue extends SqsQueue {
  readonly name: string;
  readonly arn: string;
}

export interface SqsService {
  /** Creates the queue; one that exists keeps its messages and takes the new settings. */
  create(name: string, settings: QueueSettings): NamedQueue;
  delete(queue: NamedQueue): void;
  byName(name: string): NamedQueue | undefined;
  byArn(arn: string): NamedQueue | undefined;
  all(): readonly NamedQueue[];
  /** Waits up to `waitMs` for the first message; dead ones go to their dead-letter queue. */
  receive(queue: NamedQueue, poll: Poll): Promise<readonly Received[]>;
  /** Lets waiting receives look again. */
  changed(queue: NamedQueue): void;
  /** The queues whose dead letters go to this one. */
  sourcesOf(queue: NamedQueue): readonly NamedQueue[];
  /**
   * Moves every visible message to `to`, or back to where it died, as a new message. Those `left`
   * died nowhere that is known, and stay.
   */
  move(from: NamedQueue, to?: NamedQueue): { readonly moved: number; readonly left: number };
  /** Requests since the start, as SQS bills them, by operation. */
  readonly requests: RequestCounts;
  /** While down the HTTP side answers 503 and polls find nothing. */
  outage: boolean;
}

export interface Poll {
  readonly max: number;
  readonly waitMs: number;
  readonly visibilitySeconds?: number;
  readonly signal?: AbortSignal;
}

export interface RequestCounts {
  add(operation: string, queue?: string): void;
  /** Receives that found nothing are counted apart, as `ReceiveMessage (empty)`. */
  totals(): Readonly<Record<string, number>>;
  ofQueue(queue: string): Readonly<Record<string, number>>;
  reset(): void;
}

interface Waiter {
  wake(): void;
}

/** How long SQS lets one receive wait. */
export const WAIT_SECONDS_MAX = 20;

/** `onSent` is told of each message as it is put into the queue of that name. */
export function sqsService(
  place: { readonly region: string; readonly account: string },
  onSent?: (queue: string, message: Message) => void,
): SqsService {
  const queues = new Map<string, NamedQueue>();
  const waiters = new Map<string, Set<Waiter>>();
  const clock = { nowMs: () => Date.now(), newId: () => randomUUID() };

  const service: SqsService = {
    requests: requestCounts(),
    outage: false,
    create(name, settings) {
      const known = queues.get(name);
      if (known !== undefined) {
        known.settings = settings;
        return known;
      }
      const arn = `arn:aws:sqs:${place.region}:${place.account}:${name}`;
      const made = tapped(sqsQueue(settings, clock), (message) => onSent?.(name, message));
      const queue: NamedQueue = Object.assign(made, { name, arn });
      queues.set(name, queue);
      waiters.set(name, new Set());
      return queue;
    },
    delete(queue) {
      queues.delete(queue.name);
      service.changed(queue);
      waiters.delete(queue.name);
    },
    byName: (name) => queues.get(name),
    byArn: (arn) => queues.values().find((queue) => queue.arn === arn),
    all: () => [...queues.values()],
    changed(queue) {
      for (const waiter of [...(waiters.get(queue.name) ?? [])]) waiter.wake();
    },
    async receive(queue, poll) {
      const untilMs = clock.nowMs() + Math.min(poll.waitMs, WAIT_SECONDS_MAX * 1000);
      for (;;) {
        const messages = service.outage ? [] : take(queue, poll);
        const leftMs = untilMs - clock.nowMs();
        const isOver = leftMs <= 0 || poll.signal?.aborted === true || !queues.has(queue.name);
        if (messages.length > 0 || isOver) {
          service.requests.add(
            messages.length > 0 ? 'ReceiveMessage' : 'ReceiveMessage (empty)',
            queue.name,
          );
          return messages;
        }
        await somethingToSee(queue, leftMs, poll.signal);
      }
    },
    sourcesOf: ({ arn }) =>
      service.all().filter(({ settings }) => settings.redrive?.deadLetterArn === arn),
    move(from, to) {
      const messages = from.drain();
      const orphans = messages.filter((message) => {
        const target = to ?? service.byArn(message.deadLetterSourceArn ?? '');
        target?.put(newOf(message));
        if (target !== undefined) service.changed(target);
        return target === undefined;
      });
      for (const message of orphans) from.adopt(message);
      return { moved: messages.length - orphans.length, left: orphans.length };
    },
  };

  function take(queue: NamedQueue, poll: Poll): readonly Received[] {
    const { messages, dead } = queue.take(poll.max, poll.visibilitySeconds);
    if (dead.length === 0) return messages;
    const deadLetters = service.byArn(queue.settings.redrive?.deadLetterArn ?? '');
    if (deadLetters === undefined) throw new AwsError('QueueDoesNotExist', 'No dead-letter queue.');
    for (const message of dead) deadLetters.adopt({ ...message, deadLetterSourceArn: queue.arn });
    service.changed(deadLetters);
    return messages;
  }

  /** Ends when a message was sent, when the next one turns visible, or after `leftMs`. */
  async function somethingToSee(queue: NamedQueue, leftMs: number, signal?: AbortSignal) {
    const waiting = waiters.get(queue.name);
    if (waiting === undefined) return;
    const nextMs = (queue.nextVisibleAtMs() ?? Number.POSITIVE_INFINITY) - clock.nowMs();
    const done = Promise.withResolvers<void>();
    const waiter = { wake: () => done.resolve() };
    // A timer may fire a little early; one millisecond more spares an empty turn.
    const timer = setTimeout(waiter.wake, Math.max(1, Math.min(leftMs, nextMs) + 1));
    signal?.addEventListener('abort', waiter.wake, { once: true });
    waiting.add(waiter);
    await done.promise;
    waiting.delete(waiter);
    clearTimeout(timer);
    signal?.removeEventListener('abort', waiter.wake);
  }
  return service;
}

/** A redriven message gets a new id and age, and none of the delay it was sent with. */
function newOf({ body, attributes, groupId, traceHeader }: Message): NewMessage {
  return {
    body,
    delaySeconds: 0,
    ...(attributes !== undefined && { attributes }),
    ...(groupId !== undefined && { groupId }),
    ...(traceHeader !== undefined && { traceHeader }),
  };
}

/** What `GetQueueAttributes` would say of every queue. */
export function countsByQueue(service: SqsService): Readonly<Record<string, QueueCounts>> {
  return Object.fromEntries(service.all().map((queue) => [queue.name, queue.counts()]));
}

function requestCounts(): RequestCounts {
  const byQueue = new Map<string, Record<string, number>>();
  return {
    add(operation, queue = '') {
      const counts = byQueue.get(queue) ?? {};
      counts[operation] = (counts[operation] ?? 0) + 1;
      byQueue.set(queue, counts);
    },
    totals() {
      const totals: Record<string, number> = {};
      for (const counts of byQueue.values()) {
        for (const [operation, count] of Object.entries(counts)) {
          totals[operation] = (totals[operation] ?? 0) + count;
        }
      }
      return totals;
    },
    ofQueue: (queue) => ({ ...byQueue.get(queue) }),
    reset: () => byQueue.clear(),
  };
}
