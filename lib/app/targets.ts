import { type Breaker, type BreakerRef, newBreaker, PRIMARY_TARGET } from '../domain/breaker.ts';
import type { Integration } from '../domain/integration.ts';
import type { Breakers } from './ports-outage.ts';

/** The breaker of an integration's own endpoint. */
export function primaryOf({ tenant, id }: Pick<Integration, 'id' | 'tenant'>): BreakerRef {
  return { tenant, integrationId: id, target: PRIMARY_TARGET };
}

/** As of now; one that never was anything but well is not stored. */
export async function loadBreaker(
  breakers: Pick<Breakers, 'load'>,
  integration: Pick<Integration, 'tenant' | 'id'>,
): Promise<Breaker> {
  const ref = primaryOf(integration);
  return (await breakers.load(ref)) ?? newBreaker(ref);
}

/** What answers and events call a target. */
export function targetName(target: number): string {
  return target === PRIMARY_TARGET ? 'primary' : `fallback:${target}`;
}
