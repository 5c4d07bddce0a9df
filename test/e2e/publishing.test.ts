import { randomUUID } from 'node:crypto';
import { CloudEvent, HTTP, type Message } from 'cloudevents';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, type Json, until } from './client.ts';
import { allPages, type Gateway, startGateway } from './gateway.ts';
import { type Receiver, startReceiver } from './receiver.ts';

let gateway: Gateway;
let receiver: Receiver;

beforeAll(async () => {
  gateway = await startGateway();
  receiver = await startReceiver();
  for (const type of ['idem', 'batch', 'cloud']) {
    const eventTypes = [`${type}.*`];
    await gateway.register({ name: type, endpoint: `${receiver.url}/${type}`, eventTypes });
  }
});

afterAll(async () => {
  await gateway.stop();
  await receiver.stop();
});

const post = (body: Json, headers: Record<string, string> = {}): Promise<Answer> =>
  gateway.call('POST', '/v1/events', { body, headers });

const idsAt = (path: string) => receiver.at(path).map(({ headers }) => headers['webhook-id']);

describe('an event that is published again', () => {
  it('under its own id is answered as the first time, and delivered once', async () => {
    const event = { id: 'order-7_paid', type: 'idem.own', data: { n: 1 } };
    const first = await post(event);
    expect([first.status, first.json.id]).toEqual([202, event.id]);
    const again = await post({ ...event, data: { n: 1 } });
    expect([again.status, again.json]).toEqual([200, first.json]);
    const other = await post({ ...event, data: { n: 2 } });
    expect([other.status, other.json.code]).toEqual([409, 'event-id-conflict']);
    await receiver.waitFor('/idem');
    expect((await gateway.call('GET', `/v1/events/${event.id}`)).json.data).toEqual({ n: 1 });
  });

  it('under an Idempotency-Key gets the first answer again, marked; another body 422', async () => {
    const key = { 'idempotency-key': `key-${randomUUID()}` };
    const event = { type: 'idem.key', data: { n: 1 } };
    const first = await post(event, key);
    const again = await post(event, key);
    expect([first.status, first.headers.get('idempotency-replayed')]).toEqual([202, null]);
    expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([202, 'true']);
    expect(again.text).toBe(first.text);
    expect(again.headers.get('x-request-id')).not.toBe(first.headers.get('x-request-id'));
    const other = await post({ ...event, data: { n: 2 } }, key);
    expect([other.status, other.json.code]).toEqual([422, 'idempotency-key-reused']);
  });

  it('twenty times at once under one Idempotency-Key is one event', async () => {
    const key = { 'idempotency-key': 'twenty-at-once' };
    const event = { type: 'idem.crowd', data: {} };
    const answers = await Promise.all(Array.from({ length: 20 }, () => post(event, key)));
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status !== 202 && status !== 409)).toEqual([]);
    const accepted = answers.filter(({ status }) => status === 202);
    const ids = new Set(accepted.map(({ json }) => json.id));
    expect(ids.size).toBe(1);
    const fresh = accepted.filter(({ headers }) => headers.get('idempotency-replayed') === null);
    expect(fresh).toHaveLength(1);
    const events = await allPages(gateway.call, '/v1/events?type=idem.crowd');
    expect(events.map(({ id }) => id)).toEqual([...ids]);
  });

  it('twenty times at once under its own id is one event, and all are told so', async () => {
    const event = { id: 'crowd-1', type: 'idem.crowd-id', data: { n: 1 } };
    const answers = await Promise.all(Array.from({ length: 20 }, () => post(event)));
    const statuses = answers.map(({ status }) => status).sort();
    expect(statuses).toEqual([...Array(19).fill(200), 202]);
    expect(new Set(answers.map(({ json }) => json.acceptedAt)).size).toBe(1);
    await gateway.publish({ type: 'idem.after' });
    await receiver.waitFor('/idem', 5);
    const ids = idsAt('/idem');
    expect(ids.filter((id) => id === 'crowd-1')).toHaveLength(1);
    expect(ids.filter((id) => id === 'order-7_paid')).toHaveLength(1);
  });

  it('an integration made under an Idempotency-Key is made once, and its secret shown again', async () => {
    const asked = {
      body: { name: 'made-once', endpoint: `${receiver.url}/x`, eventTypes: ['never'] },
      headers: { 'idempotency-key': 'make-it' },
    };
    const first = await gateway.call('POST', '/v1/integrations', asked);
    const again = await gateway.call('POST', '/v1/integrations', asked);
    expect([first.status, again.status]).toEqual([201, 201]);
    expect(again.text).toBe(first.text);
    expect(again.json.signing.secret).toMatch(/^whsec_/);
    const plain = await gateway.call('POST', '/v1/integrations', { body: asked.body });
    expect([plain.status, plain.json.code]).toEqual([409, 'name-taken']);
  });
});

