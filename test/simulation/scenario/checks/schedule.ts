import type { Attempt } from '../../../../lib/domain/delivery.ts';
import { leaseOf } from '../../../../lib/domain/delivery-transitions.ts';
import type { Order } from '../book.ts';
import type { Run } from '../run.ts';
import { isTakenForPassed } from './acceptance.ts';
import { type Checks, firstWrong } from './check.ts';
import { asksAgain, type Dossier, evidenceOf } from './evidence.ts';

/** When and how often a delivery is attempted. */
export const SCHEDULE_CHECKS: Checks = {
  'no attempt is made before its time': (run) =>
    firstWrong(evidenceOf(run).dossiers, (dossier) => earlyIn(run, dossier)),
  'no more attempts are made than the schedule has': (run) =>
    firstWrong(evidenceOf(run).dossiers, tooManyIn),
  'nothing is sent before its deliverAt': (run) =>
    firstWrong(evidenceOf(run).dossiers, (dossier) => beforeItsTimeIn(run, dossier)),
};

/** A doorbell this early is on time: see `EARLY_MS` of the admission. */
const EARLY_MS = 500;

/** An attempt at the integration itself that its schedule counts. */
interface Turn {
  readonly attempt: Attempt;
  /** From 1, since the beginning or since somebody asked for the delivery to be sent again. */
  readonly number: number;
}

function earlyIn(run: Run, dossier: Dossier): string | undefined {
  const { id, integration } = dossier;
  const { jumpMs, behindMs } = evidenceOf(run).clocks;
  const { schedule } = integration.retry;
  const turns = turnsOf(dossier);
  return firstWrong(turns.entries(), ([at, { attempt, number }]) => {
    const before = turns[at - 1];
    // The schedule begins anew with its first attempt.
    if (before === undefined || number === 1) return undefined;
    const delayMs = (schedule[before.number - 1] ?? schedule.at(-1) ?? 0) * 1_000;
    const hintMs = (before.attempt.retryAfterSeconds ?? 0) * 1_000;
    const dueAtMs = endOf(before.attempt) + Math.max(delayMs, hintMs);
    // What is held was due by the clock of who held it, and is let go by another's.
    const otherMs = wasHeld(dossier, attempt) ? behindMs : 0;
    if (attempt.startedAtMs >= dueAtMs - EARLY_MS - 2 * jumpMs - otherMs) return undefined;
    return `${id}: attempt ${attempt.number} began at ${attempt.startedAtMs}, due at ${dueAtMs}`;
  });
}

function tooManyIn(dossier: Dossier): string | undefined {
  const { maxAttempts } = dossier.integration.retry;
  return firstWrong(turnsOf(dossier), ({ number, attempt }) =>
    number > maxAttempts
      ? `${dossier.id}: attempt ${attempt.number} is the ${number}th of ${maxAttempts}`
      : undefined,
  );
}

function turnsOf(dossier: Dossier): readonly Turn[] {
  const { last, integration } = dossier;
  const turns: Turn[] = [];
  for (const attempt of last.attempts) {
    const isOwn = new URL(attempt.target).host === integration.host;
    if (!isOwn || isLate(dossier, attempt)) continue;
    const before = turns.at(-1);
    const isFirst = before === undefined || isAnew(dossier, before.attempt, attempt);
    turns.push({ attempt, number: isFirst ? 1 : before.number + 1 });
  }
  return turns;
}

/**
 * Whether it joined a delivery that had changed meanwhile: then a failure changes nothing, neither
 * the time of the next attempt nor what the receiver asked for (see docs/architecture.md).
 */
function isLate(dossier: Dossier, attempt: Attempt): boolean {
  const change = recordOf(dossier, attempt);
  if (change?.before === undefined || change.after === undefined) return false;
  // Nobody had a claim: it was made without one, and so was the one before it.
  const lease = leaseOf(change.before);
  if (lease === undefined || wasBeforeClaim(dossier, attempt, lease)) return true;
  return JSON.stringify(change.before.state) === JSON.stringify(change.after.state);
}

/** Whether its request was made before this lease was stored: then the claim is another's. */
function wasBeforeClaim({ changes, requestOf }: Dossier, attempt: Attempt, lease: number): boolean {
  const claim = changes.find(({ after }) => after !== undefined && leaseOf(after) === lease);
  const request = requestOf.get(attempt);
  return claim !== undefined && request !== undefined && request.atMs < claim.atMs;
}

function wasHeld(dossier: Dossier, attempt: Attempt): boolean {
  return recordOf(dossier, attempt)?.before?.state.status === 'held';
}

function recordOf({ changes }: Dossier, { id }: Attempt) {
  return changes.find(({ after }) => after?.attempts.some((one) => one.id === id));
}

/** A recovery is a job, which goes on after its order was heard; what it holds, a drain lets go. */
const JOB_MS_MAX = 86_400_000;

/** Whether somebody asked between the two for it to be sent again, or for what was held. */
function isAnew({ orders }: Dossier, { startedAtMs: fromMs }: Attempt, next: Attempt): boolean {
  return orders.some((order) => {
    const { what, askedAtMs, heardAtMs = Number.POSITIVE_INFINITY } = order;
    // What was paused within a minute of its time is let go when it is resumed.
    if (!asksAgain(order) && what !== 'resume') return false;
    const doneMs = asksAgain(order) && what !== 'recover' ? heardAtMs : heardAtMs + JOB_MS_MAX;
    return askedAtMs <= next.startedAtMs + CLOCKS_MS && doneMs >= fromMs - CLOCKS_MS;
  });
}

/** Records have the time of who made them, orders the true one. */
const CLOCKS_MS = 120_000;

function endOf({ startedAtMs, latencyMs }: Attempt): number {
  return startedAtMs + latencyMs;
}

function beforeItsTimeIn(run: Run, dossier: Dossier): string | undefined {
  const { id, accepted, requests, orders } = dossier;
  if (accepted?.deliverAtMs === undefined || isTakenForPassed(run, accepted)) return undefined;
  const { deliverAtMs } = accepted;
  const { clocks } = evidenceOf(run);
  return firstWrong(requests, ({ atMs, from }) => {
    // Who asks for it to be sent again asks for it now.
    const isAsked = (order: Order) => order.what === 'retry' || order.what === 'replay';
    if (orders.some((order) => isAsked(order) && order.askedAtMs <= atMs)) return undefined;
    const ownMs = Math.max(...clocks.offsetsOf(from).map((offset) => atMs + offset));
    if (ownMs >= deliverAtMs - EARLY_MS) return undefined;
    return `${id} is for ${deliverAtMs} and was sent at ${atMs} by ${from}`;
  });
}
