import { createHmac, randomUUID } from 'node:crypto';
import examples from '@octokit/webhooks-examples/api.github.com/index.json' with { type: 'json' };
import { sign } from '@octokit/webhooks-methods';
import { Webhook as StandardWebhook } from 'standardwebhooks';
import Stripe from 'stripe';
import { Webhook as SvixWebhook } from 'svix';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, type Json, until } from './client.ts';
import { allPages, type Gateway, startGateway } from './gateway.ts';
import { verifiedByBoth } from './oracles.ts';
import { type Receiver, startReceiver } from './receiver.ts';

const GITHUB_SECRET = "It's a secret to everybody";
const SENT_AT_ONCE = 6;

let gateway: Gateway;
let receiver: Receiver;

beforeAll(async () => {
  gateway = await startGateway();
  receiver = await startReceiver();
});

afterAll(async () => {
  await gateway.stop();
  await receiver.stop();
});

async function source(fields: Json): Promise<Json> {
  const answer = await gateway.call('POST', '/v1/sources', { body: fields });
  if (answer.status !== 201) throw new Error(answer.text);
  return answer.json;
}

/** What a provider sends; it has no key of ours. */
const send = (to: Json, raw: string, headers: Record<string, string>): Promise<Answer> =>
  gateway.call('POST', new URL(to.url).pathname, { raw, headers, key: null });

interface GithubWebhook {
  readonly name: string;
  readonly delivery: string;
  readonly raw: string;
}

const sendGithub = async (to: Json, { name, delivery, raw }: GithubWebhook, secret: string) =>
  send(to, raw, {
    'user-agent': 'GitHub-Hookshot/044aadd',
    'x-github-event': name,
    'x-github-delivery': delivery,
    'x-hub-signature-256': await sign(secret, raw),
  });

async function inTurns<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const rest = items.values();
  const worker = async () => {
    for (const item of rest) await work(item);
  };
  await Promise.all(Array.from({ length: SENT_AT_ONCE }, worker));
}

describe('every payload that GitHub gives as an example', () => {
  it('arrives at both integrations once, signed, as it was sent; repetitions add nothing', async () => {
    const github = await source({ name: 'gh', provider: 'github', secret: GITHUB_SECRET });
    const secrets = new Map<string, string>();
    for (const name of ['first', 'second']) {
      const endpoint = `${receiver.url}/${name}`;
      const made = await gateway.register({ name, endpoint, eventTypes: ['github.*'] });
      secrets.set(`/${name}`, made.signing.secret);
    }
    const webhooks: GithubWebhook[] = examples.flatMap(({ name, examples: payloads }) =>
      payloads.map((payload) => ({ name, delivery: randomUUID(), raw: JSON.stringify(payload) })),
    );
    const sentAs = new Map<string, GithubWebhook>();
    await inTurns(webhooks, async (webhook) => {
      const { status, json } = await sendGithub(github, webhook, GITHUB_SECRET);
      expect([webhook.name, status]).toEqual([webhook.name, 202]);
      sentAs.set(json.id, webhook);
    });
    expect(sentAs.size).toBe(webhooks.length);
    await inTurns(webhooks, async (webhook) => {
      const { status, json } = await sendGithub(github, webhook, GITHUB_SECRET);
      expect([status, sentAs.get(json.id)]).toEqual([202, webhook]);
    });

    let verified = 0;
    for (const [path, secret] of secrets) {
      await receiver.waitFor(path, webhooks.length, 90_000);
      for (const arrival of receiver.at(path)) {
        const webhook = sentAs.get(arrival.headers['webhook-id'] ?? '');
        const { type, data } = verifiedByBoth(arrival, secret);
        expect(type).toBe(`github.${webhook?.name}`);
        expect(JSON.stringify(data)).toBe(webhook?.raw);
        verified++;
      }
    }
    await until('all to be recorded', async () => {
      const found = await allPages(gateway.call, '/v1/deliveries?status=delivered&limit=250');
      return found.length === 2 * webhooks.length;
    });
    const events = await allPages(gateway.call, `/v1/events?source=${github.id}&limit=250`);
    expect(events.map(({ id }) => id).toSorted()).toEqual([...sentAs.keys()].toSorted());
    const ids = receiver.arrivals.map(({ path, headers }) => `${path} ${headers['webhook-id']}`);
    const doubled = ids.length - new Set(ids).size;
    const lost = 2 * webhooks.length - new Set(ids).size;
    process.stdout.write(
      `GitHub's examples: ${webhooks.length} webhooks sent twice each, ${events.length} events, ` +
        `${verified} deliveries verified by standardwebhooks and svix, ` +
        `${lost} lost, ${doubled} doubled\n`,
    );
    expect(lost).toBe(0);
    // A machine so busy that SQS takes 1.5 s is asked again: then a bell rings twice, a call may too.
    expect(doubled).toBeLessThan(ids.length / 10);
  }, 240_000);
});

