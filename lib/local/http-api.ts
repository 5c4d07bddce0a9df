import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import {
  type AuthorizerContext,
  authorizerEvent,
  type EventPlace,
  functionEvent,
  type RawRequest,
  type RoutedRequest,
  splitTarget,
} from './http-event.ts';
import { functionReply, gatewayReply, type HttpReply } from './http-reply.ts';
import { routeMatcher } from './http-routes.ts';
import type { LambdaFunction } from './lambda.ts';
import { listenOnLoopback, stopServer } from './loopback.ts';
import type { RouteSpec } from './stack.ts';

/** The HTTP API on loopback. It listens before anything can answer: until then it says 503. */
export interface HttpApi {
  readonly url: string;
  /** Begins to answer. */
  serve(api: ServedApi): void;
  /** Takes no new connection, and resolves when the last request is answered. */
  drain(): Promise<void>;
  stop(): Promise<void>;
}

export interface ServedApi {
  readonly place: EventPlace;
  readonly routes: readonly RouteSpec[];
  functionOf(id: string): LambdaFunction;
}

/** What an HTTP API takes at most. */
const REQUEST_BYTES_MAX = 10 * 1024 * 1024;
/** Read on so far past the limit, so that an honest client gets to see the 413. */
const READ_BYTES_MAX = 4 * REQUEST_BYTES_MAX;
const HEADER_BYTES_MAX = 10_240;

/** A request as it came, and what it was answered. */
export interface Exchange {
  readonly request: RawRequest;
  readonly reply: HttpReply;
}

export async function listenHttpApi(
  port: number,
  onError: (error: unknown) => void,
  onExchange?: (exchange: Exchange) => void,
): Promise<HttpApi> {
  let answer: (request: IncomingMessage) => Promise<HttpReply> = async () =>
    gatewayReply(503, 'Service Unavailable');
  const server = createServer({ maxHeaderSize: HEADER_BYTES_MAX }, async (request, response) => {
    try {
      // Draining: the client shall not send the next request over this connection.
      response.on('finish', () => server.listening || request.socket.end());
      write(response, await answer(request));
    } catch (error) {
      // A client that went away while it sent its body: nobody is left to answer.
      if (request.errored !== null) return;
      onError(error);
      if (!response.headersSent) write(response, gatewayReply(500, 'Internal Server Error'));
    }
  });
  const bound = await listenOnLoopback(server, port);
  return {
    url: `http://127.0.0.1:${bound}`,
    serve(api) {
      answer = answerer(api, onExchange);
    },
    drain: () => drain(server),
    async stop() {
      if (server.listening) await stopServer(server);
      // After a drain that was given up on.
      else server.closeAllConnections();
    },
  };
}

async function drain(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  await closed;
}

function answerer(
  { place, routes, functionOf }: ServedApi,
  onExchange: ((exchange: Exchange) => void) | undefined,
) {
  const match = routeMatcher(routes);

  return async (message: IncomingMessage): Promise<HttpReply> => {
    const { method = 'GET', url = '/' } = message;
    const body = await readBody(message);
    if (body === 'too-large') return gatewayReply(413, 'Request Entity Too Large');
    const found = match(method, splitTarget(url).path);
    if (found === undefined) return gatewayReply(404, 'Not Found');
    const { route, pathParameters } = found;
    const routed: RoutedRequest = {
      routeKey: route.routeKey,
      pathParameters,
      requestId: randomUUID(),
      nowMs: Date.now(),
      request: {
        method,
        target: url,
        rawHeaders: message.rawHeaders,
        body,
        sourceIp: message.socket.remoteAddress ?? '127.0.0.1',
        protocol: `HTTP/${message.httpVersion}`,
      },
    };
    const verdict = await authorize(route, routed);
    const reply =
      'refused' in verdict ? verdict.refused : await run(route, routed, verdict.context);
    onExchange?.({ request: routed.request, reply });
    return { ...reply, headers: { ...reply.headers, 'apigw-requestid': routed.requestId } };
  };

  async function authorize(route: RouteSpec, routed: RoutedRequest): Promise<Verdict> {
    if (route.authorizerFunctionId === undefined) return { context: undefined };
    const authorizer = functionOf(route.authorizerFunctionId);
    const result = await authorizer.invoke(authorizerEvent(place, routed));
    if (result.kind !== 'answer') return { refused: gatewayReply(500, 'Internal Server Error') };
    const { isAuthorized, context = {} } = (JSON.parse(result.payload) ?? {}) as SimpleResponse;
    if (typeof isAuthorized !== 'boolean') {
      return { refused: gatewayReply(500, 'Internal Server Error') };
    }
    return isAuthorized ? { context } : { refused: gatewayReply(403, 'Forbidden') };
  }

  async function run(
    route: RouteSpec,
    routed: RoutedRequest,
    context: AuthorizerContext | undefined,
  ): Promise<HttpReply> {
    const event = functionEvent(place, routed, context);
    const late = Promise.withResolvers<'late'>();
    const tooLate = new AbortController();
    const timer = setTimeout(() => {
      late.resolve('late');
      // What has not begun by then never will: on AWS it would not even have waited.
      tooLate.abort();
    }, route.timeoutMs);
    const invocation = functionOf(route.functionId).invoke(event, tooLate.signal);
    const result = await Promise.race([invocation, late.promise]);
    clearTimeout(timer);
    if (result === 'late' || result.kind === 'throttled') {
      return gatewayReply(503, 'Service Unavailable');
    }
    if (result.kind === 'error' && result.error.errorType === 'RequestEntityTooLargeException') {
      return gatewayReply(413, 'Request Entity Too Large');
    }
    const reply = result.kind === 'answer' ? functionReply(result.payload) : undefined;
    return reply ?? gatewayReply(500, 'Internal Server Error');
  }
}

type Verdict =
  | { readonly context: AuthorizerContext | undefined }
  | { readonly refused: HttpReply };

interface SimpleResponse {
  readonly isAuthorized?: unknown;
  readonly context?: AuthorizerContext;
}

async function readBody(message: IncomingMessage): Promise<Buffer | 'too-large'> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > READ_BYTES_MAX) break;
    if (bytes <= REQUEST_BYTES_MAX) chunks.push(chunk);
  }
  return bytes > REQUEST_BYTES_MAX ? 'too-large' : Buffer.concat(chunks);
}

function write(response: ServerResponse, { statusCode, headers, body }: HttpReply): void {
  const hasBody = statusCode !== 204 && statusCode !== 304;
  response
    .writeHead(statusCode, { ...headers, ...(hasBody && { 'content-length': body.length }) })
    .end(hasBody ? body : undefined);
}
