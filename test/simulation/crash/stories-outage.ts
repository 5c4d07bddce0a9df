import { HEALTHY } from '../destinations/behaviour.ts';
import type { CrashStory } from './crash-story.ts';
import { ended, noted, requestsMax, stored } from './ends.ts';
import { failingFor, MINUTE_MS } from './phases.ts';
import type { Stage } from './stage.ts';

/** An outage of the other side, from the first failure to the last delivery that it held. */

const BREAKER = {
  ...{ minimumCalls: 2, consecutiveFailures: 2, windowSeconds: 60 },
  ...{ openSeconds: 20, maxOpenSeconds: 40, halfOpenCalls: 2 },
};
const RETRY = { maxAttempts: 12, schedule: Array(11).fill(20), maxAgeSeconds: 86_400 };
const EVENTS = 2;
const A = '/v1/integrations/a';
const OUTAGE_MS = 45_000;

async function breakerState(stage: Stage): Promise<string> {
  const { json } = await stage.get([200], 'GET', `${A}/breaker`);
  return json.state;
}

const before = (stage: Stage) => stage.register('a', { breaker: BREAKER, retry: RETRY });

/** Publishes until the breaker is open. */
async function failing(stage: Stage): Promise<void> {
  for (let n = 1; n <= EVENTS; n++) await stage.publish({ id: `early-${n}` });
}

const isOpen = (stage: Stage) =>
  [...(stage.product.db.model.tables.get('state')?.rows() ?? [])].some(
    ({ pk, sk, st }) => pk?.S?.startsWith('B#') && sk?.S === 'S' && st?.S === 'O',
  );

/** What comes meanwhile is held. */
async function opened(stage: Stage): Promise<void> {
  await before(stage);
  await failing(stage);
  await stage.until('the breaker is open', () => isOpen(stage));
}

async function closes(stage: Stage): Promise<void> {
  await stage.publish({ id: 'late' });
  await stage.until('all is delivered', () => stage.watch.pending.size === 0, 2 * 3_600_000);
  // Five minutes without trouble, and the indexes as they are.
  await stage.wait(10 * MINUTE_MS);
  stage.noted.set('breaker', await breakerState(stage));
  const { json } = await stage.get([200], 'GET', `${A}/health`);
  stage.noted.set('health', `${json.status}, ${json.counts.held} held`);
}

const isClosed = noted('breaker', (state) => state === 'closed');
const isHealthy = noted('health', (health) => health === 'healthy, 0 held');

const limited = { limits: { perSecond: 1 }, breaker: BREAKER };

export const outageStories: readonly CrashStory[] = [
  {
    name: 'a breaker opens',
    kills: ['deliver'],
    isCutShort: true,
    hosts: { a: failingFor(OUTAGE_MS) },
    before,
    async act(stage) {
      await failing(stage);
      // Who was killed may come back when the outage is over.
      const { changes, pending } = stage.watch;
      const isOver = () => changes.size === EVENTS && pending.size === 0;
      await stage.until('the breaker is open', () => isOpen(stage) || isOver());
    },
    checks: [stored(EVENTS), ended({ a: 'delivered' })],
  },
  {
    name: 'an open breaker is probed, closes and drains',
    kills: ['publish', 'deliver', 'work', 'tick'],
    hosts: { a: failingFor(OUTAGE_MS) },
    before: opened,
    act: closes,
    checks: [stored(EVENTS + 1), ended({ a: 'delivered' }), isClosed, isHealthy],
  },
  {
    name: 'trip and reset a breaker',
    kills: ['api', 'publish', 'work', 'deliver'],
    hosts: { a: HEALTHY },
    before,
    async act(stage) {
      await stage.get([200], 'POST', `${A}/breaker/trip`, { body: { reason: 'by hand' } });
      // The board of breakers is an index: a minute later everybody sees it.
      await stage.wait(MINUTE_MS);
      await stage.publish({ id: 'held' });
      await stage.wait(MINUTE_MS);
      stage.noted.set('requests', stage.product.receivers.ledger.length);
      await stage.get([200], 'POST', `${A}/breaker/reset`);
      await stage.until('it is delivered', () => stage.watch.pending.size === 0);
      stage.noted.set('breaker', await breakerState(stage));
    },
    checks: [
      ...[stored(1), ended({ a: 'delivered' }), requestsMax(1), isClosed],
      noted('requests', (requests) => requests === 0),
    ],
  },
  {
    name: 'switch a breaker off that is open',
    kills: ['api', 'work', 'deliver', 'tick'],
    hosts: { a: HEALTHY },
    async before(stage) {
      await before(stage);
      await stage.get([200], 'POST', `${A}/breaker/trip`, { body: {} });
      await stage.publish({ id: 'held' });
    },
    async act(stage) {
      await stage.get([200], 'PATCH', A, { body: { breaker: { enabled: false } } });
    },
    checks: [stored(1), ended({ a: 'delivered' }), requestsMax(1)],
  },
  {
    name: 'drain what a limit held',
    kills: ['deliver', 'work'],
    hosts: { a: HEALTHY },
    before: (stage) => stage.register('a', limited),
    async act(stage) {
      const body = ['one', 'two'].map((id) => ({
        id,
        type: 'order.paid',
        data: {},
      }));
      await stage.get([207], 'POST', '/v1/events/batch', { body });
    },
    checks: [stored(2), ended({ a: 'delivered' }), requestsMax(1)],
  },
];
