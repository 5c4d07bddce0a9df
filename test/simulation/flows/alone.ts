import type { Behaviour } from '../destinations/behaviour.ts';
import type { Faults } from '../kernel/faults.ts';
import type { Process } from '../kernel/process.ts';
import { type Report, type Simulation, simulate } from '../kernel/simulate.ts';
import { deployed, type Product } from '../product/product.ts';
import { untilHeard } from '../scenario/asking.ts';
import { anyOf, type Flow, troubled } from './flow.ts';

/** With a tick every minute and whatever the product says, which the stories of `crash` have not. */

const HOUR_MS = 3_600_000;
const BODIES = ['hello', '{"v":1}'];
const HOST = 'a.example.com';

export const aloneFlows: readonly Flow[] = [
  {
    name: 'what cannot be read ends in the dead letters',
    run: () =>
      deployedAlone(({ sqs, queues, deadLetters }, simulation) => {
        for (const body of BODIES) queues.delivery.put({ body });
        sqs.service.changed(queues.delivery);
        simulation.atEnd(() => {
          const { visible } = deadLetters.delivery.counts();
          return visible === BODIES.length ? undefined : `${visible} dead letters`;
        });
      }),
  },
  {
    name: 'who asks again after a failure is heard, under the same key too',
    run: () => deployedAlone(askedAgain, { faults: refusedOnce() }),
  },
  {
    name: 'what is on its way is not begun again',
    run: () => deployedAlone(slowly, { does: { kind: 'slow', fromMs: 15_000, toMs: 20_000 } }),
  },
  {
    name: 'what the tick could not begin it begins a minute later',
    run: () => {
      const { faults, begin } = unbegun();
      return deployedAlone(once(SIGNED_MS, begin), { faults: anyOf(DEAF_QUEUE(), faults) });
    },
  },
  {
    name: 'what was stored after its time was looked at is found by the second count',
    run: () => deployedAlone(once(BEHIND_MS), { faults: anyOf(DEAF_QUEUE(), apart()) }),
  },
];

/** The first doorbell is lost. */
const DEAF_QUEUE = () =>
  troubled({ kind: 'sqs-lost', places: /^sqs\/delivery put$/, times: (n) => n === 1 });

/** A tick has signed the audit log by then; the next looks at this time, and puts its row first. */
const SIGNED_MS = 65_000;
const CLIENT_ATTEMPTS = 3;

/** The first row that the tick puts from `begin` on is refused, as often as the client asks. */
function unbegun(): { readonly faults: Faults; readonly begin: () => void } {
  let left = 0;
  return {
    faults: troubled({
      kind: 'dynamodb-throttle',
      places: /^tick\/\d+ dynamodb\.PutItem$/,
      times: () => left-- > 0,
    }),
    begin: () => {
      left = CLIENT_ATTEMPTS;
    },
  };
}

/** A little after a tick, so that by its clock, and theirs, it has looked at that time already. */
const BEHIND_MS = 63_000;
const ALL = 0.999;

/** The publisher's clock is half a minute behind, the tick's as much ahead. */
function apart(): Faults {
  return anyOf(
    troubled({ kind: 'skew-back', places: /^publish\/\d+ birth$/, amount: ALL }),
    troubled({ kind: 'skew-forward', places: /^tick\/\d+ birth$/, amount: ALL }),
  );
}

/** One event, so long after the beginning. */
function once(afterMs: number, before: () => void = () => {}) {
  return (product: Product, simulation: Simulation): void => {
    calling({ product, simulation }, async (caller) => {
      await caller.clock.sleep(Math.max(simulation.startMs + afterMs - simulation.nowMs(), 0));
      before();
      await product.request(caller, PUBLISH);
    });
    simulation.atEnd(() => {
      const { length } = product.receivers.ledger;
      return length === 1 ? undefined : `${length} requests`;
    });
  };
}

/** The store refuses the event itself, as often as the client asks; the claim before it is taken. */
function refusedOnce(): Faults {
  return troubled({
    kind: 'dynamodb-throttle',
    places: /^publish\/\d+ dynamodb\.PutItem$/,
    times: (n) => n >= 2 && n <= 4,
  });
}

function askedAgain(product: Product, simulation: Simulation): void {
  const statuses: number[] = [];
  calling({ product, simulation }, async (caller) => {
    const headers = { 'idempotency-key': 'key' };
    for (let n = 0; n < 3; n++) {
      statuses.push((await product.request(caller, { ...PUBLISH, headers })).status);
      await caller.clock.sleep(20_000);
    }
  });
  simulation.atEnd(() => {
    const { length } = product.receivers.ledger;
    if (String(statuses) !== '503,202,202') return `the caller heard ${statuses}`;
    return length === 1 ? undefined : `${length} requests`;
  });
}

const EVENTS = 30;

/** One every seven seconds, so that each minute's tick finds some under way. */
function slowly(product: Product, simulation: Simulation): void {
  calling({ product, simulation }, async (caller) => {
    for (let n = 0; n < EVENTS; n++) {
      await product.request(caller, PUBLISH);
      await caller.clock.sleep(7_000);
    }
  });
  simulation.atEnd(() => {
    const { length } = product.receivers.ledger;
    return length === EVENTS ? undefined : `${length} requests for ${EVENTS} events`;
  });
}

const PUBLISH = { method: 'POST', path: '/v1/events', body: { type: 'order.paid', data: {} } };
const INTEGRATION = { name: 'a', serviceType: 'webhook', endpoint: `https://${HOST}/hooks` };

/** Registers the one integration there is, and goes on. */
function calling(
  { product, simulation }: { readonly product: Product; readonly simulation: Simulation },
  work: (caller: Process) => Promise<void>,
): void {
  const caller = simulation.spawn('caller');
  const all = async () => {
    await untilHeard(product, caller, {
      ...{ method: 'PUT', path: '/v1/integrations/a' },
      body: {
        ...INTEGRATION,
        eventTypes: ['*'],
        breaker: { enabled: false },
        request: { timeoutSeconds: 30 },
      },
    });
    await work(caller);
  };
  caller.start(all, ({ kind }) => {
    if (kind === 'failed') simulation.fail('the caller broke');
  });
}

interface Alone {
  readonly faults?: Faults;
  readonly does?: Behaviour;
}

function deployedAlone(
  act: (product: Product, simulation: Simulation) => void,
  { faults, does = { kind: 'healthy' } }: Alone = {},
): Promise<Report> {
  const receivers = [{ host: HOST, phases: [{ fromMs: 0, does }] }];
  return simulate({ seed: 1, forMs: HOUR_MS, ...(faults && { faults }) }, (simulation) =>
    act(deployed(simulation, { receivers }), simulation),
  );
}