describe('an event for more integrations than are rung at once', () => {
  it('is fanned out by the queue, and arrives at each of them once', async () => {
    const names = Array.from({ length: 60 }, (_, i) => `many-${i}`);
    for (const name of names) {
      await gateway.register({ name, endpoint: `${receiver.url}/${name}`, eventTypes: ['many'] });
    }
    const { id, fanout, deliveries } = await gateway.publish({ type: 'many', data: {} });
    expect([fanout, deliveries.length]).toEqual(['queued', names.length]);
    for (const name of names) await receiver.waitFor(`/${name}`);
    await until('all to be recorded', async () => {
      const found = await allPages(gateway.call, `/v1/events/${id}/deliveries?limit=25`);
      return found.length === names.length && found.every(({ status }) => status === 'delivered');
    });
    expect(names.flatMap((name) => receiver.at(`/${name}`))).toHaveLength(names.length);
  });
});

describe('a batch', () => {
  it('of a hundred, half of them bad, takes each on its own account, in order', async () => {
    const events = Array.from({ length: 100 }, (_, i) =>
      i % 2 === 0
        ? { id: `batch-${i}`, type: 'batch.good', data: { i } }
        : { type: `bad type ${i}` },
    );
    const { status, json } = await gateway.call('POST', '/v1/events/batch', { body: { events } });
    expect([status, json.results.length]).toEqual([207, 100]);
    for (const [i, result] of json.results.entries()) {
      if (i % 2 === 0) expect(result).toEqual({ status: 202, id: `batch-${i}` });
      else {
        expect(result).toMatchObject({
          status: 422,
          problem: { code: 'invalid', status: 422, errors: [{ path: 'type' }] },
        });
      }
    }
    await receiver.waitFor('/batch', 50);
    const wanted = events.flatMap(({ id }) => (id === undefined ? [] : [id]));
    expect(idsAt('/batch').toSorted()).toEqual(wanted.toSorted());

    const again = await gateway.call('POST', '/v1/events/batch', { body: events.slice(0, 2) });
    expect(again.json.results).toMatchObject([{ status: 200, id: 'batch-0' }, { status: 422 }]);
  });

  it.each([
    ['101 events', { events: Array(101).fill({ type: 'batch.many' }) }, 'events'],
    ['no event', { events: [] }, 'events'],
    ['no list', { events: 'x' }, 'events'],
    ['another field', { events: [{ type: 'batch.good' }], more: 1 }, 'more'],
  ])('of %s is refused as a whole', async (_, body, path) => {
    const { status, json } = await gateway.call('POST', '/v1/events/batch', { body });
    expect([status, json.code, json.errors[0].path]).toEqual([422, 'invalid', path]);
  });
});

describe('CloudEvents 1.0, as the official library writes them', () => {
  const cloudEvent = (id: string, more = {}) =>
    new CloudEvent({
      id,
      source: '/shop',
      type: 'cloud.paid',
      time: '2026-01-15T10:00:00.000Z',
      subject: 'order/7',
      datacontenttype: 'application/json',
      data: { amount: 7, who: 'Žofie' },
      ...more,
    });
  const send = ({ headers, body }: Message): Promise<Answer> =>
    gateway.call('POST', '/v1/events', {
      raw: String(body),
      headers: headers as Record<string, string>,
    });

  it.each([
    ['structured', (event: CloudEvent<unknown>) => HTTP.structured(event)],
    ['binary', (event: CloudEvent<unknown>) => HTTP.binary(event)],
  ])('are accepted in %s mode and delivered as events', async (mode, write) => {
    const { status, json } = await send(write(cloudEvent(`ce-${mode}`)));
    expect([status, json]).toMatchObject([202, { id: `ce-${mode}`, type: 'cloud.paid' }]);
    const arrived = await receiver.waitFor('/cloud', mode === 'structured' ? 1 : 2);
    const arrival = arrived.find(({ headers }) => headers['webhook-id'] === `ce-${mode}`);
    expect(JSON.parse(arrival?.body.toString() ?? '')).toEqual({
      type: 'cloud.paid',
      timestamp: '2026-01-15T10:00:00.000Z',
      data: { amount: 7, who: 'Žofie' },
    });
    const read = (await gateway.call('GET', `/v1/events/ce-${mode}`)).json;
    expect(read).toMatchObject({ source: '/shop', metadata: { 'ce-subject': 'order/7' } });
    expect((await send(write(cloudEvent(`ce-${mode}`)))).status).toBe(200);
  });

  it('are accepted in batched mode, each on its own account', async () => {
    const batch = [cloudEvent('ce-1'), cloudEvent('ce-2')].map((event) => event.toJSON());
    const { status, json } = await gateway.call('POST', '/v1/events', {
      raw: JSON.stringify([...batch, { specversion: '0.3', id: 'ce-3' }]),
      headers: { 'content-type': 'application/cloudevents-batch+json; charset=utf-8' },
    });
    expect([status, json.results]).toMatchObject([
      207,
      [{ status: 202, id: 'ce-1' }, { status: 202, id: 'ce-2' }, { status: 422 }],
    ]);
  });

  it('of two sources under one id are two events', async () => {
    const id = 'not signable: has spaces';
    const one = await send(HTTP.structured(cloudEvent(id)));
    const two = await send(HTTP.structured(cloudEvent(id, { source: '/stock' })));
    expect([one.status, two.status]).toEqual([202, 202]);
    expect(one.json.id).not.toBe(two.json.id);
  });
});
