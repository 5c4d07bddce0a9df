import { BREAKER_ACTOR, type Breaker } from '../domain/breaker.ts';
import { probeStep } from '../domain/breaker-gate.ts';
import {
  type Drain,
  onTheWayMax,
  rampedAnew,
  rateMax,
  spread,
  stepCount,
  stepSeconds,
  waiting,
} from '../domain/drain.ts';
import { bearing, paced as pacedBy } from '../domain/drain-pace.ts';
import { entered, FEW, type Found, isStuck, stepped } from '../domain/drain-round.ts';
import type { Integration } from '../domain/integration.ts';
import type { WorkTask } from '../domain/work.ts';
import { type EnsureDrainDeps, ringNext } from './drain.ts';
import type { Integrations } from './ports.ts';
import type { HeldRef } from './ports-history.ts';
import type { Breakers, Drains, RateLimits } from './ports-outage.ts';
import { heldDoorbell, type LetGoDeps, letGoOldest, ringHeld } from './probe-waiting.ts';
import { primaryOf } from './targets.ts';

export interface DrainDeps extends EnsureDrainDeps, LetGoDeps {
  readonly drains: Drains;
  readonly integrations: Pick<Integrations, 'byId'>;
  readonly breakers: Pick<Breakers, 'load'>;
  readonly rateLimits: Pick<RateLimits, 'take'>;
}

export type DrainTask = Extract<WorkTask, { readonly kind: 'drain' }>;

/**
 * One step: lets go what the rate allows until the next. Each step is stored before it rings, so
 * a token that comes twice rings nothing twice; killed in between, the tick goes on, and what was
 * not rung has its turn in the next round.
 */
export async function drainStep(deps: DrainDeps, task: DrainTask): Promise<void> {
  const { tenant, integrationId } = task;
  const [drain, integration, breaker] = await Promise.all([
    deps.drains.load(integrationId),
    deps.integrations.byId(integrationId, tenant),
    deps.breakers.load(primaryOf({ tenant, id: integrationId })),
  ]);
  if (drain === undefined || drain.step !== task.step) return;
  const nowMs = deps.clock.nowMs();
  if (integration?.status !== 'active' || !passes(breaker, integration, nowMs)) {
    // What starts it again starts it anew: a close, a resume, or the tick.
    await deps.drains.remove(drain);
    // Paused and resumed meanwhile, an open breaker has nobody who probes it.
    if (integration?.status === 'active' && isDue(breaker, integration, nowMs)) {
      await letGoOldest(deps, integration, 1);
    }
    return;
  }
  const pauseMs = breaker?.notBeforeMs ?? 0;
  if (pauseMs > nowMs) {
    const next = waiting(drain, pauseMs, nowMs);
    if ((await deps.drains.save(next)) === 'saved') await ringNext(deps, next, nowMs);
    return;
  }
  // Open or paused for less than a step: what was let go was turned away, and is held still.
  const changedAtMs = Math.max(breaker?.sinceMs ?? 0, integration.updatedAtMs);
  const isTurned = changedAtMs > drain.roundStartedAtMs;
  const round = isTurned ? { ...drain, position: undefined } : drain;
  const paced = withPace(round, integration, breaker, nowMs);
  const isBehind = await isBehindIn(deps, round);
  const due = isBehind ? { ...paced, rate: Math.min(paced.rate, round.rate) } : paced;
  const isNewRound = isBehind && isStuck(due, nowMs);
  const current = entered(isNewRound ? { ...due, position: undefined } : due, nowMs);
  const chosen =
    isBehind && !isNewRound
      ? nothingNow(integration)
      : await choose(deps, integration, current, nowMs);
  const next = stepped(current, chosen, chosen.waitMs, nowMs);
  if (next === 'finished') return await deps.drains.remove(drain);
  if ((await deps.drains.save(next)) === 'stale') return;
  const delays = spread(chosen.refs.length, stepSeconds(integration.limits));
  await ringHeld(
    deps,
    chosen.refs.map((ref, i) => heldDoorbell(ref, delays[i] ?? 0)),
  );
  await ringNext(deps, next, nowMs);
  deps.telemetry.info('drain.stepped', {
    ...{ tenant, integrationId, count: chosen.count, rate: next.rate, waitMs: chosen.waitMs },
  });
}

