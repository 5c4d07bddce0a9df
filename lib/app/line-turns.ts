import type { DeliveryTask } from '../domain/delivery.ts';
import type { Integration } from '../domain/integration.ts';
import { type LineRef, type Place, placeName, TURN_LEASE_MS } from '../domain/line.ts';
import { taskOf } from './accept-event.ts';
import { FRONT, firstWaiting, isSame, type LineDeps } from './line-front.ts';
import { leaveLine } from './line-handoff.ts';
import type { Random } from './ports.ts';
import type { DeliveryRef } from './ports-history.ts';
import { ownerName } from './random-names.ts';

export interface TurnDeps extends LineDeps {
  readonly random: Pick<Random, 'bytes'>;
}

/** A delivery in line. */
export interface InLine {
  readonly line: LineRef;
  readonly own: Place;
}

/** Looks at a line; each takes away places that nobody needed, or lost a race for the lock. */
const LOOKS_MAX = 10;
/** After so many looks somebody else is as busy with the line. */
const BUSY_MS = 1_000;

/**
 * The task with all that its turn depends on: most doorbells say the key, for others the event is
 * read, which then has the body too. Nothing is read where the integration keeps no order.
 */
export async function withOrderingKey(
  deps: Pick<LineDeps, 'events'>,
  { ordering }: Pick<Integration, 'ordering'>,
  task: DeliveryTask,
): Promise<DeliveryTask> {
  const isKnown = task.orderingKey !== undefined || task.body !== undefined;
  if (ordering !== 'fifo' || isKnown) return task;
  const event = await deps.events.get(task);
  if (event === undefined) return task;
  // As a publisher says it, so that it can be rung again: no body that is too large for that.
  const { type, orderingKey, body } = taskOf(event, task.integrationId);
  return {
    ...{ ...task, type },
    ...(orderingKey !== undefined && { orderingKey }),
    ...(body !== undefined && { body }),
  };
}

/** The delivery's line and place; undefined where it waits for nobody. */
export function inLine(
  { ordering }: Pick<Integration, 'ordering'>,
  { tenant, integrationId, eventId, acceptedAtMs, type, orderingKey }: DeliveryTask,
): InLine | undefined {
  if (ordering !== 'fifo' || orderingKey === undefined) return undefined;
  return { line: { tenant, integrationId, orderingKey }, own: { acceptedAtMs, eventId, type } };
}

/**
 * Does `work` if the delivery is the first in its line and nobody else of the line is at work;
 * then the next has its turn, unless this one is to be tried again. Otherwise the doorbell is
 * dropped: whoever ends before it in the line rings for it. A dead worker's lock ends by itself.
 */
export async function inTurn(
  deps: TurnDeps,
  task: DeliveryTask,
  { line, own }: InLine,
  work: () => Promise<void>,
): Promise<void> {
  const turn = await takeTurn(deps, line, own);
  switch (turn.kind) {
    case 'mine':
      try {
        await work();
      } finally {
        await deps.lines.unlock(line, turn.owner);
        await leaveLine(deps, line, own, { hadTurn: true });
      }
      return;
    case 'later': {
      const delaySeconds = Math.ceil((turn.atMs - deps.clock.nowMs()) / 1000);
      await deps.deliveryQueue.ring([{ task, delaySeconds: Math.max(delaySeconds, 1) }]);
      break;
    }
    case 'behind':
      break;
  }
  const { tenant, eventId, integrationId } = task;
  const reason = turn.kind === 'behind' ? 'behind-others' : 'line-busy';
  deps.telemetry.info('doorbell.ignored', { tenant, eventId, integrationId, reason });
}

/** A delivery was ended from outside: whoever waits for it is to know at once. */
export async function leaveAtOnce(
  deps: LineDeps,
  integration: Pick<Integration, 'ordering'> | undefined,
  ref: DeliveryRef,
): Promise<void> {
  if (integration?.ordering !== 'fifo') return;
  const event = await deps.events.get(ref);
  if (event?.orderingKey === undefined) return;
  const { acceptedAtMs, id: eventId, type, orderingKey } = event;
  const line = { tenant: ref.tenant, integrationId: ref.integrationId, orderingKey };
  await leaveLine(deps, line, { acceptedAtMs, eventId, type }, { hadTurn: false });
}

type Turn =
  | { readonly kind: 'mine'; readonly owner: string }
  /** Another is first, and is not over: at its end it rings. */
  | { readonly kind: 'behind' }
  /** First, but another of the line is still at work: its end may go unheard. */
  | { readonly kind: 'later'; readonly atMs: number };

async function takeTurn(deps: TurnDeps, line: LineRef, own: Place): Promise<Turn> {
  for (let look = 0; look < LOOKS_MAX; look++) {
    const { lock, places } = await deps.lines.front(line, FRONT);
    // Before anybody is found to be first: whoever that is must find this one at its end.
    if (!(await isPlaced(deps, line, places, own))) {
      await deps.lines.put(line, own);
      continue;
    }
    const first = await firstWaiting(deps, line, places, own);
    if (first === undefined) continue;
    if (!isSame(first.place, own)) return { kind: 'behind' };
    const nowMs = deps.clock.nowMs();
    if (lock !== undefined && lock.leaseUntilMs > nowMs) {
      return { kind: 'later', atMs: nextLookMs(lock.leaseUntilMs, nowMs) };
    }
    const owner = ownerName(deps.random);
    const wanted = { eventId: own.eventId, owner, leaseUntilMs: nowMs + TURN_LEASE_MS };
    if ((await deps.lines.lock(line, wanted, nowMs)) === 'taken') return { kind: 'mine', owner };
  }
  return { kind: 'later', atMs: deps.clock.nowMs() + BUSY_MS };
}

/**
 * Whoever has the lock mostly gives it back in a moment, and may ring for nobody then: it is the
 * same delivery, on its way to another lane. So soon at first, and later the longer it lasts.
 */
function nextLookMs(leaseUntilMs: number, nowMs: number): number {
  const lastsMs = Math.max(nowMs - (leaseUntilMs - TURN_LEASE_MS), 0);
  return Math.min(leaseUntilMs, nowMs + Math.max(BUSY_MS, lastsMs / 2));
}

/** Whether it stands in line; far behind those that were read it has to be looked for. */
async function isPlaced(
  { lines }: Pick<LineDeps, 'lines'>,
  line: LineRef,
  places: readonly Place[],
  own: Place,
): Promise<boolean> {
  if (places.some((place) => isSame(place, own))) return true;
  const last = places.at(-1);
  const isAll = last === undefined || places.length < FRONT || placeName(own) < placeName(last);
  return !isAll && (await lines.has(line, own));
}
