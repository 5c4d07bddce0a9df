import type {
  ApiKeys,
  Claims,
  Deliveries,
  Events,
  Integrations,
  Progress,
  Sources,
  Targets,
} from '../../lib/app/ports.ts';
import { fakeDeliveries, fakeEvents } from './stores-history.ts';
import { type FakeClock, fakeIntegrations, fakeSources, fakeTargets } from './stores-named.ts';
import { fakeApiKeys, fakeClaims, fakeProgress } from './stores-state.ts';

export interface FakeStores {
  readonly integrations: Integrations;
  readonly targets: Targets;
  readonly sources: Sources;
  readonly apiKeys: ApiKeys;
  readonly events: Events;
  readonly deliveries: Deliveries;
  readonly claims: Claims;
  readonly progress: Progress;
}

/** Every store in memory, empty, under the contracts that the tables keep. */
export function fakeStores(clock: FakeClock, perTenantMax?: number): FakeStores {
  const integrations = fakeIntegrations(perTenantMax);
  return {
    integrations,
    targets: fakeTargets(integrations),
    sources: fakeSources(perTenantMax),
    apiKeys: fakeApiKeys(),
    events: fakeEvents(clock),
    deliveries: fakeDeliveries(clock),
    claims: fakeClaims(),
    progress: fakeProgress(),
  };
}
