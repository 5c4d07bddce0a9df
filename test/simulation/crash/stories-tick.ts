import { HEALTHY } from '../destinations/behaviour.ts';
import type { CrashStory } from './crash-story.ts';
import { attemptsMax, ended, noted, requestsMax, stored } from './ends.ts';
import { failingFor, MINUTE_MS } from './phases.ts';
import type { Stage } from './stage.ts';

/** What nobody but the tick would see to. */

const RETRY = { maxAttempts: 3, schedule: [1_800, 3_600], maxAgeSeconds: 86_400 };
const A = '/v1/integrations/a';
/** Longer than a sweep stands that finds nothing more. */
const LINGER_MS = 12 * MINUTE_MS;

const one = (stage: Stage) => stage.register('a');

/** The queue takes nothing while it is published. */
async function unrung(stage: Stage): Promise<void> {
  const { service } = stage.product.sqs;
  service.outage = true;
  await stage.publish({ id: 'own' });
  service.outage = false;
}

/** Two that are held. */
async function heldByPause(stage: Stage): Promise<void> {
  await stage.register('a');
  await stage.get([200], 'POST', `${A}/pause`);
  for (const id of ['one', 'two']) await stage.publish({ id });
}

async function removed(stage: Stage): Promise<void> {
  // Asked again after a kill, it may be gone already.
  await stage.get([204, 404], 'DELETE', A);
  await stage.wait(LINGER_MS);
  stage.noted.set('gone', (await stage.ask('GET', A)).status);
  // Nobody keeps its name.
  const body = {
    name: 'a',
    serviceType: 'webhook',
    endpoint: 'https://a.example.com/',
    eventTypes: ['x'],
  };
  await stage.get([201], 'POST', '/v1/integrations', { body, key: 'anew' });
}

export const tickStories: readonly CrashStory[] = [
  {
    name: 'tick for a doorbell that was lost',
    kills: ['tick', 'deliver'],
    hosts: { a: HEALTHY },
    before: one,
    act: unrung,
    checks: [stored(1), ended({ a: 'delivered' }), requestsMax(1)],
  },
  {
    name: 'tick for a retry that is far away',
    kills: ['tick', 'deliver'],
    hosts: { a: failingFor(10 * MINUTE_MS) },
    before: (stage) => stage.register('a', { retry: RETRY }),
    act: async (stage) => void (await stage.publish({ id: 'own' })),
    checks: [stored(1), ended({ a: 'delivered' }), attemptsMax(3), requestsMax(3)],
  },
  {
    name: 'pause',
    kills: ['api', 'publish'],
    hosts: { a: HEALTHY },
    before: one,
    async act(stage) {
      await stage.get([200], 'POST', `${A}/pause`);
      await stage.publish({ id: 'one' });
      await stage.wait(MINUTE_MS);
      stage.noted.set('requests', stage.product.receivers.ledger.length);
      await stage.get([200], 'POST', `${A}/resume`);
    },
    checks: [
      ...[stored(1), ended({ a: 'delivered' }), requestsMax(1)],
      noted('requests', (requests) => requests === 0),
    ],
  },
  {
    name: 'resume',
    kills: ['api', 'work', 'deliver', 'tick'],
    hosts: { a: HEALTHY },
    before: heldByPause,
    act: async (stage) => void (await stage.get([200], 'POST', `${A}/resume`)),
    checks: [stored(2), ended({ a: 'delivered' }), requestsMax(1)],
  },
  {
    name: 'delete',
    kills: ['api', 'tick'],
    hosts: { a: HEALTHY },
    before: heldByPause,
    act: removed,
    checks: [
      ...[stored(2), ended({ a: 'cancelled' }), requestsMax(0)],
      noted('gone', (status) => status === 404),
    ],
  },
];
