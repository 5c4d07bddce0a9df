import { OVER, type ShownEvent } from '../audit.ts';
import type { Accepted, Registered, Repeat } from '../book.ts';
import type { Run } from '../run.ts';
import type { EventPlan, Publication } from '../story.ts';
import { type Check, type Checks, firstWrong, isUnpromised } from './check.ts';
import { clocksOf } from './clocks.ts';

export const ACCEPTANCE_CHECKS: Checks = {
  'audited to the end': ({ audit }) => (audit.isOver ? undefined : 'the audit did not end'),
  'nothing accepted is lost or changed': (run) =>
    firstWrong([...run.audit.lost, ...run.audit.changed], (text) => text) ??
    firstWrong(run.book.accepted.values(), (one) => changed(run, one)),
  'what was accepted has a delivery for every integration that wanted it, and for no other': (
    run,
  ) => firstWrong(run.book.accepted.values(), (accepted) => missedOrUnwanted(run, accepted)),
  'an accepted event has the deliveries that its answer named': (run) =>
    firstWrong(run.book.accepted.values(), (accepted) => otherThanAnswered(run, accepted)),
  'one key, one id of its own or one webhook of a partner is one event': (run) => oneEventEach(run),
  'the same request is answered the same': ({ book }) => firstWrong(book.repeats, otherAnswer),
  'accepted is delivered, failed or cancelled, and nothing else is': (run) => conserved(run),
};

/** A `deliverAt` that has passed is stored as none, and so is one that a clock ahead thinks so of. */
export function isTakenForPassed({ audit, faults }: Run, accepted: Accepted): boolean {
  const { id, deliverAtMs, heardAtMs } = accepted;
  if (deliverAtMs === undefined || audit.events.get(id)?.deliverAt !== null) return false;
  return deliverAtMs <= heardAtMs + clocksOf(faults.happened).aheadMs;
}

function changed(run: Run, accepted: Accepted): string | undefined {
  const { deliverAtMs: _, ...rest } = accepted;
  const stored = isTakenForPassed(run, accepted) ? rest : accepted;
  return changedIn(stored, run.audit.events.get(accepted.id));
}

function changedIn(accepted: Accepted, shown: ShownEvent | undefined): string | undefined {
  if (shown === undefined) return `${accepted.id} is not shown`;
  const { orderingKey = null, deliverAtMs } = accepted;
  const deliverAt = deliverAtMs === undefined ? null : new Date(deliverAtMs).toISOString();
  if (shown.orderingKey !== orderingKey) return `${accepted.id} has the key ${shown.orderingKey}`;
  return shown.deliverAt === deliverAt ? undefined : `${accepted.id} is for ${shown.deliverAt}`;
}

function missedOrUnwanted(run: Run, accepted: Accepted): string | undefined {
  const { audit, book } = run;
  if (audit.lost.length > 0) return undefined;
  const shown = new Set<string>();
  for (const delivery of audit.deliveries.values()) {
    if (delivery.event === accepted.id) shown.add(delivery.integration);
  }
  return firstWrong(book.integrations.values(), (integration) => {
    const isShown = shown.has(integration.id);
    const wants = wanted(run, integration, accepted);
    if (wants === 'yes' && !isShown) return `${accepted.id} has none to ${integration.name}`;
    if (wants === 'no' && isShown) return `${accepted.id} goes to ${integration.name}`;
    return undefined;
  });
}

/** `maybe`: it was made or deleted while the event was being accepted. */
function wanted(
  { book }: Run,
  { id, eventTypes, madeAtMs }: Registered,
  { type, askedAtMs, heardAtMs }: Accepted,
): 'yes' | 'no' | 'maybe' {
  if (!eventTypes.some((pattern) => matches(pattern, type))) return 'no';
  if (madeAtMs > askedAtMs) return 'maybe';
  const deletions = book.orders.filter(
    ({ what, integrationId }) => what === 'delete' && integrationId === id,
  );
  const isGone = deletions.some(
    (one) =>
      one.heardAtMs !== undefined &&
      one.heardAtMs < askedAtMs &&
      (one.status === 204 || one.status === 404),
  );
  if (isGone) return 'no';
  return deletions.some((one) => one.askedAtMs <= heardAtMs) ? 'maybe' : 'yes';
}

/** As the documentation of event types says, without a look at the product's own. */
function matches(pattern: string, type: string): boolean {
  if (pattern === '*') return true;
  return pattern.endsWith('.*') ? type.startsWith(pattern.slice(0, -1)) : pattern === type;
}

function otherThanAnswered({ audit, book }: Run, accepted: Accepted): string | undefined {
  if (accepted.deliveries === undefined || audit.lost.length > 0) return undefined;
  const answered = new Set(accepted.deliveries);
  const shown = new Set<string>();
  for (const { event, integration } of audit.deliveries.values()) {
    if (event === accepted.id) shown.add(integration);
  }
  const missing = [...answered].find((id) => !shown.has(id));
  if (missing !== undefined) return `${accepted.id} has none to ${missing}`;
  // A replay asks who wants the event now.
  if (book.orders.some(({ eventId }) => eventId === accepted.id)) return undefined;
  const more = [...shown].find((id) => !answered.has(id));
  return more === undefined ? undefined : `${accepted.id} has one to ${more}, too`;
}

/** Each event of a story has a number in its data, so that each can be found again. */
function oneEventEach({ audit, story }: Run): string | undefined {
  const byNumber = Map.groupBy(audit.events.values(), ({ data }) => data?.number);
  const known = new Set<unknown>();
  for (const publication of story.publications) {
    for (const event of publication.events) {
      known.add(numberOf(event));
      const ids = (byNumber.get(numberOf(event)) ?? []).map(({ id }) => id);
      if (ids.length > 1 && isOnce(publication, event)) return `${ids} are one event`;
    }
  }
  const stray = [...byNumber.keys()].find((number) => !known.has(number));
  return stray === undefined ? undefined : `nobody published an event ${stray}`;
}

function numberOf({ data }: EventPlan): unknown {
  return 'number' in data ? data.number : undefined;
}

/** A caller that gives no name to what it asks for makes another event each time. */
function isOnce({ how, idempotencyKey }: Publication, { id }: EventPlan): boolean {
  return how === 'receive' || idempotencyKey !== undefined || id !== undefined;
}

/** 202 or 200 may change: which of two runs was the first is not known of one that died. */
function otherAnswer({ by, first, again }: Repeat): string | undefined {
  const texts = [first, again].map(({ id, deliveries }) => `${id}: ${deliveries}`);
  const isTaken = [first, again].every(({ status }) => status === 202 || status === 200);
  if (isTaken && texts[0] === texts[1]) return undefined;
  return `${by} heard ${first.status} ${texts[0]}, and again ${again.status} ${texts[1]}`;
}

const conserved: Check = (run) => {
  const { audit, watch } = run;
  const counts = new Map<string, number>();
  for (const { status, event } of audit.deliveries.values()) {
    const isMeant = OVER.includes(status) || !isUnpromised(run, event);
    if (isMeant) counts.set(status, (counts.get(status) ?? 0) + 1);
  }
  for (const status of new Set([...audit.listed.keys(), ...counts.keys()])) {
    const [listed = 0, shown = 0] = [audit.listed.get(status), counts.get(status)];
    if (listed !== shown) return `${listed} are listed as ${status}, ${shown} are`;
  }
  if (audit.lost.length > 0) return undefined;
  const ofNobody = [...watch.changes.keys()].find((id) => !audit.deliveries.has(id));
  return ofNobody === undefined ? undefined : `${ofNobody} is of no event`;
};
