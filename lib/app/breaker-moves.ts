import {
  BREAKER_ACTOR,
  type Breaker,
  type BreakerState,
  PRIMARY_TARGET,
  type Transition,
} from '../domain/breaker.ts';
import { RequestError } from '../domain/errors.ts';
import { instant, instantOrNull } from '../domain/instant.ts';
import type { Integration } from '../domain/integration.ts';
import { targetName } from '../domain/target.ts';
import { QUEUE_DELAY_MAX_SECONDS } from '../domain/work.ts';
import type { Metric } from '../names.ts';
import { type BreakerBoard, signOf } from './breaker-board.ts';
import { ensureDrain, type StartDrainDeps } from './drain.ts';
import type { Breakers } from './ports-outage.ts';
import { type PublishDeps, publishEvent } from './publish-event.ts';

export interface MoveDeps extends PublishDeps, StartDrainDeps {
  readonly breakers: Pick<Breakers, 'load' | 'move' | 'record' | 'published'>;
  readonly board: Pick<BreakerBoard, 'learn' | 'refresh' | 'sign'>;
}

export type Guarded = Pick<Integration, 'id' | 'tenant' | 'name'>;

/**
 * Makes a transition, tells of it, and sees to what follows from it. Of many at once one is
 * `moved`. What goes wrong after the transition itself is made good by the tick.
 */
export async function moveBreaker(
  deps: MoveDeps,
  integration: Guarded,
  next: Breaker,
): Promise<'moved' | 'stale'> {
  const { tenant, id: integrationId } = integration;
  // Before the transition: killed after it, what is held must still be found and let go one day.
  const holds = next.state === 'open' || next.state === 'forced-open';
  if (next.target === PRIMARY_TARGET && (holds || lets(next.state))) {
    await deps.progress.startSweep({
      kind: 'release',
      tenant,
      integrationId,
      startedAtMs: deps.clock.nowMs(),
    });
  }
  await tellOvertaken(deps, integration, next);
  if ((await deps.breakers.move(next)) === 'stale') return 'stale';
  deps.board.learn(signOf(next));
  try {
    await follow(deps, integration, next);
    await announce(deps, integration, next);
  } catch (error) {
    deps.telemetry.warn('breaker.deferred', { tenant, integrationId, error });
  }
  return 'moved';
}

/**
 * Whoever made the transition before this one may be dead, and the row remembers one alone. Where
 * it cannot be told now it never will be: the breaker must move all the same.
 */
async function tellOvertaken(deps: MoveDeps, integration: Guarded, next: Breaker): Promise<void> {
  try {
    const overtaken = (await deps.breakers.load(next))?.unpublished;
    if (overtaken !== undefined) await tell(deps, integration, next.target, overtaken);
  } catch (error) {
    const { tenant, id: integrationId } = integration;
    deps.telemetry.warn('breaker.untold', { tenant, integrationId, error });
  }
}

function lets(state: BreakerState): boolean {
  return state === 'closed' || state === 'disabled' || state === 'metrics-only';
}

/** What was held is let go; what is to be probed is probed when its time has come. */
async function follow(deps: MoveDeps, { tenant, id }: Guarded, next: Breaker): Promise<void> {
  // Nothing is held for a fallback: what it does not take goes on along the chain.
  if (next.target !== PRIMARY_TARGET) return;
  if (lets(next.state)) {
    // After an outage gently; a switch turned by hand means that all is well.
    return await ensureDrain(deps, { tenant, id }, next.last?.actor === BREAKER_ACTOR);
  }
  const { openUntilMs, target, version } = next;
  if (next.state === 'half-open' || openUntilMs === undefined) return;
  const waitSeconds = Math.max(Math.ceil((openUntilMs - deps.clock.nowMs()) / 1000), 0);
  await deps.workQueue.ring([
    {
      task: { kind: 'probe', tenant, integrationId: id, target, version },
      delaySeconds: Math.min(waitSeconds, QUEUE_DELAY_MAX_SECONDS),
    },
  ]);
}

const COUNTED: Readonly<Partial<Record<BreakerState, Metric>>> = {
  open: 'BreakersOpened',
  closed: 'BreakersClosed',
  'half-open': 'BreakersHalfOpened',
};

const EVENT_TYPES: Readonly<Record<BreakerState, string>> = {
  closed: 'breakwater.breaker.closed',
  open: 'breakwater.breaker.opened',
  'half-open': 'breakwater.breaker.half-opened',
  'forced-open': 'breakwater.breaker.tripped',
  disabled: 'breakwater.breaker.disabled',
  'metrics-only': 'breakwater.breaker.disabled',
};

/** Puts the last transition into the history and publishes its event; both may be done twice. */
export async function announce(
  deps: MoveDeps,
  integration: Guarded,
  breaker: Breaker,
): Promise<void> {
  const { unpublished: transition } = breaker;
  if (transition === undefined) return;
  await tell(deps, integration, breaker.target, transition);
  await deps.breakers.published(breaker, transition.version);
}

async function tell(
  deps: MoveDeps,
  { tenant, id: integrationId, name }: Guarded,
  target: number,
  transition: Transition,
): Promise<void> {
  const { from, to, reason, actor, version, window, atMs, openUntilMs } = transition;
  await deps.breakers.record({ tenant, integrationId, target }, transition);
  const metric = COUNTED[to];
  if (metric !== undefined) deps.telemetry.count(metric);
  deps.telemetry.info('breaker.moved', {
    ...{ tenant, integrationId, integration: name, target: targetName(target) },
    ...{ from, to, reason, actor },
  });
  try {
    await publishEvent(deps, {
      tenant,
      id: `breaker-${integrationId}-${target}-${version}`,
      type: EVENT_TYPES[to],
      timestamp: instant(atMs),
      data: {
        integration: { id: integrationId, name },
        breaker: {
          ...{ target: targetName(target), from, to, reason, actor, version, window },
          openUntil: instantOrNull(openUntilMs),
        },
      },
    });
  } catch (error) {
    // Announced before, under another name of the integration.
    if (!(error instanceof RequestError) || error.code !== 'event-id-conflict') throw error;
  }
}
