import { UNCLAIMED_WINDOW_MS } from '../domain/admission.ts';
import { QUEUED_CALL_TYPE } from '../domain/call.ts';
import type { Delivery, DeliveryStatus, DeliveryTask } from '../domain/delivery.ts';
import { RequestError } from '../domain/errors.ts';
import { type EventRecord, INLINE_TARGETS_MAX, type NewEvent } from '../domain/event.ts';
import { filteredNew, recordOf } from '../domain/event-record.ts';
import {
  type DeliveryId,
  deliveryId,
  ID_RANDOM_BYTES,
  type IntegrationId,
  ulid,
} from '../domain/ids.ts';
import type { Route } from '../domain/integration.ts';
import { SETTLED_MS } from '../domain/reconciliation.ts';
import { routesFor, routesNamed } from '../domain/routing.ts';
import type { BreakerBoard } from './breaker-board.ts';
import { laneFor } from './lanes.ts';
import { acceptedInOrder, linesOf, takePlaces, takePlacesAgain } from './line-places.ts';
import type { Clock, Doorbell, Random, Telemetry } from './ports.ts';
import type { Deliveries, Events } from './ports-history.ts';
import type { Lines } from './ports-line.ts';
import { storeMissing, storeWaiting } from './waiting-rows.ts';

export interface AcceptDeps {
  readonly board: Pick<BreakerBoard, 'sign' | 'refresh'>;
  readonly events: Pick<Events, 'store'>;
  readonly deliveries: Pick<Deliveries, 'load' | 'save'>;
  readonly lines: Pick<Lines, 'newest' | 'put'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly telemetry: Telemetry;
}

export interface Published {
  readonly id: string;
  readonly type: string;
  readonly tenant: string;
  readonly acceptedAtMs: number;
  readonly deliveries: readonly {
    readonly id: DeliveryId;
    readonly integration: IntegrationId;
    readonly status: DeliveryStatus;
  }[];
  readonly fanout: 'inline' | 'queued';
  /** The id was published before with the same content; nothing was done. */
  readonly duplicate: boolean;
}

/** What is left to do for an event once it is stored: none of it can lose the event. */
export interface Accepted {
  readonly published: Published;
  readonly doorbells: readonly Doorbell[];
  readonly fanOut: boolean;
}

/** Bodies up to this many bytes travel in the doorbell and save the delivery a read. */
export const INLINE_BODY_BYTES_MAX = 16_384;

/** Stores the event with its targets; an id used before answers as then, or is refused. */
export async function accept(
  deps: AcceptDeps,
  event: NewEvent,
  routes: readonly Route[],
  seed: string | undefined,
): Promise<Accepted> {
  const nowMs = deps.clock.nowMs();
  const idSeed = seed ?? ulid(nowMs, deps.random.bytes(ID_RANDOM_BYTES));
  const targets = event.integrations
    ? routesNamed(routes, event.integrations)
    : routesFor(routes, event.type, () => filteredNew(event, nowMs, idSeed));
  const lines = linesOf(event, targets);
  const acceptedAtMs = await acceptedInOrder(deps, lines, nowMs);
  const record = { ...recordOf(event, targets, nowMs, idSeed), acceptedAtMs };
  const stored = await deps.events.store(record);
  if (stored !== 'stored') {
    const { existing } = stored;
    if (existing.fingerprint !== record.fingerprint) {
      throw new RequestError(
        'event-id-conflict',
        `id: the event ${JSON.stringify(event.id)} exists with other content; give a new event a new id.`,
      );
    }
    const then = routes.filter(({ id }) => existing.targets.includes(id));
    await takePlacesAgain(deps, linesOf(existing, then), existing);
    deps.telemetry.count('EventsDuplicate');
    // The first run may have died before it rang. Old enough, a doorbell too many is harmless:
    // whoever hears it claims first, or finds the row of what was done.
    const old = nowMs - existing.acceptedAtMs > UNCLAIMED_WINDOW_MS;
    if (old) await storeMissing(deps, existing, nowMs);
    return {
      published: answer(existing, new Map(), true),
      doorbells: old && !fansOut(existing) ? doorbellsOf(deps, existing, new Map(), nowMs) : [],
      fanOut: old && fansOut(existing),
    };
  }
  await takePlaces(deps, lines, record);
  const storedAtMs = deps.clock.nowMs();
  if (storedAtMs - acceptedAtMs > SETTLED_MS) await storeMissing(deps, record, storedAtMs);
  const waiting = await storeWaiting(deps, record, targets, nowMs);
  const fanOut = fansOut(record);
  deps.telemetry.count('EventsAccepted');
  deps.telemetry.info('event.accepted', {
    tenant: record.tenant,
    eventId: record.id,
    type: record.type,
    targets: targets.length,
    bytes: record.body.length,
    ...(record.source !== undefined && { source: record.source }),
  });
  return {
    published: answer(record, waiting, false),
    doorbells: fanOut ? [] : doorbellsOf(deps, record, waiting, nowMs),
    fanOut,
  };
}

function doorbellsOf(
  { board }: Pick<AcceptDeps, 'board'>,
  event: EventRecord,
  waiting: ReadonlyMap<IntegrationId, Delivery>,
  nowMs: number,
): Doorbell[] {
  return event.targets.flatMap((integrationId) => {
    const state = waiting.get(integrationId)?.state;
    const task = {
      ...taskOf(event, integrationId),
      ...laneFor(board, event.tenant, integrationId, nowMs),
    };
    if (state === undefined) return [{ task, delaySeconds: 0 }];
    if (state.status !== 'waiting' || state.dueAtMs === state.nextAttemptAtMs) return [];
    const delaySeconds = Math.ceil((state.nextAttemptAtMs - nowMs) / 1000);
    return [{ task, delaySeconds }];
  });
}

export function taskOf(event: EventRecord, integrationId: IntegrationId): DeliveryTask {
  const { tenant, id, type, acceptedAtMs, orderingKey, body } = event;
  const task = {
    ...{ tenant, eventId: id, integrationId, type, acceptedAtMs, attempt: 1 },
    ...(orderingKey !== undefined && { orderingKey }),
  };
  // Its caller's headers may hold credentials: no message has them, nor a dead letter.
  const isOpen = type !== QUEUED_CALL_TYPE;
  return isOpen && Buffer.byteLength(body) <= INLINE_BODY_BYTES_MAX ? { ...task, body } : task;
}

function answer(
  event: EventRecord,
  waiting: ReadonlyMap<IntegrationId, Delivery>,
  duplicate: boolean,
): Published {
  const status = event.deliverAtMs === undefined || duplicate ? 'queued' : 'waiting';
  return {
    id: event.id,
    type: event.type,
    tenant: event.tenant,
    acceptedAtMs: event.acceptedAtMs,
    deliveries: event.targets.map((integration) => ({
      id: deliveryId(event.id, event.acceptedAtMs, integration),
      integration,
      status: waiting.get(integration)?.state.status ?? status,
    })),
    fanout: fansOut(event) ? 'queued' : 'inline',
    duplicate,
  };
}

/** Many targets are rung by the fan-out function; those of a later time have rows to ring them. */
function fansOut(event: EventRecord): boolean {
  return event.targets.length > INLINE_TARGETS_MAX && event.deliverAtMs === undefined;
}
