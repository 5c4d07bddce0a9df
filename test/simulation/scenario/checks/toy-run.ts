import type { Attempt, Delivery, DeliveryState } from '../../../../lib/domain/delivery.ts';
import { deliveryId, type IntegrationId } from '../../../../lib/domain/ids.ts';
import type { Entry } from '../../destinations/receivers.ts';
import type { Fault } from '../../kernel/faults.ts';
import { START_MS } from '../../kernel/simulate.ts';
import { newAudit, type Shown } from '../audit.ts';
import { newBook, type Order, type Registered } from '../book.ts';
import type { Run } from '../run.ts';
import type { Change } from '../watch.ts';
import type { Broken, Death } from '../witness.ts';

/** A run made by hand, in which all is well until a test spoils it: one event, two attempts. */
export interface Toy {
  readonly book: Run['book'];
  readonly audit: Run['audit'];
  readonly changes: Change[];
  readonly ledger: Entry[];
  readonly faults: Fault[];
  readonly deaths: Map<string, Death>;
  readonly broken: Broken[];
  readonly rings: Map<string, readonly number[]>;
  readonly commands: Map<string, number>;
  readonly publications: Run['story']['publications'];
  /** As checks see it. */
  readonly run: Run;
}

export const AT_MS = START_MS + 3_600_000;
export const EVENT_ID = 'own-1';
export const INTEGRATION_ID: IntegrationId = `int_${'0'.repeat(25)}1`;
export const HOST = 'int-0.example.com';
export const FALLBACK_HOST = 'dr-int-0.example.com';
export const ID = deliveryId(EVENT_ID, AT_MS, INTEGRATION_ID);
export const DATA = { number: 1, text: 'x' };
const BODY = `{"type":"order.paid","timestamp":"2027-01-15T09:00:00.000Z","data":${JSON.stringify(DATA)}}`;

/** The first attempt fails at once; the second, five seconds later, arrives. */
export function toyRun(): Toy {
  const book = newBook();
  book.integrations.set('int-0', INTEGRATION);
  book.accepted.set(EVENT_ID, {
    ...{ id: EVENT_ID, type: 'order.paid', data: DATA, how: 'publish' },
    ...{ askedAtMs: AT_MS - 5, heardAtMs: AT_MS + 5, deliveries: [INTEGRATION_ID] },
  });
  const [failed, done] = [attempt(1, AT_MS + 100, 500), attempt(2, AT_MS + 5_500, 200)];
  const changes = [
    change(AT_MS + 200, undefined, row(waiting(AT_MS + 5_200), [failed])),
    change(
      AT_MS + 5_400,
      row(waiting(AT_MS + 5_200), [failed]),
      row({ status: 'delivering', leaseUntilMs: AT_MS + 30_000 }, [failed], 2),
    ),
    change(
      AT_MS + 5_600,
      row({ status: 'delivering', leaseUntilMs: AT_MS + 30_000 }, [failed], 2),
      row(delivered(AT_MS + 5_600), [failed, done], 3),
    ),
  ];
  const ledger = [request(1, AT_MS + 105, 500), request(2, AT_MS + 5_505, 200)];
  const toy = {
    ...{ book, changes, ledger, audit: auditOf([failed, done]), faults: [] as Fault[] },
    ...{ deaths: new Map(), broken: [], rings: new Map(), commands: new Map() },
    publications: [
      {
        ...{ atMs: 0, how: 'publish' as const },
        events: [{ id: EVENT_ID, type: 'order.paid', data: DATA }],
      },
    ],
  };
  return { ...toy, run: runOf(toy) };
}

const INTEGRATION: Registered = {
  ...{ id: INTEGRATION_ID, name: 'int-0', host: HOST, fallbackHosts: [FALLBACK_HOST] },
  ...{ eventTypes: ['order.*'], isFifo: false, madeAtMs: START_MS },
  retry: { maxAttempts: 3, schedule: [5, 60], maxAgeSeconds: 7_200 },
};

