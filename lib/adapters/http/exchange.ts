import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import type { CallResult } from '../../app/ports-sending.ts';
import { type BodyRead, bodyRead, keptHeaders, wholeHeaders } from './answer.ts';
import { type Connection, IDLE_MS_MAX } from './connections.ts';
import { exchangeFailure, type Failure, failure } from './failure.ts';
import { type Reads, readsOf } from './reads.ts';

/** What an attempt came to, without its times. */
export type Outcome = Omit<CallResult, 'startedAtMs' | 'latencyMs'>;

export interface WireRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** The whole answer is wanted, up to so many bytes. */
  readonly keepBytes?: number;
  /** When it must be over, on the clock of `performance`. */
  readonly untilMs: number;
}

const HEADER_BYTES_MAX = 16 * 1_024;
const INFORMATIONAL_MAX = 32;

/** An attempt that ended before there was any answer. */
export function unanswered({ error, detail }: Failure): Outcome {
  return { statusCode: null, error, responseHeaders: {}, responseBody: '', detail };
}

/**
 * One request and its whole answer over an open connection. Never rejects; whenever it does not
 * end in a whole answer, the connection is destroyed.
 */
export function exchange(
  connection: Connection,
  wire: WireRequest,
  signal: AbortSignal,
): Promise<Outcome> {
  return new Promise((resolve) => {
    const { method, path, headers } = wire;
    const request = httpRequest({
      agent: connection.agent,
      method,
      path,
      headers,
      maxHeaderSize: HEADER_BYTES_MAX,
      insecureHTTPParser: false, // Said here, because a flag of the process may say otherwise.
    });
    const body = bodyRead(wire.keepBytes);
    let response: IncomingMessage | undefined;
    let reads: Reads | undefined;
    let isSettled = false;

    const settle = (reason?: Failure) => {
      if (isSettled) return;
      isSettled = true;
      signal.removeEventListener('abort', onAbort);
      reads?.stop();
      // A connection whose request is still on its way out would carry it on after the attempt.
      const isReusable = request.writableFinished && !closesSoon(response);
      if (reason !== undefined || !isReusable) connection.socket.destroy();
      resolve({
        ...outcome(response, body.text(), reason),
        ...wholeAnswer(response, body, reason),
      });
    };
    const onAbort = () =>
      settle(failure('timeout', response === undefined ? 'response_timeout' : 'body_timeout'));
    const onError = (error: unknown) => settle(exchangeFailure(error));

    signal.addEventListener('abort', onAbort, { once: true });
    request.on('response', (answer) => {
      response = answer;
      body.expect(Number(answer.headers['content-length'] ?? 0));
      if (wire.keepBytes !== undefined) reads = readsOf(connection.socket, answer);
      answer.on('data', (chunk: Buffer) => {
        if (isSettled) return;
        const refused = body.add(chunk);
        reads?.done(chunk);
        if (refused !== undefined) settle(refused);
        // Timers have no turn as long as there is more to read.
        else if (performance.now() >= wire.untilMs) onAbort();
      });
      answer.on('end', () => settle()).on('error', onError);
    });
    // 101 is an answer like any other here; Node would close the connection without a word.
    request.on('upgrade', (answer) => {
      response = answer;
      settle();
      connection.socket.destroy();
    });
    limitInformational(request, () => settle(failure('reset', 'too_many_informational')));
    request.on('error', onError);
    request.on('close', () => settle(failure('reset', 'connection_lost')));
    if (signal.aborted) onAbort();
    else request.end(wire.body);
  });
}

/** Whether the server has said that it closes an idle connection earlier than we would. */
function closesSoon(response: IncomingMessage | undefined): boolean {
  const seconds = /(?:^|[ ,;])timeout=(\d{1,6})/i.exec(
    String(response?.headers['keep-alive']),
  )?.[1];
  return seconds !== undefined && Number(seconds) * 1_000 <= IDLE_MS_MAX;
}

/** 1xx answers mean nothing to us, but parsing a flood of them costs time that others need. */
function limitInformational(request: ClientRequest, exceeded: () => void) {
  let seen = 0;
  request.on('information', () => {
    seen++;
    if (seen > INFORMATIONAL_MAX) exceeded();
  });
}

/** What a caller asked for who wants the whole answer; nothing of one that is not whole. */
function wholeAnswer(
  response: IncomingMessage | undefined,
  body: BodyRead,
  reason: Failure | undefined,
): Pick<Outcome, 'answer' | 'answerHeaders'> {
  const answer = body.whole();
  if (answer === undefined || response === undefined || reason !== undefined) return {};
  return { answer, answerHeaders: wholeHeaders(response.rawHeaders) };
}

function outcome(
  response: IncomingMessage | undefined,
  responseBody: string,
  reason: Failure | undefined,
): Outcome {
  return {
    statusCode: response?.statusCode ?? null,
    error: reason?.error ?? null,
    responseHeaders: response === undefined ? {} : keptHeaders(response.headers),
    responseBody,
    ...(reason === undefined ? {} : { detail: reason.detail }),
  };
}
