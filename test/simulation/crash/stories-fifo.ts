import { HEALTHY } from '../destinations/behaviour.ts';
import type { CrashStory } from './crash-story.ts';
import { ended, inOrder, requestsMax, stored } from './ends.ts';
import { failingFor, REDIRECTS } from './phases.ts';
import { hostOf, type Stage } from './stage.ts';

/** Deliveries that wait for each other. */

const IDS = ['first', 'second', 'third'];
const before = (stage: Stage) => stage.register('a', { ordering: 'fifo' });

async function inLine(stage: Stage): Promise<void> {
  for (const id of IDS) await stage.publish({ id, orderingKey: 'k' });
}

/** The receiver refuses the first for good, and takes the others. */
async function oneRefused(stage: Stage): Promise<void> {
  stage.watch.onChange((_, { after }) => {
    if (after?.eventId === IDS[0] && after?.state.status === 'failed') {
      stage.product.receivers.change(hostOf('a'), { phases: HEALTHY });
    }
    return undefined;
  });
  await inLine(stage);
}

function endedAs(first: 'delivered' | 'failed'): CrashStory['checks'][number] {
  return ({ stage }) => {
    for (const changes of stage.watch.changes.values()) {
      const delivery = changes.at(-1)?.after;
      const wanted = delivery?.eventId === IDS[0] ? first : 'delivered';
      if (delivery?.state.status !== wanted) return `${delivery?.eventId} is not ${wanted}`;
    }
    return undefined;
  };
}

export const fifoStories: readonly CrashStory[] = [
  {
    name: 'publish into a line',
    kills: ['publish'],
    hosts: { a: HEALTHY },
    ...{ before, act: inLine },
    checks: [stored(3), ended({ a: 'delivered' }), inOrder(IDS), requestsMax(1)],
  },
  {
    name: 'a line of three',
    kills: ['deliver'],
    hosts: { a: HEALTHY },
    ...{ before, act: inLine },
    checks: [stored(3), ended({ a: 'delivered' }), inOrder(IDS), requestsMax(1)],
  },
  {
    name: 'a line whose first is tried again',
    kills: ['deliver'],
    hosts: { a: failingFor(6_000) },
    ...{ before, act: inLine },
    checks: [stored(3), ended({ a: 'delivered' }), inOrder(IDS)],
  },
  {
    name: 'a line whose first is set aside',
    kills: ['deliver'],
    hosts: { a: REDIRECTS },
    before,
    act: oneRefused,
    checks: [stored(3), endedAs('failed'), inOrder(IDS), requestsMax(1)],
  },
];
