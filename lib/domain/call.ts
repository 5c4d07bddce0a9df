import type { Integration } from './integration.ts';

/** Synchronous calls: a request to a service through retry, breaker and fallbacks, answered now. */

export const CALL_METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;
export type CallMethod = (typeof CALL_METHODS)[number];

/** RFC 9110 §9.2.2: twice is once, unless the caller says otherwise. */
const IDEMPOTENT: readonly CallMethod[] = ['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS'];

/** A call that could not be made is kept as an event of this type, for its own integration alone. */
export const QUEUED_CALL_TYPE = 'breakwater.call';

export type CallId = `call_${string}`;

/** What the service is asked, wherever it is: below the endpoint of whichever target is tried. */
export interface ServiceCall {
  readonly id: CallId;
  readonly method: CallMethod;
  /** Begins with `/`; nothing in it leads out of the endpoint's path. */
  readonly path: string;
  readonly query: readonly (readonly [name: string, value: string])[];
  /** Names in lower case; `content-type` is there exactly when there is a body. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface CallPlan {
  readonly call: ServiceCall;
  /** May be made more than once, and its answer be kept. */
  readonly isIdempotent: boolean;
  /** Everything together: retries, waits and fallbacks. */
  readonly timeoutMs: number;
}

/** API Gateway gives up after 30 s, and what follows a call takes a moment too. */
export const CALL_SECONDS_MAX = 25;
/**
 * The largest answer that is passed on. A function may answer 6 MB, and base64 makes four bytes of
 * three.
 */
export const CALL_ANSWER_BYTES_MAX = 4_194_304;

export function isIdempotentMethod(method: CallMethod): boolean {
  return IDEMPOTENT.includes(method);
}

/** What a call may take where it does not say: as long as a delivery's attempt, if that is allowed. */
export function callSecondsDefault({ request }: Pick<Integration, 'request'>): number {
  return Math.min(request.timeoutSeconds, CALL_SECONDS_MAX);
}
