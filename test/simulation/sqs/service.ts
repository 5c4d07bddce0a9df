import type { Clock } from '../../../lib/app/ports.ts';
import { AwsError } from '../../../lib/local/aws-json.ts';
import type { Message, NewMessage, Received } from '../../../lib/local/sqs-message.ts';
import {
  type NamedQueue,
  type Poll,
  type RequestCounts,
  type SqsService,
  WAIT_SECONDS_MAX,
} from '../../../lib/local/sqs-service.ts';
import { weakQueue } from './weak-queue.ts';
import type { Ask, Weaknesses } from './weaknesses.ts';

export interface ServiceOptions {
  readonly region: string;
  readonly account: string;
  readonly clock: Clock;
  readonly unit: (of: string) => number;
  readonly ask: Ask;
  readonly weaknesses: Weaknesses;
}

export interface WeakService extends SqsService {
  /** One receive that does not wait. */
  take(queue: NamedQueue, max: number): readonly Received[];
  /** Told whenever more may be visible, except by the passing of time. */
  onChange(queue: NamedQueue, look: () => void): void;
}

/** The queues of the simulation, by a clock of its caller's. */
export function weakService({ region, account, ...options }: ServiceOptions): WeakService {
  const queues = new Map<string, NamedQueue>();
  const lookers = new Map<string, Set<() => void>>();
  let made = 0;
  const newId = () => `00000000-0000-4000-8000-${(++made).toString(16).padStart(12, '0')}`;
  const clock = { ...options.clock, newId };

  const service: WeakService = {
    requests: requestCounts(),
    outage: false,
    create(name, settings) {
      const known = queues.get(name);
      if (known !== undefined) return Object.assign(known, { settings });
      const onChange = () => service.changed(queue);
      const queue: NamedQueue = Object.assign(
        weakQueue(name, settings, { ...options, clock, onChange }),
        { name, arn: `arn:aws:sqs:${region}:${account}:${name}` },
      );
      queues.set(name, queue);
      lookers.set(name, new Set());
      return queue;
    },
    delete(queue) {
      queues.delete(queue.name);
      service.changed(queue);
      lookers.delete(queue.name);
    },
    byName: (name) => queues.get(name),
    byArn: (arn) => queues.values().find((queue) => queue.arn === arn),
    all: () => [...queues.values()],
    changed(queue) {
      for (const look of [...(lookers.get(queue.name) ?? [])]) look();
    },
    onChange: (queue, look) => lookers.get(queue.name)?.add(look),
    take(queue, max) {
      const messages = service.outage ? [] : take(queue, { max, waitMs: 0 });
      service.requests.add(`ReceiveMessage${messages.length > 0 ? '' : ' (empty)'}`, queue.name);
      return messages;
    },
    async receive(queue, poll) {
      const untilMs = clock.nowMs() + Math.min(poll.waitMs, WAIT_SECONDS_MAX * 1000);
      for (;;) {
        const messages = service.outage ? [] : take(queue, poll);
        const leftMs = untilMs - clock.nowMs();
        const isOver = leftMs <= 0 || poll.signal?.aborted === true || !queues.has(queue.name);
        if (messages.length > 0 || isOver) return messages;
        await somethingToSee(queue, leftMs, poll.signal);
      }
    },
    sourcesOf: ({ arn }) =>
      service.all().filter(({ settings }) => settings.redrive?.deadLetterArn === arn),
    move(from, to) {
      const messages = from.drain();
      const orphans = messages.filter((message) => {
        const target = to ?? service.byArn(message.deadLetterSourceArn ?? '');
        target?.put(anew(message));
        if (target !== undefined) service.changed(target);
        return target === undefined;
      });
      for (const message of orphans) from.adopt(message);
      return { moved: messages.length - orphans.length, left: orphans.length };
    },
  };

  function take(queue: NamedQueue, { max, visibilitySeconds }: Poll): readonly Received[] {
    const { messages, dead } = queue.take(max, visibilitySeconds);
    if (dead.length === 0) return messages;
    const deadLetters = service.byArn(queue.settings.redrive?.deadLetterArn ?? '');
    if (deadLetters === undefined) throw new AwsError('QueueDoesNotExist', 'No dead-letter queue.');
    for (const message of dead) deadLetters.adopt({ ...message, deadLetterSourceArn: queue.arn });
    service.changed(deadLetters);
    return messages;
  }

  /** Ends when a message was sent, when the next one turns visible, or after `leftMs`. */
  async function somethingToSee(queue: NamedQueue, leftMs: number, signal?: AbortSignal) {
    const nextMs = (queue.nextVisibleAtMs() ?? Number.POSITIVE_INFINITY) - clock.nowMs();
    const seen = Promise.withResolvers<void>();
    const look = () => seen.resolve();
    // A real timer may fire a little early.
    const cancel = clock.after(Math.max(1, Math.min(leftMs, nextMs) + 1), look);
    signal?.addEventListener('abort', look, { once: true });
    const looking = lookers.get(queue.name);
    looking?.add(look);
    await seen.promise;
    looking?.delete(look);
    cancel();
    signal?.removeEventListener('abort', look);
  }
  return service;
}

/** A redriven message gets a new id and age, and none of the delay it was sent with. */
function anew({ body, attributes, groupId, traceHeader }: Message): NewMessage {
  return {
    body,
    delaySeconds: 0,
    ...(attributes !== undefined && { attributes }),
    ...(groupId !== undefined && { groupId }),
    ...(traceHeader !== undefined && { traceHeader }),
  };
}

function requestCounts(): RequestCounts {
  const counts = new Map<string, number>();
  const of = (prefix: string) =>
    Object.fromEntries(
      [...counts]
        .filter(([key]) => key.startsWith(prefix))
        .map(([key, count]) => [key.slice(key.indexOf('\n') + 1), count]),
    );
  return {
    add(operation, queue = '') {
      const key = `${queue}\n${operation}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    },
    totals() {
      const totals: Record<string, number> = {};
      for (const [key, count] of counts) {
        const operation = key.slice(key.indexOf('\n') + 1);
        totals[operation] = (totals[operation] ?? 0) + count;
      }
      return totals;
    },
    ofQueue: (queue) => of(`${queue}\n`),
    reset: () => counts.clear(),
  };
}
