import type { CallPlan } from '../domain/call.ts';
import { retryAfterMs } from '../domain/call-outcome.ts';
import type { Target } from '../domain/target.ts';
import { DeadlineError, type Outcome } from '../policies/outcome.ts';
import { retry } from '../policies/retry.ts';
import { ATTEMPT_MS_MIN, type Tried, type TryDeps, tryCall } from './call-attempt.ts';
import type { CallBudgets } from './call-budgets.ts';
import type { CallResult } from './ports-sending.ts';

export interface CallTargetDeps extends TryDeps {
  readonly budgets: CallBudgets;
}

/** What a target came to, after `attempts` requests. */
export type TargetOutcome = Tried & { readonly attempts: number };

const ATTEMPTS_MAX = 3;
/** The sender ends an attempt itself; this is for one that does not. */
const SENDER_LATE_MS = 200;

/**
 * Calls a target: up to three times where the call may be made again, and as its `retry` allows, and
 * only while what comes back is worth it; a probe once. All of it is over by `untilMs`.
 */
export async function callTarget(
  deps: CallTargetDeps,
  target: Target,
  { call, isIdempotent }: Pick<CallPlan, 'call' | 'isIdempotent'>,
  untilMs: number,
): Promise<TargetOutcome> {
  const { clock, random } = deps;
  const startedAtMs = clock.nowMs();
  let attempts = 0;
  let last: Tried | undefined;
  let isOver = false;

  const work = async (): Promise<Tried> => {
    attempts += 1;
    const tried = await tryCall(deps, target, call, { number: attempts, untilMs });
    if (tried.kind !== 'came') attempts -= 1;
    isOver = tried.kind !== 'came' || tried.isProbe;
    // What the service said stands where it may not be asked again.
    last = tried.kind === 'came' ? tried : (last ?? tried);
    return last;
  };
  const retryIf = (outcome: Outcome<Tried>) => {
    if (isOver || 'error' in outcome || outcome.value.kind !== 'came') return false;
    const nowMs = clock.nowMs();
    const afterMs = retryAfterMs(outcome.value.result, nowMs);
    if (afterMs === undefined || nowMs + afterMs + ATTEMPT_MS_MIN > untilMs) return false;
    return { afterMs };
  };
  try {
    const tried = await retry(work, {
      attempts: isIdempotent ? Math.min(ATTEMPTS_MAX, target.retry.maxAttempts) : 1,
      retryIf,
      deadlineMs: Math.max(untilMs - startedAtMs, 1) + SENDER_LATE_MS,
      budget: deps.budgets.of(target),
      clock,
      random,
    });
    return { ...tried, attempts };
  } catch (error) {
    if (!(error instanceof DeadlineError)) throw error;
    const latencyMs = clock.nowMs() - startedAtMs;
    return { kind: 'came', isProbe: false, result: timedOut(startedAtMs, latencyMs), attempts };
  }
}

function timedOut(startedAtMs: number, latencyMs: number): CallResult {
  return {
    ...{ startedAtMs, latencyMs, statusCode: null, error: 'timeout' },
    ...{ responseHeaders: {}, responseBody: '', detail: 'call_timeout' },
  };
}
