import { moveBreaker } from '../../lib/app/breaker-moves.ts';
import { createIntegration } from '../../lib/app/integrations.ts';
import type { Principal } from '../../lib/domain/api-key.ts';
import { BREAKER_DEFAULTS, type Breaker, newBreaker } from '../../lib/domain/breaker.ts';
import { opened } from '../../lib/domain/breaker-transitions.ts';
import type { FallbackChain } from '../../lib/domain/fallback.ts';
import type { Integration } from '../../lib/domain/integration.ts';
import { ADMIN, registryWorld } from '../fakes/registry-world.ts';

/** Integrations with breakers, in memory. */
export function breakerWorld() {
  const deps = registryWorld();
  const { breakers, clock } = deps;
  const register = async (name: string, more: object = {}): Promise<Integration> => {
    clock.advance(1);
    const endpoint = `https://${name}.example.com/`;
    const { id } = await createIntegration(deps, { principal: ADMIN }, { name, endpoint, ...more });
    const found = await deps.integrations.byId(id);
    if (found === undefined) throw new Error(`There is no ${name}.`);
    return found;
  };
  /** As a request would, without what a request is checked for. */
  const withChain = async (name: string, fallback: FallbackChain): Promise<Integration> => {
    const made = await register(name);
    await deps.integrations.save({ ...made, fallback }, name);
    return { ...made, fallback, version: made.version + 1 };
  };
  const stored = async ({ tenant, id }: Integration, target = 0): Promise<Breaker> => {
    const ref = { tenant, integrationId: id, target };
    return (await breakers.load(ref)) ?? newBreaker(ref);
  };
  const move = async (
    integration: Integration,
    change: (breaker: Breaker) => Breaker,
    target = 0,
  ) => await moveBreaker(deps, integration, change(await stored(integration, target)));
  /** Opens it as the breaker does itself. */
  const open = (integration: Integration, target = 0) => {
    const cause = { nowMs: clock.nowMs(), dice: 0, reason: '10 of 10 calls failed within 60 s.' };
    return move(integration, (breaker) => opened(breaker, BREAKER_DEFAULTS, cause), target);
  };
  const historyOf = async ({ tenant, id }: Integration, target = 0) => {
    const ref = { tenant, integrationId: id, target };
    return (await breakers.history(ref, { limit: 100 })).items;
  };
  const tokens = deps.workQueue.rung;
  return { deps, clock, breakers, tokens, register, withChain, stored, move, open, historyOf };
}

export type BreakerWorld = ReturnType<typeof breakerWorld>;

export const OPERATOR: Principal = { ...ADMIN, keyId: 'key_operator', name: 'operator' };
export const ME = { principal: OPERATOR };

/** A chain with two breakers of its own, at 1 and 3; the others send nowhere by themselves. */
export const CHAIN: FallbackChain = [
  {
    ...{ type: 'url', url: 'https://dr.example.com/hooks', on: ['breaker-open', 'exhausted'] },
    ...{ auth: { type: 'none' }, headers: {} },
  },
  { type: 'queue', on: ['exhausted'] },
  { type: 'queue', arn: 'arn:aws:sqs:eu-central-1:123456789012:left', on: ['exhausted'] },
  { type: 'hold', on: ['breaker-open'] },
];
