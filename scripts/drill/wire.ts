import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';

/** The tick gives a doorbell a minute and a half before it rings again, and comes each minute. */
const ARRIVAL_MS_MAX = 240_000;
const ANSWER_MS_MAX = 30_000;

export interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
  /** The body as JSON; undefined where it is none. */
  // biome-ignore lint/suspicious/noExplicitAny: the tour reads single fields of many answers.
  readonly json: any;
}

export interface Call {
  readonly key?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export type Api = (route: string, call?: Call) => Promise<Answer>;

/** Calls the emulated HTTP API under its own host name, which need not resolve. */
export function apiAt(apiUrl: string, port: number): Api {
  const { host } = new URL(apiUrl);
  return async (route, { key, headers, body } = {}) => {
    const [method, path] = route.split(' ');
    const payload = typeof body === 'string' ? body : JSON.stringify(body ?? null);
    const outgoing = request({
      host: '127.0.0.1',
      port,
      method,
      path,
      // The certificate is for this name.
      servername: 'localhost',
      timeout: ANSWER_MS_MAX,
      headers: {
        host,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
        ...headers,
      },
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error(`No answer to ${route}`)));
    outgoing.end(body === undefined ? undefined : payload);
    const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
    const answer = await text(incoming);
    const contentType = incoming.headers['content-type'] ?? '';
    return {
      status: incoming.statusCode ?? 0,
      contentType,
      text: answer,
      json: contentType.includes('json') && answer !== '' ? JSON.parse(answer) : undefined,
    };
  };
}

export interface Arrival {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface Receiver {
  readonly url: string;
  /** Answers the next requests to that path with these statuses; then 200 again. */
  answer(path: string, ...statuses: readonly number[]): void;
  /** The first `count` requests to that path, once they are there. */
  arrivals(path: string, count: number): Promise<readonly Arrival[]>;
  close(): void;
}

/** The other side: a server on loopback that keeps what it gets. */
export async function startReceiver(): Promise<Receiver> {
  const seen: Arrival[] = [];
  const planned = new Map<string, number[]>();
  const server = createServer(async (incoming, response) => {
    const path = incoming.url ?? '/';
    const headers = Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]);
    seen.push({ path, headers: Object.fromEntries(headers), body: await text(incoming) });
    response.writeHead(planned.get(path)?.shift() ?? 200).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The receiver has no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    answer: (path, ...statuses) => void planned.set(path, [...statuses]),
    async arrivals(path, count) {
      const deadline = Date.now() + ARRIVAL_MS_MAX;
      while (Date.now() < deadline) {
        const found = seen.filter((arrival) => arrival.path === path);
        if (found.length >= count) return found.slice(0, count);
        await sleep(50);
      }
      throw new Error(`Fewer than ${count} requests to ${path} within ${ARRIVAL_MS_MAX} ms`);
    },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
