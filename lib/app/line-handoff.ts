import type { Delivery } from '../domain/delivery.ts';
import { dueAt, newDelivery } from '../domain/delivery-transitions.ts';
import { isInLine, type LineRef, type Place, turnRing } from '../domain/line.ts';
import { doorbellFor } from './doorbells.ts';
import {
  type First,
  FRONT,
  firstWaiting,
  isSame,
  type LineDeps,
  leavePlace,
} from './line-front.ts';
import type { Doorbell } from './ports.ts';
import { heldDoorbell } from './probe-waiting.ts';

/** Looks at a line, each past places that nobody needed; the next doorbell goes on from there. */
const LOOKS_MAX = 10;

/**
 * Lets the next in line know, if this delivery is over or set aside: its place goes last, so that
 * whoever finds it there still knows that this is to be done. Killed in between, or done twice,
 * the next is rung for once more, and hears it once.
 */
export async function leaveLine(
  deps: LineDeps,
  line: LineRef,
  own: Place,
  { hadTurn }: { readonly hadTurn: boolean },
): Promise<void> {
  const row = await deps.deliveries.load({ ...line, eventId: own.eventId });
  if (row === undefined || isInLine(row)) return;
  if (!hadTurn && !(await deps.lines.has(line, own))) return;
  if (await ringFirst(deps, line, own)) await leavePlace(deps, line, own, row);
}

/** Rings for the first in line after `own`; false if its doorbell was not taken. */
async function ringFirst(deps: LineDeps, line: LineRef, own: Place): Promise<boolean> {
  for (let look = 0; look < LOOKS_MAX; look++) {
    const { places } = await deps.lines.front(line, FRONT);
    const others = places.filter((place) => !isSame(place, own));
    const first = await firstWaiting(deps, line, others);
    if (first !== undefined) return await ring(deps, line, first);
    if (places.length < FRONT) return true;
  }
  return false;
}

async function ring(deps: LineDeps, line: LineRef, first: First): Promise<boolean> {
  const doorbell = doorbellTo(deps, line, first);
  if (doorbell === undefined) return true;
  const { failed } = await deps.deliveryQueue.ring([doorbell]);
  // Not taken: its row brings it back, within minutes.
  return failed === 0;
}

function doorbellTo(deps: LineDeps, line: LineRef, { place, row }: First): Doorbell | undefined {
  const nowMs = deps.clock.nowMs();
  const current: Delivery = row ?? newDelivery({ ...line, ...place }, dueAt(nowMs, nowMs));
  const ref = { ...line, ...place, position: '' };
  switch (turnRing(current.state, nowMs)) {
    case 'due':
      return toldOf(doorbellFor(current, deps.board, nowMs, nowMs), line, place);
    case 'held':
      return toldOf(heldDoorbell(ref, 0), line, place);
    case undefined:
      return undefined;
  }
}

/** With what is known of the event, so that nobody need read it to find its line. */
function toldOf(
  { task, delaySeconds }: Doorbell,
  { orderingKey }: LineRef,
  { type }: Place,
): Doorbell {
  return { task: { ...task, type, orderingKey }, delaySeconds };
}
