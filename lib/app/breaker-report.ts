import { opened } from '../domain/breaker-transitions.ts';
import { bucketAt, tripReason } from '../domain/breaker-window.ts';
import { breakerRefOf, type Target } from '../domain/target.ts';
import { signOf } from './breaker-board.ts';
import { moveBreaker } from './breaker-moves.ts';
import type { BreakerTally, Pending } from './breaker-tally.ts';
import type { Breakers } from './ports-outage.ts';
import type { ProbeDeps } from './probe.ts';
import type { LetGoDeps } from './probe-waiting.ts';
import { within } from './within.ts';

export interface GuardDeps extends ProbeDeps, LetGoDeps {
  readonly deliveries: ProbeDeps['deliveries'] & LetGoDeps['deliveries'];
  readonly breakers: ProbeDeps['breakers'] &
    Pick<Breakers, 'report' | 'pause' | 'linger' | 'reject'>;
  readonly tally: BreakerTally;
  /** This function instance, unlike any other. */
  readonly instance: string;
}

/** Nobody waits longer for a breaker's store; what was begun goes on. */
const WAIT_MS = 500;

/**
 * Reports what this instance saw of a target, if there is anything to report: nothing for one
 * that is well. Opens the breaker when it is this report that makes it due.
 */
export async function reportCalls(deps: GuardDeps, target: Target): Promise<void> {
  const ref = breakerRefOf(target);
  const rejected = deps.tally.rejected(ref);
  // Together, not one by one: many writes a second to one row would keep its probes from it.
  if (rejected > 0) await guarded(deps, target, deps.breakers.reject(ref, rejected));
  if (!target.breaker.enabled) return;
  const sign = deps.board.sign(ref);
  const watched = sign?.suspectSinceMs !== undefined || sign?.state === 'metrics-only';
  const pending = deps.tally.due(ref, watched, deps.clock.nowMs());
  if (pending === undefined) return;
  await guarded(deps, target, reportPending(deps, target, pending));
}

async function reportPending(deps: GuardDeps, target: Target, pending: Pending): Promise<void> {
  const nowMs = deps.clock.nowMs();
  const { kind, breaker } = await deps.breakers.report(breakerRefOf(target), {
    ...pending,
    reporter: deps.instance,
    place: bucketAt(target.breaker, nowMs),
    nowMs,
  });
  deps.board.learn(signOf(breaker));
  deps.tally.reported(breaker, nowMs);
  if (kind === 'late') {
    deps.telemetry.count('BreakerLateResults');
    return;
  }
  const reason = tripReason(breaker, target.breaker, nowMs);
  if (reason === undefined) return;
  const cause = { nowMs, dice: deps.random.unit(), reason };
  await moveBreaker(deps, target, opened(breaker, target.breaker, cause));
}

/** The breaker's store gone or slow must neither fail a delivery nor hold it up. */
export async function guarded(
  deps: GuardDeps,
  target: Target,
  work: Promise<unknown>,
): Promise<void> {
  try {
    await within(deps.clock, WAIT_MS, work, (error) => noteFailure(deps, target, error));
  } catch (error) {
    noteFailure(deps, target, error);
  }
}

export function noteFailure(deps: GuardDeps, target: Target, error: unknown): void {
  deps.telemetry.count('BreakerStoreFailures');
  deps.telemetry.warn('breaker.unavailable', {
    tenant: target.tenant,
    integrationId: target.id,
    error,
  });
}
