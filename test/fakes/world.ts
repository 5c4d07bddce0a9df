import { createHash } from 'node:crypto';
import type {
  Clock,
  DeliveryQueue,
  Doorbell,
  FanOutQueue,
  Random,
  Telemetry,
} from '../../lib/app/ports.ts';
import type { EventRef } from '../../lib/app/ports-history.ts';
import type { WorkQueue, WorkToken } from '../../lib/app/ports-outage.ts';
import type { CallResult, OutboundCall, Sender } from '../../lib/app/ports-sending.ts';
import type { Metric } from '../../lib/names.ts';

export const T0 = Date.UTC(2026, 0, 15, 12);

/** A clock that stands still until it is told to go on; sleeping moves it. */
export interface FakeClock extends Clock {
  /** Moves on; what was to run meanwhile runs, in order. */
  advance(ms: number): void;
}

export function fakeClock(startMs = T0): FakeClock {
  let nowMs = startMs;
  const timers = new Set<{ readonly atMs: number; readonly work: () => void }>();
  const advance = (ms: number) => {
    const untilMs = nowMs + ms;
    const due = [...timers].filter(({ atMs }) => atMs <= untilMs);
    for (const timer of due.sort((a, b) => a.atMs - b.atMs)) {
      if (!timers.delete(timer)) continue;
      nowMs = Math.max(nowMs, timer.atMs);
      timer.work();
    }
    nowMs = untilMs;
  };
  return {
    nowMs: () => nowMs,
    advance,
    sleep: async (ms) => advance(ms),
    after: (ms, work) => {
      const timer = { atMs: nowMs + ms, work };
      timers.add(timer);
      return () => timers.delete(timer);
    },
  };
}

/** Bytes and dice that are the same in every run. */
export function fakeRandom(seed = 'seed'): Random {
  let drawn = 0;
  const block = () => createHash('sha256').update(`${seed}:${drawn++}`).digest();
  return {
    bytes(count) {
      const blocks: Buffer[] = [];
      while (blocks.length * 32 < count) blocks.push(block());
      return Buffer.concat(blocks).subarray(0, count);
    },
    unit: () => block().readUInt32BE() / 2 ** 32,
  };
}

/** Keeps what was said and counted. */
export interface FakeTelemetry extends Telemetry {
  readonly lines: { level: string; message: string; fields: Readonly<Record<string, unknown>> }[];
  readonly counts: Map<Metric, number>;
}

export function fakeTelemetry(): FakeTelemetry {
  const lines: FakeTelemetry['lines'] = [];
  const counts = new Map<Metric, number>();
  const say = (level: string) => (message: string, fields: Readonly<Record<string, unknown>>) => {
    lines.push({ level, message, fields });
  };
  return {
    lines,
    counts,
    info: say('info'),
    warn: say('warn'),
    error: say('error'),
    count: (metric, value = 1) => {
      counts.set(metric, (counts.get(metric) ?? 0) + value);
    },
    millis: () => {},
  };
}

/** A queue that keeps its doorbells; `down` takes none of them. */
export interface FakeQueue extends DeliveryQueue {
  readonly rung: Doorbell[];
  down: boolean;
}

export function fakeDeliveryQueue(): FakeQueue {
  const queue: FakeQueue = {
    rung: [],
    down: false,
    async ring(doorbells) {
      if (queue.down) return { failed: doorbells.length };
      queue.rung.push(...doorbells);
      return { failed: 0 };
    },
  };
  return queue;
}

export function fakeFanOutQueue(): FanOutQueue & { readonly rung: EventRef[] } {
  const rung: EventRef[] = [];
  return {
    rung,
    async ring(event) {
      rung.push(event);
      return { failed: 0 };
    },
  };
}

/** Keeps its tokens; `down` takes none of them. */
export interface FakeWorkQueue extends WorkQueue {
  readonly rung: WorkToken[];
  down: boolean;
}

export function fakeWorkQueue(): FakeWorkQueue {
  const queue: FakeWorkQueue = {
    rung: [],
    down: false,
    async ring(tokens) {
      if (queue.down) return { failed: tokens.length };
      queue.rung.push(...tokens);
      return { failed: 0 };
    },
  };
  return queue;
}

/** A destination that answers as told, the last answer for ever, and keeps what it was sent. */
export interface FakeSender extends Sender {
  readonly sent: OutboundCall[];
  answers(...results: readonly (number | Partial<CallResult>)[]): void;
  /** What this host answers from now on, whatever the script says. */
  hostAnswers(host: string, result: number | Partial<CallResult>): void;
  /** Runs while the other side is thinking. */
  meanwhile: () => Promise<void> | void;
}

export function fakeSender(clock: FakeClock): FakeSender {
  let script: readonly (number | Partial<CallResult>)[] = [200];
  const hosts = new Map<string, number | Partial<CallResult>>();
  const sender: FakeSender = {
    sent: [],
    meanwhile: () => {},
    answers(...results) {
      script = results;
    },
    hostAnswers(host, result) {
      hosts.set(host, result);
    },
    async send(call) {
      sender.sent.push(call);
      const startedAtMs = clock.nowMs();
      await sender.meanwhile();
      const own = hosts.get(URL.parse(call.url)?.hostname ?? call.url);
      const given = own ?? (script.length > 1 ? script[0] : script.at(-1));
      if (own === undefined && script.length > 1) script = script.slice(1);
      const partial = typeof given === 'number' ? { statusCode: given } : (given ?? {});
      return {
        startedAtMs,
        latencyMs: clock.nowMs() - startedAtMs,
        statusCode: null,
        error: null,
        responseHeaders: {},
        responseBody: '',
        ...partial,
      };
    },
  };
  return sender;
}
