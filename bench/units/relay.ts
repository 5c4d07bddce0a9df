import { Agent, createServer, request as httpRequest, type IncomingMessage } from 'node:http';
import { listenOnLoopback, stopServer } from '../../lib/local/loopback.ts';

/** One request of an AWS client and its answer, as they went over the wire. */
export interface Exchange {
  readonly caller: string;
  readonly operation: string;
  readonly input: Json;
  readonly status: number;
  readonly output: Json;
}

export type Json = Readonly<Record<string, unknown>>;

export interface Listener {
  /** May add to the request what the caller does not ask for. */
  prepare(operation: string, input: Json): Json | Promise<Json>;
  /** Sees each answer; what it returns is what the caller gets. */
  observe(exchange: Exchange): Promise<Json>;
}

export interface Relay {
  /** Where a client is told to go so that its requests are known to be `caller`'s. */
  endpointOf(caller: string): string;
  stop(): Promise<void>;
}

/** Stands between the SDK's clients and a stand-in, and sees every request they make. */
export async function startRelay(upstream: string, listener: Listener): Promise<Relay> {
  const agent = new Agent({ keepAlive: true });
  const server = createServer((message, response) => {
    pass(upstream, agent, listener, message)
      .then(({ status, body }) => {
        response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' }).end(body);
      })
      .catch((error: unknown) => response.destroy(error as Error));
  });
  server.keepAliveTimeout = 0;
  const port = await listenOnLoopback(server, 0);
  return {
    endpointOf: (caller) => `http://127.0.0.1:${port}/${caller}`,
    async stop() {
      await stopServer(server);
      agent.destroy();
    },
  };
}

async function pass(upstream: string, agent: Agent, listener: Listener, message: IncomingMessage) {
  const caller = (message.url ?? '').split('/')[1] ?? '';
  const target = String(message.headers['x-amz-target']);
  const operation = target.split('.')[1] ?? '';
  const input = JSON.parse(await textOf(message)) as Json;
  const body = JSON.stringify(await listener.prepare(operation, input));
  const headers = {
    'content-type': 'application/x-amz-json-1.0',
    'content-length': Buffer.byteLength(body),
    'x-amz-target': target,
    // The stand-ins only look whether there is one.
    authorization: message.headers.authorization ?? '',
    'x-amz-date': String(message.headers['x-amz-date']),
  };
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    httpRequest(upstream, { method: 'POST', agent, headers }, resolve)
      .on('error', reject)
      .end(body);
  });
  const output = JSON.parse(await textOf(answer)) as Json;
  const status = answer.statusCode ?? 500;
  const seen = await listener.observe({ caller, operation, input, status, output });
  return { status, body: JSON.stringify(seen) };
}

async function textOf(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of message as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}
