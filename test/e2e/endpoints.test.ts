import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { selfSigned } from '../fakes/certificates.ts';
import {
  answer,
  type Destination,
  type DestinationOptions,
  head,
  type Step,
  startDestination,
} from '../fakes/destination.ts';
import { type Json, until } from './client.ts';
import { type Gateway, startGateway } from './gateway.ts';

/** How early a doorbell may be: clocks differ. */
const EARLY_MS = 500;
/** What a busy machine may take between the end of an attempt and its record. */
const SLACK_MS = 5_000;

let gateway: Gateway;
const destinations: Destination[] = [];

beforeAll(async () => {
  gateway = await startGateway();
});

afterAll(async () => {
  for (const destination of destinations) await destination.close();
  await gateway.stop();
});

async function destination(options: DestinationOptions = {}): Promise<Destination> {
  const started = await startDestination(options);
  destinations.push(started);
  return started;
}

/** Answers its nth request by the nth script, and all later ones by the last. */
const playing = (...scripts: readonly (readonly Step[])[]) =>
  destination({ script: (_request, index) => scripts[index] ?? scripts.at(-1) ?? [] });

const register = (name: string, endpoint: string, more: Json = {}): Promise<Json> =>
  gateway.register({ name, endpoint, eventTypes: [name], retry: { maxAttempts: 1 }, ...more });

const read = async (id: string): Promise<Json> =>
  (await gateway.call('GET', `/v1/deliveries/${id}`)).json;

const deliveryThat = (id: string, status: string): Promise<Json> =>
  until(`${id} to be ${status}`, async () => {
    const found = await read(id);
    return found.status === status && found;
  });

async function publish(type: string): Promise<string> {
  return (await gateway.publish({ type })).deliveries[0].id;
}

/** When the attempt said that the next one was due, from its line in the log. */
function nextAttemptMs(attemptId: string): number {
  const line = gateway.log.find((text) => text.includes(`"attemptId":"${attemptId}"`));
  return Date.parse(JSON.parse(line ?? '{}').nextAttemptAt);
}

const endMs = ({ startedAt, latencyMs }: Json) => Date.parse(startedAt) + latencyMs;

describe('an endpoint that recovers', () => {
  it('after 500, 500 and 429 with Retry-After has four attempts, each at its time', async () => {
    const { url, requests } = await playing(
      answer(500),
      answer(500),
      answer(429, 'slow down', { 'Retry-After': '7' }),
      answer(200),
    );
    const backoff = { initialSeconds: 1, factor: 2, maxSeconds: 60 };
    await register('recovers', url, { retry: { backoff, jitter: 0 } });
    const id = await publish('recovers');
    const { attempts } = await deliveryThat(id, 'delivered');
    expect(
      attempts.map((one: Json) => [one.number, one.outcome, one.statusCode, one.retryAfterSeconds]),
    ).toEqual([
      [1, 'retryable', 500, null],
      [2, 'retryable', 500, null],
      [3, 'retryable', 429, 7],
      [4, 'success', 200, null],
    ]);
    for (const [i, seconds] of [1, 2, 7].entries()) {
      const dueMs = nextAttemptMs(attempts[i].id);
      const afterMs = dueMs - endMs(attempts[i]);
      expect(afterMs).toBeGreaterThanOrEqual(seconds * 1_000 - 10);
      expect(afterMs).toBeLessThan(seconds * 1_000 + SLACK_MS);
      expect(Date.parse(attempts[i + 1].startedAt)).toBeGreaterThanOrEqual(dueMs - EARLY_MS);
    }
    expect(requests.map(({ headers }) => headers['breakwater-attempt'])).toEqual([
      ...['1', '2', '3', '4'],
    ]);
  });

  it('after 410 is disabled with all it gets held, and gets it when it is resumed', async () => {
    const { url, requests } = await playing(answer(410), answer(200));
    const { id } = await register('gone', url);
    const first = await publish('gone');
    expect(await deliveryThat(first, 'held')).toMatchObject({
      heldBy: 'pause',
      attempts: [{ number: 1, statusCode: 410, outcome: 'permanent' }],
    });
    const shown = await until('it to be disabled', async () => {
      const { json } = await gateway.call('GET', `/v1/integrations/${id}`);
      return json.status === 'disabled' && json;
    });
    expect(shown.disabledReason).toContain('410');
    const second = (await gateway.publish({ type: 'gone' })).deliveries[0];
    expect(second.status).toBe('held');
    await gateway.run.tick();
    expect(requests).toHaveLength(1);

    const resumed = (await gateway.call('POST', `/v1/integrations/${id}/resume`)).json;
    expect(resumed).toMatchObject({ status: 'active', disabledReason: null });
    await gateway.run.tick();
    expect((await deliveryThat(first, 'delivered')).attempts).toHaveLength(2);
    await deliveryThat(second.id, 'delivered');
  });
});

