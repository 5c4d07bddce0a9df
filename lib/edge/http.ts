import type { Context } from 'aws-lambda';
import type { IdempotencyDeps } from '../app/idempotency.ts';
import { within } from '../app/within.ts';
import { RequestError, STATUS_OF } from '../domain/errors.ts';
import { TIMEOUT_SECONDS } from '../names.ts';
import type { LambdaTelemetry } from '../runtime/telemetry.ts';
import { answerOnce } from './idempotency.ts';
import { rateHeaders, requireAllSigned } from './key-context.ts';
import { principalOf, requireScope } from './principal.ts';
import { asRequestError, problemReply } from './problem.ts';
import { remainingTime } from './remaining.ts';
import { type Answer, render, type WireAnswer, wire } from './reply.ts';
import {
  CONTROL_BODY_BYTES_MAX,
  type HttpEvent,
  type KeyedRequest,
  readRequest,
} from './request.ts';
import type { Route } from './route.ts';
import { stack } from './stack.ts';

export interface HttpDeps extends IdempotencyDeps {
  readonly telemetry: LambdaTelemetry;
}

type FunctionName = 'api' | 'publish' | 'receive' | 'call';

/** The answer is given this long before Lambda would cut the function off without one. */
const ANSWER_BEFORE_TIMEOUT_MS = 500;

/**
 * The one middleware stack of every HTTP function: whatever happens, the caller gets an answer
 * with a request id, security headers and, where it failed, a problem that leaks nothing.
 */
export function httpHandler(
  deps: HttpDeps,
  name: FunctionName,
  routes: Readonly<Record<string, Route>>,
): (event: HttpEvent, context: Context) => Promise<WireAnswer> {
  const answer = async (event: HttpEvent, context: Context): Promise<WireAnswer> => {
    const startedAtMs = deps.clock.nowMs();
    const remainingMs = remainingTime(deps.clock, context, name);
    deps.telemetry.scope({ requestId: event.requestContext.requestId });
    const work = settled(event, () =>
      dispatch(deps, event, routeOf(routes, event.routeKey), TIMEOUT_SECONDS[name]),
    );
    const inMs = remainingMs() - ANSWER_BEFORE_TIMEOUT_MS;
    // What is late goes on by itself and never fails: its failure would be its answer.
    const given = (await within(deps.clock, inMs, work, () => {})) ?? (await tooLate(event));
    const outcome = isTooLarge(given.answer) ? await tooLarge(event) : given;
    logAccess(deps, name, event, outcome, deps.clock.nowMs() - startedAtMs);
    return onWire(event, outcome.answer);
  };
  return stack(deps.telemetry, answer);
}

function tooLate(event: HttpEvent): Promise<Outcome> {
  const error = Object.assign(new Error('The time is over.'), { name: 'TimeoutError' });
  return settled(event, () => Promise.reject(error));
}

/** Lambda hands over 6 MB at most, as JSON, and headers take their part. */
const ANSWER_BYTES_MAX = 6_000_000;

/** Whether nobody would get the answer; compressed or not, so that it is the same for everybody. */
function isTooLarge({ body, isBase64 }: Answer): boolean {
  // A character of a text becomes six bytes at most: short ones need no count.
  if (isBase64 || body.length * 6 <= ANSWER_BYTES_MAX) return body.length > ANSWER_BYTES_MAX;
  return Buffer.byteLength(JSON.stringify(body)) > ANSWER_BYTES_MAX;
}

function tooLarge(event: HttpEvent): Promise<Outcome> {
  const message =
    'The answer is larger than can be sent (6 MB); ask for less, by `limit` if it is a list.';
  return settled(event, () => Promise.reject(new RequestError('limit-reached', message)));
}

interface Outcome {
  readonly answer: Answer;
  readonly error?: RequestError;
}

/** The answer of `work`, or the problem that stands for what it threw. */
async function settled(event: HttpEvent, work: () => Promise<Answer>): Promise<Outcome> {
  try {
    return { answer: await work() };
  } catch (thrown) {
    const error = asRequestError(thrown);
    return { answer: render(problemReply(error, event.requestContext.requestId)), error };
  }
}

function routeOf(routes: Readonly<Record<string, Route>>, key: string): Route {
  const route = Object.hasOwn(routes, key) ? routes[key] : undefined;
  if (route === undefined) throw new Error(`No route of this function answers ${key}.`);
  return route;
}

async function dispatch(
  deps: IdempotencyDeps,
  event: HttpEvent,
  route: Route,
  functionSeconds: number,
): Promise<Answer> {
  const bytesMax = route.bodyBytesMax ?? CONTROL_BODY_BYTES_MAX;
  if (route.scope === null) return render(await route.answer(readRequest(event, bytesMax)));
  const principal = principalOf(event.requestContext.authorizer?.lambda);
  requireScope(principal, route.scope);
  const request: KeyedRequest = { ...readRequest(event, bytesMax), principal };
  requireAllSigned(event.requestContext.authorizer?.lambda, request);
  return answerOnce(deps, request, functionSeconds, async (run) => {
    const outcome = await settled(event, async () =>
      render(await route.answer({ ...request, run })),
    );
    // Outages are thrown, so that no idempotency key keeps them and the log says why.
    const isOver = outcome.error && STATUS_OF[outcome.error.code] >= 500;
    if (outcome.error && (isOver || route.keepsRefusals === false)) throw outcome.error;
    return outcome.answer;
  });
}

function onWire(event: HttpEvent, answer: Answer): WireAnswer {
  const id = event.requestContext.requestId;
  const acceptEncoding = event.headers['accept-encoding'];
  const headers = { ...answer.headers, ...rateHeaders(event.requestContext.authorizer?.lambda) };
  // The gateway leaves the body of an answer to HEAD away, and tells its length, which is GET's.
  return wire({ ...answer, headers }, { id, acceptEncoding });
}

/**
 * One line per request: never a body, a query string or a header. Where an event was accepted,
 * the line about the event is the line; it carries this request's id.
 */
function logAccess(
  deps: HttpDeps,
  name: FunctionName,
  event: HttpEvent,
  outcome: Outcome,
  ms: number,
): void {
  const { authorizer, requestId } = event.requestContext;
  const principal = authorizer?.lambda?.principal;
  const caller = principal === undefined ? undefined : principalOf(authorizer?.lambda);
  const { statusCode, headers, code } = outcome.answer;
  const replayed = headers['idempotency-replayed'] !== undefined;
  const fields = {
    requestId,
    route: event.routeKey,
    status: statusCode,
    ms,
    ...(caller && { keyId: caller.keyId, tenant: caller.tenant }),
    ...(principal === undefined && { reason: authorizer?.lambda?.reason }),
    ...(replayed && { replayed }),
    ...(code !== undefined && { code }),
  };
  deps.telemetry.count('Requests');
  if (name !== 'api' && statusCode === 202 && !replayed) return;
  // Nor of a call that was tried: that others fail is no failure of this function.
  if (headers['x-breakwater-attempts'] !== undefined && !replayed) return;
  if (statusCode < 500) deps.telemetry.info('http.request', fields);
  else deps.telemetry.error('http.request', { ...fields, error: outcome.error?.cause });
}
