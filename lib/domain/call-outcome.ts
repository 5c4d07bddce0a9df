import { parseRetryAfter } from './retry-after.ts';

/** What came back from one target, as far as it is decided by. */
export interface CallSeen {
  readonly statusCode: number | null;
  readonly error: string | null;
  readonly responseHeaders: Readonly<Record<string, string>>;
  /** Trying again would end the same. */
  readonly isFinal?: true;
  /** Nothing was sent: there was no access token. */
  readonly isUnsent?: true;
}

/** Statuses that say "not now", whoever asks. */
const NOT_NOW: readonly number[] = [408, 425, 429];
/** There is no answer to send on: what API Gateway takes is 200 to 599. */
const STATUS_MIN = 200;
const STATUS_MAX = 599;
/** The same request would end the same way. */
const HOPELESS: readonly string[] = ['blocked', 'body-too-large'];
/** They end before a byte of the request is written. */
const UNSENT: readonly string[] = ['dns', 'refused', 'tls', 'blocked'];

/** Whether there is a whole answer that can be passed on, good or bad. */
export function isAnswer({ statusCode, error }: CallSeen): boolean {
  return (
    error === null && statusCode !== null && statusCode >= STATUS_MIN && statusCode <= STATUS_MAX
  );
}

/** Whether somebody else should answer: no answer at all, 408, 425, 429 or 5xx. A 404 is an answer. */
export function isFailure(seen: CallSeen): boolean {
  if (!isAnswer(seen)) return true;
  const status = seen.statusCode ?? 0;
  return status >= 500 || NOT_NOW.includes(status);
}

/**
 * Whether the service surely did nothing, so that another may be asked in its place even to do
 * what must not be done twice.
 */
export function isUnprocessed(seen: CallSeen): boolean {
  const { statusCode, error, responseHeaders } = seen;
  if (seen.isUnsent) return true;
  if (error !== null) return UNSENT.includes(error);
  return statusCode === 429 || (statusCode === 503 && responseHeaders['retry-after'] !== undefined);
}

/** After how many milliseconds the call may be tried again; undefined: it is of no use. */
export function retryAfterMs(seen: CallSeen, nowMs: number): number | undefined {
  if (!isFailure(seen) || seen.isFinal === true) return undefined;
  if (seen.error !== null) return HOPELESS.includes(seen.error) ? undefined : 0;
  const hint = parseRetryAfter(seen.responseHeaders['retry-after'], nowMs);
  if (hint === 'stop') return undefined;
  return (hint ?? 0) * 1000;
}
