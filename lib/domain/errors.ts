/** One thing that is wrong with a request: `path` is dotted, `message` names value and allowance. */
export interface FieldError {
  readonly path: string;
  readonly message: string;
}

/** Every mistake a caller can make, as a closed set: code → HTTP status. */
export const STATUS_OF = {
  'malformed-json': 400,
  'malformed-request': 400,
  'invalid-cursor': 400,
  'invalid-header': 400,
  unauthorized: 401,
  'invalid-signature': 401,
  'timestamp-out-of-tolerance': 401,
  replayed: 401,
  forbidden: 403,
  'address-not-allowed': 403,
  'not-found': 404,
  'method-not-allowed': 405,
  conflict: 409,
  'name-taken': 409,
  'event-id-conflict': 409,
  'request-in-progress': 409,
  'invalid-state': 409,
  'answer-not-kept': 409,
  'payload-too-large': 413,
  'unsupported-media-type': 415,
  invalid: 422,
  'idempotency-key-reused': 422,
  'limit-reached': 422,
  'too-many-requests': 429,
  'rate-limited': 429,
  'locked-out': 429,
  internal: 500,
  unavailable: 503,
  'upstream-unreachable': 502,
  'answer-too-large': 502,
  'upstream-timeout': 504,
  'breaker-open': 503,
  'integration-paused': 503,
} as const satisfies Record<string, number>;

export type ErrorCode = keyof typeof STATUS_OF;

/** The caller's mistake. The message may be shown: it never holds a secret or an internal name. */
export class RequestError extends Error {
  override readonly name = 'RequestError';
  readonly code: ErrorCode;
  readonly fields: readonly FieldError[];
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: ErrorCode,
    message: string,
    more: {
      readonly fields?: readonly FieldError[];
      readonly headers?: Readonly<Record<string, string>>;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.code = code;
    this.fields = more.fields ?? [];
    this.headers = more.headers ?? {};
  }
}

/** 404 for what does not exist and for what belongs to another tenant alike: existence is a secret. */
export function notFound(kind: string, id: string): RequestError {
  return new RequestError('not-found', `There is no ${kind} ${JSON.stringify(shown(id))}.`);
}

export function invalidField(path: string, message: string): RequestError {
  return new RequestError('invalid', `${path}: ${message}`, { fields: [{ path, message }] });
}

const SHOWN_CHARS_MAX = 64;

/** A value as an error message may quote it: short, on one line. */
export function shown(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
  return text.length > SHOWN_CHARS_MAX ? `${text.slice(0, SHOWN_CHARS_MAX)}…` : text;
}

/** The same as it was given: texts in quotes, numbers of any length as they are. */
export function quoted(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(shown(value)) : shown(value);
}
