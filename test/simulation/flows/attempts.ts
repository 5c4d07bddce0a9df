import { attemptsMax, ended, stored } from '../crash/ends.ts';
import { always, failingFor, MINUTE_MS } from '../crash/phases.ts';
import { hostOf, type Stage } from '../crash/stage.ts';
import { HEALTHY, outages } from '../destinations/behaviour.ts';
import { at, requests } from './ends.ts';
import { type Flow, flow, troubled } from './flow.ts';

/** One attempt after the other. */

const HOUR_MS = 60 * MINUTE_MS;
const LATE_MS = 4_000;
const A = '/v1/integrations/a';
const FAR = { maxAttempts: 4, schedule: [5, 600, 1_500], maxAgeSeconds: 86_400 };
const AGING = { maxAttempts: 3, schedule: [60, 60], maxAgeSeconds: 1_800 };

async function own(stage: Stage): Promise<void> {
  await stage.publish({ id: 'own' });
}

async function deliveryOf(stage: Stage): Promise<string> {
  const { json } = await stage.get([200], 'GET', '/v1/events/own/deliveries');
  return json.data[0].id;
}

/** Held for two hours after its first try, it fails once more, and is tried a third time. */
async function heldLong(stage: Stage): Promise<void> {
  await own(stage);
  await stage.wait(30_000);
  await stage.get([200], 'POST', `${A}/pause`);
  await stage.wait(2 * HOUR_MS);
  await stage.get([200], 'POST', `${A}/resume`);
}

/** In two hours of that: after 90 seconds, and after twice as long each time. */
const RINGS_MAX = 8;

/** The queues are out of reach for two hours, and the doorbell in them is lost. */
async function unheard(stage: Stage): Promise<void> {
  const { service } = stage.product.sqs;
  await own(stage);
  await stage.wait(10_000);
  for (const queue of service.all()) queue.purge();
  service.outage = true;
  await stage.wait(2 * HOUR_MS);
  service.outage = false;
}

/** The receiver learns of the new secret later, and forgets the old one then. */
async function rotated(stage: Stage): Promise<void> {
  const { json } = await stage.get([200], 'POST', `${A}/secret/rotate`, { body: {} });
  await stage.publish({ id: 'with-the-old-one' });
  await stage.wait(HOUR_MS);
  stage.product.receivers.change(hostOf('a'), { secrets: [json.current] });
  await stage.publish({ id: 'with-the-new-one' });
}

export const attemptFlows: readonly Flow[] = [
  flow('each retry is on time, near or far', {
    hosts: { a: failingFor(20 * MINUTE_MS) },
    before: (stage) => stage.register('a', { retry: FAR }),
    act: own,
    checks: [
      ...[stored(1), ended({ a: 'delivered' }), requests({ a: 4 })],
      at('a', [0, 5_000, 605_000, 2_105_000], LATE_MS),
    ],
  }),
  flow('as many attempts are made as the schedule has', {
    hosts: { a: always(500) },
    before: (stage) => stage.register('a', { retry: AGING }),
    act: own,
    checks: [stored(1), ended({ a: 'failed' }), requests({ a: 3 })],
  }),
  flow('a retry waits as long as it was asked to', {
    hosts: {
      a: outages([[0, 60_000]], { kind: 'busy', status: 503, retryAfter: '25' }),
    },
    before: (stage) => stage.register('a', { retry: FAR }),
    act: own,
    checks: [ended({ a: 'delivered' }), at('a', [0, 25_000, 625_000], LATE_MS)],
  }),
  flow('the time that a delivery is held spends nothing of its schedule', {
    hosts: { a: failingFor(2 * HOUR_MS + 75_000) },
    before: (stage) => stage.register('a', { retry: AGING, breaker: { enabled: false } }),
    act: heldLong,
    checks: [stored(1), ended({ a: 'delivered' }), requests({ a: 3 })],
    forMs: 4 * HOUR_MS,
  }),
  flow('a rotation loses no request, whenever the receiver learns of it', {
    hosts: { a: HEALTHY },
    before: (stage) => stage.register('a'),
    act: rotated,
    checks: [stored(2), ended({ a: 'delivered' }), requests({ a: 2 })],
  }),
  flow('what arrived although it was cancelled is delivered', {
    hosts: { a: outages([[0, MINUTE_MS]], { kind: 'slow', fromMs: 8_000, toMs: 9_000 }) },
    before: (stage) => stage.register('a'),
    async act(stage) {
      await own(stage);
      await stage.wait(2_000);
      await stage.get([200], 'POST', `/v1/deliveries/${await deliveryOf(stage)}/cancel`);
    },
    checks: [stored(1), ended({ a: 'delivered' }), requests({ a: 1 })],
  }),
  flow(
    'a doorbell that is heard twice makes one attempt, and no doorbells',
    {
      hosts: { a: failingFor(2 * HOUR_MS) },
      before: (stage) => stage.register('a', { retry: FAR }),
      act: own,
      checks: [
        ...[stored(1), ended({ a: 'failed' }), requests({ a: 4 }), attemptsMax(4)],
        ({ stage }) => {
          const { invocations } = stage.product.functions.deliver.counts;
          return invocations <= 10 ? undefined : `${invocations} invocations for 4 attempts`;
        },
      ],
    },
    () =>
      troubled({
        kind: 'sqs-duplicate',
        places: /^sqs\/(delivery|slow) put$/,
        times: (n) => n <= 12,
        amount: 0.5,
      }),
  ),
  flow('while doorbells cannot be sent the tick tries ever more rarely', {
    hosts: { a: failingFor(10_000) },
    before: (stage) => stage.register('a', { retry: { ...FAR, schedule: [60, 60, 60] } }),
    act: unheard,
    checks: [
      ...[stored(1), ended({ a: 'delivered' }), requests({ a: 2 })],
      ({ stage }) => {
        const rings = stage.product.log.counts.get('DueDeliveriesRung') ?? 0;
        return rings <= RINGS_MAX ? undefined : `${rings} rings`;
      },
    ],
    forMs: 8 * HOUR_MS,
  }),
];
