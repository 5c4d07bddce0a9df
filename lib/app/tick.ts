import { type DigestDeps, signHeads } from './audit-digests.ts';
import { type ChangeAuditDeps, completeIntents } from './audited-change.ts';
import { type CheckHealthDeps, runHealthChecks } from './check-health.ts';
import { type ResumeDeps, resumeJobs } from './jobs.ts';
import type { Clock } from './ports.ts';
import { type ReconcileDeps, reconcile } from './reconcile.ts';
import { type RingDeps, ringDue } from './ring-due.ts';
import { runSweeps, type SweepDeps } from './sweep.ts';
import { type WatchDeps, watchBreakers } from './watch-breakers.ts';

type Parts = RingDeps &
  ReconcileDeps &
  SweepDeps &
  WatchDeps &
  CheckHealthDeps &
  ResumeDeps &
  ChangeAuditDeps &
  DigestDeps;

export interface TickDeps extends Parts {
  readonly clock: Clock;
}

/** Stop starting work this long before the function is cut off. */
const MARGIN_MS = 10_000;

/**
 * The minute's work. One part failing must not keep the others from running, and must not pass
 * unseen either: the failures are thrown together at the end.
 */
export async function tick(deps: TickDeps, remainingMs: () => number): Promise<void> {
  const outOfTime = () => remainingMs() < MARGIN_MS;
  const parts = await Promise.allSettled([
    ringDue(deps, outOfTime),
    reconcile(deps, outOfTime),
    runSweeps(deps, outOfTime),
    watchBreakers(deps, outOfTime),
    runHealthChecks(deps, outOfTime),
    resumeJobs(deps),
    completeIntents(deps, outOfTime),
    signHeads(deps, outOfTime),
  ]);
  const errors = parts.flatMap((part) => (part.status === 'rejected' ? [part.reason] : []));
  if (errors.length > 0) throw new AggregateError(errors, 'The tick could not do all its work.');
}
