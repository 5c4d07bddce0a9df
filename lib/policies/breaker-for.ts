import type { GuardDeps } from '../app/breaker-report.ts';
import { within } from '../app/within.ts';
import { notFound } from '../domain/errors.ts';
import type { Integration } from '../domain/integration.ts';
import { primaryTarget } from '../domain/target.ts';
import { type CircuitBreaker, circuitBreaker } from './circuit-breaker.ts';
import { settled, timedOutcome } from './outcome.ts';

export interface NamedBreakerDeps extends GuardDeps {
  /** May be two seconds old. */
  integrationNamed(tenant: string, name: string): Promise<Integration | undefined>;
}

/** Nobody waits longer for the registry. */
const WAIT_MS = 500;
const TIMEOUT_MS_DEFAULT = 30_000;

/**
 * The breaker of a registered integration's own endpoint. A name that nobody registered is a
 * `RequestError`. While the registry does not answer, its settings are those that were read last;
 * where none were read the call is made without a breaker, for it must not be one more outage.
 */
export function breakerFor(deps: NamedBreakerDeps, name: string, tenant: string): CircuitBreaker {
  let last: Integration | undefined;

  async function integration(): Promise<Integration | undefined> {
    const noted = (error: unknown) => {
      deps.telemetry.count('BreakerStoreFailures');
      deps.telemetry.warn('breaker.unavailable', { tenant, integration: name, error });
      return undefined;
    };
    // An object, so that one that is not there differs from a registry that does not answer.
    const asked = deps.integrationNamed(tenant, name).then((found) => ({ found }));
    const answer = await within(deps.clock, WAIT_MS, asked, noted).catch(noted);
    if (answer === undefined) return last;
    last = answer.found;
    if (last === undefined) throw notFound('integration', name);
    return last;
  }

  return {
    async run(work, options = {}) {
      const found = await integration();
      if (found !== undefined) {
        return await circuitBreaker(deps, primaryTarget(found)).run(work, options);
      }
      const { signal, timeoutMs = TIMEOUT_MS_DEFAULT } = options;
      signal?.throwIfAborted();
      const outcome = await timedOutcome(deps.clock, { timeoutMs, signal }, work);
      return settled(outcome);
    },
  };
}
