import type { Integration } from '../domain/integration.ts';
import { integrationRegistry, type SecretDeps } from './integration-secrets.ts';
import { opening, type Registry } from './named-registry.ts';
import type { Clock } from './ports.ts';
import type { HealthChecks } from './ports-health.ts';

export interface WatchHealthDeps {
  readonly healthChecks: Pick<HealthChecks, 'watch'>;
  readonly clock: Pick<Clock, 'nowMs'>;
}

/**
 * Has an integration that wants it asked how it is. Before it is stored: killed in between, the
 * tick finds nothing to ask and forgets it; the other way round it would never be asked.
 */
async function watchHealth(
  { healthChecks, clock }: WatchHealthDeps,
  { tenant, id: integrationId, healthCheck }: Integration,
): Promise<void> {
  if (healthCheck === undefined) return;
  const { intervalSeconds } = healthCheck;
  await healthChecks.watch({ tenant, integrationId, intervalSeconds }, clock.nowMs());
}

/** The registry for changes: what it finds has its secrets, and none is stored unwatched. */
export function watchedRegistry(
  deps: WatchHealthDeps & Pick<SecretDeps, 'integrations'>,
): Registry<Integration> {
  const registry = opening(integrationRegistry(deps));
  const { store } = registry;
  return {
    ...registry,
    store: {
      ...store,
      async create(integration) {
        await watchHealth(deps, integration);
        return await store.create(integration);
      },
      async save(next, previousName) {
        await watchHealth(deps, next);
        return await store.save(next, previousName);
      },
    },
  };
}
