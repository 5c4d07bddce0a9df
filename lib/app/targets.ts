import { type Breaker, type BreakerRef, newBreaker, PRIMARY_TARGET } from '../domain/breaker.ts';
import { breakerTarget, breakerTargets } from '../domain/breaker-targets.ts';
import { invalidField, shown } from '../domain/errors.ts';
import type { Integration } from '../domain/integration.ts';
import { targetName } from '../domain/target.ts';
import type { Breakers } from './ports-outage.ts';

/** The breaker of an integration's own endpoint. */
export function primaryOf({ tenant, id }: Pick<Integration, 'id' | 'tenant'>): BreakerRef {
  return { tenant, integrationId: id, target: PRIMARY_TARGET };
}

/** As of now; one that never was anything but well is not stored. */
export async function loadBreaker(
  breakers: Pick<Breakers, 'load'>,
  ref: BreakerRef,
): Promise<Breaker> {
  return (await breakers.load(ref)) ?? newBreaker(ref);
}

/** The breaker of an integration that goes by this name; without one, of its own endpoint. */
export function breakerNamed(integration: Integration, name: string | undefined): BreakerRef {
  const { tenant, id: integrationId } = integration;
  const target = name === undefined ? PRIMARY_TARGET : breakerTarget(integration, name);
  if (target !== undefined) return { tenant, integrationId, target };
  const allowed = breakerTargets(integration).map(targetName).join(', ');
  throw invalidField(
    'target',
    `${JSON.stringify(shown(name))} is no target of ${integration.name} ` +
      `with a breaker of its own; allowed: ${allowed}`,
  );
}
