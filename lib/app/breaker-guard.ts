import { type BreakerSign, PRIMARY_TARGET } from '../domain/breaker.ts';
import { gate } from '../domain/breaker-gate.ts';
import { breakerOutcome, type ProbeOutcome, probeOutcome } from '../domain/breaker-outcome.ts';
import { opened } from '../domain/breaker-transitions.ts';
import type { HeldBy, Lane } from '../domain/delivery.ts';
import { breakerRefOf, type Target } from '../domain/target.ts';
import { signOf, signOn } from './breaker-board.ts';
import { moveBreaker } from './breaker-moves.ts';
import { type GuardDeps, guarded, noteFailure } from './breaker-report.ts';
import type { CallResult } from './ports-sending.ts';
import { acquireProbe, PROBE_MARGIN_MS, type Probe, settleProbe } from './probe.ts';
import { letGoOldest } from './probe-waiting.ts';
import { loadBreaker } from './targets.ts';

/** The breaker as the delivery path uses it: asked before a call, told afterwards. */

/** What came of a call, and since when it was known to be slow, if it was before its end. */
export type WatchedResult = CallResult & { readonly overdueAtMs: number | undefined };

export type Admittance =
  | { readonly kind: 'go'; readonly probe?: Probe }
  | { readonly kind: 'hold'; readonly heldBy: HeldBy }
  /** Not from the fast lane: it would keep quick ones waiting. */
  | { readonly kind: 'slow-lane' };

/** May the integration be called now. Without an answer from the store: as last known. */
export async function askBreaker(deps: GuardDeps, target: Target, lane: Lane): Promise<Admittance> {
  const known = deps.board.sign(breakerRefOf(target));
  let asked = gate(known, target.breaker, deps.clock.nowMs());
  if (asked.kind === 'hold' && lane === 'drain') {
    // Drains ring when deliveries pass again; this instance may not have seen that yet.
    const latest = await latestSign(deps, target, known);
    asked = gate(latest, target.breaker, deps.clock.nowMs());
  }
  switch (asked.kind) {
    case 'pass':
      return lane === 'fast' && asked.slow ? { kind: 'slow-lane' } : { kind: 'go' };
    case 'hold':
      return { kind: 'hold', heldBy: asked.heldBy };
    case 'probe':
      break;
  }
  const leaseMs = target.request.timeoutSeconds * 1000 + PROBE_MARGIN_MS;
  try {
    const probe = await acquireProbe(deps, target, leaseMs);
    if (probe === 'hold') return { kind: 'hold', heldBy: 'breaker' };
    return probe === 'pass' ? { kind: 'go' } : { kind: 'go', probe };
  } catch (error) {
    noteFailure(deps, target, error);
    return { kind: 'hold', heldBy: 'breaker' };
  }
}

async function latestSign(
  deps: GuardDeps,
  target: Target,
  known: BreakerSign | undefined,
): Promise<BreakerSign | undefined> {
  try {
    const breaker = await deps.breakers.load(breakerRefOf(target));
    if (breaker === undefined) return undefined;
    deps.board.learn(signOf(breaker));
    return signOf(breaker);
  } catch (error) {
    noteFailure(deps, target, error);
    return known;
  }
}

/** Gives back a probe whose call was not made. */
export async function giveBack(
  deps: GuardDeps,
  target: Target,
  probe: Probe | undefined,
): Promise<void> {
  if (probe === undefined) return;
  await guarded(deps, target, settleProbe(deps, target, probe, 'neutral'));
}

/** Tells the breaker what a call came to. Counts are kept until `reportCalls`. */
export async function tellBreaker(
  deps: GuardDeps,
  target: Target,
  probe: Probe | undefined,
  result: WatchedResult,
): Promise<void> {
  const nowMs = deps.clock.nowMs();
  const ref = breakerRefOf(target);
  const outcome = breakerOutcome(result, target.breaker, nowMs);
  if (outcome.kind === 'throttled') {
    const notBeforeMs = nowMs + outcome.pauseMs;
    const sign = signOn(deps.board, ref);
    deps.board.learn({ ...sign, notBeforeMs: Math.max(sign.notBeforeMs, notBeforeMs) });
    await guarded(deps, target, deps.breakers.pause(ref, notBeforeMs));
  }
  if (!target.breaker.enabled) return;
  const notBeforeMs = outcome.kind === 'down' ? nowMs + outcome.forMs : 0;
  if (probe !== undefined) {
    await guarded(deps, target, probed(deps, target, probe, probeOutcome(outcome), notBeforeMs));
    return;
  }
  if (outcome.kind === 'neutral' || outcome.kind === 'throttled') return;
  const ok = outcome.kind === 'success';
  const { startedAtMs, overdueAtMs } = result;
  // What was counted so long ago has left the window: then it counts anew.
  const windowMs = target.breaker.windowSeconds * 1000;
  const wasOverdue = overdueAtMs !== undefined && nowMs - overdueAtMs < windowMs;
  const call = { ok, slow: outcome.slow, startedAtMs, wasOverdue };
  deps.tally.note(ref, target.breaker, call, nowMs);
  if (outcome.kind === 'down') {
    await guarded(deps, target, openUntil(deps, target, notBeforeMs));
  }
}

/** After a good probe the next of those that wait, the oldest first. */
async function probed(
  deps: GuardDeps,
  target: Target,
  probe: Probe,
  outcome: ProbeOutcome,
  notBeforeMs: number,
): Promise<void> {
  const isOpenStill = await settleProbe(deps, target, probe, outcome, notBeforeMs);
  // What is held waits for the integration's own endpoint.
  if (isOpenStill && target.target === PRIMARY_TARGET) await letGoOldest(deps, target, 1);
}

/** The other side says itself that it is down, and for how long. */
async function openUntil(deps: GuardDeps, target: Target, notBeforeMs: number): Promise<void> {
  const breaker = await loadBreaker(deps.breakers, breakerRefOf(target));
  if (breaker.state !== 'closed') return;
  const cause = {
    nowMs: deps.clock.nowMs(),
    dice: deps.random.unit(),
    reason: 'It answered 503 with Retry-After.',
    notBeforeMs,
  };
  await moveBreaker(deps, target, opened(breaker, target.breaker, cause));
}

/** What a refusal says where nobody knows how long it will last. */
const HELD_MS_MIN = 1_000;

/** After how long one that was refused may ask again, as far as this instance knows. */
export function heldMs({ board, clock }: GuardDeps, target: Target): number {
  const nowMs = clock.nowMs();
  const now = gate(board.sign(breakerRefOf(target)), target.breaker, nowMs);
  const untilMs = now.kind === 'hold' ? now.untilMs : undefined;
  return Math.max((untilMs ?? 0) - nowMs, HELD_MS_MIN);
}
