import { HEALTHY } from '../destinations/behaviour.ts';
import type { CrashStory } from './crash-story.ts';
import { attemptsMax, ended, noted, requestsMax, stored } from './ends.ts';
import { failingFor, MINUTE_MS, REDIRECTS } from './phases.ts';
import { hostOf, type Stage } from './stage.ts';

/** What has ended, or was to wait, and what somebody orders of it. */

const EVENTS = ['one', 'two', 'three'];
const LATER = { maxAttempts: 3, schedule: [1_800, 3_600], maxAgeSeconds: 86_400 };

/** All have failed for good, and the receiver is well again. */
function failed(ids: readonly string[]): CrashStory['before'] {
  return async (stage) => {
    await stage.register('a');
    for (const id of ids) await stage.publish({ id });
    await stage.until('they have failed', () => failedCount(stage) === ids.length);
    stage.product.receivers.change(hostOf('a'), { phases: HEALTHY });
    // A recovery reads an index, which shows what has failed within a minute.
    await stage.wait(MINUTE_MS);
  };
}

function failedCount({ watch }: Stage): number {
  const last = [...watch.changes.values()].map((changes) => changes.at(-1)?.after?.state.status);
  return last.filter((status) => status === 'failed').length;
}

async function deliveryOf(stage: Stage, eventId: string): Promise<string> {
  const { json } = await stage.get([200], 'GET', `/v1/events/${eventId}/deliveries`);
  return json.data[0].id;
}

async function recovered(stage: Stage): Promise<void> {
  const since = new Date(stage.simulation.startMs).toISOString();
  const { json } = await stage.get([202], 'POST', '/v1/integrations/a/recover', {
    ...{ body: { since }, key: 'recover' },
  });
  stage.noted.set('job', json.id);
  await stage.until('they are delivered', () => failedCount(stage) === 0);
  await stage.wait(10 * MINUTE_MS);
  const job = await stage.get([200], 'GET', `/v1/jobs/${json.id}`);
  stage.noted.set('job', [job.json.status, job.json.progress.done]);
}

export const againStories: readonly CrashStory[] = [
  {
    name: 'recover what has failed',
    kills: ['api', 'work', 'deliver', 'tick'],
    hosts: { a: REDIRECTS },
    before: failed(EVENTS),
    act: recovered,
    checks: [
      ...[stored(EVENTS.length), ended({ a: 'delivered' }), requestsMax(2)],
      noted('job', (job) => String(job) === `succeeded,${EVENTS.length}`),
    ],
  },
  {
    name: 'retry by hand',
    kills: ['api', 'deliver'],
    hosts: { a: REDIRECTS },
    before: failed(['one']),
    async act(stage) {
      const id = await deliveryOf(stage, 'one');
      // Who died in between may have had it queued: then it is on its way.
      await stage.get([202, 409], 'POST', `/v1/deliveries/${id}/retry`, { key: 'retry' });
    },
    checks: [stored(1), ended({ a: 'delivered' }), requestsMax(2)],
  },
  {
    name: 'replay',
    kills: ['api', 'deliver'],
    hosts: { a: REDIRECTS },
    before: failed(['one']),
    async act(stage) {
      await stage.get([202], 'POST', '/v1/events/one/replay', { body: {}, key: 'replay' });
    },
    checks: [stored(1), ended({ a: 'delivered' }), requestsMax(2)],
  },
  {
    name: 'cancel what waits',
    kills: ['api'],
    hosts: { a: failingFor(24 * 60 * MINUTE_MS) },
    async before(stage) {
      await stage.register('a', { retry: LATER });
      await stage.publish({ id: 'one' });
      await stage.until('it waits', () =>
        [...stage.watch.pending.values()].some(({ state }) => state.status === 'waiting'),
      );
    },
    async act(stage) {
      const id = await deliveryOf(stage, 'one');
      await stage.get([200, 409], 'POST', `/v1/deliveries/${id}/cancel`);
    },
    checks: [stored(1), ended({ a: 'cancelled' }), attemptsMax(1), requestsMax(1)],
  },
];
