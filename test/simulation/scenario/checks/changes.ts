import type { Delivery, DeliveryState } from '../../../../lib/domain/delivery.ts';
import { leaseOf } from '../../../../lib/domain/delivery-transitions.ts';
import type { Run } from '../run.ts';
import { type Change, isOver } from '../watch.ts';
import type { ChangeChecks } from './check.ts';
import { clocksOf } from './clocks.ts';
import { asksAgain } from './evidence.ts';

/** What each stored change of a delivery must be like, judged as it is made. */
export const DELIVERY_CHANGE_CHECKS: ChangeChecks = {
  'what is pending has a lease, a reason to be held, or a time that comes': (run) => (id, change) =>
    // The clocks are asked only where it matters: their faults are many.
    stuckBy(id, change, 0) && stuckBy(id, change, clocksOf(run.faults.happened).aheadMs),
  'a claim is not taken over before its lease is over': (run) => (id, change) =>
    takenFrom(run, id, change),
  'an attempt is never forgotten, and each change is of the version before': () => forgottenBy,
  'what is over stays over until somebody asks for it again': (run) => (id, change) =>
    revivedBy(run, id, change),
};

/** The longest a lease lasts: the longest timeout there is, and the time to record it. */
const LEASE_MS_MAX = 45_000;
/** The longest wait of a schedule, a chain's round, a `Retry-After` or a `deliverAt`, and jitter. */
const DUE_MS_MAX = 86_400_000 * 1.2;
/** How long the tick leaves alone what was rung for. */
const RING_MS_MAX = 3_600_000;
const ROUNDING_MS = 1_000;

function stuckBy(id: string, { atMs, after }: Change, aheadMs: number): string | undefined {
  if (after === undefined) return `${id}: its row is gone`;
  const nowMs = atMs + aheadMs + ROUNDING_MS;
  const wrong = (what: string) => `${id} is ${after.state.status}, ${what}`;
  const { state } = after;
  switch (state.status) {
    case 'queued':
    case 'waiting': {
      const { nextAttemptAtMs, dueAtMs } = state;
      if (!(nextAttemptAtMs <= nowMs + DUE_MS_MAX)) return wrong(`due at ${nextAttemptAtMs}`);
      const rungMs = Math.max(nextAttemptAtMs, nowMs) + RING_MS_MAX;
      return dueAtMs <= rungMs ? undefined : wrong(`rung for at ${dueAtMs}`);
    }
    case 'delivering':
      return state.leaseUntilMs <= nowMs + LEASE_MS_MAX
        ? undefined
        : wrong(`leased until ${state.leaseUntilMs}`);
    case 'held': {
      const { heldBy, leaseUntilMs = 0 } = state;
      if (leaseUntilMs > nowMs + LEASE_MS_MAX) return wrong(`leased until ${leaseUntilMs}`);
      return ['breaker', 'pause', 'limit'].includes(heldBy) ? undefined : wrong(`by ${heldBy}`);
    }
    case 'delivered':
    case 'failed':
    case 'cancelled':
      return undefined;
  }
}

/**
 * Another lease, or a ring for another, while the one before lasts, by any clock of the run. Its
 * holder's own record ends it, and so does an order; neither is a claim.
 */
function takenFrom(run: Run, id: string, { atMs, before, after }: Change): string | undefined {
  const leaseUntilMs = before && leaseOf(before);
  if (after === undefined || leaseUntilMs === undefined || leaseUntilMs <= atMs) return undefined;
  const isRecord = before?.attempts.length !== after.attempts.length;
  if (isRecord || isOver(after) || leaseOf(after) === leaseUntilMs) return undefined;
  if (leaseUntilMs <= atMs + clocksOf(run.faults.happened).aheadMs) return undefined;
  const isAsked = leaseOf(after) === undefined && isAskedAgain(run, id, after);
  return isAsked
    ? undefined
    : `${id} was leased until ${leaseUntilMs} and is ${textOf(after.state)} at ${atMs}`;
}

function forgottenBy(id: string, { before, after }: Change): string | undefined {
  const version = (before?.version ?? 0) + 1;
  if (after !== undefined && after.version !== version) {
    return `${id}: version ${after.version} follows ${before?.version}`;
  }
  const lost = before?.attempts.find(
    (one) => !after?.attempts.some((other) => JSON.stringify(other) === JSON.stringify(one)),
  );
  if (lost === undefined || (after?.attempts.length ?? 0) >= ATTEMPTS_KEPT) return undefined;
  return `${id} lost the attempt ${lost.id}`;
}

/** Of more attempts the newest stay: see `ATTEMPTS_KEPT_MAX`. */
const ATTEMPTS_KEPT = 60;

function revivedBy(run: Run, id: string, { before, after }: Change): string | undefined {
  if (before === undefined || after === undefined || !isOver(before)) return undefined;
  const isLate = after.attempts.length > before.attempts.length && isOver(after);
  if (isLate) return isWorse(before, after) ? `${id} was ${textOf(before.state)}` : undefined;
  if (isAskedAgain(run, id, after)) return undefined;
  return `${id} was ${before.state.status} and is ${textOf(after.state)}`;
}

/** A late result may make a success of what was not; nothing is made of a success. */
function isWorse({ state: before }: Delivery, { state: after }: Delivery): boolean {
  return before.status !== after.status && after.status !== 'delivered';
}

function isAskedAgain({ book }: Run, id: string, { eventId, integrationId }: Delivery): boolean {
  return book.orders.some(
    (order) =>
      asksAgain(order) &&
      (order.deliveryId === id ||
        order.eventId === eventId ||
        order.integrationId === integrationId),
  );
}

function textOf(state: DeliveryState): string {
  return JSON.stringify(state);
}
