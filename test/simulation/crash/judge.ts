import type { Delivery } from '../../../lib/domain/delivery.ts';
import { deliveryId, type IntegrationId } from '../../../lib/domain/ids.ts';
import type { Entry } from '../destinations/receivers.ts';
import { auditBroken, auditLacks } from '../scenario/checks/audit-log.ts';
import type { End, EndCheck } from './crash-story.ts';
import { leftovers } from './leftovers.ts';

/** What is true at the end of every story, whoever died. */
const ALWAYS: Readonly<Record<string, EndCheck>> = {
  'what was promised is stored': ({ stage, events }) => {
    const ids = new Set(events.map(({ id }) => id));
    return [...stage.book.accepted.keys()].find((id) => !ids.has(id));
  },
  'every target has a delivery': (end) =>
    targetsOf(end).find(({ delivery }) => delivery === undefined)?.what,
  'every delivery is over': ({ stage }) => {
    const [left] = stage.watch.pending.values();
    return left && `${left.eventId} is ${JSON.stringify(left.state)}`;
  },
  'delivered is what somebody has received': (end) =>
    targetsOf(end).find(({ delivery }) => {
      if (delivery?.state.status !== 'delivered') return false;
      return !requestsOf(end, delivery.eventId).some(({ status }) => isGood(status));
    })?.what,
  'no request is without an attempt, but one for each kill': (end) =>
    targetsOf(end).flatMap(({ delivery }) => {
      if (delivery === undefined) return [];
      const requests = requestsOf(end, delivery.eventId, hostsOf(end, delivery)).length;
      const attempts = delivery.attempts.length;
      if (requests <= attempts + end.kills) return [];
      return `${delivery.eventId}: ${requests} requests, ${attempts} attempts`;
    })[0],
  'no attempt is without a request': (end) =>
    targetsOf(end).flatMap(({ delivery }) => {
      const answered = delivery?.attempts.filter(({ statusCode }) => statusCode !== null) ?? [];
      if (delivery === undefined || answered.length === 0) return [];
      const requests = requestsOf(end, delivery.eventId, hostsOf(end, delivery)).length;
      return requests >= answered.length ? [] : `${delivery.eventId}: ${requests} requests`;
    })[0],
  'every request is signed': ({ stage }) =>
    stage.product.receivers.ledger.find(
      ({ verdict }) => verdict !== 'good' && verdict !== undefined,
    )?.url,
  'the same id has the same bytes': ({ stage }) => {
    const bodies = new Map<string, string>();
    return stage.product.receivers.ledger.map(eventOf).find((id, at) => {
      const body = Buffer.from(stage.product.receivers.ledger[at]?.body ?? []).toString('latin1');
      const first = bodies.get(id) ?? body;
      bodies.set(id, first);
      return first !== body;
    });
  },
  'nothing is left in a queue': ({ stage: { product } }) =>
    [...Object.values(product.queues), ...Object.values(product.deadLetters)].find((queue) => {
      const { visible, inFlight, delayed } = queue.counts();
      return visible + inFlight + delayed > 0;
    })?.name,
  'the audit log is whole': ({ stage }) => auditBroken(stage.product),
  'every stored change has an entry': ({ stage }) => auditLacks(stage.product),
  'nothing is left in the tables': ({ story, stage, isPurged }) => {
    const mayStay = new Set<string>(story.leaves);
    // The last of a line was killed before it could leave, and nobody comes after it: whoever does
    // takes its place away, as that of all that is over.
    if (isPurged) mayStay.add('place');
    return leftovers(stage.product).find(({ kind }) => !mayStay.has(kind))?.what;
  },
};

export function judgeAll(end: End): string | undefined {
  for (const [name, check] of Object.entries(ALWAYS)) {
    const wrong = check(end);
    if (wrong !== undefined) return `${name}: ${wrong}`;
  }
  for (const check of end.story.checks) {
    const wrong = check(end);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

/** A delivery as it is stored, if it is; and what to call it. */
export interface TargetEnd {
  readonly what: string;
  readonly integrationId: IntegrationId;
  readonly delivery: Delivery | undefined;
}

export function targetsOf({ stage, events }: End): readonly TargetEnd[] {
  return events.flatMap(({ id, acceptedAtMs, targets }) =>
    targets.map((integrationId) => {
      const changes = stage.watch.changes.get(deliveryId(id, acceptedAtMs, integrationId));
      const delivery = changes?.at(-1)?.after;
      return { what: `${id} to ${integrationId}`, integrationId, delivery };
    }),
  );
}

/** What has been received of an event, by any of these hosts. */
export function requestsOf({ stage }: End, eventId: string, hosts?: readonly string[]) {
  return stage.product.receivers.ledger.filter(
    (entry) => eventOf(entry) === eventId && (hosts?.includes(entry.host) ?? true),
  );
}

export function eventOf({ headers }: Entry): string {
  return headers['webhook-id'] ?? '';
}

function hostsOf({ stage }: End, { integrationId }: Delivery): readonly string[] {
  const known = [...stage.book.integrations.values()].find(({ id }) => id === integrationId);
  return known === undefined ? [] : [known.host, ...known.fallbackHosts];
}

function isGood(status: number | null): boolean {
  return status !== null && status >= 200 && status < 300;
}
