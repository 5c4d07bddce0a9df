import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { listenOnLoopback, stopServer } from '../lib/local/loopback.ts';

/** An integration's other end: answers at once and remembers what came. */
export interface Receiver {
  readonly url: string;
  /** By path and event: how often it came, and when it first did (ms since 1970, with fractions). */
  arrivals(): readonly Arrival[];
  forget(): void;
  stop(): Promise<void>;
}

export interface Arrival {
  readonly path: string;
  readonly id: string;
  readonly times: number;
  readonly firstAtMs: number;
  readonly lastAtMs: number;
}

/** Requests to this path are refused once for each event, and then taken. */
export const FAIL_ONCE = '/fail-once';

export async function startReceiver({ answerAfterMs = 0 } = {}): Promise<Receiver> {
  const arrivals = new Map<string, Arrival>();
  const server = createServer((request, response) => {
    void text(request).then(async () => {
      const { url: path = '/', headers } = request;
      const id = String(headers['webhook-id']);
      const atMs = performance.timeOrigin + performance.now();
      const before = arrivals.get(`${path} ${id}`);
      const times = (before?.times ?? 0) + 1;
      const firstAtMs = before?.firstAtMs ?? atMs;
      arrivals.set(`${path} ${id}`, { path, id, times, firstAtMs, lastAtMs: atMs });
      const refused = path === FAIL_ONCE && times === 1;
      if (answerAfterMs > 0) await sleep(answerAfterMs);
      response
        .writeHead(refused ? 500 : 200, { 'content-type': 'application/json' })
        .end(refused ? '{"error":"try again"}' : '{"received":true}');
    });
  });
  // A frozen function comes back to its idle connections late; whether they are still good is its
  // business, and not what is measured here.
  server.keepAliveTimeout = 60_000;
  const port = await listenOnLoopback(server, 0);
  return {
    url: `http://127.0.0.1:${port}`,
    arrivals: () => [...arrivals.values()],
    forget: () => arrivals.clear(),
    stop: () => stopServer(server),
  };
}
