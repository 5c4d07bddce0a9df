import { BREAKER_DEFAULTS, type BreakerConfig } from '../../lib/domain/breaker.ts';
import type { Integration } from '../../lib/domain/integration.ts';
import { primaryTarget } from '../../lib/domain/target.ts';
import { circuitBreaker } from '../../lib/policies/circuit-breaker.ts';
import { deliveryWorld } from '../fakes/delivery-world.ts';

const SETTINGS: BreakerConfig = { ...BREAKER_DEFAULTS, minimumCalls: 3, consecutiveFailures: 3 };
/** The first open period, with all that chance may add. */
export const OPEN_MS = 36_000;

/** A breaker that opens at the third failure, seen by as many function instances as are asked for. */
export async function breakerPolicyWorld(more: Partial<Integration> = {}) {
  const world = deliveryWorld();
  const integration = await world.register('erp', { breaker: SETTINGS, ...more });
  const ref = { tenant: 'default', integrationId: integration.id, target: 0 };
  const target = primaryTarget(integration);
  const stored = async () => await world.breakers.load(ref);
  const state = async () => (await stored())?.state ?? 'closed';
  const leases = async () => (await stored())?.halfOpen?.leases ?? [];
  const breaker = circuitBreaker(world.deps, target);
  const another = (name: string) => circuitBreaker(world.instance(name), target);
  const down = async (): Promise<never> => {
    throw new Error('down');
  };
  /** What a rejected run throws, or what it comes to. */
  const outcome = async (promise: Promise<unknown>): Promise<unknown> =>
    await promise.catch((error: unknown) => error);
  const breakDown = async () => {
    for (let i = 0; i < 3; i++) {
      await outcome(breaker.run(down));
      world.clock.advance(10);
    }
  };
  return {
    ...world,
    ...{ integration, ref, target, stored, state, leases, breaker, another },
    ...{ down, outcome, breakDown },
  };
}
