import type { Breaker, BreakerState, Transition, WindowFigures } from '../domain/breaker.ts';
import { windowOf } from '../domain/breaker-window.ts';
import { instant } from '../domain/instant.ts';
import type { Integration } from '../domain/integration.ts';
import { targetName } from '../domain/target.ts';

/** Breakers as answers show them. */

/** A breaker alone, with the settings that it works by. */
export function breakerView(integration: Integration, breaker: Breaker, nowMs: number) {
  return {
    integration: integration.id,
    ...figuresView(integration, breaker, nowMs),
    config: integration.breaker,
  };
}

export type BreakerView = ReturnType<typeof breakerView>;

/** A breaker in the list of all. */
export function breakerItemView(integration: Integration, breaker: Breaker, nowMs: number) {
  const { id, name, tenant } = integration;
  return { integration: { id, name }, tenant, ...figuresView(integration, breaker, nowMs) };
}

export type BreakerItemView = ReturnType<typeof breakerItemView>;

export function transitionView(transition: Transition) {
  const { atMs, from, to, reason, actor, window, openUntilMs } = transition;
  return {
    at: instant(atMs),
    from,
    to,
    reason,
    actor,
    window,
    ...(openUntilMs !== undefined && { openUntil: instant(openUntilMs) }),
  };
}

/** Switched off by its settings it is disabled, whatever is stored of it. */
const SWITCHED_OFF = 'breaker.enabled is false.';

function figuresView(integration: Integration, breaker: Breaker, nowMs: number) {
  const { breaker: config, createdAtMs } = integration;
  const { openUntilMs } = breaker;
  const state: BreakerState = config.enabled ? breaker.state : 'disabled';
  return {
    target: targetName(breaker.target),
    state,
    since: instant(breaker.sinceMs === 0 ? createdAtMs : breaker.sinceMs),
    reason: config.enabled ? (breaker.last?.reason ?? null) : SWITCHED_OFF,
    openUntil: openUntilMs === undefined || !config.enabled ? null : instant(openUntilMs),
    openCount: breaker.openCount,
    window: windowShown(integration, breaker, nowMs),
    totals: breaker.totals,
    version: breaker.version,
  };
}

/** Nothing is counted while it is open: then it shows what made it open. */
function windowShown({ breaker: config }: Integration, breaker: Breaker, nowMs: number) {
  const atOpening: WindowFigures | undefined =
    breaker.state === 'open' ? breaker.last?.window : undefined;
  return atOpening ?? windowOf(breaker.buckets, config, nowMs);
}
