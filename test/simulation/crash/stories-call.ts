import { HEALTHY } from '../destinations/behaviour.ts';
import type { CrashStory } from './crash-story.ts';
import { ended, requestsMax, stored } from './ends.ts';
import { downFor, MINUTE_MS } from './phases.ts';
import type { Stage } from './stage.ts';

/** Calls that somebody waits for. */

const CALL = { method: 'PUT', path: '/things/1', body: { n: 1 } };
const service = (stage: Stage, more: object = {}) =>
  stage.register('a', { serviceType: 'rest_api', endpoint: 'https://a.example.com/', ...more });

async function called(stage: Stage, statuses: readonly number[]): Promise<void> {
  const path = '/v1/integrations/a/call';
  await stage.get(statuses, 'POST', path, { body: CALL, key: 'call' });
}

export const callStories: readonly CrashStory[] = [
  {
    name: 'call',
    kills: ['call'],
    hosts: { a: HEALTHY },
    before: service,
    act: (stage) => called(stage, [200]),
    checks: [stored(0), requestsMax(1)],
  },
  {
    name: 'call, and deliver it later',
    kills: ['call', 'deliver'],
    hosts: { a: downFor(2 * MINUTE_MS) },
    before: (stage) => service(stage, { fallback: [{ type: 'queue', on: ['exhausted'] }] }),
    // Asked again it is queued already, or the service is there by then.
    act: (stage) => called(stage, [200, 202]),
    checks: [
      ({ events }) => (events.length <= 1 ? undefined : `${events.length} events are stored`),
      ended({ a: 'delivered' }),
    ],
  },
];
