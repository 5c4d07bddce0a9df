import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Json, until } from './client.ts';
import { type Gateway, startGateway } from './gateway.ts';
import { type Receiver, startReceiver } from './receiver.ts';

const CALL_MS = 30;

let gateway: Gateway;
let receiver: Receiver;
/** What was answered with 200, in that order, by key. */
const taken: { readonly key: string; readonly n: number }[] = [];
const busy = new Set<string>();
const overlaps: string[] = [];

/** How often an event of a key is refused before it is taken. */
const refusals: Readonly<Record<string, number>> = { 'a 1': 2, 'poisoned 0': Infinity };

beforeAll(async () => {
  const seen = new Map<string, number>();
  receiver = await startReceiver((arrival, _nth, response) => {
    const { key, n } = JSON.parse(arrival.body.toString()).data as { key: string; n: number };
    const name = `${key} ${n}`;
    if (busy.has(key)) overlaps.push(name);
    busy.add(key);
    const times = (seen.get(name) ?? 0) + 1;
    seen.set(name, times);
    void sleep(CALL_MS).then(() => {
      busy.delete(key);
      response.statusCode = times > (refusals[name] ?? 0) ? 200 : 500;
      if (response.statusCode === 200) taken.push({ key, n });
      response.end();
    });
  });
  gateway = await startGateway();
  await gateway.register({
    ...{ name: 'erp', endpoint: `${receiver.url}/erp`, eventTypes: ['erp.*'] },
    ...{ ordering: 'fifo', orderingTimeoutSeconds: 60 },
    retry: { schedule: [1, 1], jitter: 0 },
    breaker: { enabled: false },
  });
});

afterAll(async () => {
  await gateway.stop();
  await receiver.stop();
});

const eventOf = (key: string, n: number): Json => ({
  ...{ type: 'erp.changed', orderingKey: key, data: { key, n } },
});
const takenOf = (key: string) => taken.flatMap((one) => (one.key === key ? [one.n] : []));
const upTo = (count: number) => Array.from({ length: count }, (_, n) => n);

describe('an integration that keeps order', () => {
  it('gets each key in the order of acceptance, under retries, one at a time', async () => {
    for (const n of upTo(5)) {
      for (const key of ['a', 'b', 'c']) await gateway.publish(eventOf(key, n));
    }
    const events = upTo(10).map((n) => eventOf('batch', n));
    const { status, json } = await gateway.call('POST', '/v1/events/batch', { body: events });
    expect([status, json.results.map((one: Json) => one.status)]).toEqual([
      207,
      Array(10).fill(202),
    ]);
    await until('all to arrive', () => taken.length === 25);
    for (const key of ['a', 'b', 'c']) expect(takenOf(key)).toEqual(upTo(5));
    expect(takenOf('batch')).toEqual(upTo(10));
    expect(overlaps).toEqual([]);
  });

  it('sets one aside that it does not take, and goes on behind it', async () => {
    const [{ id }] = await Promise.all([gateway.publish(eventOf('poisoned', 0))]);
    for (const n of [1, 2]) await gateway.publish(eventOf('poisoned', n));
    await until('those behind it to arrive', () => takenOf('poisoned').length === 2);
    expect(takenOf('poisoned')).toEqual([1, 2]);
    const event = await gateway.call('GET', `/v1/events/${id}`);
    expect(event.json.orderingKey).toBe('poisoned');
    const { json } = await gateway.call('GET', `/v1/events/${id}/deliveries`);
    expect(json.data).toMatchObject([{ status: 'failed', attempts: 3 }]);
    await until('it to be told', () => gateway.log.some((line) => line.includes('set-aside')));
  });

  it('is let have what it held in order', async () => {
    await gateway.call('POST', '/v1/integrations/erp/pause');
    await until('it to be held', async () => {
      const { deliveries } = await gateway.publish({ type: 'erp.probe', data: { key: 'x', n: 0 } });
      return deliveries[0].status === 'held';
    });
    for (const n of upTo(10)) await gateway.publish(eventOf('held', n));
    await gateway.call('POST', '/v1/integrations/erp/resume');
    await until('all to arrive', () => takenOf('held').length === 10);
    expect(takenOf('held')).toEqual(upTo(10));
    expect(overlaps).toEqual([]);
  });
});
