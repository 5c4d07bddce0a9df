import type { BreakerConfig } from './breaker.ts';
import { parseRetryAfter } from './retry-after.ts';

/** What a call means to the breaker, which is not what it means to the delivery. */
export type BreakerOutcome =
  | { readonly kind: 'success' | 'failure'; readonly slow: boolean }
  /** Says nothing about the other side's health. */
  | { readonly kind: 'neutral' }
  /** Alive, and too busy: nothing is sent for so long; no failure. */
  | { readonly kind: 'throttled'; readonly pauseMs: number }
  /** Says itself that it is down, and for how long. */
  | { readonly kind: 'down'; readonly forMs: number; readonly slow: boolean };

/** What a call comes to that the breaker itself asked for: `neutral` gives its lease back. */
export type ProbeOutcome = 'success' | 'failure' | 'neutral';

export interface CallSeen {
  readonly statusCode: number | null;
  readonly error: string | null;
  readonly latencyMs: number;
  readonly responseHeaders: Readonly<Record<string, string>>;
}

/** A shorter `Retry-After` on 503 is a retry's business alone. */
const DOWN_SECONDS_MIN = 30;
const DOWN_SECONDS_MAX = 3_600;
/** What a 429 without `Retry-After` asks for. */
const PAUSE_SECONDS = 10;
const PAUSE_SECONDS_MAX = 900;

/**
 * Judges a call for the breaker. No answer, 5xx, 408, 425 and redirects are failures. Any other
 * answer shows a living host: a 404 is a success here. 401 and 403 say something about our
 * credentials only, 410 about the registration, an address we refuse about ourselves: neutral.
 */
export function breakerOutcome(
  call: CallSeen,
  config: Pick<BreakerConfig, 'slowCallSeconds'>,
  nowMs: number,
): BreakerOutcome {
  const { statusCode: status, error } = call;
  const slow = call.latencyMs > config.slowCallSeconds * 1000;
  if (error === 'blocked') return { kind: 'neutral' };
  if (error !== null || status === null) return { kind: 'failure', slow };
  if (status === 401 || status === 403 || status === 407 || status === 410) {
    return { kind: 'neutral' };
  }
  const hint = parseRetryAfter(call.responseHeaders['retry-after'], nowMs);
  const seconds = typeof hint === 'number' ? hint : undefined;
  if (status === 429) {
    const pause = Math.min(Math.max(seconds ?? PAUSE_SECONDS, 1), PAUSE_SECONDS_MAX);
    return { kind: 'throttled', pauseMs: pause * 1000 };
  }
  if (status === 503 && seconds !== undefined && seconds >= DOWN_SECONDS_MIN) {
    return { kind: 'down', forMs: Math.min(seconds, DOWN_SECONDS_MAX) * 1000, slow };
  }
  const failed =
    status >= 500 || status === 408 || status === 425 || (status >= 300 && status < 400);
  return { kind: failed ? 'failure' : 'success', slow };
}

export function probeOutcome({ kind }: BreakerOutcome): ProbeOutcome {
  switch (kind) {
    case 'success':
      return 'success';
    case 'failure':
    case 'down':
      return 'failure';
    case 'neutral':
    case 'throttled':
      return 'neutral';
  }
}
