import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { listenOnLoopback, refusePages, stopServer } from './loopback.ts';

/** The AWS JSON protocol over HTTP on loopback, as the SDK's clients speak it. */

/** An answer other than 200. `queryCode` is the name that services of the query era still use. */
export class AwsError extends Error {
  readonly code: string;
  readonly queryCode: string;
  readonly status: number;

  constructor(code: string, message: string, more: { queryCode?: string; status?: number } = {}) {
    super(message);
    this.code = code;
    this.queryCode = more.queryCode ?? code;
    this.status = more.status ?? 400;
  }
}

export type AwsInput = Readonly<Record<string, unknown>>;
export type AwsOperation = (input: AwsInput, signal: AbortSignal) => Promise<object> | object;

export interface AwsProtocol {
  /** What stands before the operation in `x-amz-target`. */
  readonly target: string;
  readonly version: '1.0' | '1.1';
  /** What stands before the code in an error's `__type`. */
  readonly errorPrefix: string;
  operation(name: string): AwsOperation | undefined;
}

export interface AwsServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** More than any request of SQS or Secrets Manager may carry: 1 MiB of messages, escaped. */
const BODY_BYTES_MAX = 8 * 1024 * 1024;

export async function serveAwsJson(protocol: AwsProtocol): Promise<AwsServer> {
  const server = refusePages(
    createServer((request, response) => void answer(protocol, request, response)),
  );
  // A frozen function comes back to its idle sockets after minutes; they must still be open.
  server.keepAliveTimeout = 0;
  const port = await listenOnLoopback(server, 0);
  return { url: `http://127.0.0.1:${port}`, stop: () => stopServer(server) };
}

async function answer(protocol: AwsProtocol, request: IncomingMessage, response: ServerResponse) {
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  const headers: Record<string, string> = {
    'content-type': `application/x-amz-json-${protocol.version}`,
    'x-amzn-requestid': randomUUID(),
  };
  try {
    const output = await run(protocol, request, gone.signal);
    response.writeHead(200, headers).end(JSON.stringify(output));
  } catch (error) {
    const { code, queryCode, status, message } =
      error instanceof AwsError
        ? error
        : new AwsError('InternalFailure', String(error), { status: 500 });
    headers['x-amzn-query-error'] = `${queryCode};${status < 500 ? 'Sender' : 'Receiver'}`;
    const body = { __type: `${protocol.errorPrefix}${code}`, message };
    response.writeHead(status, headers).end(JSON.stringify(body));
  }
}

async function run(protocol: AwsProtocol, request: IncomingMessage, signal: AbortSignal) {
  const [target, name = ''] = `${request.headers['x-amz-target']}`.split('.');
  const operation = target === protocol.target ? protocol.operation(name) : undefined;
  const body = await readBody(request);
  if (operation === undefined) {
    throw new AwsError('UnknownOperationException', `The local run has no ${target}.${name}.`);
  }
  return operation(parse(body), signal);
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) throw new AwsError('RequestEntityTooLarge', 'Body too large.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parse(body: string): AwsInput {
  try {
    const value: unknown = JSON.parse(body);
    if (typeof value === 'object' && value !== null) return value as AwsInput;
  } catch (error) {
    throw new AwsError('SerializationException', String(error));
  }
  throw new AwsError('SerializationException', 'The body is not a JSON object.');
}