describe('an endpoint that fails in its own way', () => {
  const seconds = (timeoutSeconds: number) => ({ request: { timeoutSeconds } });
  const slowly = 'HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n';

  it.each<[string, Step[], Json]>([
    ['never answers', [{ kind: 'hang' }], { error: 'timeout', statusCode: null }],
    [
      'trickles its headers',
      [{ kind: 'trickle', data: slowly, everyMs: 100 }],
      { error: 'timeout', statusCode: null },
    ],
    [
      'trickles its body',
      [
        { kind: 'write', data: slowly },
        { kind: 'trickle', data: 'x'.repeat(100), everyMs: 100 },
      ],
      { error: 'timeout', statusCode: 200 },
    ],
  ])('and %s is cut off at its timeout', async (what, script, expected) => {
    const { url } = await playing(script);
    const name = what.replaceAll(' ', '-').toLowerCase();
    await register(name, url, seconds(1));
    const { attempts } = await deliveryThat(await publish(name), 'failed');
    expect(attempts).toMatchObject([{ outcome: 'retryable', ...expected }]);
    expect(attempts[0].latencyMs).toBeGreaterThanOrEqual(990);
    expect(attempts[0].latencyMs).toBeLessThan(1_000 + SLACK_MS);
  });

  it.each<[string, () => Promise<string>, Json]>([
    [
      'answers without end',
      async () =>
        (
          await playing([
            { kind: 'write', data: head(200, { 'content-type': 'text/plain' }) },
            { kind: 'flood', data: 'x'.repeat(65_536) },
          ])
        ).url,
      { error: 'body-too-large', statusCode: 200, responseBody: 'x'.repeat(4_096) },
    ],
    [
      'hangs up',
      async () => (await playing([{ kind: 'reset' }])).url,
      { error: 'reset', statusCode: null },
    ],
    ['is not there', unusedUrl, { error: 'refused', statusCode: null }],
    [
      'shows a certificate that nobody vouches for',
      async () => (await destination({ tls: selfSigned(['127.0.0.1']) })).url,
      { error: 'tls', statusCode: null },
    ],
  ])('and %s is told from the others', async (what, start, expected) => {
    const name = what.replaceAll(' ', '-').toLowerCase();
    await register(name, await start());
    const { attempts } = await deliveryThat(await publish(name), 'failed');
    expect(attempts).toMatchObject([{ outcome: 'retryable', ...expected }]);
  });

  it('and redirects is not followed', async () => {
    const elsewhere = await destination();
    const { url } = await playing(answer(307, '', { location: `${elsewhere.url}/secret` }));
    await register('redirects', url, { retry: { schedule: [1] } });
    const { attempts } = await deliveryThat(await publish('redirects'), 'failed');
    expect(attempts).toMatchObject([{ statusCode: 307, outcome: 'permanent', error: 'http' }]);
    expect(elsewhere.connections()).toBe(0);
  });

  it.each<[string, readonly Step[]]>([
    ['a negative Retry-After', answer(503, '', { 'retry-after': '-1' })],
    ['abort-message', answer(500, '', { 'webhook-delivery': 'abort-message' })],
  ])('and stops the delivery by %s gets no second attempt', async (what, script) => {
    const { url } = await playing(script, answer(200));
    const name = what.replaceAll(' ', '-').toLowerCase();
    await register(name, url, { retry: { schedule: [1, 1] } });
    const { attempts, nextAttemptAt } = await deliveryThat(await publish(name), 'failed');
    expect(attempts).toMatchObject([{ number: 1, outcome: 'permanent' }]);
    expect(nextAttemptAt).toBeNull();
  });

  it('keeps no secret that it echoes in a header, and 4 KiB of its words', async () => {
    const headers = {
      'set-cookie': 'sid=canary-cookie',
      'x-auth-token': 'canary-token',
      'x-a': 'b',
    };
    const { url } = await playing(answer(200, 'ž'.repeat(4_096), headers));
    await register('talks', url);
    const [attempt] = (await deliveryThat(await publish('talks'), 'delivered')).attempts;
    expect(attempt.responseHeaders).toMatchObject({ 'x-a': 'b' });
    expect(JSON.stringify(attempt)).not.toContain('canary');
    expect(attempt.responseBody).toBe('ž'.repeat(2_048));
  });
});

describe('an endpoint that hangs', () => {
  it('keeps no other waiting as long as fewer of its attempts hang than batches run at once', async () => {
    const hanging = await playing([{ kind: 'hang' }]);
    const healthy = await destination();
    await register('hangs', hanging.url, { request: { timeoutSeconds: 30 } });
    await register('healthy', healthy.url);
    const hung: string[] = [];
    for (let i = 0; i < 3; i++) hung.push(await publish('hangs'));
    await until('all to hang', () => hanging.open() === hung.length);
    const ids = await Promise.all(Array.from({ length: 40 }, () => publish('healthy')));
    for (const id of ids) await deliveryThat(id, 'delivered');
    expect(hanging.open()).toBe(hung.length);
    hanging.dropAll();
    for (const id of hung) {
      expect((await deliveryThat(id, 'failed')).attempts).toMatchObject([{ error: 'reset' }]);
    }
  });
});

/** Of a port that was free a moment ago. */
async function unusedUrl(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return `http://127.0.0.1:${address.port}`;
}
