import type { BreakerReport } from '../../lib/app/ports-outage.ts';
import {
  BREAKER_DEFAULTS,
  type Breaker,
  type BreakerRef,
  newBreaker,
  type ProbeLease,
} from '../../lib/domain/breaker.ts';
import { halfOpened, opened } from '../../lib/domain/breaker-transitions.ts';
import { bucketAt, type Counts, NO_COUNTS } from '../../lib/domain/breaker-window.ts';
import { integration, T0 } from './fixtures.ts';

export const REF: BreakerRef = {
  tenant: 'default',
  integrationId: integration(1).id,
  target: 0,
};

export function failed(failures: number): Counts {
  return { ...NO_COUNTS, failures, trailingFailures: failures };
}

export function succeeded(successes: number): Counts {
  return { ...NO_COUNTS, successes, hadSuccess: true };
}

/** A report at `nowMs` of calls that began in the second before. */
export function report(
  counts: Counts,
  nowMs = T0,
  change: Partial<BreakerReport> = {},
): BreakerReport {
  const place = bucketAt(BREAKER_DEFAULTS, nowMs);
  return { reporter: 'r1', counts, place, firstStartedAtMs: nowMs - 1_000, nowMs, ...change };
}

export function open(breaker: Breaker = newBreaker(REF), nowMs = T0, reason = 'It fails.') {
  return opened(breaker, BREAKER_DEFAULTS, { nowMs, dice: 0, reason });
}

export function halfOpen(breaker: Breaker, nowMs = T0 + 30_000, leaseMs = 20_000): Breaker {
  return halfOpened(breaker, { nowMs, reason: 'It is time.', leaseMs });
}

export function lease(n: number, expiresAtMs = T0 + 50_000): ProbeLease {
  return { owner: `owner-${n}`, expiresAtMs };
}

export function sum(breaker: Breaker | undefined, of: 'failures' | 'successes' | 'slow'): number {
  return (breaker?.buckets ?? []).reduce((total, bucket) => total + bucket[of], 0);
}
