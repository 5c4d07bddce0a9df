import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { listenOnLoopback, stopServer } from '../lib/local/loopback.ts';

/** An integration's other end: answers at once and remembers what came. */
export interface Receiver {
  readonly url: string;
  /** By path and event: how often it came, and when it first did (ms since 1970, with fractions). */
  arrivals(): readonly Arrival[];
  /** Events taken at each path: refused ones are not among them. */
  counts(): Readonly<Record<string, number>>;
  /** When each request to the path came, whatever was answered; ascending. */
  times(path: string): readonly number[];
  /** How requests to the path are answered from now on; at first well. */
  behave(path: string, manner: Manner): void;
  forget(): void;
  stop(): Promise<void>;
}

export interface Arrival {
  readonly path: string;
  readonly id: string;
  readonly times: number;
  /** How many of these were refused, or not answered at all. */
  readonly refused: number;
  readonly firstAtMs: number;
  readonly lastAtMs: number;
}

/** Requests to this path are refused once for each event, and then taken. */
export const FAIL_ONCE = '/fail-once';

/** `fail`: 500 at once. `hang`: the connection is taken, the request read, and never answered. */
export type Manner = 'well' | 'fail' | 'hang';

export async function startReceiver({ answerAfterMs = 0 } = {}): Promise<Receiver> {
  const arrivals = new Map<string, Arrival>();
  const requests = new Map<string, number[]>();
  const manners = new Map<string, Manner>();
  const server = createServer((request, response) => {
    void text(request).then(async () => {
      const { url: path = '/', headers } = request;
      const id = String(headers['webhook-id']);
      const atMs = performance.timeOrigin + performance.now();
      const before = arrivals.get(`${path} ${id}`);
      const times = (before?.times ?? 0) + 1;
      const manner = manners.get(path) ?? (path === FAIL_ONCE && times === 1 ? 'fail' : 'well');
      arrivals.set(`${path} ${id}`, {
        path,
        id,
        times,
        refused: (before?.refused ?? 0) + (manner === 'well' ? 0 : 1),
        firstAtMs: before?.firstAtMs ?? atMs,
        lastAtMs: atMs,
      });
      noteTime(requests, path, atMs);
      if (manner === 'hang') return;
      if (answerAfterMs > 0) await sleep(answerAfterMs);
      response
        .writeHead(manner === 'fail' ? 500 : 200, { 'content-type': 'application/json' })
        .end(manner === 'fail' ? '{"error":"try again"}' : '{"received":true}');
    });
  });
  // A frozen function comes back to its idle connections late; whether they are still good is its
  // business, and not what is measured here.
  server.keepAliveTimeout = 60_000;
  const port = await listenOnLoopback(server, 0);
  return {
    url: `http://127.0.0.1:${port}`,
    arrivals: () => [...arrivals.values()],
    counts: () => countsOf(arrivals.values()),
    times: (path) => requests.get(path) ?? [],
    behave: (path, manner) => void manners.set(path, manner),
    forget() {
      arrivals.clear();
      requests.clear();
    },
    stop: () => stopServer(server),
  };
}

function noteTime(requests: Map<string, number[]>, path: string, atMs: number): void {
  const times = requests.get(path) ?? [];
  times.push(atMs);
  requests.set(path, times);
}

function countsOf(arrivals: Iterable<Arrival>): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { path, times, refused } of arrivals) {
    if (times > refused) counts[path] = (counts[path] ?? 0) + 1;
  }
  return counts;
}
