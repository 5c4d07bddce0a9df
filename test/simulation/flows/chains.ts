import { ended, inOrder, stored, via } from '../crash/ends.ts';
import { always, failingFor, MINUTE_MS } from '../crash/phases.ts';
import { hostOf, type Stage } from '../crash/stage.ts';
import { HEALTHY } from '../destinations/behaviour.ts';
import { allWithin, header, once, requests } from './ends.ts';
import { anyOf, type Flow, flow, troubled } from './flow.ts';

/** Fallback chains, and lines of deliveries that keep their order. */

const A = '/v1/integrations/a';
const RETRY = { maxAttempts: 2, schedule: [5], maxAgeSeconds: 7_200 };
const IDS = ['first', 'second', 'third', 'fourth'];
const CHAIN_ROUNDS = 5;
/** Of the half minute that a clock may be off. */
const TENTH = 0.1;

const link = (on: readonly string[], more: object = {}) => ({
  ...{ type: 'url', url: `https://${hostOf('dr-a')}/hooks`, on, ...more },
});

async function own(stage: Stage): Promise<void> {
  await stage.publish({ id: 'own' });
}

export const chainFlows: readonly Flow[] = [
  flow('a fallback takes what the schedule gave up, and gets no credentials but its own', {
    hosts: { a: always(500), 'dr-a': HEALTHY },
    before: (stage) =>
      stage.register('a', {
        retry: RETRY,
        auth: { type: 'bearer', token: 'of-the-integration' },
        request: { headers: { 'x-own': 'of the integration' } },
        fallback: [link(['exhausted'], { auth: { type: 'bearer', token: 'of-the-fallback' } })],
      }),
    act: own,
    checks: [
      ...[stored(1), ended({ a: 'delivered' }), via('fallback:1'), requests({ a: 2, 'dr-a': 1 })],
      header('a', 'authorization', 'Bearer of-the-integration'),
      header('a', 'x-own', 'of the integration'),
      header('dr-a', 'authorization', 'Bearer of-the-fallback'),
      header('dr-a', 'x-own', undefined),
    ],
  }),
  flow('a fallback for outages takes nothing that was refused', {
    hosts: { a: always(500), 'dr-a': HEALTHY },
    before: (stage) => stage.register('a', { retry: RETRY, fallback: [link(['breaker-open'])] }),
    act: own,
    checks: [stored(1), ended({ a: 'failed' }), requests({ a: 2, 'dr-a': 0 })],
  }),
  flow('a chain is given up after its rounds', {
    hosts: { a: always(500), 'dr-a': always(400) },
    before: (stage) => stage.register('a', { retry: RETRY, fallback: [link(['exhausted'])] }),
    act: own,
    checks: [stored(1), ended({ a: 'failed' }), requests({ a: 2, 'dr-a': CHAIN_ROUNDS })],
    forMs: 5 * 60 * MINUTE_MS,
  }),
  flow('tries at a fallback spend nothing of the schedule', {
    hosts: { a: failingFor(3 * MINUTE_MS), 'dr-a': always(400) },
    before: (stage) =>
      stage.register('a', {
        retry: { maxAttempts: 3, schedule: [30, 300], maxAgeSeconds: 7_200 },
        fallback: [link(['breaker-open'])],
      }),
    async act(stage) {
      await stage.get([200], 'POST', `${A}/breaker/trip`, { body: {} });
      await stage.wait(10_000);
      await own(stage);
      await stage.wait(30_000);
      await stage.get([200], 'POST', `${A}/breaker/reset`, { body: {} });
    },
    checks: [stored(1), ended({ a: 'delivered' }), via('primary'), requests({ a: 3, 'dr-a': 1 })],
  }),
  flow('the next in line goes as soon as the one before has arrived', {
    hosts: { a: HEALTHY },
    before: (stage) => stage.register('a', { ordering: 'fifo' }),
    async act(stage) {
      for (const id of IDS) await stage.publish({ id, orderingKey: 'k' });
    },
    checks: [
      ...[stored(IDS.length), ended({ a: 'delivered' }), requests({ a: IDS.length })],
      ...[inOrder(IDS), allWithin(5_000)],
    ],
  }),
  flow(
    'of a line one is at work, though two functions are rung at once',
    {
      hosts: { a: HEALTHY },
      before: (stage) => stage.register('a', { ordering: 'fifo' }),
      async act(stage) {
        // Waits for nobody, and leaves two functions warm.
        await stage.publish({ id: 'warm' });
        await stage.wait(10_000);
        for (const id of IDS) await stage.publish({ id, orderingKey: 'k' });
      },
      checks: [stored(IDS.length + 1), ended({ a: 'delivered' }), once(IDS)],
    },
    () => troubled({ kind: 'batch-twice', places: /^poller\/delivery$/ }),
  ),
  flow(
    'a line has the order in which its events were accepted, whatever the clocks say',
    {
      hosts: { a: failingFor(6_000) },
      before: (stage) => stage.register('a', { ordering: 'fifo' }),
      async act(stage) {
        for (const id of IDS) await stage.publish({ id, orderingKey: 'k' });
      },
      checks: [stored(IDS.length), ended({ a: 'delivered' }), inOrder(IDS)],
    },
    () =>
      anyOf(
        troubled({ kind: 'lambda-cold', places: /^lambda\/publish invoke$/ }),
        troubled({ kind: 'skew-back', places: /^publish\/[2-9] birth$/, amount: TENTH }),
      ),
  ),
  flow('a batch is delivered in its order', {
    hosts: { a: HEALTHY },
    before: (stage) => stage.register('a', { ordering: 'fifo' }),
    async act(stage) {
      const body = IDS.map((id) => ({ id, type: 'order.paid', data: {}, orderingKey: 'k' }));
      await stage.get([207], 'POST', '/v1/events/batch', { body });
    },
    checks: [stored(IDS.length), ended({ a: 'delivered' }), inOrder(IDS)],
  }),
];
