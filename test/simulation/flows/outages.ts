import type { EndCheck } from '../crash/crash-story.ts';
import { ended, stored } from '../crash/ends.ts';
import { downFor, failingFor, MINUTE_MS } from '../crash/phases.ts';
import type { Stage } from '../crash/stage.ts';
import { HEALTHY, outages } from '../destinations/behaviour.ts';
import { allWithin, perStretch, requests } from './ends.ts';
import { type Flow, flow, troubled } from './flow.ts';

/** What is held, and what lets it go. */

const A = '/v1/integrations/a';
const RETRY = { maxAttempts: 30, schedule: Array(29).fill(20), maxAgeSeconds: 86_400 };
const BREAKER = {
  ...{ minimumCalls: 3, consecutiveFailures: 3, windowSeconds: 60 },
  ...{ openSeconds: 30, maxOpenSeconds: 60, halfOpenCalls: 2 },
};
/** Opens by calls in a row alone. */
const IN_A_ROW = { ...BREAKER, minimumCalls: 1_000, consecutiveFailures: 4 };
const BACKLOG = 60;
/** At one call in two seconds it lasts longer than a second copy of a token may be late. */
const SLOW_BACKLOG = 110;
const INVOCATIONS_MAX = 120;

export async function publishMany(stage: Stage, count: number, prefix = 'n'): Promise<void> {
  const events = Array.from({ length: count }, (_, n) => ({
    ...{ id: `${prefix}-${n}`, type: 'order.paid', data: { n } },
  }));
  for (let n = 0; n < count; n += 100) {
    const body = events.slice(n, n + 100);
    await stage.get([207], 'POST', '/v1/events/batch', { body });
  }
}

async function isBreaker(stage: Stage, wanted: string): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    const { json } = await stage.get([200], 'GET', `${A}/breaker`);
    if (json.state === wanted) return;
    await stage.wait(6_000);
  }
  throw new Error(`The breaker is not ${wanted} within ten minutes.`);
}

async function trippedAndReset(stage: Stage, count: number): Promise<void> {
  await stage.get([200], 'POST', `${A}/breaker/trip`, { body: {} });
  await stage.wait(10_000);
  await publishMany(stage, count);
  await stage.wait(MINUTE_MS);
  await stage.get([200], 'POST', `${A}/breaker/reset`, { body: {} });
}

async function failedAndRecovered(stage: Stage): Promise<void> {
  await stage.publish({ id: 'own' });
  await stage.wait(3 * MINUTE_MS);
  const since = new Date(stage.simulation.startMs).toISOString();
  await stage.get([202], 'POST', `${A}/recover`, { body: { since } });
}

/** Steps of the drain, each on its own: a token that comes twice is worth one. */
function invocations(most: number): EndCheck {
  return ({ stage }) => {
    const count = stage.product.functions.work.counts.invocations;
    return count <= most ? undefined : `${count} runs of the work`;
  };
}

const lostTokens = () =>
  troubled({ kind: 'sqs-lost', places: /^sqs\/work put$/, times: (n) => n <= 2 });

export const outageFlows: readonly Flow[] = [
  flow('calls that fail in a row open the breaker', {
    hosts: { a: failingFor(10 * MINUTE_MS) },
    before: (stage) => stage.register('a', { breaker: IN_A_ROW, retry: RETRY }),
    async act(stage) {
      await publishMany(stage, 3);
      await isBreaker(stage, 'open');
    },
    checks: [stored(3), ended({ a: 'delivered' })],
  }),
  flow('a backlog comes back slowly at first', {
    hosts: { a: downFor(4 * MINUTE_MS) },
    before: (stage) => stage.register('a', { breaker: BREAKER, retry: RETRY }),
    async act(stage) {
      await publishMany(stage, 3, 'first');
      await isBreaker(stage, 'open');
      await stage.wait(10_000);
      await publishMany(stage, BACKLOG);
    },
    checks: [stored(BACKLOG + 3), ended({ a: 'delivered' }), perStretch('a', 4_000, 25)],
  }),
  flow(
    'what an open breaker held is let go, though tokens get lost',
    {
      hosts: { a: HEALTHY },
      before: (stage) => stage.register('a', { breaker: BREAKER, retry: RETRY }),
      act: (stage) => trippedAndReset(stage, 3),
      checks: [stored(3), ended({ a: 'delivered' }), requests({ a: 3 }), allWithin(15 * MINUTE_MS)],
    },
    lostTokens,
  ),
  flow(
    'a breaker is probed in time, though tokens get lost',
    {
      hosts: { a: downFor(4 * MINUTE_MS) },
      before: (stage) => stage.register('a', { breaker: BREAKER, retry: RETRY }),
      async act(stage) {
        await publishMany(stage, 3);
        await isBreaker(stage, 'open');
      },
      checks: [stored(3), ended({ a: 'delivered' }), allWithin(15 * MINUTE_MS)],
    },
    lostTokens,
  ),
  flow(
    'a job goes on, though its tokens get lost',
    {
      hosts: { a: outages([[0, 2 * MINUTE_MS]], { kind: 'failing', probability: 1, status: 500 }) },
      before: (stage) =>
        stage.register('a', { retry: { maxAttempts: 1, schedule: [5], maxAgeSeconds: 3_600 } }),
      act: failedAndRecovered,
      checks: [stored(1), ended({ a: 'delivered' }), requests({ a: 2 })],
    },
    lostTokens,
  ),
  flow(
    'a token that comes twice makes one step',
    {
      hosts: { a: HEALTHY },
      before: (stage) =>
        stage.register('a', { breaker: BREAKER, retry: RETRY, limits: { perSecond: 0.5 } }),
      act: (stage) => trippedAndReset(stage, SLOW_BACKLOG),
      checks: [
        ...[stored(SLOW_BACKLOG), ended({ a: 'delivered' }), requests({ a: SLOW_BACKLOG })],
        invocations(INVOCATIONS_MAX),
      ],
    },
    () =>
      troubled({
        kind: 'sqs-duplicate',
        places: /^sqs\/work put$/,
        times: (n) => n <= 40,
        amount: 0.3,
      }),
  ),
];
