import { fairReady } from './sqs-fairness.ts';
import { heap } from './sqs-heap.ts';
import type { Message, NewMessage, QueueSettings, Received, SqsQueue } from './sqs-message.ts';

/** One standard queue of SQS as a value with a clock of its caller's; it waits for nothing. */

export interface QueueClock {
  nowMs(): number;
  newId(): string;
}

/** What AWS lets be in flight in a standard queue; beyond it a receive finds nothing. */
export const IN_FLIGHT_MAX = 120_000;

interface Entry {
  message: Message;
  state: 'ready' | 'delayed' | 'in-flight';
  /** Counts every change of state: what the heap and old handles remember is then void. */
  turn: number;
  handle?: string;
}

export function sqsQueue(initial: QueueSettings, clock: QueueClock): SqsQueue {
  const entries = new Map<string, Entry>();
  const waiting = heap<{ readonly atMs: number; readonly entry: Entry; readonly turn: number }>();
  const ready = fairReady<Entry>((entry) => isLive(entry) && entry.state === 'ready');
  const tally = { ready: 0, delayed: 0, 'in-flight': 0 };

  const isLive = (entry: Entry) => entries.get(entry.message.id) === entry;
  const groupOf = (entry: Entry) => entry.message.groupId ?? '';

  function enter(entry: Entry, state: Entry['state'], atMs = 0) {
    if (entry.state === 'in-flight') ready.settled(groupOf(entry));
    tally[entry.state] -= 1;
    tally[state] += 1;
    entry.state = state;
    entry.turn += 1;
    if (state === 'ready') ready.add(groupOf(entry), entry);
    else waiting.push({ atMs, entry, turn: entry.turn });
    if (state === 'in-flight') ready.started(groupOf(entry));
  }
  function add(message: Message, delayMs: number) {
    const entry: Entry = { message, state: 'ready', turn: 0 };
    entries.set(message.id, entry);
    tally.ready += 1;
    if (delayMs > 0) enter(entry, 'delayed', clock.nowMs() + delayMs);
    else ready.add(groupOf(entry), entry);
  }
  function forget(entry: Entry) {
    if (entry.state === 'in-flight') ready.settled(groupOf(entry));
    tally[entry.state] -= 1;
    entries.delete(entry.message.id);
  }
  function nextWaiting() {
    for (let top = waiting.peek(); top !== undefined; top = waiting.peek()) {
      if (isLive(top.entry) && top.entry.turn === top.turn) return top;
      waiting.pop();
    }
    return undefined;
  }
  function promote() {
    const nowMs = clock.nowMs();
    for (let top = nextWaiting(); top !== undefined && top.atMs <= nowMs; top = nextWaiting()) {
      waiting.pop();
      enter(top.entry, 'ready');
    }
  }
  /** The next visible message still within its retention. */
  function next(): Entry | undefined {
    const oldestMs = clock.nowMs() - queue.settings.retentionSeconds * 1000;
    for (let entry = ready.next(); entry !== undefined; entry = ready.next()) {
      if (entry.message.sentAtMs > oldestMs) return entry;
      forget(entry);
    }
    return undefined;
  }
  function find(receiptHandle: string): Entry | 'gone' | 'invalid' {
    const [, id, turn] = /^([0-9a-f-]{36})\.(\d{1,9})$/.exec(receiptHandle) ?? [];
    if (id === undefined || turn === undefined) return 'invalid';
    const entry = entries.get(id);
    return entry === undefined ? 'gone' : entry;
  }

  const queue: SqsQueue = {
    settings: initial,
    put(message) {
      const sent = { ...message, id: clock.newId(), sentAtMs: clock.nowMs(), receiveCount: 0 };
      add(sent, (message.delaySeconds ?? queue.settings.delaySeconds) * 1000);
      return sent;
    },
    adopt: (message) => add(message, 0),
    take(max, visibilitySeconds = queue.settings.visibilityTimeoutSeconds) {
      promote();
      const messages: Received[] = [];
      const dead: Message[] = [];
      const limit = queue.settings.redrive?.maxReceiveCount ?? Number.POSITIVE_INFINITY;
      while (messages.length < max && tally['in-flight'] < IN_FLIGHT_MAX) {
        const entry = next();
        if (entry === undefined) break;
        if (entry.message.receiveCount >= limit) {
          forget(entry);
          dead.push(entry.message);
          continue;
        }
        messages.push(receive(entry, visibilitySeconds));
      }
      return { messages, dead };
    },
    drain() {
      promote();
      const drained: Message[] = [];
      for (let entry = next(); entry !== undefined; entry = next()) {
        forget(entry);
        drained.push(entry.message);
      }
      return drained;
    },
    remove(receiptHandle) {
      const entry = find(receiptHandle);
      if (entry === 'invalid') return 'invalid';
      if (entry === 'gone' || entry.handle !== receiptHandle) return 'stale';
      forget(entry);
      return 'removed';
    },
    extend(receiptHandle, seconds) {
      const entry = find(receiptHandle);
      if (entry === 'invalid' || entry === 'gone') return entry;
      promote();
      if (entry.state !== 'in-flight' || entry.handle !== receiptHandle) return 'not-in-flight';
      enter(entry, 'in-flight', clock.nowMs() + seconds * 1000);
      return 'changed';
    },
    purge() {
      const count = entries.size;
      for (const entry of [...entries.values()]) forget(entry);
      return count;
    },
    counts() {
      promote();
      return { visible: tally.ready, inFlight: tally['in-flight'], delayed: tally.delayed };
    },
    all: () => Array.from(entries.values(), ({ message }) => message),
    nextVisibleAtMs: () => nextWaiting()?.atMs,
  };

  function receive(entry: Entry, visibilitySeconds: number): Received {
    const nowMs = clock.nowMs();
    const { message } = entry;
    const receiveCount = message.receiveCount + 1;
    entry.message = {
      ...message,
      receiveCount,
      firstReceivedAtMs: message.firstReceivedAtMs ?? nowMs,
    };
    enter(entry, 'in-flight', nowMs + visibilitySeconds * 1000);
    entry.handle = `${message.id}.${entry.turn}`;
    return { ...entry.message, receiptHandle: entry.handle };
  }
  return queue;
}

/** The same queue, which from now on tells of each message that is put into it. */
export function tapped(queue: SqsQueue, onSent: (message: Message) => void): SqsQueue {
  const { put } = queue;
  return Object.assign(queue, {
    put(message: NewMessage) {
      const sent = put(message);
      onSent(sent);
      return sent;
    },
  });
}
