import type { Attempt, Delivery } from '../../../../lib/domain/delivery.ts';
import { ATTEMPT_SECONDS_MAX } from '../../../../lib/domain/integration.ts';
import { urlShown } from '../../../../lib/domain/url-shown.ts';
import type { Entry } from '../../destinations/receivers.ts';
import type { Accepted, Order, OrderKind, Registered } from '../book.ts';
import type { Run } from '../run.ts';
import type { Change } from '../watch.ts';
import { type Clocks, clocksOf } from './clocks.ts';

/** All that is known of one delivery when the run is over. */
export interface Dossier {
  readonly id: string;
  readonly integration: Registered;
  /** Absent where nobody heard of its event's acceptance. */
  readonly accepted: Accepted | undefined;
  /** Every change of its row, the first put first. */
  readonly changes: readonly Change[];
  /** As it was stored last. */
  readonly last: Delivery;
  /** What receivers read of it, in order. */
  readonly requests: readonly Entry[];
  /** The request of each recorded attempt, where there was one to be read. */
  readonly requestOf: ReadonlyMap<Attempt, Entry>;
  /** Requests without a record. */
  readonly unrecorded: ReadonlySet<Entry>;
  /** What operators asked for that may have touched it, in order of asking; refusals left out. */
  readonly orders: readonly Order[];
}

export interface Evidence {
  readonly dossiers: readonly Dossier[];
  /** Requests of deliveries that have no row. */
  readonly strays: readonly Entry[];
  readonly clocks: Clocks;
}

const known = new WeakMap<Run, Evidence>();

/** What a run has left behind, put together once for all checks. */
export function evidenceOf(run: Run): Evidence {
  const found = known.get(run) ?? gathered(run);
  known.set(run, found);
  return found;
}

/** The delivery that a request says it is of; undefined for what is none, such as a health check. */
export function deliveryOfRequest({ headers }: Pick<Entry, 'headers'>): string | undefined {
  return headers['breakwater-delivery'];
}

function gathered(run: Run): Evidence {
  const { book, watch, witness, product, faults } = run;
  const clocks = clocksOf(faults.happened);
  const byId = new Map([...book.integrations.values()].map((one) => [one.id, one]));
  const requests = Map.groupBy(product.receivers.ledger, deliveryOfRequest);
  const deathMs = ({ from }: Entry) => witness.deaths.get(from)?.atMs ?? Number.MAX_SAFE_INTEGER;
  const dossiers: Dossier[] = [];
  for (const [id, changes] of watch.changes) {
    const last = changes.findLast(({ after }) => after !== undefined)?.after;
    const integration = last && byId.get(last.integrationId);
    if (last === undefined || integration === undefined) continue;
    const own = requests.get(id) ?? [];
    // A record that fits two requests is of the one whose sender lived longer to write it.
    const likely = own.toSorted((a, b) => deathMs(b) - deathMs(a));
    const requestOf = matched(last.attempts, likely, {
      clocks,
      asksBefore: integration.tokenHost !== undefined,
    });
    const recorded = new Set(requestOf.values());
    dossiers.push({
      ...{ id, integration, changes, last, requests: own, requestOf },
      accepted: book.accepted.get(last.eventId),
      unrecorded: new Set(own.filter((entry) => !recorded.has(entry))),
      orders: book.orders.filter((order) => touches(order, id, last) && wasTaken(order)),
    });
  }
  const strays = [...requests].flatMap(([id, entries]) =>
    id === undefined || watch.changes.has(id) ? [] : entries,
  );
  return { dossiers, strays, clocks };
}

/** A request and its answer take a few milliseconds each; see `latencyMs` of the kernel. */
const TRAVEL_MS = 20;

/**
 * An attempt is of the request that was made when it says, by the clock of who made it. Two that
 * were made at the same time may both fit: then each gets the one that leaves one to the other.
 */
function matched(attempts: readonly Attempt[], entries: readonly Entry[], timing: Timing) {
  const attemptOf = new Map<Entry, Attempt>();
  const give = (attempt: Attempt, tried: Set<Entry>): boolean => {
    for (const entry of entries) {
      if (tried.has(entry)) continue;
      if (!isSameAnswer(attempt, entry) || !isSameTime(attempt, entry, timing)) continue;
      tried.add(entry);
      const other = attemptOf.get(entry);
      if (other !== undefined && !give(other, tried)) continue;
      attemptOf.set(entry, attempt);
      return true;
    }
    return false;
  };
  for (const attempt of attempts) give(attempt, new Set());
  return new Map([...attemptOf].map(([entry, attempt]) => [attempt, entry] as const));
}

function isSameAnswer({ statusCode, target, error }: Attempt, entry: Entry): boolean {
  // How much of a URL may be on record is for the check of secrets.
  if (urlShown(entry.url) !== urlShown(target)) return false;
  if (statusCode !== null) return entry.isHeard && entry.status === statusCode;
  return !entry.isHeard && (error === 'timeout' || error === 'reset');
}

/** No attempt takes longer, whatever comes before its request. */
const TOKEN_MS_MAX = ATTEMPT_SECONDS_MAX * 1_000;

interface Timing {
  readonly clocks: Clocks;
  /** An attempt may begin with the request for an access token, which is none of the delivery's. */
  readonly asksBefore: boolean;
}

function isSameTime(
  attempt: Attempt,
  { atMs, untilMs, from }: Entry,
  { clocks, asksBefore }: Timing,
): boolean {
  const isTravel = (ms: number) => ms >= -1 && ms <= TRAVEL_MS;
  const isBegun = (ms: number) => isTravel(ms) || (asksBefore && ms > 0 && ms < TOKEN_MS_MAX);
  return clocks.offsetsOf(from).some((offsetMs) => {
    const beganMs = attempt.startedAtMs - offsetMs;
    if (!isBegun(atMs - beganMs)) return false;
    if (isTravel(beganMs + attempt.latencyMs - untilMs)) return true;
    // A clock that is set back meanwhile hides how long the token took.
    return asksBefore && isTravel(attempt.latencyMs - (untilMs - atMs));
  });
}

function touches(order: Order, id: string, { eventId, integrationId }: Delivery): boolean {
  const { deliveryId } = order;
  if (deliveryId !== undefined) return deliveryId === id;
  if (order.eventId !== undefined) return order.eventId === eventId;
  return order.integrationId === integrationId;
}

/** Also one that nobody heard an answer to; what is refused the second time may have been done. */
function wasTaken({ status, tries }: Order): boolean {
  return status === undefined || status < 300 || tries > 1;
}

const AGAIN: ReadonlySet<OrderKind> = new Set(['retry', 'replay', 'recover']);

/** Whether it asks for deliveries to be sent again, whatever became of them. */
export function asksAgain({ what }: Pick<Order, 'what'>): boolean {
  return AGAIN.has(what);
}
