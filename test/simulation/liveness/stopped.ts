import type { Report } from '../kernel/simulate.ts';
import { faultsOf, type Run, runSeed } from '../scenario/run.ts';
import { type OrderPlan, type Publication, type Story, storyOf } from '../scenario/story.ts';
import { leftovers } from './leftovers.ts';
import { type State, statesOf } from './states.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Traffic and faults of a seed before it is stopped. */
export const TRAFFIC_MS = DAY_MS;

export interface Stopped {
  readonly report: Report;
  /** What was under way when everything stopped. */
  readonly states: ReadonlySet<State>;
}

/**
 * A seed whose faults, traffic and orders end at this time, and with them every message, and every
 * instance in the middle of what it does. What is left has thirty calm days to come to its end by
 * itself: no operator helps, but to end the pauses and trips that an operator began.
 */
export async function stopped(seed: number, stopMs: number): Promise<Stopped> {
  let states: ReadonlySet<State> = new Set();
  let isOver = false;
  const faults = faultsOf(seed);
  const report = await runSeed({
    ...{ seed, troubledMs: TRAFFIC_MS, lastOrders: [] },
    faults: {
      happened: faults.happened,
      ask: (place, kinds) => (isOver ? undefined : faults.ask(place, kinds)),
    },
    toldAs: () => cut(storyOf(seed, TRAFFIC_MS), stopMs),
    onRun(run) {
      // With dice of its own: until then all goes as it does where nobody looks.
      run.simulation.spawn('end').clock.after(stopMs, () => {
        states = statesOf(run.product);
        isOver = true;
        stopAll(run);
      });
      leftovers(run, stopMs);
    },
  });
  return { report, states };
}

function stopAll({ product }: Run): void {
  for (const queue of Object.values(product.queues)) queue.purge();
  for (const fn of Object.values(product.functions)) fn.killAll('everything stops');
  product.simulation.note('the world', 'purges every queue and kills every instance');
}

/** When each state was first under way in this seed, looked at this often. */
export async function firstSeen(
  seed: number,
  everyMs: number,
): Promise<ReadonlyMap<State, number>> {
  const seen = new Map<State, number>();
  await runSeed({
    ...{ seed, troubledMs: TRAFFIC_MS, calmMs: 0 },
    toldAs: () => storyOf(seed, TRAFFIC_MS),
    onRun({ product, simulation }) {
      const looker = simulation.spawn('looker');
      const look = () => {
        const sinceStartMs = simulation.nowMs() - simulation.startMs;
        if (sinceStartMs >= TRAFFIC_MS) return;
        for (const state of statesOf(product)) if (!seen.has(state)) seen.set(state, sinceStartMs);
        looker.clock.after(everyMs, look);
      };
      looker.clock.after(everyMs, look);
    },
  });
  return seen;
}

/**
 * Long after all is calm, one more event of each type. An open breaker whose time is over waits
 * for the next call where nothing is held: with that call it must close.
 */
const LAST_CALLS: readonly Publication[] = ['order.paid', 'order.refunded', 'user.created'].map(
  (type, at) => ({
    atMs: 28 * DAY_MS + at * HOUR_MS,
    how: 'publish',
    events: [{ type, data: {} }],
  }),
);

/** What is told of a story until then; and every receiver is well from then on. */
export function cut(story: Story, stopMs: number): Story {
  const isBefore = ({ atMs }: { readonly atMs: number }) => atMs < stopMs;
  return {
    ...story,
    publications: [...story.publications.filter(isBefore), ...LAST_CALLS],
    orders: [...story.orders.filter(isBefore), ...amends(story.orders, stopMs)],
    receivers: story.receivers.map(({ phases = [], ...receiver }) => ({
      ...receiver,
      phases: [
        ...phases.filter(({ fromMs }) => fromMs < stopMs),
        { fromMs: stopMs, does: { kind: 'healthy' } },
      ],
    })),
  };
}

/** Of pauses and trips that were not ended before. */
function amends(orders: readonly OrderPlan[], stopMs: number): readonly OrderPlan[] {
  return orders
    .filter(({ what, atMs }) => (what === 'pause' || what === 'trip') && atMs < stopMs)
    .map(({ what, ...order }) => ({
      ...{ ...order, atMs: stopMs + HOUR_MS },
      what: what === 'pause' ? 'resume' : 'reset',
    }));
}
