import { type Breaker, type BreakerSign, isTroubled, PRIMARY_TARGET } from '../domain/breaker.ts';
import { probeStep } from '../domain/breaker-gate.ts';
import { breakerTargets } from '../domain/breaker-targets.ts';
import { closed, reset } from '../domain/breaker-transitions.ts';
import { isOverIt } from '../domain/breaker-window.ts';
import type { Integration } from '../domain/integration.ts';
import { announce, moveBreaker } from './breaker-moves.ts';
import { eachConcurrently, throwAll } from './concurrently.ts';
import { startDrain } from './drain.ts';
import { passes } from './drain-step.ts';
import type { Clock, Integrations, Telemetry } from './ports.ts';
import type { Breakers } from './ports-outage.ts';
import { judgeProbes, type ProbeDeps } from './probe.ts';
import { type ProbeWaitingDeps, probeDueMs, probeWaiting } from './probe-waiting.ts';
import { turned } from './turns.ts';

export interface WatchDeps extends ProbeDeps, ProbeWaitingDeps {
  readonly breakers: ProbeDeps['breakers'] &
    Pick<Breakers, 'board' | 'load' | 'calm' | 'pauseSeen'>;
  readonly integrations: ProbeDeps['integrations'] & Pick<Integrations, 'byId'>;
  readonly deliveries: ProbeDeps['deliveries'] & ProbeWaitingDeps['deliveries'];
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

const WIDTH = 8;
/** Whoever made a transition announces it within this time, or is dead. */
const ANNOUNCED_MS = 10_000;
/** A pause whose end is older than this has been seen to. */
const PAUSE_RECENT_MS = 3_600_000;
/** A drain that was under way looks at the pause for its pace: the mark stays this long after it. */
const PAUSE_MARK_MS = 120_000;
/** The breaker of a fallback that could have been probed for so long, and was not, is closed. */
const UNNEEDED_MS = 3_600_000;

/**
 * Goes over every breaker that is not simply closed and well; the tick calls it each minute. What
 * should have happened and did not, because somebody died or nobody came, happens here. One that
 * fails keeps no other from its turn.
 */
export async function watchBreakers(deps: WatchDeps, outOfTime: () => boolean): Promise<void> {
  const signs = turned(await deps.breakers.board(), deps.clock.nowMs());
  const troubled = signs.filter(({ state }) => state !== 'closed').length;
  deps.telemetry.count('BreakersTroubled', troubled);
  const { errors } = await eachConcurrently(signs, WIDTH, async (sign) => {
    if (!outOfTime()) await watch(deps, sign);
  });
  throwAll(errors, 'Watching breakers');
}

async function watch(deps: WatchDeps, sign: BreakerSign): Promise<void> {
  const [breaker, integration] = await Promise.all([
    deps.breakers.load(sign),
    deps.integrations.byId(sign.integrationId, sign.tenant),
  ]);
  // The board lags.
  if (breaker === undefined) return;
  if (integration === undefined) {
    return await forget(deps, breaker, 'The integration was deleted.');
  }
  if (!breakerTargets(integration).includes(breaker.target)) {
    return await forget(deps, breaker, 'The fallback was taken out.');
  }
  const nowMs = deps.clock.nowMs();
  const { unpublished } = breaker;
  if (unpublished !== undefined && nowMs - unpublished.atMs > ANNOUNCED_MS) {
    await announce(deps, integration, breaker);
  }
  await releasePaused(deps, integration, breaker, nowMs);
  await move(deps, integration, breaker, nowMs);
}

/**
 * Publishers hold what comes during a pause that the other side asked for (429), and start no
 * drain: here it is, before the mark of the pause goes.
 */
async function releasePaused(
  deps: WatchDeps,
  integration: Integration,
  breaker: Breaker,
  nowMs: number,
): Promise<void> {
  const { notBeforeMs, state } = breaker;
  if (breaker.target !== PRIMARY_TARGET) return;
  // A closed one loses its mark afterwards, so it is seen to however late.
  const wasPaused = state === 'closed' ? notBeforeMs > 0 : notBeforeMs > nowMs - PAUSE_RECENT_MS;
  if (!wasPaused || integration.status !== 'active') return;
  // While it is open its sweep stands already.
  if (!passes(breaker, integration, nowMs)) return;
  await startDrain(deps, integration, { ramp: false });
  if (state === 'closed' && notBeforeMs < nowMs - PAUSE_MARK_MS) {
    await deps.breakers.pauseSeen(breaker, notBeforeMs);
  }
}

async function move(
  deps: WatchDeps,
  integration: Integration,
  breaker: Breaker,
  nowMs: number,
): Promise<void> {
  if (!integration.breaker.enabled && isShut(breaker)) {
    const cause = { nowMs, reason: 'The breaker was switched off.' };
    await moveBreaker(deps, integration, reset(breaker, cause));
    return;
  }
  switch (breaker.state) {
    case 'open':
    case 'forced-open': {
      const dueMs = probeDueMs(breaker);
      if (integration.status !== 'active' || dueMs === undefined || dueMs > nowMs) return;
      if (breaker.target !== PRIMARY_TARGET) {
        return await giveAnotherChance(deps, integration, breaker, nowMs - dueMs);
      }
      const { tenant, integrationId, target, version } = breaker;
      const task = { kind: 'probe', tenant, integrationId, target, version } as const;
      return await probeWaiting(deps, task);
    }
    case 'half-open':
      if (probeStep(breaker, integration.breaker, nowMs).kind === 'verdict') {
        await judgeProbes(deps, integration, breaker, { isOver: true });
      }
      return;
    case 'closed':
      if (isWell(breaker, integration, nowMs)) await deps.breakers.calm(breaker);
      return;
    case 'disabled':
    case 'metrics-only':
      return;
  }
}

/**
 * Nothing waits for a fallback, so nothing probes it but the next delivery that needs it. That may
 * be in a year: until then it would be shown as broken.
 */
async function giveAnotherChance(
  deps: WatchDeps,
  integration: Integration,
  breaker: Breaker,
  unneededMs: number,
): Promise<void> {
  if (unneededMs < UNNEEDED_MS) return;
  const reason = 'Nothing has needed it for an hour since it could be probed.';
  await moveBreaker(deps, integration, closed(breaker, { nowMs: deps.clock.nowMs(), reason }));
}

function isShut({ state }: Breaker): boolean {
  return state === 'open' || state === 'half-open' || state === 'forced-open';
}

/** Closed, with nothing to show but a watch that is over and marks that are out of date. */
function isWell(breaker: Breaker, { breaker: config }: Integration, nowMs: number): boolean {
  const unwatched = { ...breaker, suspectSinceMs: undefined };
  if (isTroubled(unwatched, nowMs)) return false;
  return breaker.suspectSinceMs === undefined || isOverIt(breaker, config, nowMs);
}

/** The integration or its fallback is gone: its breaker goes off the board, and nobody is told. */
async function forget(deps: WatchDeps, breaker: Breaker, reason: string): Promise<void> {
  let last = breaker;
  if (breaker.state !== 'closed') {
    last = reset(breaker, { nowMs: deps.clock.nowMs(), reason });
    // Somebody else is at it; the next minute looks again.
    if ((await deps.breakers.move(last)) === 'stale') return;
  }
  if (last.unpublished !== undefined) await deps.breakers.published(last, last.version);
  await deps.breakers.calm(last);
}