describe('a source', () => {
  it('takes nothing that is not signed by its secret, and stores nothing of it', async () => {
    const github = await source({ name: 'strict', provider: 'github', secret: GITHUB_SECRET });
    const webhook = { name: 'push', delivery: randomUUID(), raw: '{"a":1}' };
    const forged = await sendGithub(github, webhook, 'another secret');
    const unsigned = await send(github, webhook.raw, { 'x-github-event': 'push' });
    for (const { status, json } of [forged, unsigned]) {
      expect([status, json.code]).toEqual([401, 'invalid-signature']);
    }
    expect(await allPages(gateway.call, `/v1/events?source=${github.id}`)).toEqual([]);
    const genuine = await sendGithub(github, webhook, GITHUB_SECRET);
    expect(genuine.status).toBe(202);
  });

  it('says of a stale but genuine timestamp that it is stale, and of a forged one nothing', async () => {
    const secret = 'whsec_stripe_test_secret';
    const stripe = await source({ name: 'stale', provider: 'stripe', secret });
    const raw = JSON.stringify({ id: 'evt_1', type: 'charge.succeeded' });
    const at = Math.floor(Date.now() / 1000) - 400;
    const answer = await send(stripe, raw, { 'stripe-signature': stripeHeader(raw, secret, at) });
    expect([answer.status, answer.json.code]).toEqual([401, 'timestamp-out-of-tolerance']);
    const forged = await send(stripe, raw, { 'stripe-signature': stripeHeader(raw, 'x', at) });
    expect([forged.status, forged.json.code]).toEqual([401, 'invalid-signature']);
  });

  it.each(['/in/src_01k0000000000000000000000a', '/in/gh', '/in/src_x'])(
    'that nobody registered is 404: %s',
    async (path) => {
      const answer = await gateway.call('POST', path, { body: {}, key: null });
      expect([answer.status, answer.json.code]).toEqual([404, 'not-found']);
    },
  );

  it('answers as its owner wants, by any method, and not at all once deleted', async () => {
    const response = { statusCode: 200, body: '{"ok":true}' };
    const own = await source({ name: 'own-answer', provider: 'none', response });
    const path = new URL(own.url).pathname;
    for (const method of ['POST', 'PUT', 'PATCH']) {
      const answer = await gateway.call(method, path, { body: { type: 'x' }, key: null });
      expect([answer.status, answer.text]).toEqual([200, response.body]);
      expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
    }
    expect((await gateway.call('DELETE', `/v1/sources/${own.id}`)).status).toBe(204);
    await until('the source to be gone', async () => {
      return (await gateway.call('POST', path, { body: {}, key: null })).status === 404;
    });
  });

  it('takes both secrets while one is rotated in', async () => {
    const made = await source({ name: 'rotated', provider: 'standard-webhooks' });
    const path = `/v1/sources/${made.id}/secret/rotate`;
    const rotated = (await gateway.call('POST', path, { body: { graceSeconds: 600 } })).json;
    expect(rotated.previous).toMatchObject([{ secret: made.secret }]);
    for (const secret of [made.secret, rotated.current]) {
      await until('both to be known', async () => {
        const { status } = await send(made, '{}', standardHeaders(secret, '{}'));
        return status === 202;
      });
    }
  });
});

describe('each provider', () => {
  const raw = JSON.stringify({ id: 'obj_1', type: 'thing.done', data: { n: 1 } });
  const whsec = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
  const text = 'a-secret-of-their-own';
  const hmac = { header: 'X-Sig', content: '{timestamp}.{body}', timestampHeader: 'X-Time' };
  const now = () => Math.floor(Date.now() / 1000);

  it.each<[string, Json, (made: Json) => Record<string, string>, string]>([
    [
      'standard-webhooks',
      {},
      ({ secret }) => standardHeaders(secret, raw),
      'standard-webhooks.thing.done',
    ],
    ['svix', { secret: whsec }, () => svixHeaders(whsec, raw), 'svix.thing.done'],
    [
      'stripe',
      { secret: text },
      () => ({ 'stripe-signature': stripeHeader(raw, text, now()) }),
      'stripe.thing.done',
    ],
    [
      'hmac',
      { secret: text, verification: hmac, eventTypePrefix: 'acme' },
      () => {
        const time = String(now());
        const mac = createHmac('sha256', text).update(`${time}.${raw}`).digest('hex');
        return { 'x-sig': mac, 'x-time': time };
      },
      'acme.thing.done',
    ],
    ['token', {}, ({ secret }) => ({ authorization: `Bearer ${secret}` }), 'p-token.thing.done'],
    [
      'token',
      { name: 'by-header', secret: text, verification: { header: 'X-Token' } },
      () => ({ 'x-token': text }),
      'by-header.thing.done',
    ],
    ['none', {}, () => ({}), 'p-none.thing.done'],
  ])('%s is accepted as an event, and refused when anything is missing', async (...given) => {
    const [provider, fields, headersOf, type] = given;
    const made = await source({ name: `p-${provider}`, provider, ...fields });
    expect(made.url).toBe(`${gateway.run.url}/in/${made.id}`);
    const headers = headersOf(made);
    const { status, json } = await send(made, raw, headers);
    expect([status, json]).toEqual([202, { id: expect.stringMatching(/^evt_/) }]);
    const event = (await gateway.call('GET', `/v1/events/${json.id}`)).json;
    expect(event).toMatchObject({ type, source: made.id, data: JSON.parse(raw) });
    for (const name of Object.keys(headers)) {
      const { [name]: _, ...others } = headers;
      expect([name, (await send(made, raw, others)).status]).toEqual([name, 401]);
    }
  });
});

function standardHeaders(secret: string, raw: string): Record<string, string> {
  const id = `msg_${randomUUID()}`;
  return {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(Date.now() / 1000)),
    'webhook-signature': new StandardWebhook(secret).sign(id, new Date(), raw),
  };
}

function svixHeaders(secret: string, raw: string): Record<string, string> {
  const id = `msg_${randomUUID()}`;
  return {
    'svix-id': id,
    'svix-timestamp': String(Math.floor(Date.now() / 1000)),
    'svix-signature': new SvixWebhook(secret).sign(id, new Date(), raw),
  };
}

function stripeHeader(payload: string, secret: string, timestamp: number): string {
  return new Stripe('sk_test_unused').webhooks.generateTestHeaderString({
    payload,
    secret,
    timestamp,
  });
}
