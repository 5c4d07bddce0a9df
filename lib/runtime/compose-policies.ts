import { dynamoIntegrations } from '../adapters/dynamodb/integrations.ts';
import { cachedNames } from '../adapters/dynamodb/targets.ts';
import { breakerTally } from '../app/breaker-tally.ts';
import { instanceName } from '../app/random-names.ts';
import { DEFAULT_TENANT } from '../domain/integration.ts';
import { transientAnswers } from '../policies/answers.ts';
import { breakerFor } from '../policies/breaker-for.ts';
import type { CircuitBreaker } from '../policies/circuit-breaker.ts';
import { withFallback } from '../policies/fallback.ts';
import { type RetryAttempt, type RetryOptions, retry } from '../policies/retry.ts';
import { retryBudget, type SharedRetryBudget } from '../policies/retry-budget.ts';
import type { Environment } from './config.ts';
import type { Outside } from './outside.ts';
import { allTables, base, deliveryQueue, dynamo, histories, outages } from './parts.ts';

/** The policies with a real clock and real dice, as another Lambda of the deployment uses them. */
export interface Policies {
  retry<T>(
    work: (attempt: RetryAttempt) => Promise<T>,
    options?: Omit<RetryOptions<T>, 'clock' | 'random'>,
  ): Promise<T>;
  /** One for each target, made when the module is loaded, and given to each of its retries. */
  retryBudget(): SharedRetryBudget;
  /** For `retryIf`, around `fetch` of what may be asked twice. */
  readonly transientAnswers: ReturnType<typeof transientAnswers>;
  readonly withFallback: typeof withFallback;
  /** The breaker of a registered integration, by its name; make it when the module is loaded. */
  circuitBreaker(name: string, options?: { readonly tenant?: string }): CircuitBreaker;
}

/** To be called once, when the module is loaded; the function needs what `grantPolicies` gives. */
export function composePolicies(env: Environment = process.env, outside: Outside = {}): Policies {
  const common = base(env, outside);
  const { clock, random, telemetry } = common;
  const db = dynamo(outside);
  const tables = allTables(env);
  const integrations = dynamoIntegrations(db, tables, common);
  const deps = {
    ...common,
    ...histories(env, common, outside),
    ...outages(env, common, outside),
    integrations,
    integrationNamed: cachedNames(integrations, clock),
    deliveryQueue: deliveryQueue(env, common, outside),
    tally: breakerTally(),
    instance: instanceName(random),
  };
  return {
    retry: (work, options = {}) => retry(work, { ...options, clock, random }),
    retryBudget: () => retryBudget(clock),
    transientAnswers: transientAnswers(clock),
    withFallback,
    circuitBreaker(name, { tenant = DEFAULT_TENANT } = {}) {
      const breaker = breakerFor(deps, name, tenant);
      return {
        async run(work, options) {
          try {
            return await breaker.run(work, options);
          } finally {
            // Nothing of the gateway's own surrounds this function to do it.
            telemetry.flush();
          }
        },
      };
    },
  };
}
