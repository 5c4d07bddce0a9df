import { type CrashStory, type EndCheck, played } from '../crash/crash-story.ts';
import { ended, stored } from '../crash/ends.ts';
import { MINUTE_MS } from '../crash/phases.ts';
import { HEALTHY, outages } from '../destinations/behaviour.ts';
import { perStretch, requests, sideBySide, soon } from './ends.ts';
import { type Flow, flow } from './flow.ts';
import { type Killer, killer } from './killer.ts';
import { publishMany } from './outages.ts';

/** What is allowed at a time. */

const RETRY = { maxAttempts: 30, schedule: Array(29).fill(20), maxAgeSeconds: 86_400 };
const SLOW = outages([[0, MINUTE_MS]], { kind: 'slow', fromMs: 5_000, toMs: 6_000 });

/** After the one that was answered so, none for nearly as long as it was asked for. */
const first: EndCheck = ({ stage }) => {
  const [asked, next] = stage.product.receivers.ledger;
  const afterMs = (next?.atMs ?? 0) - (asked?.atMs ?? 0);
  return afterMs > 115_000 ? undefined : `the next request came after ${afterMs} ms`;
};

/** The only call that is allowed at a time never comes to its end. */
const dying = (faults: Killer): CrashStory => ({
  ...{ name: 'dying', kills: [], hosts: { a: SLOW } },
  before: (stage) => stage.register('a', { limits: { concurrency: 1 } }),
  async act(stage) {
    await stage.publish({ id: 'first' });
    await stage.until('it is sent', () => stage.product.receivers.ledger.length > 0);
    faults.arm();
    await stage.until('it has died', () => faults.happened.length > 0);
    await stage.publish({ id: 'second' });
  },
  checks: [stored(2), ended({ a: 'delivered' })],
});

export const limitFlows: readonly Flow[] = [
  flow(
    'no more calls are made at a time than are allowed, and none waits for those that are over',
    {
      hosts: { a: outages([[0, 60 * MINUTE_MS]], { kind: 'slow', fromMs: 1_000, toMs: 1_500 }) },
      before: (stage) => stage.register('a', { limits: { concurrency: 2 } }),
      async act(stage) {
        await publishMany(stage, 10);
        await stage.wait(40_000);
        await publishMany(stage, 2, 'later');
      },
      checks: [
        ...[stored(12), ended({ a: 'delivered' }), requests({ a: 12 }), sideBySide('a', 2)],
        soon(['later-0', 'later-1'], 5_000),
      ],
    },
  ),
  {
    name: 'the place of a call whose caller died is free again',
    run: () => {
      const faults = killer();
      return played(dying(faults), faults);
    },
  },
  flow('nothing is sent in a pause that was asked for', {
    hosts: { a: outages([[0, MINUTE_MS]], { kind: 'busy', status: 429, retryAfter: '120' }) },
    before: (stage) => stage.register('a', { retry: RETRY }),
    async act(stage) {
      await stage.publish({ id: 'first' });
      await stage.wait(10_000);
      await publishMany(stage, 3);
    },
    checks: [stored(4), ended({ a: 'delivered' }), first],
  }),
  flow('no more calls are made in a second than are allowed', {
    hosts: { a: HEALTHY },
    before: (stage) => stage.register('a', { limits: { perSecond: 2 } }),
    act: (stage) => publishMany(stage, 20),
    checks: [
      ...[stored(20), ended({ a: 'delivered' }), requests({ a: 20 })],
      ...[perStretch('a', 1_000, 4), perStretch('a', 4_000, 10)],
    ],
  }),
];
