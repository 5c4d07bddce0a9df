import type { CrashStory } from '../crash/crash-story.ts';
import { played } from '../crash/crash-story.ts';
import { ended, noted, stored } from '../crash/ends.ts';
import { MINUTE_MS } from '../crash/phases.ts';
import { hostOf, type Stage } from '../crash/stage.ts';
import type { Phase } from '../destinations/behaviour.ts';
import type { Flow } from './flow.ts';
import { flow, troubled } from './flow.ts';
import { type Killer, killer } from './killer.ts';

/** A half-open breaker, and who would like to be its probe. */

const A = '/v1/integrations/a';
const DOWN_MS = 20_000;
const CALLS = 2;
const BREAKER = {
  ...{ minimumCalls: 3, consecutiveFailures: 3, windowSeconds: 60, slowCallSeconds: 20 },
  ...{ openSeconds: 30, maxOpenSeconds: 60, halfOpenCalls: CALLS },
};
/** What failed first waits until all is over: nothing is held that could be rung as a probe. */
const RETRY = { maxAttempts: 5, schedule: [1_200, 1_200, 1_200, 1_200], maxAgeSeconds: 86_400 };
/** Longer than the open period, chance included. */
const DUE_MS = 45_000;
const MANY = 20;

/** Down at first, then well, and each answer takes some seconds. */
const SLOWLY_BACK: readonly Phase[] = [
  { fromMs: 0, does: { kind: 'down' } },
  { fromMs: DOWN_MS, does: { kind: 'slow', fromMs: 5_000, toMs: 6_000 } },
  { fromMs: 5 * MINUTE_MS, does: { kind: 'healthy' } },
];

async function published(stage: Stage, prefix: string, count: number): Promise<void> {
  const body = Array.from({ length: count }, (_, n) => ({
    ...{ id: `${prefix}-${n}`, type: 'order.paid', data: { n } },
  }));
  await stage.get([207], 'POST', '/v1/events/batch', { body });
}

async function stateOf(stage: Stage): Promise<string> {
  const { json } = await stage.get([200], 'GET', `${A}/breaker`);
  return json.state;
}

async function opened(stage: Stage): Promise<void> {
  await stage.register('a', { breaker: BREAKER, retry: RETRY });
  await published(stage, 'first', 3);
  await stage.wait(5_000);
  if ((await stateOf(stage)) !== 'open') throw new Error('The breaker is not open.');
  await stage.wait(DUE_MS);
}

/** Of those that come while it is half-open, no more are called than it allows. */
const probes: CrashStory['checks'][number] = ({ stage }) => {
  const { ledger } = stage.product.receivers;
  const [first] = ledger.filter(({ host }) => host === hostOf('a'));
  if (first === undefined) return 'nothing was probed';
  const count = ledger.filter(({ atMs }) => atMs < first.atMs + 4_000).length;
  return count <= CALLS ? undefined : `${count} probes`;
};

/** The first probe dies after its answer, and its doorbell with it. */
const dying = (faults: Killer): CrashStory => ({
  ...{ name: 'dying', kills: [], hosts: { a: SLOWLY_BACK }, before: opened },
  async act(stage) {
    const { queues, receivers } = stage.product;
    await published(stage, 'probe', 1);
    await stage.until('it is probed', () => receivers.ledger.length > 0);
    faults.arm();
    await stage.until('it has died', () => faults.happened.length > 0);
    for (const queue of [queues.delivery, queues.slow]) queue.purge();
    await stage.wait(MINUTE_MS);
    await published(stage, 'next', CALLS);
    await stage.wait(3 * MINUTE_MS);
    stage.noted.set('breaker', await stateOf(stage));
  },
  checks: [ended({ a: 'delivered' }), noted('breaker', (state) => state === 'closed')],
});

async function watched(stage: Stage): Promise<void> {
  for (let n = 0; n < 40; n++) {
    if (n % 10 === 0) await published(stage, `probe-${n}`, 1);
    if ((await stateOf(stage)) === 'closed') throw new Error('The breaker closed.');
    await stage.wait(6_000);
  }
}

export const breakerFlows: readonly Flow[] = [
  flow(
    'a half-open breaker lets no more pass than it allows, whoever asks',
    {
      hosts: { a: SLOWLY_BACK },
      before: opened,
      act: (stage) => published(stage, 'probe', MANY),
      checks: [stored(MANY + 3), ended({ a: 'delivered' }), probes],
    },
    // Two functions ask for each at the same time.
    () => troubled({ kind: 'batch-twice', places: /^poller\/delivery$/ }),
  ),
  {
    name: 'a breaker closes although a probe died',
    run: () => {
      const faults = killer();
      return played(dying(faults), faults);
    },
  },
  flow('a breaker does not close while its probes fail', {
    hosts: {
      a: [
        { fromMs: 0, does: { kind: 'down' } },
        { fromMs: 10 * MINUTE_MS, does: { kind: 'healthy' } },
      ],
    },
    before: opened,
    act: watched,
    checks: [ended({ a: 'delivered' })],
  }),
];
