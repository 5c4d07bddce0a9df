import { type CrashStory, played } from '../crash/crash-story.ts';
import { attemptsMax, ended, stored } from '../crash/ends.ts';
import { failingFor, MINUTE_MS } from '../crash/phases.ts';
import type { Stage } from '../crash/stage.ts';
import { outages } from '../destinations/behaviour.ts';
import { at, requests } from './ends.ts';
import { type Flow, flow, troubled } from './flow.ts';
import { type Killer, killer } from './killer.ts';

/** What the tick is there for. */

const HOUR_MS = 60 * MINUTE_MS;
const LATE_MS = 4_000;
const FAR = { maxAttempts: 3, schedule: [5, 1_800], maxAgeSeconds: 86_400 };
const SILENT_HOURS = 3;
/** An hour, but for a moment: for so long one fault silences the schedule. */
const ALL = 0.999;
const SIDE_BY_SIDE = 0.1;

async function own(stage: Stage): Promise<void> {
  await stage.publish({ id: 'own' });
}

const claimed = ({ watch }: Stage) =>
  [...watch.pending.values()].some(({ state }) => state.status === 'delivering');

/** The worker dies in its second attempt, and its doorbell with it. */
const dying = (faults: Killer): CrashStory => ({
  name: 'dying',
  kills: [],
  hosts: { a: outages([[0, 3_000]], { kind: 'down' }) },
  before: (stage) => stage.register('a', { retry: FAR }),
  async act(stage) {
    stage.watch.onChange((_, { after }) => {
      if (after?.state.status === 'delivering') faults.arm();
      return undefined;
    });
    await own(stage);
    await stage.until('it is being delivered', () => claimed(stage));
    stage.product.queues.delivery.purge();
    stage.product.queues.slow.purge();
  },
  checks: [stored(1), ended({ a: 'delivered' }), attemptsMax(2)],
});

export const timeFlows: readonly Flow[] = [
  flow(
    'what was due while the schedule was silent is done after it',
    {
      hosts: { a: failingFor(10 * MINUTE_MS) },
      before: (stage) => stage.register('a', { retry: FAR }),
      act: own,
      checks: [stored(1), ended({ a: 'delivered' }), requests({ a: 3 })],
      forMs: 8 * HOUR_MS,
    },
    () =>
      troubled({
        kind: 'schedule-silent',
        places: /^schedule\/tick$/,
        times: (n) => n <= SILENT_HOURS,
        amount: ALL,
      }),
  ),
  {
    name: 'what a worker was at that died with its doorbell is done by another',
    run: () => {
      const faults = killer();
      return played(dying(faults), faults);
    },
  },
  flow('an attempt that is under way is left alone', {
    hosts: {
      a: [
        { fromMs: 0, does: { kind: 'down' } },
        { fromMs: 30_000, does: { kind: 'slow', fromMs: 18_000, toMs: 20_000 } },
      ],
    },
    before: (stage) =>
      stage.register('a', { retry: { ...FAR, schedule: [50] }, request: { timeoutSeconds: 30 } }),
    act: own,
    checks: [stored(1), ended({ a: 'delivered' }), requests({ a: 1 })],
  }),
  flow(
    'a doorbell that comes twice at once makes one attempt',
    {
      hosts: { a: outages([[0, 3_000]], { kind: 'down' }) },
      before: (stage) => stage.register('a', { retry: FAR }),
      act: own,
      checks: [stored(1), ended({ a: 'delivered' }), requests({ a: 1 })],
    },
    () =>
      troubled({
        kind: 'sqs-duplicate',
        places: /^sqs\/(delivery|slow) put$/,
        // The first attempt of a young event is made without a claim.
        times: (n) => n > 1,
        amount: SIDE_BY_SIDE,
      }),
  ),
  flow('chance makes a retry later, never earlier', {
    hosts: { a: failingFor(10 * MINUTE_MS) },
    async before(stage) {
      await stage.register('a', { retry: FAR });
      const retry = { ...FAR, schedule: [60, 1_800], jitter: 1 };
      await stage.get([200], 'PATCH', '/v1/integrations/a', { body: { retry } });
    },
    act: own,
    checks: [ended({ a: 'delivered' }), at('a', [0, 60_000, 1_860_000], 1_860_000 + LATE_MS)],
  }),
];
