import type { Breaker, BreakerConfig, BreakerSign, ProbeLease } from './breaker.ts';
import type { HeldBy } from './delivery.ts';

/** May this target be called now, as far as the board shows. */
export type Gate =
  /** `watched`: outcomes of either kind are to be reported. */
  | { readonly kind: 'pass'; readonly watched: boolean; readonly slow: boolean }
  /** Only with a probe's lease. */
  | { readonly kind: 'probe' }
  | { readonly kind: 'hold'; readonly heldBy: HeldBy; readonly untilMs: number | undefined };

/** Instances' clocks may differ by this much: nobody's lease is taken over before. */
export const SKEW_MS = 1_000;

/** A breaker that is not on the board is closed and well. */
export function gate(
  sign: BreakerSign | undefined,
  config: Pick<BreakerConfig, 'enabled'>,
  nowMs: number,
): Gate {
  if (sign === undefined) return { kind: 'pass', watched: false, slow: false };
  if (sign.notBeforeMs > nowMs) {
    return { kind: 'hold', heldBy: 'limit', untilMs: sign.notBeforeMs };
  }
  const slow = sign.slowUntilMs > nowMs;
  if (!config.enabled) return { kind: 'pass', watched: false, slow };
  switch (sign.state) {
    case 'closed': {
      const watched = sign.suspectSinceMs !== undefined;
      return { kind: 'pass', watched, slow: slow || watched };
    }
    case 'metrics-only':
      return { kind: 'pass', watched: true, slow };
    case 'disabled':
      return { kind: 'pass', watched: false, slow };
    case 'open':
      if ((sign.openUntilMs ?? 0) <= nowMs) return { kind: 'probe' };
      return { kind: 'hold', heldBy: 'breaker', untilMs: sign.openUntilMs };
    case 'half-open':
      return { kind: 'probe' };
    case 'forced-open': {
      const { openUntilMs } = sign;
      if (openUntilMs !== undefined && openUntilMs <= nowMs) return { kind: 'probe' };
      return { kind: 'hold', heldBy: 'breaker', untilMs: openUntilMs };
    }
  }
}

/** What one who wants to probe does next, given the breaker as it is stored. */
export type ProbeStep =
  /** It has closed meanwhile, or is switched off. */
  | { readonly kind: 'pass' }
  | { readonly kind: 'hold' }
  /** Its open period is over: move it, then ask again. */
  | { readonly kind: 'half-open' }
  /** Half-open for too long: judge it by what came back, then ask again. */
  | { readonly kind: 'verdict' }
  /** Take these away first: whoever held them is dead. */
  | { readonly kind: 'clear'; readonly leases: readonly ProbeLease[] }
  /** A place is free: take it if `room` is still the number of leases there may be at most. */
  | { readonly kind: 'lease'; readonly room: number };

export function probeStep(breaker: Breaker, config: BreakerConfig, nowMs: number): ProbeStep {
  if (!config.enabled) return { kind: 'pass' };
  switch (breaker.state) {
    case 'closed':
    case 'disabled':
    case 'metrics-only':
      return { kind: 'pass' };
    case 'open':
      return (breaker.openUntilMs ?? 0) <= nowMs ? { kind: 'half-open' } : { kind: 'hold' };
    case 'forced-open': {
      const { openUntilMs } = breaker;
      return openUntilMs !== undefined && openUntilMs <= nowMs
        ? { kind: 'half-open' }
        : { kind: 'hold' };
    }
    case 'half-open':
      break;
  }
  const { successes = 0, failures = 0, deadlineMs = 0, leases = [] } = breaker.halfOpen ?? {};
  const dead = leases.filter(({ expiresAtMs }) => expiresAtMs + SKEW_MS < nowMs);
  if (nowMs > deadlineMs && dead.length === leases.length) return { kind: 'verdict' };
  const room = config.halfOpenCalls - successes - failures;
  if (leases.length < room) return { kind: 'lease', room };
  return dead.length > 0 ? { kind: 'clear', leases: dead } : { kind: 'hold' };
}
