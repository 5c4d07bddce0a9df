import { UNCLAIMED_MS } from '../domain/admission.ts';
import type { Delivery, DeliveryTask } from '../domain/delivery.ts';
import { linkAwaited, roundOver } from '../domain/delivery-chain.ts';
import { end } from '../domain/delivery-transitions.ts';
import type { Integration } from '../domain/integration.ts';
import { isInLine, retryInTurn } from '../domain/line.ts';
import { giveBack } from './breaker-guard.ts';
import { reportCalls } from './breaker-report.ts';
import { type Asked, type Chosen, chooseTarget } from './choose-target.ts';
import { claim, type Due, dueNow, type Rung } from './delivery-due.ts';
import { comeBack, type LeaveInTurn, leaveInTurn } from './leave-in-turn.ts';
import { leaveLine } from './line-handoff.ts';
import { inLine, inTurn, withOrderingKey } from './line-turns.ts';
import { type AttemptDeps, makeAttempt } from './make-attempt.ts';
import { holdBack, park, passOver, settleWithoutAttempt } from './unattempted.ts';

/** What a batch has found out before it comes to the single delivery. */
export type Leave = Pick<Asked, 'isLimited'>;

const FREE: Leave = { isLimited: false };

/**
 * Makes one attempt at a delivery, if it is due, nobody else is at it, and its integration may be
 * called; records it, and tells the breaker. Otherwise the delivery is held, at no attempt's cost.
 */
export async function attemptDelivery(
  deps: AttemptDeps,
  task: DeliveryTask,
  leave: Leave = FREE,
): Promise<void> {
  const [integration, stored] = await Promise.all([
    deps.targets.get(task.tenant, task.integrationId),
    deps.deliveries.load(task),
    deps.board.refresh(),
  ]);
  const isLate = deps.clock.nowMs() - task.acceptedAtMs >= UNCLAIMED_MS;
  if (stored === undefined && isLate && !(await isKept(deps, task))) return;
  const parked = park(integration, stored, task, deps.clock.nowMs());
  if (parked === 'done') return;
  if (parked !== undefined) {
    await settleWithoutAttempt(deps, parked);
    return;
  }
  if (integration === undefined) return;

  const told = await withOrderingKey(deps, integration, task);
  const place = inLine(integration, told);
  if (place === undefined) {
    const rung = { stored, task: told, isOrdered: false };
    const due = await dueNow(deps, integration, rung);
    if (due !== undefined) await attemptDue(deps, integration, { ...rung, ...due }, leave);
    return;
  }
  const ordered = { ...integration, retry: retryInTurn(integration) };
  const rung = { stored, task: told, isOrdered: true };
  const due = await dueNow(deps, ordered, rung);
  if (due === undefined) return await leaveLine(deps, place.line, place.own, { hadTurn: false });
  if (isInLine(due.delivery)) {
    await inTurn(deps, told, place, () => attemptInTurn(deps, ordered, rung, leave));
  } else {
    await attemptDue(deps, ordered, { ...rung, ...due }, leave);
  }
}

/**
 * What was read before the turn was taken may be old: another doorbell may have had the turn, made
 * the attempt and let those behind go. Called again then, it would come after them.
 */
async function attemptInTurn(
  deps: AttemptDeps,
  integration: Integration,
  rung: Rung,
  leave: Leave,
): Promise<void> {
  const current = { ...rung, stored: await deps.deliveries.load(rung.task) };
  const due = await dueNow(deps, integration, current);
  if (due !== undefined) await attemptDue(deps, integration, { ...current, ...due }, leave);
}

