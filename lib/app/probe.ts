import type { Breaker, ProbeLease } from '../domain/breaker.ts';
import { probeStep } from '../domain/breaker-gate.ts';
import type { ProbeOutcome } from '../domain/breaker-outcome.ts';
import { halfOpened, verdict } from '../domain/breaker-transitions.ts';
import { breakerRefOf, type Target } from '../domain/target.ts';
import { signOf } from './breaker-board.ts';
import { type MoveDeps, moveBreaker } from './breaker-moves.ts';
import type { Random } from './ports.ts';
import type { Breakers } from './ports-outage.ts';
import { ownerName } from './random-names.ts';

export interface ProbeDeps extends MoveDeps {
  readonly breakers: MoveDeps['breakers'] & Pick<Breakers, 'load' | 'lease' | 'clear' | 'settle'>;
  readonly random: Random;
}

export type Probed = Pick<Target, 'id' | 'tenant' | 'name' | 'breaker' | 'target'>;

/** The right to one call to a half-open target. */
export interface Probe {
  readonly version: number;
  readonly lease: ProbeLease;
}

/** Every lost race is somebody else's step on the same way; more than these are not worth it. */
const RACES_MAX = 8;
/** What a lease lasts beyond the call itself: time to record it. */
export const PROBE_MARGIN_MS = 5_000;

/**
 * Asks for a probe of a target whose breaker is open and due, or half-open. Whatever the number
 * of callers, never more get one than the breaker allows at a time and in all.
 */
export async function acquireProbe(
  deps: ProbeDeps,
  target: Probed,
  leaseMs: number,
): Promise<Probe | 'pass' | 'hold'> {
  const ref = breakerRefOf(target);
  for (let race = 0; race < RACES_MAX; race++) {
    const breaker = await deps.breakers.load(ref);
    if (breaker === undefined) return 'pass';
    deps.board.learn(signOf(breaker));
    const nowMs = deps.clock.nowMs();
    const step = probeStep(breaker, target.breaker, nowMs);
    switch (step.kind) {
      case 'pass':
      case 'hold':
        return step.kind;
      case 'half-open': {
        const reason = 'Its open period is over.';
        await moveBreaker(deps, target, halfOpened(breaker, { nowMs, reason, leaseMs }));
        break;
      }
      case 'verdict':
        await judgeProbes(deps, target, breaker, { isOver: true });
        break;
      case 'clear':
        await deps.breakers.clear(ref, breaker.version, step.leases);
        break;
      case 'lease': {
        const lease = { owner: ownerName(deps.random), expiresAtMs: nowMs + leaseMs };
        const { successes = 0, failures = 0 } = breaker.halfOpen ?? {};
        const seen = { version: breaker.version, room: step.room, successes, failures };
        if ((await deps.breakers.lease(ref, seen, lease)) === 'taken') {
          deps.telemetry.count('BreakerProbes');
          return { version: breaker.version, lease };
        }
      }
    }
  }
  return 'hold';
}

/**
 * Says what a probe came to, and judges the breaker by it. True if it is half-open still, so that
 * another probe is of use.
 */
export async function settleProbe(
  deps: ProbeDeps,
  target: Probed,
  probe: Probe,
  outcome: ProbeOutcome,
  notBeforeMs = 0,
): Promise<boolean> {
  const ref = breakerRefOf(target);
  const settled = await deps.breakers.settle(ref, probe.version, probe.lease, outcome);
  if (settled === 'late') {
    deps.telemetry.count('BreakerLateResults');
    return false;
  }
  deps.board.learn(signOf(settled));
  const judged = await judgeProbes(deps, target, settled, { isOver: false, notBeforeMs });
  return !judged && outcome === 'success';
}

/** Makes the transition that a half-open breaker's results call for; false if they call for none. */
export async function judgeProbes(
  deps: ProbeDeps,
  integration: Omit<Probed, 'target'>,
  breaker: Breaker,
  { isOver, notBeforeMs = 0 }: { readonly isOver: boolean; readonly notBeforeMs?: number },
): Promise<boolean> {
  const next = verdict(breaker, integration.breaker, {
    nowMs: deps.clock.nowMs(),
    dice: deps.random.unit(),
    isOver,
    notBeforeMs,
  });
  if (next === undefined) return false;
  await moveBreaker(deps, integration, next);
  return true;
}
