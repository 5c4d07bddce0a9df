import type { Clock, Random } from '../app/ports.ts';
import { backoffMs, type RetryBackoff } from './backoff.ts';
import { BreakerOpenError } from './breaker-open-error.ts';
import {
  DeadlineError,
  mustBeWithin,
  type Outcome,
  outcomeOf,
  settled,
  TIMEOUT_MS_MAX,
} from './outcome.ts';
import { isProbe } from './probe-signal.ts';
import type { SharedRetryBudget } from './retry-budget.ts';

export interface RetryAttempt {
  /** 1 is the first. */
  readonly number: number;
  /** Aborts at the deadline, and when the caller's signal does. */
  readonly signal: AbortSignal;
}

export interface RetryOptions<T> {
  /** All attempts, the first included: 1–10, default 3. A breaker's probe has one. */
  readonly attempts?: number;
  /** The wait before retry n is a random part of this. Default: 100 ms, doubled, up to 2000 ms. */
  readonly backoff?: Partial<RetryBackoff>;
  /**
   * Whether to try again, and then not before `afterMs` from now. Default: after every error but
   * a BreakerOpenError, after no value.
   */
  readonly retryIf?: (
    outcome: Outcome<T>,
    attempt: RetryAttempt,
  ) => boolean | { readonly afterMs: number };
  /** From the call on, waits included: 1–900000, default 30000. Then it is over, whatever runs. */
  readonly deadlineMs?: number;
  /** Shared by all calls of one target; without one only `attempts` is a limit. */
  readonly budget?: SharedRetryBudget;
  /** The caller's own; the breaker's goes here. */
  readonly signal?: AbortSignal;
  readonly clock: Pick<Clock, 'nowMs' | 'after'>;
  readonly random: Pick<Random, 'unit'>;
}

export const RETRY_POLICY_DEFAULTS = {
  attempts: 3,
  backoff: { initialMs: 100, factor: 2, maxMs: 2_000 },
  deadlineMs: 30_000,
} as const;
const ATTEMPTS_MAX = 10;
const FACTOR_MAX = 10;

/**
 * Runs `work` until it is good, or may not be tried again: then throws its last error, or returns
 * its last value. Never waits past the deadline.
 */
export async function retry<T>(
  work: (attempt: RetryAttempt) => Promise<T>,
  options: RetryOptions<T>,
): Promise<T> {
  const plan = planOf(options);
  const { clock, budget, signal: outer } = options;
  outer?.throwIfAborted();
  const endsAtMs = clock.nowMs() + plan.deadlineMs;
  const deadline = new AbortController();
  const cancel = clock.after(plan.deadlineMs, () =>
    deadline.abort(new DeadlineError(plan.deadlineMs)),
  );
  const signal = outer ? AbortSignal.any([outer, deadline.signal]) : deadline.signal;
  let last: Outcome<T> | undefined;
  try {
    budget?.call();
    for (let number = 1; ; number++) {
      const attempt = { number, signal };
      const outcome = await outcomeOf(() => work(attempt), signal);
      if (signal.aborted) return settled(withCause(outcome, last));
      last = outcome;
      const waitMs = number < plan.attempts ? waitFor(plan, outcome, attempt) : undefined;
      if (waitMs === undefined || clock.nowMs() + waitMs >= endsAtMs) return settled(outcome);
      if (budget?.take() === false) return settled(outcome);
      await pause(clock, waitMs, signal);
      if (signal.aborted) return settled(outcome);
    }
  } finally {
    cancel();
  }
}

interface Plan<T> extends Required<Pick<RetryOptions<T>, 'attempts' | 'deadlineMs' | 'retryIf'>> {
  readonly backoff: RetryBackoff;
  readonly unit: () => number;
}

function planOf<T>(options: RetryOptions<T>): Plan<T> {
  const { attempts, deadlineMs } = { ...RETRY_POLICY_DEFAULTS, ...options };
  const backoff = { ...RETRY_POLICY_DEFAULTS.backoff, ...options.backoff };
  mustBeWithin('attempts', Number.isInteger(attempts) ? attempts : Number.NaN, 1, ATTEMPTS_MAX);
  mustBeWithin('deadlineMs', deadlineMs, 1, TIMEOUT_MS_MAX);
  mustBeWithin('backoff.initialMs', backoff.initialMs, 0, TIMEOUT_MS_MAX);
  mustBeWithin('backoff.factor', backoff.factor, 1, FACTOR_MAX);
  mustBeWithin('backoff.maxMs', backoff.maxMs, 0, TIMEOUT_MS_MAX);
  return {
    attempts: isProbe(options.signal) ? 1 : attempts,
    deadlineMs,
    backoff,
    retryIf: options.retryIf ?? retryErrors,
    unit: () => options.random.unit(),
  };
}

function retryErrors(outcome: Outcome<unknown>): boolean {
  return 'error' in outcome && !(outcome.error instanceof BreakerOpenError);
}

/** Undefined: not again. */
function waitFor<T>(plan: Plan<T>, outcome: Outcome<T>, attempt: RetryAttempt): number | undefined {
  const again = plan.retryIf(outcome, attempt);
  if (again === false) return undefined;
  const atLeastMs = again === true ? 0 : Math.max(0, again.afterMs || 0);
  // Above what was asked for, so that those who were told the same time do not all come at once.
  return atLeastMs + plan.unit() * backoffMs(plan.backoff, attempt.number);
}

async function pause(clock: Pick<Clock, 'after'>, ms: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const done = () => {
      cancel();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const cancel = clock.after(ms, done);
    signal.addEventListener('abort', done, { once: true });
  });
}

/** The error before the deadline says more than the deadline does. */
function withCause<T>(outcome: Outcome<T>, before: Outcome<T> | undefined) {
  if (!('error' in outcome) || before === undefined || !('error' in before)) return outcome;
  if (outcome.error instanceof DeadlineError) outcome.error.cause = before.error;
  return outcome;
}
