import type { Delivery } from '../domain/delivery.ts';
import { attemptsMade, end, hold, ring, ringTime } from '../domain/delivery-transitions.ts';
import { concurrently } from './concurrently.ts';
import type {
  Clock,
  Deliveries,
  DeliveryQueue,
  DeliveryRef,
  Doorbell,
  Targets,
  Telemetry,
} from './ports.ts';

export interface RingDeps {
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
 * that got lost, attempts whose worker died. Two ticks at once ring once: the save decides.
 */
export async function ringDue(deps: RingDeps, outOfTime: () => boolean): Promise<number> {
  let rung = 0;
  while (!outOfTime()) {
    const page = await ringPage(deps, 0);
    rung += page.rung;
    // A page in which nothing moved would come back the same: the next minute sees to it.
    if (page.found < PAGE || page.moved === 0) break;
  }
  if (!outOfTime()) rung += (await ringPage(deps, HORIZON_MS)).rung;
  if (rung > 0) deps.telemetry.count('DueDeliveriesRung', rung);
  return rung;
}

async function ringPage(deps: RingDeps, horizonMs: number) {
  const refs = await deps.deliveries.due(deps.clock.nowMs() + horizonMs, PAGE);
  const changes = await concurrently(refs, WIDTH, (ref) => advance(deps, ref, horizonMs));
  const moved = changes.filter((change) => change !== undefined);
  const doorbells = moved.flatMap(({ doorbell }) => (doorbell ? [doorbell] : []));
  if (doorbells.length > 0) await deps.deliveryQueue.ring(doorbells);
  return { found: refs.length, moved: moved.length, rung: doorbells.length };
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
  ]);
  if (delivery === undefined) return undefined;
  const nowMs = deps.clock.nowMs();
  const atMs = ringTime(delivery, nowMs, horizonMs);
  if (atMs === undefined) return undefined;
  const save = async (next: Delivery) => (await deps.deliveries.save(next)) === 'saved';

  if (integration === undefined) {
    return (await save(end(delivery, 'cancelled', nowMs))) ? {} : undefined;
  }
  if (integration.status !== 'active') {
    return (await save(hold(delivery, 'pause'))) ? {} : undefined;
  }
  if (nowMs > delivery.scheduleStartMs + integration.retry.maxAgeSeconds * 1000) {
    if (!(await save(end(delivery, 'failed', nowMs)))) return undefined;
    deps.telemetry.count('DeliveriesDead');
    return {};
  }
  if (!(await save(ring(delivery, atMs, nowMs)))) return undefined;
  return { doorbell: doorbellFor(delivery, atMs, nowMs) };
}

/** The doorbell for the next attempt of a stored delivery. */
export function doorbellFor(delivery: Delivery, atMs: number, nowMs: number): Doorbell {
  const { tenant, eventId, integrationId, type, acceptedAtMs } = delivery;
  const attempt = attemptsMade(delivery) + 1;
  return {
    task: { tenant, eventId, integrationId, type, acceptedAtMs, attempt },
    delaySeconds: Math.max(Math.ceil((atMs - nowMs) / 1000), 0),
  };
}
