import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { leaksIn } from './canaries.ts';
import { type Json, until } from './client.ts';
import { allPages, type Gateway, startGateway } from './gateway.ts';
import { expectProblem } from './problems.ts';
import { type Receiver, startReceiver } from './receiver.ts';

const EVENTS = 120;
/** Contents of an event and of the answer to it; none may be in an export that is redacted. */
const CONTENTS = {
  payload: 'canary-of-a-payload-\u00e9',
  number: '471100081547',
  name: 'canary.member@example.com',
  metadata: 'canary-of-metadata',
  orderingKey: 'canary-of-an-ordering-key',
  header: 'canary-of-a-header',
  body: 'canary-of-an-answer',
} as const;

let gateway: Gateway;
let receiver: Receiver;
/** Ids of the events, oldest first. */
const events: string[] = [];

beforeAll(async () => {
  gateway = await startGateway();
  receiver = await startReceiver(({ path }, _nth, response) => {
    if (path !== '/told') return response.end();
    return response.setHeader('x-told', CONTENTS.header).end(CONTENTS.body);
  });
  const endpoint = `${receiver.url}/listed`;
  await gateway.register({ name: 'listed', endpoint, eventTypes: ['list.*'] });
  await gateway.register({
    name: 'other',
    endpoint: `${endpoint}-other`,
    eventTypes: ['list.odd'],
  });
  for (let i = 0; i < EVENTS; i++) {
    const type = i % 2 === 0 ? 'list.even' : 'list.odd';
    events.push((await gateway.publish({ type, data: { i } })).id);
  }
  await receiver.waitFor('/listed', EVENTS, 60_000);
  await receiver.waitFor('/listed-other', EVENTS / 2, 60_000);
  await until('all to be recorded', async () => {
    const found = await allPages(gateway.call, '/v1/deliveries?status=delivered&limit=250');
    return found.length === 1.5 * EVENTS;
  });
});

afterAll(async () => {
  await gateway.stop();
  await receiver.stop();
});

/** Every page to the end, and then every page back to the first. */
async function thereAndBack(path: string) {
  const there: Json[] = [];
  let page = (await gateway.call('GET', path)).json;
  expect(page.prevCursor).toBeNull();
  there.push(page.data);
  while (page.nextCursor !== null) {
    page = (await gateway.call('GET', `${path}&cursor=${page.nextCursor}`)).json;
    there.push(page.data);
  }
  const back: Json[] = [];
  while (page.prevCursor !== null) {
    page = (await gateway.call('GET', `${path}&cursor=${page.prevCursor}`)).json;
    back.unshift(page.data);
  }
  return { there, back };
}

