import type { CheckFacts } from '../domain/health.ts';
import type { IntegrationId } from '../domain/ids.ts';

/** What asking integrations how they are needs from the world. */

/** An integration that is to be asked every so often, and what it said last. */
export interface HealthWatch extends CheckFacts {
  readonly tenant: string;
  readonly integrationId: IntegrationId;
  /** As its configuration said when it was watched, or last asked. */
  readonly intervalSeconds: number;
  /** When `watch` was last called for it. */
  readonly watchedAtMs: number;
  /** When somebody last set out to ask it; 0 if nobody did. */
  readonly claimedAtMs: number;
}

export interface HealthChecks {
  /** Has it asked from now on; what is known of it stays. Twice is once. */
  watch(
    watch: Pick<HealthWatch, 'tenant' | 'integrationId' | 'intervalSeconds'>,
    nowMs: number,
  ): Promise<void>;
  /** Strongly consistent. */
  load(integrationId: IntegrationId): Promise<HealthWatch | undefined>;
  /** All of them, in no order; may lag by a second. */
  all(): Promise<readonly HealthWatch[]>;
  /** The turn to ask: of many who saw the same `claimedAtMs` exactly one gets it. */
  claim(seen: HealthWatch, nowMs: number): Promise<'claimed' | 'taken'>;
  /**
   * Stores the result and the interval as it is now; changes nothing when the turn has passed to
   * another, or the watch is over. `claimedAtMs` is that of the claim.
   */
  record(
    claimed: Pick<HealthWatch, 'integrationId' | 'claimedAtMs' | 'intervalSeconds'>,
    facts: Required<CheckFacts>,
  ): Promise<void>;
  /** Ends the watch, unless it was begun anew since it was seen. */
  unwatch(seen: HealthWatch): Promise<void>;
}
