import { createHmac } from 'node:crypto';
import { HEALTHY } from '../destinations/behaviour.ts';
import type { CrashStory } from './crash-story.ts';
import { ended, requestsMax, stored } from './ends.ts';
import { manyIntegrations } from './many.ts';
import type { Stage } from './stage.ts';

/** How an event comes in. */

const HOSTS = { a: HEALTHY, b: HEALTHY };
const MANY = 60;
/** Beyond what a row holds, however well it is packed. */
const LARGE_BYTES = 330_000;
const SOURCE_SECRET = `whsec_${Buffer.from('a secret of the partner, long').toString('base64')}`;

async function two(stage: Stage): Promise<void> {
  await stage.register('a');
  await stage.register('b');
}

const ONCE = [stored(1), ended({ a: 'delivered', b: 'delivered' }), requestsMax(1)];

const publishing = (
  name: string,
  act: CrashStory['act'],
  checks: CrashStory['checks'] = ONCE,
): CrashStory => ({ name, kills: ['publish'], hosts: HOSTS, before: two, act, checks });

const BATCH = ['one', 'two', 'three'].map((n) => ({ type: 'order.paid', data: { n } }));

async function batch(stage: Stage): Promise<void> {
  const { json } = await stage.get([207], 'POST', '/v1/events/batch', {
    body: BATCH,
    key: 'key-2',
  });
  for (const [at, { id }] of json.results.entries()) {
    const heardAtMs = stage.simulation.nowMs();
    const data = BATCH[at]?.data;
    const type = 'order.paid';
    stage.book.accepted.set(id, {
      ...{ id, type, data, how: 'batch', askedAtMs: heardAtMs, heardAtMs },
    });
  }
}

/** The provider signs each try anew, and repeats one that was taken. */
async function receive(stage: Stage): Promise<void> {
  const source = await stage.get([200], 'GET', '/v1/sources/partner');
  const { pathname } = new URL(source.json.url);
  const body = JSON.stringify({ type: 'order.paid', data: { n: 1 } });
  const send = async () => {
    const seconds = String(Math.floor(stage.simulation.nowMs() / 1_000));
    const key = Buffer.from(SOURCE_SECRET.slice('whsec_'.length), 'base64');
    const mac = createHmac('sha256', key).update(`msg-1.${seconds}.${body}`).digest('base64');
    const headers = {
      ...{ 'webhook-id': 'msg-1', 'webhook-timestamp': seconds },
      'webhook-signature': `v1,${mac}`,
    };
    await stage.get([200, 202], 'POST', pathname, { body, headers });
  };
  await send();
  await stage.wait(90_000);
  await send();
}

async function withSource(stage: Stage): Promise<void> {
  await two(stage);
  await stage.get([201], 'PUT', '/v1/sources/partner', {
    body: { name: 'partner', provider: 'standard-webhooks', secret: SOURCE_SECRET },
  });
}

async function large(stage: Stage): Promise<void> {
  const noise = Buffer.from(stage.caller.random.bytes(LARGE_BYTES)).toString('base64');
  await stage.publish({ id: 'large', data: { noise } });
}

const wide = manyIntegrations(MANY);
const names = Array.from({ length: MANY }, (_, n) => `i${n}`);
const each = <T>(value: T) => Object.fromEntries(names.map((name) => [name, value]));

export const acceptStories: readonly CrashStory[] = [
  publishing('publish', async (stage) => void (await stage.publish({})), [
    stored(1, false),
    ended({ a: 'delivered', b: 'delivered' }),
    requestsMax(1),
  ]),
  publishing('publish under an idempotency key', async (stage) => {
    await stage.publish({}, 'key-1');
  }),
  publishing('publish under an own id', async (stage) => {
    await stage.publish({ id: 'own' });
  }),
  publishing('publish a batch', batch, [
    stored(BATCH.length),
    ended({ a: 'delivered', b: 'delivered' }),
    requestsMax(1),
  ]),
  {
    ...publishing('publish what is kept in parts', large),
    kills: ['publish', 'deliver'],
  },
  {
    ...publishing('receive, and once more', receive),
    kills: ['receive'],
    before: withSource,
  },
  {
    name: 'fan out to sixty',
    kills: ['publish', 'fanOut', 'deliver'],
    // One batch of ten dies like any other.
    killsInShort: ['publish', 'fanOut'],
    hosts: each(HEALTHY),
    ready: () => wide.ready(),
    before: wide.register,
    act: async (stage) => void (await stage.publish({ id: 'wide' })),
    checks: [stored(1), ended(each('delivered')), requestsMax(1)],
  },
];
