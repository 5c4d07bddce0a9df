import { type ErrorCode, RequestError, STATUS_OF } from '../domain/errors.ts';
import type { Reply } from './reply.ts';

/** The problem types are URNs: stable, owned by nobody's domain, and they end in the code. */
const TYPE_PREFIX = 'urn:breakwater:problem:';
/** When to come back after an outage, in seconds. */
const OUTAGE_RETRY_SECONDS = 5;
const CAUSES_MAX = 5;

export const TITLES = {
  'malformed-json': 'The body is not JSON',
  'malformed-request': 'The request cannot be read',
  'invalid-cursor': 'The cursor is not valid here',
  'invalid-header': 'A header is not valid',
  unauthorized: 'A valid key is needed',
  'invalid-signature': 'The signature does not match',
  'timestamp-out-of-tolerance': 'The timestamp is too old or too far ahead',
  replayed: 'The signed request was made before',
  forbidden: 'The key does not allow this',
  'address-not-allowed': 'The address is not allowed',
  'not-found': 'Not found',
  'method-not-allowed': 'The method is not allowed here',
  conflict: 'The request conflicts with another change',
  'name-taken': 'The name is taken',
  'event-id-conflict': 'The event id was used for other content',
  'request-in-progress': 'The same request is still running',
  'invalid-state': 'The state does not allow this',
  'answer-not-kept': 'The first answer was too large to be kept',
  'payload-too-large': 'The payload is too large',
  'unsupported-media-type': 'The content type is not supported',
  invalid: 'The request is not valid',
  'idempotency-key-reused': 'The idempotency key was used for another request',
  'limit-reached': 'A limit is reached',
  'too-many-requests': 'Too many requests',
  'rate-limited': 'The rate limit of the key is reached',
  'locked-out': 'Too many wrong keys',
  internal: 'Something went wrong here',
  unavailable: 'Temporarily unavailable',
  'upstream-unreachable': 'The service could not be reached',
  'answer-too-large': 'The answer of the service is too large',
  'upstream-timeout': 'The service did not answer in time',
  'breaker-open': 'The service may not be called now',
  'integration-paused': 'The integration is paused',
} as const satisfies Record<ErrorCode, string>;

export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: ErrorCode;
  readonly detail: string;
  readonly requestId: string;
  readonly errors?: RequestError['fields'];
}

/** RFC 9457. `errors` is there for every 422, for other statuses where fields are known. */
export function problemOf(error: RequestError, requestId: string): Problem {
  const { code, message: detail, fields } = error;
  const status = STATUS_OF[code];
  return {
    type: `${TYPE_PREFIX}${code}`,
    title: TITLES[code],
    status,
    code,
    detail,
    requestId,
    ...((status === 422 || fields.length > 0) && { errors: fields }),
  };
}

export function problemReply(error: RequestError, requestId: string): Reply {
  const body = problemOf(error, requestId);
  return {
    statusCode: body.status,
    code: error.code,
    headers: {
      ...(body.status === 401 && { 'www-authenticate': 'Bearer' }),
      ...(body.status === 503 && { 'retry-after': String(OUTAGE_RETRY_SECONDS) }),
      ...error.headers,
      'content-type': 'application/problem+json',
    },
    body,
  };
}

/**
 * What the caller is told of anything thrown: its own mistake as it is; an outage of something
 * we depend on as 503; everything else as 500. The last two say nothing of what happened.
 */
export function asRequestError(error: unknown): RequestError {
  if (error instanceof RequestError) return error;
  if (isOutage(error)) {
    return new RequestError('unavailable', 'A dependency is down; try again shortly.', {
      cause: error,
    });
  }
  return new RequestError('internal', 'The request failed; the request id finds the reason.', {
    cause: error,
  });
}

/** Error names of the AWS services, and of Node's sockets, that say "not now". */
const OUTAGES = new Set([
  'AbortError',
  'InternalServerError',
  'InternalServiceError',
  'KMSInternalException',
  'KmsUnavailable',
  'LimitExceededException',
  'NetworkingError',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'ServiceUnavailable',
  'ServiceUnavailableException',
  'ThrottlingException',
  'TimeoutError',
  'TooManyRequestsException',
]);
const SOCKET_CODES =
  /^(ECONN(REFUSED|RESET|ABORTED)|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EPIPE|EHOSTUNREACH|ENETUNREACH|ERR_SOCKET_CONNECTION_TIMEOUT)$/;

export function isOutage(error: unknown): boolean {
  let current: unknown = error;
  for (let depth = 0; depth < CAUSES_MAX && current instanceof Error; depth++) {
    const { name, code, $fault } = current as Error & { code?: unknown; $fault?: unknown };
    if (OUTAGES.has(name) || $fault === 'server') return true;
    if (typeof code === 'string' && SOCKET_CODES.test(code)) return true;
    current = current.cause;
  }
  return false;
}
