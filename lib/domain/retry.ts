import { parseRetryAfter } from './retry-after.ts';

/** When a delivery that failed is tried again. Durations in seconds. */
export interface RetryPolicy {
  /** All attempts, the first included. */
  readonly maxAttempts: number;
  readonly timing: RetryTiming;
  /** Share of the delay that chance may add, 0–1; a retry is never early. */
  readonly jitter: number;
  readonly retryOn: readonly string[];
  readonly honourRetryAfter: boolean;
  /** No attempt starts later than this after the event was due. */
  readonly maxAgeSeconds: number;
}

export type RetryTiming =
  | { readonly kind: 'schedule'; readonly seconds: readonly number[] }
  | {
      readonly kind: 'backoff';
      readonly initialSeconds: number;
      readonly factor: number;
      readonly maxSeconds: number;
    };

const HOUR = 3_600;

/** Fifteen attempts over nearly ten days: the Standard Webhooks schedule, then once a day. */
export const RETRY_DEFAULTS: RetryPolicy = {
  maxAttempts: 15,
  timing: {
    kind: 'schedule',
    seconds: [
      5,
      300,
      1_800,
      2 * HOUR,
      5 * HOUR,
      10 * HOUR,
      14 * HOUR,
      20 * HOUR,
      24 * HOUR,
      24 * HOUR,
      24 * HOUR,
      24 * HOUR,
      24 * HOUR,
      24 * HOUR,
    ],
  },
  jitter: 0.2,
  retryOn: ['network', 'timeout', '408', '409', '425', '429', '5xx', '4xx'],
  honourRetryAfter: true,
  maxAgeSeconds: 240 * HOUR,
};

/** What one attempt came to, and what that means for the delivery and its integration. */
export interface Verdict {
  readonly outcome: 'success' | 'retryable' | 'permanent';
  /** The receiver wants no more: the integration is disabled and what is pending is held. */
  readonly disable: boolean;
  /** No attempt before this many seconds. */
  readonly retryAfterSeconds: number | undefined;
}

/** What the sender saw. `error` is set when there was no complete answer. */
export interface Answer {
  readonly statusCode: number | null;
  readonly error: string | null;
  readonly responseHeaders: Readonly<Record<string, string>>;
  /** Trying again would end the same. */
  readonly isFinal?: true;
}

/**
 * Judges an answer. 2xx is success, everything else a failure that `retryOn` may retry. 410 and
 * `webhook-delivery: disable` disable; `webhook-delivery: abort-message` and a negative
 * `Retry-After` end this delivery.
 */
export function judge(answer: Answer, policy: RetryPolicy, nowMs: number): Verdict {
  const { statusCode: status, error, responseHeaders: headers } = answer;
  if (error !== null || status === null) {
    const kind = error === 'timeout' ? 'timeout' : 'network';
    return failure(answer.isFinal !== true && policy.retryOn.includes(kind));
  }
  const control = headers['webhook-delivery']?.trim().toLowerCase();
  const disable = status === 410 || control === 'disable';
  if (status >= 200 && status < 300) {
    return { outcome: 'success', disable, retryAfterSeconds: undefined };
  }
  if (disable) return { outcome: 'permanent', disable, retryAfterSeconds: undefined };
  const hint = policy.honourRetryAfter ? parseRetryAfter(headers['retry-after'], nowMs) : undefined;
  if (control === 'abort-message' || hint === 'stop') return failure(false);
  return failure(retries(policy, status), hint);
}

function failure(retryable: boolean, retryAfterSeconds?: number): Verdict {
  return { outcome: retryable ? 'retryable' : 'permanent', disable: false, retryAfterSeconds };
}

function retries(policy: RetryPolicy, status: number): boolean {
  const wholeClass = `${Math.floor(status / 100)}xx`;
  return policy.retryOn.includes(String(status)) || policy.retryOn.includes(wholeClass);
}

/** How far a delivery's schedule has come. */
export interface ScheduleProgress {
  /** Attempts made since the schedule began, the one just failed included. */
  readonly made: number;
  readonly startedAtMs: number;
  readonly retryAfterSeconds: number | undefined;
}

/**
 * When the next attempt is due: the later of the schedule and the receiver's hint, plus jitter
 * by `dice` in [0, 1). Undefined when the attempts are used up or the age would pass its limit.
 */
export function nextAttemptAt(
  policy: RetryPolicy,
  { made, startedAtMs, retryAfterSeconds }: ScheduleProgress,
  nowMs: number,
  dice: number,
): number | undefined {
  if (made >= policy.maxAttempts) return undefined;
  const delayMs = delaySeconds(policy.timing, made) * 1000 * (1 + policy.jitter * dice);
  const atMs = nowMs + Math.max(Math.round(delayMs), (retryAfterSeconds ?? 0) * 1000);
  return atMs > startedAtMs + policy.maxAgeSeconds * 1000 ? undefined : atMs;
}

/** Seconds between attempt `made` and the next, before jitter. */
export function delaySeconds(timing: RetryTiming, made: number): number {
  switch (timing.kind) {
    case 'schedule':
      return timing.seconds[made - 1] ?? timing.seconds.at(-1) ?? 0;
    case 'backoff':
      return Math.min(timing.initialSeconds * timing.factor ** (made - 1), timing.maxSeconds);
  }
}
