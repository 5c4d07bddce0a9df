import type { BreakerState } from '../domain/breaker.ts';

/** The breaker lets nothing through now: no call was made, nothing was counted. */
export class BreakerOpenError extends Error {
  override readonly name = 'BreakerOpenError';
  /** The integration's name. */
  readonly integration: string;
  /** `primary` or `fallback:<n>`. */
  readonly target: string;
  /** From now on; 0 when it is probed right now by somebody else. */
  readonly retryAfterMs: number;
  readonly state: BreakerState;

  constructor(facts: {
    readonly integration: string;
    readonly target: string;
    readonly retryAfterMs: number;
    readonly state: BreakerState;
  }) {
    super(`The breaker of ${facts.integration} (${facts.target}) is ${facts.state}.`);
    this.integration = facts.integration;
    this.target = facts.target;
    this.retryAfterMs = facts.retryAfterMs;
    this.state = facts.state;
  }
}
