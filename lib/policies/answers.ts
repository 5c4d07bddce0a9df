import type { Clock } from '../app/ports.ts';
import { parseRetryAfter } from '../domain/retry-after.ts';
import { BreakerOpenError } from './breaker-open-error.ts';
import type { Outcome } from './outcome.ts';

/** What an HTTP answer says of the other side's health. */
export interface SeenAnswer {
  readonly statusCode: number;
  /** Names in lower case; of these `retry-after` is read. */
  readonly headers: Readonly<Record<string, string>>;
}

/** The status of what looks like a fetch `Response`; undefined for any other value. */
export function answerIn(value: unknown): SeenAnswer | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { status, headers } = value as { status?: unknown; headers?: unknown };
  if (typeof status !== 'number' || !(headers instanceof Object)) return undefined;
  const { get } = headers as { get?: unknown };
  if (typeof get !== 'function') return undefined;
  const retryAfter: unknown = get.call(headers, 'retry-after');
  return {
    statusCode: status,
    headers: typeof retryAfter === 'string' ? { 'retry-after': retryAfter } : {},
  };
}

const TRANSIENT = [408, 425, 429, 500, 502, 503, 504];

/**
 * For `retryIf`, around `fetch` of what may be asked twice: again after an error, and after 408,
 * 425, 429, 500, 502, 503 and 504, not before their `Retry-After`. A negative one ends it.
 */
export function transientAnswers(
  clock: Pick<Clock, 'nowMs'>,
): (outcome: Outcome<unknown>) => boolean | { readonly afterMs: number } {
  return (outcome) => {
    if ('error' in outcome) return !(outcome.error instanceof BreakerOpenError);
    const answer = answerIn(outcome.value);
    if (answer === undefined || !TRANSIENT.includes(answer.statusCode)) return false;
    const hint = parseRetryAfter(answer.headers['retry-after'], clock.nowMs());
    if (hint === 'stop') return false;
    return hint === undefined ? true : { afterMs: hint * 1000 };
  };
}
