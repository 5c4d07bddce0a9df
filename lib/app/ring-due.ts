import type { Delivery } from '../domain/delivery.ts';
import { end, hold, ring, ringTime } from '../domain/delivery-transitions.ts';
import { routeOf } from '../domain/integration.ts';
import { LINE_RING_MS_MAX } from '../domain/line.ts';
import type { BreakerBoard } from './breaker-board.ts';
import { eachConcurrently, throwAll } from './concurrently.ts';
import { doorbellFor } from './doorbells.ts';
import { holding, shutBy } from './lanes.ts';
import type { Clock, DeliveryQueue, Doorbell, Targets, Telemetry } from './ports.ts';
import type { Deliveries, DeliveryRef } from './ports-history.ts';
import { SEEN_MAX, unseen } from './unseen.ts';

export interface RingDeps {
  readonly board: Pick<BreakerBoard, 'sign' | 'refresh'>;
  readonly targets: Targets;
  readonly deliveries: Pick<Deliveries, 'due' | 'load' | 'save'>;
  readonly deliveryQueue: DeliveryQueue;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

const PAGE = 200;
const WIDTH = 16;
/** The tick looks this far ahead, so that a retry days away is still on time to the second. */
const HORIZON_MS = 60_000;

/**
 * Rings for every delivery that is due and unattended: retries beyond SQS's reach, doorbells
 * that got lost, attempts whose worker died. Two ticks at once ring once: the save decides. A row
 * that cannot be moved keeps no other from being rung; its error is thrown at the end.
 */
export async function ringDue(deps: RingDeps, outOfTime: () => boolean): Promise<number> {
  const seen = new Set<string>();
  const errors: unknown[] = [];
  let rung = 0;
  for (const horizonMs of [0, HORIZON_MS]) {
    while (!outOfTime() && seen.size < SEEN_MAX) {
      const page = await ringPage(deps, horizonMs, seen);
      rung += page.rung;
      errors.push(...page.errors);
      if (page.found < PAGE) break;
    }
  }
  if (rung > 0) deps.telemetry.count('DueDeliveriesRung', rung);
  throwAll(errors, 'Ringing due deliveries');
  return rung;
}

async function ringPage(deps: RingDeps, horizonMs: number, seen: Set<string>) {
  const untilMs = deps.clock.nowMs() + horizonMs;
  const refs = await unseen(seen, PAGE, (limit) => deps.deliveries.due(untilMs, limit));
  const { done, errors } = await eachConcurrently(refs, WIDTH, (ref) =>
    advance(deps, ref, horizonMs),
  );
  const doorbells = done.flatMap((moved) => (moved?.doorbell ? [moved.doorbell] : []));
  const { failed } = await deps.deliveryQueue.ring(doorbells);
  return { found: refs.length, rung: doorbells.length - failed, errors };
}

/** Moves one due delivery on; undefined if it was not for us to move. */
async function advance(
  deps: RingDeps,
  ref: DeliveryRef,
  horizonMs: number,
): Promise<{ readonly doorbell?: Doorbell } | undefined> {
  const [delivery, integration] = await Promise.all([
    deps.deliveries.load(ref),
    deps.targets.get(ref.tenant, ref.integrationId),
    deps.board.refresh(),
  ]);
  if (delivery === undefined) return undefined;
  const nowMs = deps.clock.nowMs();
  const atMs = ringTime(delivery, nowMs, horizonMs);
  if (atMs === undefined) return undefined;
  const save = async (next: Delivery) => (await deps.deliveries.save(next)) === 'saved';

  if (integration === undefined) {
    return (await save(end(delivery, 'cancelled', nowMs))) ? {} : undefined;
  }
  const heldBy = holding(deps, ref.tenant, routeOf(integration), nowMs);
  // The integration is done with: neither its breaker nor its limits keep it from its fallback.
  const isPast = delivery.chain?.trigger === 'exhausted';
  // What waits for a later time is held when that has come, if it still must be.
  if (heldBy === 'pause' || (heldBy !== undefined && !isPast && atMs <= nowMs)) {
    return (await save(hold(delivery, heldBy))) ? {} : undefined;
  }
  // Behind one that waits for the breaker there is nothing to do so soon.
  const isShut = shutBy(deps, ref.tenant, integration, nowMs) !== undefined;
  const isSoon = integration.ordering === 'fifo' && !isShut;
  // Whether it is too old is for the doorbell: its fallback may take it, others wait for its end.
  const next = ring(delivery, atMs, nowMs, isSoon ? LINE_RING_MS_MAX : undefined);
  if (!(await save(next))) return undefined;
  return { doorbell: doorbellFor(delivery, deps.board, atMs, nowMs) };
}