describe('lists', () => {
  it('of deliveries show each once, newest first, and the same pages on the way back', async () => {
    const { there, back } = await thereAndBack('/v1/deliveries?integration=listed&limit=25');
    expect(there.map(({ length }) => length)).toEqual([25, 25, 25, 25, 20]);
    expect(there.flat().map(({ event }) => event)).toEqual(events.toReversed());
    expect(back).toEqual(there.slice(0, -1));
  });

  it('of all deliveries miss none at the seams between pages', async () => {
    const found = await allPages(gateway.call, '/v1/deliveries?limit=7');
    expect(new Set(found.map(({ id }) => id)).size).toBe(1.5 * EVENTS);
    expect(found).toHaveLength(1.5 * EVENTS);
    const times = found.map(({ createdAt }) => createdAt);
    expect(times).toEqual(times.toSorted().reverse());
  });

  it('of events show each once, newest first, and the same pages on the way back', async () => {
    const { there, back } = await thereAndBack('/v1/events?limit=50');
    expect(there.flat().map(({ id }) => id)).toEqual(events.toReversed());
    expect(back).toEqual(there.slice(0, -1));
    expect(there[0][0]).toEqual({
      id: events.at(-1),
      type: 'list.odd',
      tenant: 'default',
      acceptedAt: expect.any(String),
      source: null,
      deliverAt: null,
    });
  });

  it('are as long as 250 and no longer, and 50 without a word', async () => {
    const lengthOf = async (path: string) => (await gateway.call('GET', path)).json.data.length;
    expect(await lengthOf('/v1/deliveries')).toBe(50);
    expect(await lengthOf('/v1/deliveries?limit=250')).toBe(1.5 * EVENTS);
    expect((await gateway.call('GET', '/v1/deliveries?limit=251')).status).toBe(422);
  });

  it('can be narrowed by each filter of the contract', async () => {
    const count = async (query: string) =>
      (await allPages(gateway.call, `/v1/deliveries?${query}`)).length;
    const { acceptedAt } = (await gateway.call('GET', `/v1/events/${events[60]}`)).json;
    expect(await count('integration=other')).toBe(EVENTS / 2);
    expect(await count('type=list.odd')).toBe(EVENTS);
    expect(await count('type=list.*')).toBe(1.5 * EVENTS);
    expect(await count('status=failed')).toBe(0);
    expect(await count(`event=${events[1]}`)).toBe(2);
    expect(await count(`integration=listed&since=${acceptedAt}`)).toBe(EVENTS - 60);
    expect(await count(`integration=listed&until=${acceptedAt}`)).toBe(60);
    const eventCount = async (query: string) =>
      (await allPages(gateway.call, `/v1/events?${query}`)).length;
    expect(await eventCount('type=list.even')).toBe(EVENTS / 2);
    expect(await eventCount(`q=${events[7]}`)).toBe(1);
    expect(await eventCount(`since=${acceptedAt}`)).toBe(EVENTS - 60);
    const names = (await gateway.call('GET', '/v1/integrations?q=list&status=active')).json.data;
    expect(names.map(({ name }: Json) => name)).toEqual(['listed']);
  });

  it('of deliveries come as CSV too, with a link to the next page', async () => {
    const headers = { accept: 'text/csv' };
    const path = '/v1/deliveries?integration=listed&limit=70';
    const first = await gateway.call('GET', path, { headers });
    expect(first.headers.get('content-type')).toMatch(/^text\/csv; charset=utf-8/);
    const rowsOf = (text: string) => text.trimEnd().split('\r\n');
    const [header = '', ...rows] = rowsOf(first.text);
    const columns = header.split(',');
    expect(columns).toEqual(
      (
        'id,event,type,integration,tenant,status,attempts,nextAttemptAt,heldBy,deliveredVia,' +
        'createdAt,completedAt'
      ).split(','),
    );
    const [, next = ''] = /^<(.+)>; rel="next"$/.exec(first.headers.get('link') ?? '') ?? [];
    const second = await gateway.call('GET', next, { headers });
    const all = [...rows, ...rowsOf(second.text).slice(1)];
    const eventAt = columns.indexOf('event');
    expect(all.map((row) => row.split(',')[eventAt])).toEqual(events.toReversed());
    expect(second.headers.get('link')).toBeNull();
  });
});

describe('an export that is redacted', () => {
  const event = {
    ...{ id: 'told-1', type: 'told.once', orderingKey: CONTENTS.orderingKey },
    metadata: { note: CONTENTS.metadata },
    data: {
      customer: { email: CONTENTS.payload, [CONTENTS.name]: true, nobody: null },
      amounts: [Number(CONTENTS.number), CONTENTS.payload],
    },
  };
  /** Every route that takes it. */
  const paths = ['events?type=told.*', 'events/told-1', 'events/told-1/deliveries'];
  let delivery: string;

  beforeAll(async () => {
    const endpoint = `${receiver.url}/told`;
    await gateway.register({ name: 'told', endpoint, eventTypes: ['told.*'] });
    const { deliveries } = await gateway.publish(event);
    delivery = `deliveries/${deliveries[0].id}`;
    paths.push('deliveries?event=told-1', delivery);
    await until('its attempt', async () => {
      const { json } = await gateway.call('GET', `/v1/${delivery}`);
      return json.status === 'delivered';
    });
  });

  const read = (path: string, redact?: string, accept = 'application/json') => {
    const asked = redact === undefined ? '' : `${path.includes('?') ? '&' : '?'}redact=${redact}`;
    return gateway.call('GET', `/v1/${path}${asked}`, { headers: { accept } });
  };

  it('keeps ids, types, statuses, times and targets, and the shape of everything else', async () => {
    const plain = (await read('events/told-1')).json;
    expect(plain).toMatchObject(event);
    expect((await read('events/told-1', 'true')).json).toEqual({
      ...plain,
      orderingKey: '[string]',
      metadata: { note: '[string]' },
      data: {
        customer: { email: '[string]', '[name 2]': '[boolean]', nobody: null },
        amounts: ['[number]', '[string]'],
      },
    });
    const attempted = (await read(delivery)).json;
    const [attempt] = attempted.attempts;
    expect(attempt.responseHeaders['x-told']).toBe(CONTENTS.header);
    const headers = Object.keys(attempt.responseHeaders).map((name) => [name, '[string]']);
    const gone = { responseHeaders: Object.fromEntries(headers), responseBody: '[string]' };
    expect((await read(delivery, 'true')).json).toEqual({
      ...attempted,
      attempts: [{ ...attempt, ...gone }],
    });
  });

  it('has lists and CSV of it as they are: they show nothing that would have to go', async () => {
    for (const path of paths.filter((one) => one !== delivery && one !== 'events/told-1')) {
      const redacted = await read(path, 'true');
      expect([path, redacted.json.data.length]).toEqual([path, 1]);
      expect(redacted.json).toEqual((await read(path, 'false')).json);
    }
    const csv = await read('deliveries?event=told-1', 'true', 'text/csv');
    expect(csv.headers.get('content-type')).toMatch(/^text\/csv/);
    expect(csv.text).toBe((await read('deliveries?event=told-1', undefined, 'text/csv')).text);
    expect(csv.text.split('\r\n')[1]).toContain('told-1,told.once,');
  });

  it('has nothing of the contents in it, in any spelling', async () => {
    const textsOf = async (redact: string) => {
      const answers = [...paths.map((path) => read(path, redact))];
      answers.push(read('deliveries?event=told-1', redact, 'text/csv'));
      return (await Promise.all(answers)).map(
        ({ text, headers }) => `${text}\n${JSON.stringify([...headers])}`,
      );
    };
    expect(leaksIn(await textsOf('true'), CONTENTS)).toEqual([]);
    // That all of it would be found, so that not finding it means something.
    expect(leaksIn(await textsOf('false'), CONTENTS)).toHaveLength(Object.keys(CONTENTS).length);
  });

  it.each(['yes', '1', 'TRUE', '', 'true&redact=true'])('is asked for as %j: no', async (value) => {
    for (const path of paths) {
      const answer = await read(path, value);
      expect([path, ...expectProblem(answer, 422, 'invalid')]).toEqual([path, 'redact']);
      expect(leaksIn([answer.text], CONTENTS)).toEqual([]);
    }
  });
});