/** Attempts what is due where it may go now, or holds it. Nothing is claimed before it is opened. */
async function attemptDue(
  deps: AttemptDeps,
  found: Integration,
  due: Rung & Due,
  leave: Leave,
): Promise<void> {
  const integration = await deps.integrations.open(found);
  const { task } = due;
  const turn = await leaveOf(deps, integration, due, leave);
  // It is held already, and first in its line.
  if (turn.isLimited && due.isOrdered && due.delivery.state.status === 'held') {
    return await comeBack(deps, task, turn.waitMs);
  }
  const asked = { lane: task.lane ?? 'fast', isLimited: turn.isLimited };
  const choice = await chooseTarget(deps, integration, due.delivery, asked);
  switch (choice.kind) {
    case 'hold':
      return await holdBack(deps, integration, due.delivery, choice.heldBy);
    case 'nobody':
      return await passOver(deps, untaken(deps, integration, due.delivery, choice));
    case 'slow-lane':
      if (await moveToSlowLane(deps, task)) return;
      break;
    case 'go':
      break;
  }
  await attemptAt(deps, integration, due, choice.chosen);
}

/** What the batch found out, and where order is kept what it left to each delivery. */
async function leaveOf(
  deps: AttemptDeps,
  integration: Integration,
  { task, delivery }: Rung & Due,
  { isLimited }: Leave,
): Promise<LeaveInTurn> {
  const isDoneWith = delivery.chain?.trigger === 'exhausted';
  if (isLimited || integration.ordering !== 'fifo' || isDoneWith) return { isLimited, waitMs: 0 };
  return await leaveInTurn(deps, integration, task);
}

/** What is done with, and nobody of its chain takes now. */
function untaken(
  { clock, random }: AttemptDeps,
  { fallback, retry }: Integration,
  delivery: Delivery,
  { isBusy }: { readonly isBusy: boolean },
): Delivery {
  const chance = { nowMs: clock.nowMs(), dice: random.unit() };
  const later = isBusy ? linkAwaited(delivery, retry, chance) : undefined;
  return later ?? roundOver(delivery, fallback, chance);
}

/** Makes the attempt at the target that was chosen for it, unless somebody else was faster. */
async function attemptAt(
  deps: AttemptDeps,
  integration: Integration,
  rung: Rung,
  chosen: Chosen,
): Promise<void> {
  const { target, link, probe } = chosen;
  const { task } = rung;
  try {
    // Stores may have kept us: from now on counts whether a claim is needed, and its end.
    const mine = await dueNow(deps, integration, rung, target);
    const delivery = mine && (await claim(deps, mine));
    if (delivery === undefined) return await giveBack(deps, target, probe);
    // A task that has a body has the key as well, where there is one.
    const { body, orderingKey } =
      task.body === undefined ? ((await deps.events.get(task)) ?? {}) : task;
    if (body === undefined) {
      deps.telemetry.error('event.missing', { tenant: task.tenant, eventId: task.eventId });
      await giveBack(deps, target, probe);
      await settleWithoutAttempt(deps, end(delivery, 'failed', deps.clock.nowMs()));
      return;
    }
    await makeAttempt(deps, integration, delivery, { body, orderingKey, chosen });
    // The batch reports what its own integration did, once for all.
    if (link > 0) await reportCalls(deps, target);
  } finally {
    await chosen.give?.();
  }
}

/**
 * Whether the event is still there. A doorbell may be heard a fortnight later, when a redrive takes
 * it out of the dead letters: of a delivery whose history is over it must make no new one.
 */
async function isKept(deps: AttemptDeps, task: DeliveryTask): Promise<boolean> {
  if ((await deps.events.get(task)) !== undefined) return true;
  deps.telemetry.warn('event.missing', { tenant: task.tenant, eventId: task.eventId });
  return false;
}

/** True if the delivery has a doorbell in the slow lane now. */
async function moveToSlowLane(deps: AttemptDeps, task: DeliveryTask): Promise<boolean> {
  const { failed } = await deps.deliveryQueue.ring([
    { task: { ...task, lane: 'slow' }, delaySeconds: 0 },
  ]);
  if (failed === 0) deps.telemetry.count('DeliveriesMovedToSlowLane');
  return failed === 0;
}