/** Whether deliveries pass the breaker. */
export function passes(
  breaker: Breaker | undefined,
  integration: Pick<Integration, 'breaker'>,
  nowMs: number,
): boolean {
  return breaker === undefined || probeStep(breaker, integration.breaker, nowMs).kind === 'pass';
}

/** Whether the breaker waits for nothing but a probe. */
function isDue(
  breaker: Breaker | undefined,
  integration: Pick<Integration, 'breaker'>,
  nowMs: number,
): boolean {
  return breaker !== undefined && probeStep(breaker, integration.breaker, nowMs).kind !== 'hold';
}

function withPace(
  drain: Drain,
  { breaker: config, limits }: Integration,
  breaker: Breaker | undefined,
  nowMs: number,
): Drain {
  const callRate = breaker?.callRate ?? 0;
  const closed = breaker?.state === 'closed' && breaker.last?.actor === BREAKER_ACTOR;
  const old = closed && breaker.sinceMs > drain.startedAtMs ? rampedAnew(drain, nowMs) : drain;
  const seen = {
    bearing: bearing(breaker, config, drain.pacedAtMs, nowMs),
    callRate,
    max: rateMax(limits, callRate),
  };
  return pacedBy(old, seen, nowMs);
}

interface Chosen extends Found {
  readonly refs: readonly HeldRef[];
  readonly waitMs: number;
}

/** Whether what was let go piles up, so that more doorbells would only wait behind those. */
async function isBehindIn(
  { deliveries }: DrainDeps,
  { integrationId, position, rate }: Drain,
): Promise<boolean> {
  if (position === undefined) return false;
  const max = onTheWayMax(rate);
  const oldest = await deliveries.held({ integrationId, limit: max });
  const last = oldest.at(-1);
  return oldest.length === max && last !== undefined && last.position <= position;
}

function nothingNow({ limits }: Integration): Chosen {
  const waitMs = stepSeconds(limits) * 1000;
  return { refs: [], count: 0, last: undefined, isAll: false, isFew: false, waitMs };
}

/** What is let go now: the oldest that there is a rate, and leave by the limit, for. */
async function choose(
  deps: DrainDeps,
  integration: Integration,
  drain: Drain,
  nowMs: number,
): Promise<Chosen> {
  const seconds = stepSeconds(integration.limits);
  const limit = stepCount(drain.rate, seconds);
  const { position } = drain;
  const shown = await deps.deliveries.held({
    integrationId: integration.id,
    limit,
    ...(position !== undefined && { after: position }),
  });
  const leave = await leaveFor(deps, integration, shown.length, nowMs);
  const refs = shown.slice(0, leave);
  return {
    refs,
    count: refs.length,
    last: refs.at(-1)?.position,
    isAll: shown.length < limit && leave >= shown.length,
    isFew: shown.length === 0 && (await areFew(deps, integration)),
    waitMs: seconds * 1000,
  };
}

async function areFew({ deliveries }: DrainDeps, { id }: Integration): Promise<boolean> {
  return (await deliveries.held({ integrationId: id, limit: FEW })).length < FEW;
}

/**
 * How many of `count` calls the integration's rate allows until the next step: all that are free
 * now, and half of the limit whether or not they are, so that live traffic does not keep the
 * backlog waiting for ever. Nobody asks again for them when they are made; where order is kept each
 * delivery does, and nobody here.
 */
async function leaveFor(
  { rateLimits }: DrainDeps,
  { id, ordering, limits: { perSecond } }: Integration,
  count: number,
  nowMs: number,
): Promise<number> {
  if (perSecond === undefined || count === 0 || ordering === 'fifo') return count;
  const seconds = stepSeconds({ perSecond });
  // The limit has a burst of one second itself.
  const debtMs = (seconds - 1) * 1000;
  const { granted } = await rateLimits.take(id, { perSecond, count, debtMs }, nowMs);
  const share = Math.min(Math.floor((perSecond * seconds) / 2), count);
  if (granted >= share) return granted;
  const rest = { perSecond, count: share - granted, debtMs: debtMs + seconds * 500 };
  return granted + (await rateLimits.take(id, rest, nowMs)).granted;
}
