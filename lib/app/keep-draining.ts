import type { Breaker } from '../domain/breaker.ts';
import { isAlive } from '../domain/drain.ts';
import { type EnsureDrainDeps, ensureDrain } from './drain.ts';
import { passes } from './drain-step.ts';
import type { Integrations, Sweep } from './ports.ts';
import type { Deliveries } from './ports-history.ts';
import type { Breakers, Drains } from './ports-outage.ts';
import { primaryOf } from './targets.ts';

export interface KeepDrainingDeps extends EnsureDrainDeps {
  readonly drains: Drains;
  readonly integrations: Pick<Integrations, 'byId'>;
  readonly breakers: Pick<Breakers, 'load'>;
  readonly deliveries: Pick<Deliveries, 'held'>;
}

/** This long after it closed, a breaker's target is let have its backlog gently. */
const RECENTLY_MS = 3_600_000;

/**
 * Sees to it that a drain is under way while an integration that takes deliveries holds any; true
 * if there is nothing for one to do. While nothing passes, the sweep must stand.
 */
export async function keepDraining(deps: KeepDrainingDeps, sweep: Sweep): Promise<boolean> {
  const { tenant, integrationId } = sweep;
  const [integration, breaker, drain] = await Promise.all([
    deps.integrations.byId(integrationId, tenant),
    deps.breakers.load(primaryOf({ tenant, id: integrationId })),
    deps.drains.load(integrationId),
  ]);
  // Gone: what it held is cancelled, by another sweep.
  if (integration === undefined) return true;
  const nowMs = deps.clock.nowMs();
  if (integration.status !== 'active' || !passes(breaker, integration, nowMs)) return false;
  if (drain !== undefined && isAlive(drain, nowMs)) return false;
  const held = await deps.deliveries.held({ integrationId, limit: 1 });
  if (held.length > 0) {
    await ensureDrain(deps, integration, isRecovering(breaker, nowMs));
    return false;
  }
  if (drain !== undefined) await deps.drains.remove(drain);
  // A limit may hold at any moment while the other side wants a pause.
  return (breaker?.notBeforeMs ?? 0) <= nowMs;
}

function isRecovering(breaker: Breaker | undefined, nowMs: number): boolean {
  return breaker?.last?.to === 'closed' && nowMs - breaker.last.atMs < RECENTLY_MS;
}
