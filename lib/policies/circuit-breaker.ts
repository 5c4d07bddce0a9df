import { signOn } from '../app/breaker-board.ts';
import { askBreaker, giveBack, heldMs, tellBreaker } from '../app/breaker-guard.ts';
import { type GuardDeps, reportCalls } from '../app/breaker-report.ts';
import type { CallResult } from '../app/ports-sending.ts';
import type { Probe } from '../app/probe.ts';
import { watchCall } from '../app/watch-call.ts';
import { breakerRefOf, type Target, targetName } from '../domain/target.ts';
import { answerIn, type SeenAnswer } from './answers.ts';
import { BreakerOpenError } from './breaker-open-error.ts';
import { mustBeWithin, type Outcome, settled, TIMEOUT_MS_MAX, timedOutcome } from './outcome.ts';
import { markProbe } from './probe-signal.ts';

/**
 * What a call means to the breaker: `neutral` counts for nothing. An answer is judged by its
 * status as the gateway's own deliveries are.
 */
export type Judgement = 'success' | 'failure' | 'neutral' | SeenAnswer;

export interface RunOptions<T> {
  /**
   * Whether a call failed. Default: every error is a failure, except the caller's own abort and
   * another breaker's rejection, which are neutral; a fetch `Response` is judged by its status;
   * any other value is a success.
   */
  readonly isFailure?: (outcome: Outcome<T>) => boolean | Judgement;
  /** Default: the integration's `request.timeoutSeconds`. 1–900000; a timeout is a failure. */
  readonly timeoutMs?: number;
  /** The caller's own; when it aborts, the call is neutral. */
  readonly signal?: AbortSignal;
}

export interface CircuitBreaker {
  /**
   * Makes one call if the breaker lets it through, and tells the breaker what came of it before
   * this resolves. `signal` aborts at the timeout. Throws BreakerOpenError where no call is made.
   */
  run<T>(work: (signal: AbortSignal) => Promise<T>, options?: RunOptions<T>): Promise<T>;
}

/** The breaker of a target, the same that the gateway's deliveries and calls to it are under. */
export function circuitBreaker(deps: GuardDeps, target: Target): CircuitBreaker {
  return {
    async run(work, options = {}) {
      const timeoutMs = options.timeoutMs ?? target.request.timeoutSeconds * 1000;
      mustBeWithin('timeoutMs', timeoutMs, 1, TIMEOUT_MS_MAX);
      // A probe's lease must last as long as its call may.
      const request = { ...target.request, timeoutSeconds: Math.ceil(timeoutMs / 1000) };
      const asTimed = { ...target, request };
      const probe = await admitted(deps, asTimed, options.signal);
      return await guardedCall(deps, asTimed, probe, { work, options, timeoutMs });
    },
  };
}

/** The probe that the call is, if it is one. */
async function admitted(
  deps: GuardDeps,
  target: Target,
  outer: AbortSignal | undefined,
): Promise<Probe | undefined> {
  outer?.throwIfAborted();
  await deps.board.refresh();
  // The slow lane is never turned away for being slow.
  const asked = await askBreaker(deps, target, 'slow');
  const probe = asked.kind === 'go' ? asked.probe : undefined;
  if (outer?.aborted === true) {
    await giveBack(deps, target, probe);
    throw outer.reason;
  }
  if (asked.kind === 'go') return probe;
  // Reported with the next call that passes: a write for each would keep probes from the row.
  deps.tally.reject(breakerRefOf(target));
  throw rejection(deps, target);
}

function rejection(deps: GuardDeps, target: Target): BreakerOpenError {
  const sign = signOn(deps.board, breakerRefOf(target));
  return new BreakerOpenError({
    integration: target.name,
    target: targetName(target.target),
    state: sign.state,
    retryAfterMs: heldMs(deps, target),
  });
}

interface Call<T> {
  readonly work: (signal: AbortSignal) => Promise<T>;
  readonly options: RunOptions<T>;
  readonly timeoutMs: number;
}

async function guardedCall<T>(
  deps: GuardDeps,
  target: Target,
  probe: Probe | undefined,
  { work, options, timeoutMs }: Call<T>,
): Promise<T> {
  const { clock } = deps;
  const startedAtMs = clock.nowMs();
  const ended = watchCall(deps, target, probe !== undefined);
  const limits = { timeoutMs, signal: options.signal };
  const outcome = await timedOutcome(clock, limits, (signal) => {
    if (probe !== undefined) markProbe(signal);
    return work(signal);
  });
  const overdueAtMs = ended();
  const latencyMs = clock.nowMs() - startedAtMs;
  let judgement: Judgement = 'neutral';
  try {
    judgement = judge(outcome, options);
    return settled(outcome);
  } finally {
    // Whatever it came to, a judge that throws included: a probe's place must be free again.
    const result = resultOf(judgement, { startedAtMs, latencyMs });
    await tellBreaker(deps, target, probe, { ...result, overdueAtMs });
    await reportCalls(deps, target);
  }
}

function judge<T>(outcome: Outcome<T>, { isFailure, signal }: RunOptions<T>): Judgement {
  const judged = isFailure?.(outcome);
  if (judged !== undefined) {
    return typeof judged === 'boolean' ? (judged ? 'failure' : 'success') : judged;
  }
  if ('value' in outcome) return answerIn(outcome.value) ?? 'success';
  const isOurs = signal?.aborted === true || outcome.error instanceof BreakerOpenError;
  return isOurs ? 'neutral' : 'failure';
}

/** As the guard takes it from a request: `blocked` says nothing about the other side. */
function resultOf(
  judgement: Judgement,
  times: Pick<CallResult, 'startedAtMs' | 'latencyMs'>,
): CallResult {
  const seen = { ...times, responseHeaders: {}, responseBody: '' };
  switch (judgement) {
    case 'success':
      return { ...seen, statusCode: 200, error: null };
    case 'failure':
      return { ...seen, statusCode: null, error: 'reset' };
    case 'neutral':
      return { ...seen, statusCode: null, error: 'blocked' };
  }
  const { statusCode, headers } = judgement;
  return { ...seen, statusCode, error: null, responseHeaders: headers };
}
