import { breakerBoard } from '../../lib/app/breaker-board.ts';
import { moveBreaker } from '../../lib/app/breaker-moves.ts';
import { createIntegration } from '../../lib/app/integrations.ts';
import type { Principal } from '../../lib/domain/api-key.ts';
import { BREAKER_DEFAULTS, type Breaker, newBreaker } from '../../lib/domain/breaker.ts';
import { opened } from '../../lib/domain/breaker-transitions.ts';
import type { Integration } from '../../lib/domain/integration.ts';
import { ADMIN, registryWorld } from '../fakes/registry-world.ts';
import { fakeFanOutQueue } from '../fakes/world.ts';

/** Integrations with breakers, in memory. */
export function breakerWorld() {
  const registry = registryWorld();
  const { breakers, clock } = registry;
  const board = breakerBoard(registry);
  const deps = { ...registry, board, fanOutQueue: fakeFanOutQueue() };
  const register = async (name: string, more: object = {}): Promise<Integration> => {
    clock.advance(1);
    const endpoint = `https://${name}.example.com/`;
    const { id } = await createIntegration(deps, { principal: ADMIN }, { name, endpoint, ...more });
    const found = await registry.integrations.byId(id);
    if (found === undefined) throw new Error(`There is no ${name}.`);
    return found;
  };
  const stored = async ({ tenant, id }: Integration): Promise<Breaker> => {
    const ref = { tenant, integrationId: id, target: 0 };
    return (await breakers.load(ref)) ?? newBreaker(ref);
  };
  const move = async (integration: Integration, change: (breaker: Breaker) => Breaker) =>
    await moveBreaker(deps, integration, change(await stored(integration)));
  /** Opens it as the breaker does itself. */
  const open = (integration: Integration) =>
    move(integration, (breaker) =>
      opened(breaker, BREAKER_DEFAULTS, {
        nowMs: clock.nowMs(),
        dice: 0,
        reason: '10 of 10 calls failed within 60 s.',
      }),
    );
  const historyOf = async ({ tenant, id }: Integration) => {
    const ref = { tenant, integrationId: id, target: 0 };
    return (await breakers.history(ref, { limit: 100 })).items;
  };
  const tokens = registry.workQueue.rung;
  return { deps, clock, breakers, tokens, register, stored, move, open, historyOf };
}

export type BreakerWorld = ReturnType<typeof breakerWorld>;

export const OPERATOR: Principal = { ...ADMIN, keyId: 'key_operator', name: 'operator' };
export const ME = { principal: OPERATOR };
