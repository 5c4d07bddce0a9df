import { newBreaker } from '../domain/breaker.ts';
import { gate } from '../domain/breaker-gate.ts';
import { breakerOutcome } from '../domain/breaker-outcome.ts';
import { opened } from '../domain/breaker-transitions.ts';
import { bucketAt, tripReason } from '../domain/breaker-window.ts';
import type { HeldBy, Lane } from '../domain/delivery.ts';
import type { Integration } from '../domain/integration.ts';
import { signOf } from './breaker-board.ts';
import { moveBreaker } from './breaker-moves.ts';
import type { BreakerTally, Pending } from './breaker-tally.ts';
import type { CallResult } from './ports.ts';
import type { Breakers } from './ports-outage.ts';
import { acquireProbe, PROBE_MARGIN_MS, type Probe, type ProbeDeps, settleProbe } from './probe.ts';
import { type LetGoDeps, letGoOldest } from './probe-waiting.ts';
import { primaryOf } from './targets.ts';
import { within } from './within.ts';

/** The breaker as the delivery path uses it: asked before a call, told afterwards. */

export interface GuardDeps extends ProbeDeps, LetGoDeps {
  readonly deliveries: ProbeDeps['deliveries'] & LetGoDeps['deliveries'];
  readonly breakers: ProbeDeps['breakers'] &
    Pick<Breakers, 'report' | 'pause' | 'linger' | 'reject'>;
  readonly tally: BreakerTally;
  /** This function instance, unlike any other. */
  readonly instance: string;
}

export type Admittance =
  | { readonly kind: 'go'; readonly probe?: Probe }
  | { readonly kind: 'hold'; readonly heldBy: HeldBy }
  /** Not from the fast lane: it would keep quick ones waiting. */
  | { readonly kind: 'slow-lane' };

/** A call under way for this long has its integration's deliveries go through the slow lane. */
export const LINGERING_MS = 1_000;
const SLOW_MS = 60_000;
/** A mark that lasts longer than this is not renewed. */
const SLOW_RENEWED_MS = 40_000;
/** Nobody waits longer for a breaker's store; what was begun goes on. */
const WAIT_MS = 500;

/** May the integration be called now. Without an answer from the store: as last known. */
export async function askBreaker(
  deps: GuardDeps,
  integration: Integration,
  lane: Lane,
): Promise<Admittance> {
  const sign = deps.board.sign(primaryOf(integration));
  const asked = gate(sign, integration.breaker, deps.clock.nowMs());
  switch (asked.kind) {
    case 'pass':
      return lane === 'fast' && asked.slow ? { kind: 'slow-lane' } : { kind: 'go' };
    case 'hold':
      return { kind: 'hold', heldBy: asked.heldBy };
    case 'probe':
      break;
  }
  const leaseMs = integration.request.timeoutSeconds * 1000 + PROBE_MARGIN_MS;
  try {
    const probe = await acquireProbe(deps, integration, leaseMs);
    if (probe === 'hold') return { kind: 'hold', heldBy: 'breaker' };
    return probe === 'pass' ? { kind: 'go' } : { kind: 'go', probe };
  } catch (error) {
    noteFailure(deps, integration, error);
    return { kind: 'hold', heldBy: 'breaker' };
  }
}

/** Gives back a probe whose call was not made. */
export async function giveBack(
  deps: GuardDeps,
  integration: Integration,
  probe: Probe | undefined,
): Promise<void> {
  if (probe === undefined) return;
  await guarded(deps, integration, settleProbe(deps, integration, probe, 'neutral'));
}

/** Tells the breaker what a call came to. Counts are kept until `reportCalls`. */
export async function tellBreaker(
  deps: GuardDeps,
  integration: Integration,
  probe: Probe | undefined,
  result: CallResult,
): Promise<void> {
  const nowMs = deps.clock.nowMs();
  const ref = primaryOf(integration);
  const outcome = breakerOutcome(result, integration.breaker, nowMs);
  if (outcome.kind === 'throttled') {
    const notBeforeMs = nowMs + outcome.pauseMs;
    const sign = deps.board.sign(ref) ?? signOf(newBreaker(ref));
    deps.board.learn({ ...sign, notBeforeMs: Math.max(sign.notBeforeMs, notBeforeMs) });
    await guarded(deps, integration, deps.breakers.pause(ref, notBeforeMs));
  }
  if (!integration.breaker.enabled) return;
  const notBeforeMs = outcome.kind === 'down' ? nowMs + outcome.forMs : 0;
  if (probe !== undefined) {
    const came =
      outcome.kind === 'success'
        ? 'success'
        : outcome.kind === 'failure' || outcome.kind === 'down'
          ? 'failure'
          : 'neutral';
    await guarded(deps, integration, probed(deps, integration, probe, came, notBeforeMs));
    return;
  }
  if (outcome.kind === 'neutral' || outcome.kind === 'throttled') return;
  const ok = outcome.kind === 'success';
  const call = { ok, slow: outcome.slow, startedAtMs: result.startedAtMs };
  deps.tally.note(ref, integration.breaker, call, nowMs);
  if (outcome.kind === 'down') {
    await guarded(deps, integration, openUntil(deps, integration, notBeforeMs));
  }
}

