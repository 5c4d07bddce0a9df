import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { until } from './client.ts';

/** A webhook as it arrived. */
export interface Arrival {
  readonly path: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly atMs: number;
}

export interface Receiver {
  readonly url: string;
  readonly arrivals: readonly Arrival[];
  /** Those to `path`, in the order of their arrival. */
  at(path: string): readonly Arrival[];
  /** As soon as `path` has seen `count` of them: all it has seen. */
  waitFor(path: string, count?: number, deadlineMs?: number): Promise<readonly Arrival[]>;
  stop(): Promise<void>;
}

/** Ends the response; `nth` counts the arrivals at the same path from 1. */
export type Script = (arrival: Arrival, nth: number, response: ServerResponse) => void;

/** An endpoint on this machine that keeps all that comes; answers 200 unless told otherwise. */
export async function startReceiver(
  script: Script = (_arrival, _nth, response) => response.end(),
): Promise<Receiver> {
  const arrivals: Arrival[] = [];
  const at = (path: string) => arrivals.filter((arrival) => arrival.path === path);
  const server = createServer(async (request, response) => {
    const { url: path = '/', method = '' } = request;
    const headers = request.headers as Record<string, string>;
    const arrival = { path, method, headers, body: await buffer(request), atMs: Date.now() };
    arrivals.push(arrival);
    script(arrival, at(path).length, response);
  });
  // A frozen function comes back late to its idle connections.
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    arrivals,
    at,
    waitFor: (path, count = 1, deadlineMs = undefined) =>
      until(
        `${count} arrivals at ${path}`,
        () => {
          const seen = at(path);
          return seen.length >= count && seen;
        },
        deadlineMs,
      ),
    stop: () => stopped(server),
  };
}

async function stopped(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}
