import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Json, until } from './client.ts';
import { faultyAssembly } from './faulty-assembly.ts';
import { allPages, type Gateway, startGateway } from './gateway.ts';
import { verifiedByBoth } from './oracles.ts';
import { type Receiver, startReceiver } from './receiver.ts';

/** Until then an event is left to its doorbell; after it the tick looks for it. */
const SETTLED_MS = 50_000;
const LOST = 200;

let gateway: Gateway;
let receiver: Receiver;
let dir: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'breakwater-faulty-'));
  const assembly = await faultyAssembly(join(dir, 'cdk.out'), {
    Api: `return event.headers?.['x-die'] === phase;`,
    Publish: `return event.headers?.['x-die'] === phase;`,
    // Each event of these types once: the attempt is made, or is about to be.
    Deliver: `
      if (!event.Records?.some(({ body }) => body.includes('die.' + phase))) return false;
      const mark = ${JSON.stringify(join(dir, 'died-'))} + phase;
      const { existsSync, writeFileSync } = require('node:fs');
      if (existsSync(mark)) return false;
      writeFileSync(mark, '');
      return true;`,
  });
  gateway = await startGateway({ assembly, isFaulty: true });
  receiver = await startReceiver();
});

afterAll(async () => {
  await gateway.stop();
  await receiver.stop();
  await rm(dir, { recursive: true, force: true });
});

const register = (name: string, more: Json = {}): Promise<Json> =>
  gateway.register({ name, endpoint: `${receiver.url}/${name}`, eventTypes: [name], ...more });

const idsAt = (path: string) => receiver.at(path).map(({ headers }) => headers['webhook-id']);

describe('what was answered 202 arrives', () => {
  it('after all queues were purged, while SQS is down, and when a worker dies', async () => {
    for (const name of ['purged', 'outage', 'die.before', 'die.after']) {
      await register(name.replace('.', '-'), { eventTypes: [name] });
    }
    const dying = [
      (await gateway.publish({ type: 'die.before' })).id,
      (await gateway.publish({ type: 'die.after' })).id,
    ];
    const purged: string[] = [];
    let messages = 0;
    for (let batch = 0; batch < LOST / 100; batch++) {
      const events = Array.from({ length: 100 }, (_, i) => ({ type: 'purged', data: { i } }));
      const { json } = await gateway.call('POST', '/v1/events/batch', { body: events });
      messages += gateway.run.queues.purgeAll();
      purged.push(...json.results.map(({ id }: Json) => id));
    }
    expect(messages).toBeGreaterThan(0);

    gateway.run.queues.outage(true);
    const during = [];
    for (let i = 0; i < 10; i++) during.push((await gateway.publish({ type: 'outage' })).id);
    const notReady = await until('not to be ready', async () => {
      const ready = await gateway.call('GET', '/health/ready', { key: null });
      return ready.status === 503 && ready;
    });
    expect(notReady.json).toMatchObject({ status: 'down', checks: { queue: { status: 'down' } } });
    expect(notReady.headers.get('retry-after')).toMatch(/^\d+$/);
    expect((await gateway.call('GET', '/health/live', { key: null })).status).toBe(200);
    gateway.run.queues.outage(false);
    expect(receiver.at('/outage')).toEqual([]);
    const acceptedMs = Date.now();

    await until(
      'all to be older than the tick leaves alone',
      () => {
        return Date.now() - acceptedMs > SETTLED_MS + 1_000;
      },
      2 * SETTLED_MS,
    );
    const before = receiver.at('/purged').length;
    await gateway.run.tick();
    await receiver.waitFor('/purged', LOST, 60_000);
    await receiver.waitFor('/outage', during.length);
    await receiver.waitFor('/die-before');
    await receiver.waitFor('/die-after');
    await until('all to be recorded', async () => {
      const found = await allPages(gateway.call, '/v1/deliveries?status=delivered&limit=250');
      return found.length === LOST + during.length + dying.length;
    });
    expect(idsAt('/purged').toSorted()).toEqual(purged.toSorted());
    expect(idsAt('/outage').toSorted()).toEqual(during.toSorted());
    expect([...idsAt('/die-before'), ...idsAt('/die-after')]).toEqual(dying);
    process.stdout.write(
      `purged: ${messages} messages of ${LOST} deliveries; ${before} had arrived, ` +
        `${LOST - before} came with the next tick, 0 lost, 0 doubled\n`,
    );
  }, 240_000);

  it('when the function that accepts it died with its answer, once under its idempotency key', async () => {
    await register('answer-lost');
    const key = { 'idempotency-key': 'answer-lost' };
    const publish = (headers: Record<string, string>) =>
      gateway.call('POST', '/v1/events', { body: { type: 'answer-lost' }, headers });
    const failed = await publish({ ...key, 'x-die': 'after' });
    expect(failed.status).toBe(500);
    const again = await publish(key);
    expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([202, 'true']);
    expect((await publish({ 'x-die': 'before' })).status).toBe(500);
    await receiver.waitFor('/answer-lost');
    await gateway.publish({ type: 'answer-lost' });
    await receiver.waitFor('/answer-lost', 2);
    expect(new Set(idsAt('/answer-lost')).size).toBe(2);
    expect(idsAt('/answer-lost')[0]).toBe(again.json.id);
  });
});

describe('a function that dies', () => {
  it('is answered 500, and the next request finds it well', async () => {
    for (const phase of ['before', 'after']) {
      const answer = await gateway.call('GET', '/v1/events', { headers: { 'x-die': phase } });
      expect([answer.status, answer.json]).toEqual([500, { message: 'Internal Server Error' }]);
      expect((await gateway.call('GET', '/v1/events')).status).toBe(200);
    }
  });
});

describe('a restart', () => {
  it('keeps the data and the key, and what was held is delivered after it', async () => {
    const { id } = await register('kept');
    await gateway.call('POST', `/v1/integrations/${id}/pause`);
    const held = await gateway.publish({ type: 'kept', data: { n: 1 } });
    const key = gateway.run.apiKey;
    await gateway.restart();
    expect(gateway.run.apiKey).toBe(key);
    const read = await gateway.call('GET', `/v1/events/${held.id}`);
    expect([read.status, read.json.data]).toEqual([200, { n: 1 }]);
    expect((await gateway.call('GET', '/v1/integrations/kept')).json.status).toBe('paused');
    await gateway.call('POST', `/v1/integrations/${id}/resume`);
    await gateway.run.tick();
    await receiver.waitFor('/kept');
  });
});

describe('the weaker stand-in for DynamoDB', () => {
  it('does the main job too', async () => {
    const other = await startGateway({ dynamo: 'dynalite' });
    try {
      expect(other.run.aws.dynamodbKind).toBe('dynalite');
      const endpoint = `${receiver.url}/dynalite`;
      const { signing } = await other.register({ name: 'weak', endpoint });
      const { id, deliveries } = await other.publish({ type: 'weak.test', data: { n: 1 } });
      const [arrival] = await receiver.waitFor('/dynalite');
      if (arrival === undefined) throw new Error('nothing arrived');
      expect(verifiedByBoth(arrival, signing.secret)).toMatchObject({ data: { n: 1 } });
      await until('it to be recorded', async () => {
        const { json } = await other.call('GET', `/v1/deliveries/${deliveries[0].id}`);
        return json.status === 'delivered';
      });
      await other.restart();
      expect((await other.call('GET', `/v1/events/${id}`)).json.data).toEqual({ n: 1 });
    } finally {
      await other.stop();
    }
  });
});
