import type { Breaker, BreakerRef } from '../domain/breaker.ts';
import {
  type Cause,
  closed,
  disabled,
  forcedOpen,
  isAsNew,
  reset,
} from '../domain/breaker-transitions.ts';
import { RequestError } from '../domain/errors.ts';
import {
  parseBreakerDisabling,
  parseBreakerOrder,
  parseBreakerTrip,
} from '../domain/input/breaker-input.ts';
import type { Integration } from '../domain/integration.ts';
import { type MoveDeps, moveBreaker } from './breaker-moves.ts';
import { type BreakerView, breakerView } from './breaker-views.ts';
import { integrationRegistry, type SecretDeps } from './integration-secrets.ts';
import { find } from './named-registry.ts';
import type { Clock } from './ports.ts';
import type { Breakers } from './ports-outage.ts';
import { breakerNamed, loadBreaker } from './targets.ts';
import type { Caller } from './tenancy.ts';

export interface BreakerReadDeps extends Pick<SecretDeps, 'integrations'> {
  readonly breakers: Pick<Breakers, 'load'>;
  readonly clock: Pick<Clock, 'nowMs'>;
}

export type BreakerControlDeps = MoveDeps & BreakerReadDeps;

/** A breaker as a request names it. */
export interface BreakerName {
  /** The integration, by id or name. */
  readonly ref: string;
  /** `primary` (left out: the same), `fallback:1` … */
  readonly target?: string | undefined;
}

export async function getBreaker(
  deps: BreakerReadDeps,
  caller: Caller,
  name: BreakerName,
): Promise<BreakerView> {
  const { integration, ref } = await findBreaker(deps, caller, name);
  const breaker = await loadBreaker(deps.breakers, ref);
  return breakerView(integration, breaker, deps.clock.nowMs());
}

/** 404 without the integration, 422 where it has no such target. */
export async function findBreaker(
  deps: Pick<SecretDeps, 'integrations'>,
  caller: Caller,
  { ref, target }: BreakerName,
): Promise<{ readonly integration: Integration; readonly ref: BreakerRef }> {
  const integration = await find(integrationRegistry(deps), caller, ref);
  return { integration, ref: breakerNamed(integration, target) };
}

/** Opens it until it is reset or enabled, or for `forSeconds`; what is to be sent is held. */
export async function tripBreaker(
  deps: BreakerControlDeps,
  caller: Caller,
  name: BreakerName,
  body: unknown,
): Promise<BreakerView> {
  const { reason = 'Tripped by hand.', forSeconds } = parseBreakerTrip(body);
  const decide = (breaker: Breaker, cause: Cause) => {
    if (isTripped(breaker, forSeconds, cause.nowMs)) return undefined;
    const untilMs = forSeconds === undefined ? undefined : cause.nowMs + forSeconds * 1000;
    return forcedOpen(breaker, { ...cause, ...(untilMs !== undefined && { untilMs }) });
  };
  return await obeyed(deps, caller, name, { reason, decide, needsEnabled: true });
}

/** Closes it as if it had never opened, from any state; what it held is let go. */
export async function resetBreaker(
  deps: BreakerControlDeps,
  caller: Caller,
  name: BreakerName,
  body: unknown,
): Promise<BreakerView> {
  const { reason = 'Reset by hand.' } = parseBreakerOrder(body);
  const decide = (breaker: Breaker, cause: Cause) =>
    isAsNew(breaker, cause.nowMs) ? undefined : reset(breaker, cause);
  return await obeyed(deps, caller, name, { reason, decide, needsEnabled: false });
}

/** Has it stop nothing, and count nothing either unless it is to keep counting. */
export async function disableBreaker(
  deps: BreakerControlDeps,
  caller: Caller,
  name: BreakerName,
  body: unknown,
): Promise<BreakerView> {
  const { reason = 'Disabled by hand.', keepCounting: counting } = parseBreakerDisabling(body);
  const wanted = counting ? 'metrics-only' : 'disabled';
  const decide = (breaker: Breaker, cause: Cause) =>
    breaker.state === wanted ? undefined : disabled(breaker, { ...cause, counting });
  return await obeyed(deps, caller, name, { reason, decide, needsEnabled: counting });
}

/** Has it work again after a disabling; one that works is left as it is, open or closed. */
export async function enableBreaker(
  deps: BreakerControlDeps,
  caller: Caller,
  name: BreakerName,
  body: unknown,
): Promise<BreakerView> {
  const { reason = 'Enabled by hand.' } = parseBreakerOrder(body);
  const decide = (breaker: Breaker, cause: Cause) => {
    if (breaker.state !== 'disabled' && breaker.state !== 'metrics-only') return undefined;
    // Unlike a reset it leaves the pause that the other side asked for.
    return { ...closed(breaker, cause), openCount: 0 };
  };
  return await obeyed(deps, caller, name, { reason, decide, needsEnabled: true });
}

/** How often an order is given anew to a breaker that moved by itself meanwhile. */
const RACES_MAX = 5;

interface Order {
  readonly reason: string;
  /** The state that is wanted; undefined: it is there already. */
  readonly decide: (breaker: Breaker, cause: Cause) => Breaker | undefined;
  /** Of no effect on a breaker that the settings switch off, so it is refused there. */
  readonly needsEnabled: boolean;
}

/** Brings the breaker where it is wanted, whatever else moves it; twice is once. */
async function obeyed(
  deps: BreakerControlDeps,
  caller: Caller,
  name: BreakerName,
  { reason, decide, needsEnabled }: Order,
): Promise<BreakerView> {
  const { integration, ref } = await findBreaker(deps, caller, name);
  if (needsEnabled) requireEnabled(integration);
  for (let races = 0; races <= RACES_MAX; races++) {
    const breaker = await loadBreaker(deps.breakers, ref);
    const nowMs = deps.clock.nowMs();
    const next = decide(breaker, { nowMs, reason, actor: caller.principal.keyId });
    const moved = next === undefined || (await moveBreaker(deps, integration, next)) === 'moved';
    if (moved) return breakerView(integration, next ?? breaker, nowMs);
  }
  throw new RequestError(
    'conflict',
    'The breaker is being moved by others at the same time; try again.',
  );
}

function requireEnabled({ breaker }: Integration): void {
  if (breaker.enabled) return;
  throw new RequestError(
    'invalid-state',
    'breaker.enabled: false in the settings of the integration; set it to true first.',
  );
}

/** Tripped for as long as is asked for, counted from when it was. */
function isTripped(breaker: Breaker, forSeconds: number | undefined, nowMs: number): boolean {
  const { state, openUntilMs, sinceMs } = breaker;
  if (state !== 'forced-open') return false;
  if (openUntilMs === undefined || forSeconds === undefined) return openUntilMs === forSeconds;
  return openUntilMs > nowMs && openUntilMs - sinceMs === forSeconds * 1000;
}
