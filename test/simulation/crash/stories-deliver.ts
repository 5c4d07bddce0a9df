import { HEALTHY } from '../destinations/behaviour.ts';
import type { CrashStory } from './crash-story.ts';
import { attemptsMax, ended, noted, requestsMax, stored, via } from './ends.ts';
import { always, failingFor, GONE, MINUTE_MS, REDIRECTS } from './phases.ts';
import { hostOf, type Settings, type Stage } from './stage.ts';

/** What becomes of a delivery. */

const QUICK = { maxAttempts: 4, schedule: [5, 30, 60], maxAgeSeconds: 7_200 };

async function publishOwn(stage: Stage): Promise<void> {
  await stage.publish({ id: 'own' });
}

const delivering = (
  name: string,
  of: Partial<CrashStory> & { settings?: Settings },
): CrashStory => {
  const { settings = {}, ...more } = of;
  return {
    ...{ name, kills: ['deliver'], hosts: { a: HEALTHY } },
    before: (stage) => stage.register('a', settings),
    act: publishOwn,
    checks: [stored(1), ended({ a: 'delivered' }), requestsMax(1)],
    ...more,
  };
};

async function statusOf(stage: Stage, name: string): Promise<string> {
  const { json } = await stage.get([200], 'GET', `/v1/integrations/${name}`);
  return json.status;
}

/** Heard of again, an operator has it delivered there after all. */
async function goneAndBack(stage: Stage): Promise<void> {
  await stage.publish({ id: 'own' });
  const isHeld = () => [...stage.watch.pending.values()].some((one) => one.state.status === 'held');
  await stage.until('it is held', isHeld);
  stage.noted.set('status', await statusOf(stage, 'a'));
  stage.product.receivers.change(hostOf('a'), { phases: HEALTHY });
  await stage.get([200], 'POST', '/v1/integrations/a/resume');
}

const dr = (name: string, on: readonly string[]) => ({
  ...{ type: 'url', url: `https://${hostOf(name)}/hooks`, on },
});

/** Tripped by hand before, so that what is published goes elsewhere at once. */
async function tripped(stage: Stage): Promise<void> {
  await stage.register('a', { fallback: [dr('dr1-a', ['breaker-open'])] });
  await stage.get([200], 'POST', '/v1/integrations/a/breaker/trip', {
    body: { forSeconds: 1_800 },
  });
  // The board of breakers is an index: a minute later everybody sees it.
  await stage.wait(MINUTE_MS);
}

export const deliverStories: readonly CrashStory[] = [
  delivering('deliver', {}),
  delivering('deliver to two', {
    hosts: { a: HEALTHY, b: HEALTHY },
    async before(stage) {
      await stage.register('a');
      await stage.register('b');
    },
    checks: [stored(1), ended({ a: 'delivered', b: 'delivered' }), requestsMax(1)],
  }),
  delivering('deliver at the second try', {
    hosts: { a: failingFor(5_000) },
    settings: { retry: QUICK },
    checks: [stored(1), ended({ a: 'delivered' }), attemptsMax(4), requestsMax(4)],
  }),
  delivering('deliver until the schedule is over', {
    hosts: { a: always(500) },
    settings: { retry: { maxAttempts: 3, schedule: [5, 30], maxAgeSeconds: 7_200 } },
    checks: [stored(1), ended({ a: 'failed' }), attemptsMax(3), requestsMax(3)],
  }),
  delivering('deliver to one that is gone', {
    kills: ['deliver'],
    hosts: { a: GONE },
    act: goneAndBack,
    checks: [
      ...[stored(1), ended({ a: 'delivered' }), requestsMax(2)],
      noted('status', (status) => status === 'disabled'),
    ],
  }),
  delivering('deliver to one that redirects', {
    hosts: { a: REDIRECTS },
    checks: [stored(1), ended({ a: 'failed' }), attemptsMax(1), requestsMax(1)],
  }),
];

/** Where a link of the fallback chain takes it. */
export const chainStories: readonly CrashStory[] = [
  delivering('deliver past an open breaker', {
    hosts: { a: HEALTHY, 'dr1-a': HEALTHY },
    before: tripped,
    async act(stage) {
      await stage.publish({ id: 'own' });
      await stage.wait(20 * MINUTE_MS);
      await stage.get([200], 'POST', '/v1/integrations/a/breaker/reset');
    },
    checks: [stored(1), ended({ a: 'delivered' }), via('fallback:1'), requestsMax(1)],
  }),
  delivering('deliver along a chain in rounds', {
    hosts: { a: always(500), 'dr1-a': always(500), 'dr2-a': failingFor(4 * MINUTE_MS) },
    settings: {
      retry: { maxAttempts: 1, schedule: [5], maxAgeSeconds: 7_200 },
      fallback: [dr('dr1-a', ['exhausted']), dr('dr2-a', ['exhausted'])],
    },
    checks: [stored(1), ended({ a: 'delivered' }), via('fallback:2')],
  }),
];
