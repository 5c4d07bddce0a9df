import { PRIMARY_TARGET } from './breaker.ts';
import { ATTEMPTS_KEPT_MAX, type Attempt, type Delivery } from './delivery.ts';
import { exhausted, passedOn } from './delivery-chain.ts';
import { attemptsMade, dueAt, hold, withoutChain } from './delivery-transitions.ts';
import type { Integration } from './integration.ts';
import { nextAttemptAt, type Verdict } from './retry.ts';
import { targetName } from './target.ts';

/** What an attempt makes of its delivery. */

/** After an attempt at the integration itself: delivered, to be tried again, held, passed on. */
export function settle(
  delivery: Delivery,
  attempt: Attempt,
  verdict: Verdict,
  { retry, fallback }: Pick<Integration, 'retry' | 'fallback'>,
  { nowMs, dice }: { readonly nowMs: number; readonly dice: number },
): Delivery {
  const next = withoutChain(withAttempt(heldNoLonger(delivery, attempt), attempt));
  if (verdict.outcome === 'success') return delivered(next, nowMs, PRIMARY_TARGET);
  if (verdict.disable) return hold(next, 'pause');
  if (verdict.outcome === 'permanent') return exhausted(next, fallback, nowMs);
  const progress = {
    made: attemptsMade(next) - next.scheduleBase,
    startedAtMs: next.scheduleStartMs,
    retryAfterSeconds: verdict.retryAfterSeconds,
  };
  const atMs = nextAttemptAt(retry, progress, nowMs, dice);
  if (atMs === undefined) return exhausted(next, fallback, nowMs);
  return { ...next, rings: 0, state: dueAt(atMs, nowMs) };
}

/**
 * After an attempt at the chain's link `number`: delivered, or passed on along the chain. The
 * integration's own schedule does not count it.
 */
export function settleFallback(
  delivery: Delivery,
  attempt: Attempt,
  { outcome }: Pick<Verdict, 'outcome'>,
  { fallback, number }: Pick<Integration, 'fallback'> & { readonly number: number },
  chance: { readonly nowMs: number; readonly dice: number },
): Delivery {
  const made = withAttempt(heldNoLonger(delivery, attempt), attempt);
  const next = { ...made, scheduleBase: made.scheduleBase + 1 };
  if (outcome === 'success') return delivered(withoutChain(next), chance.nowMs, number);
  return passedOn(next, fallback, number, chance);
}

/**
 * The delivery as it stands now, joined by an attempt that was made on an older state of it: the
 * attempt is kept, a success counts, a failure changes nothing. `target` is where it went: 0 is the
 * integration itself.
 */
export function settleLate(
  current: Delivery,
  attempt: Attempt,
  verdict: Pick<Verdict, 'outcome'>,
  target: number,
  nowMs: number,
): Delivery {
  const made = withAttempt(current, { ...attempt, number: attemptsMade(current) + 1 });
  const isOwn = target === PRIMARY_TARGET;
  const next = isOwn ? made : { ...made, scheduleBase: made.scheduleBase + 1 };
  if (verdict.outcome !== 'success' || current.state.status === 'delivered') return next;
  return delivered(withoutChain(next), nowMs, target);
}

/** What was held until this attempt does not age by the time it was held. */
function heldNoLonger(delivery: Delivery, { startedAtMs }: Attempt): Delivery {
  if (delivery.state.status !== 'held') return delivery;
  return { ...delivery, scheduleStartMs: Math.max(startedAtMs, delivery.scheduleStartMs) };
}

function withAttempt(delivery: Delivery, attempt: Attempt): Delivery {
  return { ...delivery, attempts: [...delivery.attempts, attempt].slice(-ATTEMPTS_KEPT_MAX) };
}

function delivered(delivery: Delivery, nowMs: number, target: number): Delivery {
  const via = targetName(target);
  return { ...delivery, state: { status: 'delivered', via, completedAtMs: nowMs } };
}
