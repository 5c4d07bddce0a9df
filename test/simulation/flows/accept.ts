import { createHmac } from 'node:crypto';
import { ended, stored } from '../crash/ends.ts';
import type { Stage } from '../crash/stage.ts';
import { HEALTHY, outages } from '../destinations/behaviour.ts';
import { allWithin, at, requests } from './ends.ts';
import { type Flow, flow, troubled } from './flow.ts';

/** What comes in. */

const MANY = 60;
const SOON_MS = 5_000;
const LATER_MS = 40 * 60_000;
const HOUR_MS = 3_600_000;
const names = Array.from({ length: MANY }, (_, n) => `i${n}`);
const each = <T>(value: T) => Object.fromEntries(names.map((name) => [name, value]));
const PARTNER = '/v1/sources/partner';
const EVENT = { type: 'order.paid' };

function whsec(text: string): string {
  return `whsec_${Buffer.from(text).toString('base64')}`;
}

const SECRET = whsec('a secret of the partner, long');
const STOLEN = whsec('a secret of somebody else, long');

async function received(stage: Stage, status: number, secret: string, id: string): Promise<void> {
  const source = await stage.get([200], 'GET', PARTNER);
  const seconds = String(Math.floor(stage.simulation.nowMs() / 1_000));
  const body = JSON.stringify({ ...EVENT, data: { id } });
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
  const mac = createHmac('sha256', key).update(`${id}.${seconds}.${body}`).digest('base64');
  await stage.get([status], 'POST', new URL(source.json.url).pathname, {
    body,
    headers: {
      ...{ 'webhook-id': id, 'webhook-timestamp': seconds },
      'webhook-signature': `v1,${mac}`,
    },
  });
}

async function withSource(stage: Stage): Promise<void> {
  await stage.register('a', { eventTypes: ['*'] });
  const body = { name: 'partner', provider: 'standard-webhooks', secret: SECRET };
  await stage.get([201], 'PUT', PARTNER, { body });
}

export const acceptFlows: readonly Flow[] = [
  flow('the same id with other content is refused', {
    hosts: { a: HEALTHY },
    before: (stage) => stage.register('a'),
    async act(stage) {
      await stage.publish({ id: 'own', data: { n: 1 } });
      const other = { ...EVENT, id: 'own', data: { n: 2 } };
      await stage.get([409], 'POST', '/v1/events', { body: other });
    },
    checks: [stored(1), requests({ a: 1 })],
  }),
  flow('what is published again while it is on its way is sent once', {
    hosts: { a: outages([[0, HOUR_MS]], { kind: 'slow', fromMs: 8_000, toMs: 9_000 }) },
    before: (stage) => stage.register('a'),
    async act(stage) {
      await stage.publish({ id: 'own' });
      await stage.wait(2_000);
      await stage.publish({ id: 'own' });
    },
    checks: [stored(1), ended({ a: 'delivered' }), requests({ a: 1 })],
  }),
  flow('a key answers the request that it was given with, and no other', {
    hosts: { a: HEALTHY },
    before: (stage) => stage.register('a'),
    async act(stage) {
      await stage.publish({ data: { n: 1 } }, 'key');
      const other = { ...EVENT, data: { n: 2 } };
      await stage.get([422], 'POST', '/v1/events', { body: other, key: 'key' });
    },
    checks: [stored(1), requests({ a: 1 })],
  }),
  flow('a webhook that its partner did not sign is not taken', {
    hosts: { a: HEALTHY },
    before: withSource,
    async act(stage) {
      await received(stage, 401, STOLEN, 'msg-forged');
      await received(stage, 202, SECRET, 'msg-good');
    },
    checks: [stored(1), requests({ a: 1 })],
  }),
  flow('what is for a later time comes then, and not before', {
    hosts: { a: HEALTHY },
    before: (stage) => stage.register('a'),
    async act(stage) {
      const deliverAt = new Date(stage.simulation.nowMs() + LATER_MS).toISOString();
      const body = { ...EVENT, id: 'own', data: { n: 1 }, deliverAt };
      await stage.get([202], 'POST', '/v1/events', { body });
    },
    checks: [stored(1), requests({ a: 1 }), at('a', [LATER_MS - SOON_MS], 2 * SOON_MS)],
  }),
  flow('an event for sixty comes to each of them at once', {
    hosts: each(HEALTHY),
    async before(stage) {
      for (const name of names) await stage.register(name);
    },
    act: async (stage) => void (await stage.publish({ id: 'wide' })),
    checks: [stored(1), ended(each('delivered')), requests(each(1)), allWithin(SOON_MS)],
  }),
  flow(
    'a write whose answer is lost is made once, and what follows from it at once',
    {
      hosts: { a: HEALTHY },
      before: (stage) => stage.register('a'),
      async act(stage) {
        const asked = { body: { ...EVENT, id: 'own', data: { n: 1 } }, key: 'key' };
        await stage.get([202], 'POST', '/v1/events', asked);
      },
      checks: [stored(1), ended({ a: 'delivered' }), requests({ a: 1 }), at('a', [0], 3 * SOON_MS)],
    },
    () =>
      troubled({
        kind: 'dynamodb-lost-after',
        places: /^(publish|deliver)\/\d+ dynamodb\.PutItem$/,
        times: (n) => n % 2 === 1,
      }),
  ),
];
