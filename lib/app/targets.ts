import { type BreakerRef, PRIMARY_TARGET } from '../domain/breaker.ts';
import type { Integration } from '../domain/integration.ts';

/** The breaker of an integration's own endpoint. */
export function primaryOf({ tenant, id }: Pick<Integration, 'id' | 'tenant'>): BreakerRef {
  return { tenant, integrationId: id, target: PRIMARY_TARGET };
}

/** What answers and events call a target. */
export function targetName(target: number): string {
  return target === PRIMARY_TARGET ? 'primary' : `fallback:${target}`;
}
