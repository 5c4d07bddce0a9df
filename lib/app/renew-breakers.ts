import { readdressed } from '../domain/breaker-targets.ts';
import { isAsNew, reset } from '../domain/breaker-transitions.ts';
import type { Integration } from '../domain/integration.ts';
import { breakerRefOf } from '../domain/target.ts';
import { type MoveDeps, moveBreaker } from './breaker-moves.ts';

/** How often one is reset anew that moved by itself meanwhile. */
const RACES_MAX = 5;

/**
 * After a change of the settings: a fallback with another address begins with a breaker that is
 * closed. Never throws, for the change is made: at worst the next probe goes to the new address.
 */
export async function renewBreakers(
  deps: MoveDeps,
  before: Integration | undefined,
  after: Integration,
  actor: string,
): Promise<void> {
  if (before === undefined) return;
  for (const target of readdressed(before, after)) {
    try {
      await renew(deps, { ...after, target }, actor);
    } catch (error) {
      const { tenant, id: integrationId } = after;
      deps.telemetry.warn('breaker.deferred', { tenant, integrationId, error });
    }
  }
}

async function renew(
  deps: MoveDeps,
  target: Integration & { readonly target: number },
  actor: string,
): Promise<void> {
  for (let race = 0; race <= RACES_MAX; race++) {
    const breaker = await deps.breakers.load(breakerRefOf(target));
    const nowMs = deps.clock.nowMs();
    if (breaker === undefined || isAsNew(breaker, nowMs)) return;
    const next = reset(breaker, { nowMs, reason: 'The address of the fallback changed.', actor });
    if ((await moveBreaker(deps, target, next)) === 'moved') return;
  }
  throw new Error(`A breaker moved ${RACES_MAX + 1} times while it was being reset.`);
}