function runOf(toy: Omit<Toy, 'run'>): Run {
  const { changes, faults, deaths, broken, rings, commands, publications } = toy;
  const events = new Map([[EVENT_ID, { storedAtMs: AT_MS, acceptedAtMs: AT_MS }]]);
  const functions = new Proxy({}, { get: () => ({ counts: { invocations: 1 } }) });
  const run = {
    ...{ book: toy.book, audit: toy.audit, faults: { happened: faults } },
    watch: {
      events,
      get changes() {
        return new Map([[ID, changes]]);
      },
      get pending() {
        const last = changes.at(-1)?.after;
        const isPending = last !== undefined && !('completedAtMs' in last.state);
        return new Map(isPending ? [[ID, last]] : []);
      },
    },
    witness: { deaths, broken, rings, commands },
    product: { receivers: { ledger: toy.ledger }, functions },
    ...{ story: { publications }, calmFromMs: AT_MS + 86_400_000 },
  };
  // No check looks at anything else of a run.
  return run as unknown as Run;
}

function auditOf(attempts: readonly Attempt[]): Run['audit'] {
  const audit = newAudit();
  audit.events.set(EVENT_ID, {
    ...{ id: EVENT_ID, type: 'order.paid', orderingKey: null, deliverAt: null, data: DATA },
  });
  const shown: Shown = {
    ...{ id: ID, event: EVENT_ID, integration: INTEGRATION_ID, status: 'delivered' },
    ...{ deliveredVia: 'primary', heldBy: null, completedAt: null, nextAttemptAt: null },
    createdAt: '',
    attempts: attempts.map(({ startedAtMs, ...one }) => ({ ...one, startedAt: '' })),
  };
  audit.deliveries.set(ID, shown);
  for (const [status, count] of [['delivered', 1] as const, ['failed', 0] as const]) {
    audit.listed.set(status, count);
  }
  audit.isOver = true;
  return audit;
}

export function row(state: DeliveryState, attempts: readonly Attempt[], version = 1): Delivery {
  return {
    ...{ tenant: 'default', eventId: EVENT_ID, integrationId: INTEGRATION_ID },
    ...{ type: 'order.paid', acceptedAtMs: AT_MS, state, attempts, version },
    ...{ scheduleBase: 0, scheduleStartMs: AT_MS, rings: 0 },
  };
}

export function change(atMs: number, before?: Delivery, after?: Delivery): Change {
  return { atMs, before, after };
}

export function waiting(atMs: number): DeliveryState {
  return { status: 'waiting', nextAttemptAtMs: atMs, dueAtMs: atMs + 90_000 };
}

export function delivered(completedAtMs: number, via = 'primary'): DeliveryState {
  return { status: 'delivered', via, completedAtMs };
}

/** Its request took a hundredth of a second, and five milliseconds each way. */
export function attempt(number: number, startedAtMs: number, status: number): Attempt {
  const isGood = status < 300;
  return {
    ...{ id: `att_${number}`, number, startedAtMs, latencyMs: 20 },
    ...{ target: `https://${HOST}/hooks`, outcome: isGood ? 'success' : 'retryable' },
    ...{ error: isGood ? null : 'http', statusCode: status, responseHeaders: {} },
    ...{ responseBody: '', retryAfterSeconds: null },
  };
}

export function request(number: number, atMs: number, status: number): Entry {
  return {
    ...{ atMs, untilMs: atMs + 10, host: HOST, url: `https://${HOST}/hooks`, method: 'POST' },
    headers: {
      'webhook-id': EVENT_ID,
      'webhook-timestamp': String(Math.floor(atMs / 1_000)),
      'breakwater-delivery': ID,
      'breakwater-attempt': String(number),
    },
    ...{ body: Buffer.from(BODY), verdict: 'good', status, isHeard: true, from: 'deliver/1' },
  };
}

/** Asked and done before the second attempt where nothing else is said. */
export function order(what: Order['what'], more: Partial<Order> = {}): Order {
  return {
    ...{ what, integrationId: INTEGRATION_ID, tries: 1, status: 200 },
    ...{ askedAtMs: AT_MS + 1_000, heardAtMs: AT_MS + 1_100, ...more },
  };
}
