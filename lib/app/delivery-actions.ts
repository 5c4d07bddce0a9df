import { QUEUED_CALL_TYPE } from '../domain/call.ts';
import type { Delivery, HeldBy } from '../domain/delivery.ts';
import { dueAt, end, leaseOf, newDelivery, restart } from '../domain/delivery-transitions.ts';
import { notFound, RequestError } from '../domain/errors.ts';
import type { EventRecord } from '../domain/event.ts';
import { filteredStored } from '../domain/event-record.ts';
import { deliveryId, type IntegrationId } from '../domain/ids.ts';
import type { Integration, Route } from '../domain/integration.ts';
import { routesFor, routesNamed } from '../domain/routing.ts';
import type { BreakerBoard } from './breaker-board.ts';
import { concurrently } from './concurrently.ts';
import { doorbellsOf } from './doorbells.ts';
import { holding } from './lanes.ts';
import { takePlaceAnew } from './line-places.ts';
import { leaveAtOnce } from './line-turns.ts';
import type { Clock, DeliveryQueue, Integrations, Telemetry } from './ports.ts';
import type { Deliveries, DeliveryRef, EventRef, Events } from './ports-history.ts';
import type { Lines } from './ports-line.ts';
import { initialRow } from './waiting-rows.ts';

export interface ActionDeps {
  readonly board: Pick<BreakerBoard, 'sign' | 'refresh'>;
  readonly integrations: Pick<Integrations, 'byId' | 'routes'>;
  readonly events: Pick<Events, 'get'>;
  readonly deliveries: Pick<Deliveries, 'load' | 'save'>;
  readonly lines: Lines;
  readonly deliveryQueue: DeliveryQueue;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

const RACES_MAX = 5;
const WIDTH = 16;

/** Tries a delivery again from the start of its schedule, whatever became of it. */
export async function retryDelivery(deps: ActionDeps, ref: DeliveryRef): Promise<Delivery> {
  const integration = await deps.integrations.byId(ref.integrationId, ref.tenant);
  if (integration === undefined) {
    throw new RequestError('invalid-state', 'The integration of this delivery has been deleted.');
  }
  const next = await change(deps, ref, (delivery, nowMs) => again(delivery, integration, nowMs));
  await takePlaceAnew(deps, integration, ref);
  await ringNow(deps, [next]);
  return next;
}

/** Ends a delivery that is not over yet; an attempt under way may still arrive. */
export async function cancelDelivery(deps: ActionDeps, ref: DeliveryRef): Promise<Delivery> {
  const cancelled = await change(deps, ref, (delivery, nowMs) => {
    const { status } = delivery.state;
    if (status === 'delivered' || status === 'failed' || status === 'cancelled') {
      throw new RequestError(
        'invalid-state',
        `The delivery is ${status}; only pending ones can be cancelled.`,
      );
    }
    return end(delivery, 'cancelled', nowMs);
  });
  await leaveAtOnce(deps, await deps.integrations.byId(ref.integrationId, ref.tenant), ref);
  return cancelled;
}

/**
 * Sends a stored event again: to the integrations named, or else to every one that wants it by
 * type and filter now. A delivery that is already queued is left as it is.
 */
export async function replayEvent(
  deps: ActionDeps,
  ref: EventRef,
  wanted: readonly string[] | undefined,
): Promise<readonly Delivery[]> {
  const event = await deps.events.get(ref);
  if (event === undefined) throw notFound('event', ref.eventId);
  const [routes] = await Promise.all([deps.integrations.routes(ref.tenant), deps.board.refresh()]);
  const targets = replayTargets(event, routes, wanted);
  const replayed = await concurrently(targets, WIDTH, (target) => replayTo(deps, event, target));
  await ringNow(deps, replayed);
  return replayed;
}

/** A queued call goes to nobody but the service that it was for. */
function replayTargets(
  event: EventRecord,
  routes: readonly Route[],
  wanted: readonly string[] | undefined,
): readonly Route[] {
  if (event.type === QUEUED_CALL_TYPE) {
    const own = routes.filter(({ id }) => event.targets.includes(id));
    return wanted ? routesNamed(own, wanted) : own;
  }
  return wanted
    ? routesNamed(routes, wanted)
    : routesFor(routes, event.type, () => filteredStored(event));
}

async function replayTo(deps: ActionDeps, event: EventRecord, target: Route): Promise<Delivery> {
  const ref = { tenant: event.tenant, eventId: event.id, integrationId: target.id };
  for (let race = 0; race < RACES_MAX; race++) {
    const nowMs = deps.clock.nowMs();
    const stored = await deps.deliveries.load(ref);
    if (stored && busy(stored, nowMs)) return stored;
    const fresh = fromEvent(event, target.id, holding(deps, event.tenant, target, nowMs), nowMs);
    const next = stored ? restart(stored, nowMs) : fresh;
    const wantedState = fresh.state.status !== 'held' ? next : { ...next, state: fresh.state };
    if ((await deps.deliveries.save(wantedState)) === 'saved') {
      await takePlaceAnew(deps, target, ref);
      return { ...wantedState, version: wantedState.version + 1 };
    }
  }
  throw lostRaces();
}

/** A first row for a delivery: due now, or held where the integration takes nothing. */
function fromEvent(
  event: EventRecord,
  id: IntegrationId,
  heldBy: HeldBy | undefined,
  nowMs: number,
): Delivery {
  const seed = { ...event, eventId: event.id, integrationId: id };
  return initialRow(event, { id }, heldBy, nowMs) ?? newDelivery(seed, dueAt(nowMs, nowMs), nowMs);
}

function again(delivery: Delivery, integration: Integration, nowMs: number): Delivery {
  if (busy(delivery, nowMs)) {
    throw new RequestError('invalid-state', `The delivery is ${delivery.state.status} already.`);
  }
  if (integration.status !== 'active') {
    throw new RequestError(
      'invalid-state',
      `The integration is ${integration.status}; resume it, and what it holds is delivered.`,
    );
  }
  return restart(delivery, nowMs);
}

/** Queued or under way: it will be attempted without anybody's doing. */
function busy(delivery: Delivery, nowMs: number): boolean {
  const leaseUntilMs = leaseOf(delivery);
  if (leaseUntilMs !== undefined) return leaseUntilMs > nowMs;
  return delivery.state.status === 'queued';
}

/** Loads, changes and saves; a lost race is run again on what won it. */
async function change(
  deps: ActionDeps,
  ref: DeliveryRef,
  decide: (delivery: Delivery, nowMs: number) => Delivery,
): Promise<Delivery> {
  for (let race = 0; race < RACES_MAX; race++) {
    const current = (await deps.deliveries.load(ref)) ?? (await unstarted(deps, ref));
    const next = decide(current, deps.clock.nowMs());
    if ((await deps.deliveries.save(next)) === 'saved')
      return { ...next, version: next.version + 1 };
  }
  throw lostRaces();
}

/** A delivery that its event promises but that has no row yet. */
async function unstarted(deps: ActionDeps, ref: DeliveryRef): Promise<Delivery> {
  const event = await deps.events.get(ref);
  if (event === undefined || !event.targets.includes(ref.integrationId)) {
    throw notFound('delivery', deliveryId(ref.eventId, 0, ref.integrationId));
  }
  return fromEvent(event, ref.integrationId, undefined, deps.clock.nowMs());
}

async function ringNow(deps: ActionDeps, rows: readonly Delivery[]): Promise<void> {
  const doorbells = doorbellsOf(rows, deps.board, deps.clock.nowMs());
  if (doorbells.length === 0) return;
  await deps.deliveryQueue.ring(doorbells);
}

function lostRaces(): RequestError {
  return new RequestError('conflict', 'The delivery is being changed by others; try again.');
}
