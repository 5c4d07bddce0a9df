import { PRIMARY_TARGET } from '../domain/breaker.ts';
import { CALL_ANSWER_BYTES_MAX, type ServiceCall } from '../domain/call.ts';
import { callRequest } from '../domain/call-request.ts';
import { breakerRefOf, type Target } from '../domain/target.ts';
import { askBreaker, giveBack, heldMs, tellBreaker } from './breaker-guard.ts';
import type { GuardDeps } from './breaker-report.ts';
import { askLimits, type LimitDeps } from './call-limits.ts';
import type { CallResult } from './ports-sending.ts';
import type { Probe } from './probe.ts';
import { type SendDeps, sendCall } from './send-call.ts';
import { watchCall } from './watch-call.ts';

export interface TryDeps
  extends GuardDeps,
    Pick<LimitDeps, 'rateLimits' | 'concurrencyLimits'>,
    Omit<SendDeps, 'clock'> {
  /** Of Breakwater, as the `user-agent` says it. */
  readonly version: string;
}

/** What came of one attempt at a target. */
export type Tried =
  | { readonly kind: 'came'; readonly result: CallResult; readonly isProbe: boolean }
  /** It may not be called now; it was not. */
  | { readonly kind: 'held'; readonly retryAfterMs: number }
  /** The integration's own limits have no room; it was not called. 0: nobody knows how long. */
  | { readonly kind: 'limited'; readonly retryAfterMs: number }
  /** There was no time left for an attempt. */
  | { readonly kind: 'late' };

/** Less time than this is not worth a request. */
export const ATTEMPT_MS_MIN = 20;

/** Calls at the same time, over all functions, to an integration whose breaker is off. */
export const UNGUARDED_CALLS_MAX = 50;

export interface AttemptAsked {
  /** 1 is the first. */
  readonly number: number;
  /** Until when it must be over. */
  readonly untilMs: number;
}

/** One request, if the target may be called now; its breaker is told what came of it. */
export async function tryCall(
  deps: TryDeps,
  target: Target,
  call: ServiceCall,
  asked: AttemptAsked,
): Promise<Tried> {
  // As from the slow lane: nothing waits behind a call but its own caller.
  const admitted = await askBreaker(deps, target, 'slow');
  if (admitted.kind === 'hold') {
    // Reported with the next call that passes: a write for each would keep probes from the row.
    deps.tally.reject(breakerRefOf(target));
    return { kind: 'held', retryAfterMs: heldMs(deps, target) };
  }
  const probe = admitted.kind === 'go' ? admitted.probe : undefined;
  const leave = { count: 1, width: 1, untilMs: asked.untilMs, isPaid: false };
  const { calls, waitMs, give } = await askLimits(
    deps,
    { ...target, limits: limitsOf(target) },
    leave,
  );
  try {
    const timeoutMs = Math.min(
      target.request.timeoutSeconds * 1000,
      asked.untilMs - deps.clock.nowMs(),
    );
    if (calls > 0 && timeoutMs >= ATTEMPT_MS_MIN) {
      const result = await send(deps, target, call, { probe, number: asked.number, timeoutMs });
      return { kind: 'came', result, isProbe: probe !== undefined };
    }
    await giveBack(deps, target, probe);
    return calls > 0 ? { kind: 'late' } : { kind: 'limited', retryAfterMs: waitMs };
  } finally {
    await give();
  }
}

/**
 * Those of the integration are those of its own endpoint. What hangs is cut off by its breaker;
 * where that is off, calls may not all wait for it, for there are only so many at a time.
 */
function limitsOf({ target, limits, breaker }: Target): Target['limits'] {
  const own = target === PRIMARY_TARGET ? limits : {};
  if (breaker.enabled) return own;
  return { ...own, concurrency: own.concurrency ?? UNGUARDED_CALLS_MAX };
}

async function send(
  deps: TryDeps,
  target: Target,
  call: ServiceCall,
  { probe, ...attempt }: { number: number; timeoutMs: number; probe: Probe | undefined },
): Promise<CallResult> {
  const now = { version: deps.version, nowMs: deps.clock.nowMs() };
  const request = { ...callRequest(target, call, attempt, now), keepBytes: CALL_ANSWER_BYTES_MAX };
  const ended = watchCall(deps, target, probe !== undefined);
  const result = await sendCall(deps, request, target);
  const overdueAtMs = ended();
  await tellBreaker(deps, target, probe, { ...result, overdueAtMs });
  return result;
}
