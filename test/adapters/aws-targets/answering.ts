import { createServer, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { listenOnLoopback, stopServer } from '../../../lib/local/loopback.ts';

type Answer = { readonly status: number; readonly body: unknown } | 'silence' | 'cut';

/** A service of AWS that answers as it is told, once for each time it is told. */
export interface Answering {
  readonly url: string;
  next(answer: Answer): void;
  /** The last request. */
  asked(): unknown;
  stop(): Promise<void>;
}

export async function answering(): Promise<Answering> {
  let answer: Answer | undefined;
  let asked: unknown;
  const server = createServer(async (request, response) => {
    const region = /\/\d{8}\/([^/]+)\//.exec(`${request.headers.authorization}`)?.[1];
    const target = request.headers['x-amz-target'];
    asked = { target, region, body: JSON.parse(await text(request)) };
    const told = answer ?? { status: 500, body: { message: 'asked once more than expected' } };
    answer = undefined;
    give(told, response);
  });
  const port = await listenOnLoopback(server, 0);
  return {
    url: `http://127.0.0.1:${port}`,
    next: (told) => {
      answer = told;
    },
    asked: () => asked,
    stop: () => stopServer(server),
  };
}

function give(answer: Answer, response: ServerResponse): void {
  if (answer === 'silence') return;
  if (answer === 'cut') {
    response.socket?.destroy();
    return;
  }
  const { status, body } = answer;
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
}