/** After a good probe the next of those that wait, the oldest first. */
async function probed(
  deps: GuardDeps,
  integration: Integration,
  probe: Probe,
  outcome: 'success' | 'failure' | 'neutral',
  notBeforeMs: number,
): Promise<void> {
  const isOpenStill = await settleProbe(deps, integration, probe, outcome, notBeforeMs);
  if (isOpenStill) await letGoOldest(deps, integration, 1);
}

/** The other side says itself that it is down, and for how long. */
async function openUntil(
  deps: GuardDeps,
  integration: Integration,
  notBeforeMs: number,
): Promise<void> {
  const ref = primaryOf(integration);
  const breaker = (await deps.breakers.load(ref)) ?? newBreaker(ref);
  if (breaker.state !== 'closed') return;
  const cause = {
    nowMs: deps.clock.nowMs(),
    dice: deps.random.unit(),
    reason: 'It answered 503 with Retry-After.',
    notBeforeMs,
  };
  await moveBreaker(deps, integration, opened(breaker, integration.breaker, cause));
}

/**
 * Reports what this instance saw of a target, if there is anything to report: nothing for one
 * that is well. Opens the breaker when it is this report that makes it due.
 */
export async function reportCalls(deps: GuardDeps, integration: Integration): Promise<void> {
  if (!integration.breaker.enabled) return;
  const ref = primaryOf(integration);
  const sign = deps.board.sign(ref);
  const watched = sign?.suspectSinceMs !== undefined || sign?.state === 'metrics-only';
  const pending = deps.tally.due(ref, watched, deps.clock.nowMs());
  if (pending === undefined) return;
  await guarded(deps, integration, reportPending(deps, integration, pending));
}

async function reportPending(
  deps: GuardDeps,
  integration: Integration,
  pending: Pending,
): Promise<void> {
  const nowMs = deps.clock.nowMs();
  const { kind, breaker } = await deps.breakers.report(primaryOf(integration), {
    ...pending,
    reporter: deps.instance,
    place: bucketAt(integration.breaker, nowMs),
    nowMs,
  });
  deps.board.learn(signOf(breaker));
  deps.tally.reported(breaker, nowMs);
  if (kind === 'late') {
    deps.telemetry.count('BreakerLateResults');
    return;
  }
  const reason = tripReason(breaker, integration.breaker, nowMs);
  if (reason === undefined) return;
  const cause = { nowMs, dice: deps.random.unit(), reason };
  await moveBreaker(deps, integration, opened(breaker, integration.breaker, cause));
}

/** Has the integration's deliveries go through the slow lane for a while. */
export async function markLingering(deps: GuardDeps, integration: Integration): Promise<void> {
  const ref = primaryOf(integration);
  const nowMs = deps.clock.nowMs();
  const sign = deps.board.sign(ref) ?? signOf(newBreaker(ref));
  if (sign.slowUntilMs > nowMs + SLOW_RENEWED_MS) return;
  const slowUntilMs = nowMs + SLOW_MS;
  deps.board.learn({ ...sign, slowUntilMs });
  await guarded(deps, integration, deps.breakers.linger(ref, slowUntilMs));
}

/** Counts deliveries that were held by an open breaker. */
export async function countRejected(
  deps: GuardDeps,
  integration: Integration,
  count: number,
): Promise<void> {
  await guarded(deps, integration, deps.breakers.reject(primaryOf(integration), count));
}

/** The breaker's store gone or slow must neither fail a delivery nor hold it up. */
async function guarded(
  deps: GuardDeps,
  integration: Integration,
  work: Promise<unknown>,
): Promise<void> {
  try {
    await within(deps.clock, WAIT_MS, work, (error) => noteFailure(deps, integration, error));
  } catch (error) {
    noteFailure(deps, integration, error);
  }
}

function noteFailure(deps: GuardDeps, integration: Integration, error: unknown): void {
  deps.telemetry.count('BreakerStoreFailures');
  deps.telemetry.warn('breaker.unavailable', {
    tenant: integration.tenant,
    integrationId: integration.id,
    error,
  });
}