describe('tenants', () => {
  it('never see each other: events, deliveries, integrations, sources, keys', async () => {
    const endpoint = `${receiver.url}/tenant`;
    const all = await gateway.register({ name: 'mine', tenant: 'a', endpoint });
    await gateway.register({ name: 'mine', tenant: 'b', endpoint: `${endpoint}-b` });
    const [a, b] = [
      await gateway.key({ scopes: ['admin'], tenant: 'a' }),
      await gateway.key({ scopes: ['admin'], tenant: 'b' }),
    ];
    const event = { id: 'same-id', type: 'tenant.event' };
    const published = await gateway.call('POST', '/v1/events', { body: event, key: a });
    expect([published.status, published.json]).toMatchObject([
      202,
      { tenant: 'a', deliveries: [{ integration: all.id }] },
    ]);
    const [delivery] = published.json.deliveries;
    await receiver.waitFor('/tenant');
    const secret = { provider: 'token', name: 'hook' };
    const source = await gateway.call('POST', '/v1/sources', { body: secret, key: a });
    for (const path of [
      `/v1/integrations/${all.id}`,
      `/v1/integrations/${all.id}/secret`,
      '/v1/events/same-id',
      '/v1/events/same-id/deliveries',
      `/v1/deliveries/${delivery.id}`,
      `/v1/sources/${source.json.id}`,
      '/v1/sources/hook',
    ]) {
      expect([path, (await gateway.call('GET', path, { key: a })).status]).toEqual([path, 200]);
      expect([path, (await gateway.call('GET', path, { key: b })).status]).toEqual([path, 404]);
    }
    for (const path of ['events', 'deliveries', 'sources', 'integrations', 'keys']) {
      const { data } = (await gateway.call('GET', `/v1/${path}`, { key: b })).json;
      expect([path, data.filter(({ tenant }: Json) => tenant !== 'b')]).toEqual([path, []]);
      const forA = (await gateway.call('GET', `/v1/${path}?tenant=a`)).json.data;
      expect([path, forA.length, forA.every(({ tenant }: Json) => tenant === 'a')]).toEqual([
        path,
        1,
        true,
      ]);
    }
    expect((await gateway.call('GET', '/v1/events?tenant=a', { key: b })).status).toBe(403);
    const own = await gateway.call('POST', '/v1/events', { body: event, key: b });
    expect([own.status, own.json.tenant]).toEqual([202, 'b']);
    expect(receiver.at('/tenant')).toHaveLength(1);
  });
});
