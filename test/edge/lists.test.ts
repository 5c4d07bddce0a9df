import { describe, expect, it } from 'vitest';
import { openApiDocument } from '../../lib/edge/openapi/document.ts';
import { type HttpWorld, httpWorld } from './http-world.ts';

// biome-ignore lint/suspicious/noExplicitAny: the document is walked by name.
type Json = any;

async function withEvents(count: number): Promise<HttpWorld> {
  const world = httpWorld();
  await world.register('erp');
  for (let i = 0; i < count; i++) {
    await world.publish({ id: `e${i}`, type: i % 2 === 0 ? 'a.b' : 'c.d' });
    world.clock.advance(10);
  }
  return world;
}

type Ids = readonly string[];
const idsOf = (data: readonly { readonly id: string }[]): Ids => data.map(({ id }) => id);

describe('cursors over HTTP', () => {
  it.each(['/v1/events', '/v1/deliveries', '/v1/integrations', '/v1/sources', '/v1/keys'])(
    'lead forth and back over the same pages of %s',
    async (path) => {
      const world = await withEvents(7);
      for (let i = 0; i < 7; i++) {
        const body = { name: `n${i}`, provider: 'none' };
        await world.call('POST', '/v1/sources', { body });
        await world.call('POST', '/v1/keys', { body: { name: 'k', scopes: ['events:read'] } });
        const endpoint = 'https://a.example.com/';
        const integration = { name: `n${i}`, serviceType: 'webhook', endpoint };
        await world.call('POST', '/v1/integrations', { body: integration });
      }
      const whole = idsOf((await world.call('GET', path)).json.data);
      expect(whole.length).toBeGreaterThanOrEqual(7);
      const forth: Ids[] = [];
      const cursors: (string | null)[] = [];
      let answer = await world.call('GET', `${path}?limit=3`);
      for (;;) {
        forth.push(idsOf(answer.json.data));
        cursors.push(answer.json.prevCursor);
        if (answer.json.nextCursor === null) break;
        answer = await world.call('GET', `${path}?limit=3&cursor=${answer.json.nextCursor}`);
      }
      expect(forth.flat()).toEqual(whole);
      expect(cursors[0]).toBeNull();
      for (let page = forth.length - 1; page > 0; page--) {
        answer = await world.call('GET', `${path}?limit=3&cursor=${answer.json.prevCursor}`);
        expect(idsOf(answer.json.data)).toEqual(forth[page - 1]);
      }
      expect(answer.json.prevCursor).toBeNull();
    },
  );

  it('400 for a cursor with another filter, on another list or of another tenant', async () => {
    const { call } = await withEvents(5);
    const { nextCursor } = (await call('GET', '/v1/events?limit=1&type=a.*')).json;
    const use = async (url: string, principal = {}) =>
      (await call('GET', `${url}cursor=${nextCursor}`, { principal })).status;
    expect(await use('/v1/events?type=a.*&limit=2&')).toBe(200);
    expect(await use('/v1/events?type=c.*&')).toBe(400);
    expect(await use('/v1/events?')).toBe(400);
    expect(await use('/v1/deliveries?type=a.*&')).toBe(400);
    expect(await use('/v1/events?type=a.*&', { tenant: 'default' })).toBe(400);
  });

  it('400 for a cursor of another event’s deliveries', async () => {
    const world = httpWorld();
    await world.register('erp');
    await world.register('crm');
    await world.publish({ id: 'one' });
    await world.publish({ id: 'two' });
    const { nextCursor } = (await world.call('GET', '/v1/events/one/deliveries?limit=1')).json;
    const other = `/v1/events/two/deliveries?limit=1&cursor=${nextCursor}`;
    expect((await world.call('GET', other)).status).toBe(400);
  });
});

describe('a page of large rows', () => {
  it('ends where the answer of a function would, and the next goes on from there', async () => {
    const { call } = httpWorld();
    const answer = { type: 'static', statusCode: 200, headers: {}, body: '"'.repeat(60_000) };
    const fallback = ['breaker-open', 'exhausted'].map((on) => ({ ...answer, on: [on] }));
    const names = Array.from({ length: 14 }, (_, i) => `large-${i}`);
    for (const name of names) {
      const endpoint = 'https://erp.example.com/';
      const body = { name, serviceType: 'rest_api', endpoint, fallback };
      expect((await call('POST', '/v1/integrations', { body })).status).toBe(201);
    }
    const found: string[] = [];
    let cursor = '';
    let pages = 1;
    for (; pages < 20; pages++) {
      const { json, text } = await call('GET', `/v1/integrations?limit=100${cursor}`);
      expect(Buffer.byteLength(JSON.stringify(text))).toBeLessThan(5_000_000);
      found.push(...json.data.map(({ name }: Json) => name));
      if (json.nextCursor === null) break;
      cursor = `&cursor=${json.nextCursor}`;
    }
    expect([pages, found.sort()]).toEqual([2, names.sort()]);
    const { text } = await call('GET', '/v1/audit?limit=100');
    expect(Buffer.byteLength(JSON.stringify(text))).toBeLessThan(5_000_000);
  });
});

describe('filters', () => {
  it('are refused when they are empty, by every route that has some', async () => {
    const { call } = await withEvents(1);
    await call('POST', '/v1/sources', { body: { name: 'hooks', provider: 'none' } });
    const { id } = (await call('GET', '/v1/deliveries')).json.data[0];
    const named: Record<string, string> = {
      ...{ integration: 'erp', source: 'hooks', event: 'e0', delivery: id },
      ...{ job: 'job_01k00000000000000000000000', keyId: 'key_none' },
    };
    let asked = 0;
    for (const [path, { get }] of Object.entries<Json>(openApiDocument().paths as Json)) {
      for (const { name, in: place } of get?.parameters ?? []) {
        if (place !== 'query') continue;
        const at = path.replace(/\{(\w+)\}/g, (_, part) => named[part] ?? 'none');
        const { status, json } = await call('GET', `${at}?${name}=`);
        const refused = name === 'cursor' ? [400, undefined] : [422, name];
        expect([at, status, json.errors?.[0]?.path]).toEqual([at, ...refused]);
        asked += 1;
      }
    }
    expect(asked).toBeGreaterThan(60);
  });

  it('find the events of a source by its id, its name or what CloudEvents say', async () => {
    const { call, clock, publish } = await withEvents(1);
    const body = { name: 'hooks', provider: 'none' };
    const { id } = (await call('POST', '/v1/sources', { body })).json;
    const options = { raw: '{}', principal: null };
    const inbound = (await call('POST', `/in/${id}`, options)).json.id;
    clock.advance(10);
    await publish({ id: 'ce', type: 'a', source: 'hooks' });
    await publish({ id: 'shop', type: 'a', source: 'shop' });
    const found = async (query: string) => {
      const { status, json } = await call('GET', `/v1/events?${query}`);
      return status === 200 ? idsOf(json.data) : [status, json.errors[0].path];
    };
    expect(await found(`source=${id}`)).toEqual([inbound]);
    expect(await found('source=hooks')).toEqual(['ce', inbound]);
    expect(await found('source=shop')).toEqual(['shop']);
    expect(await found('source=shop&type=b')).toEqual([]);
    expect(await found('source=/nowhere')).toEqual([]);
    expect(await found('source=nobody')).toEqual([422, 'source']);
    expect(await found('source=hooks&tenant=acme')).toEqual([422, 'source']);
    await call('DELETE', '/v1/sources/hooks');
    expect(await found(`source=${id}`)).toEqual([inbound]);
    expect(await found('source=hooks')).toEqual(['ce']);
  });
});

describe('deliveries over HTTP', () => {
  it('200 with filters by integration name, event, status and type', async () => {
    const { call, register, publish, pump } = await withEvents(3);
    await register('crm', { eventTypes: ['x'] });
    await pump();
    await publish({ id: 'late', type: 'x' });
    const found = async (query: string) => {
      const { status, json } = await call('GET', `/v1/deliveries?${query}`);
      expect(status).toBe(200);
      return json.data.map(({ event }: { event: string }) => event);
    };
    expect(await found('integration=erp')).toEqual(['late', 'e2', 'e1', 'e0']);
    expect(await found('integration=crm')).toEqual(['late']);
    expect(await found('event=e1')).toEqual(['e1']);
    expect(await found('event=none')).toEqual([]);
    expect(await found('status=delivered')).toEqual(['e2', 'e1', 'e0']);
    expect(await found('status=queued')).toEqual(['late', 'late']);
    expect(await found('type=a.*')).toEqual(['e2', 'e0']);
    expect(await found('integration=int_01k00000000000000000000000')).toEqual([]);
  });

  it('200 with the whole history of one, 202 to retry it, 200 to cancel it', async () => {
    const { call, sender, pump } = await withEvents(1);
    sender.answers(500);
    const [first] = (await call('GET', '/v1/events/e0/deliveries')).json.data;
    expect((await call('POST', `/v1/deliveries/${first.id}/cancel`)).json).toMatchObject({
      status: 'cancelled',
      completedAt: expect.any(String),
    });
    const retried = await call('POST', `/v1/deliveries/${first.id}/retry`);
    expect([retried.status, retried.json.status]).toEqual([202, 'queued']);
    sender.answers(500, 200);
    await pump();
    const detail = await call('GET', `/v1/deliveries/${first.id}`);
    expect(detail.json).toMatchObject({ status: 'delivered', deliveredVia: 'primary' });
    const outcomes = detail.json.attempts.map(({ outcome }: { outcome: string }) => outcome);
    expect(outcomes).toEqual(['retryable', 'success']);
  });

  it('202 for a replay, to those named or to all', async () => {
    const { call, register, pump } = await withEvents(1);
    await register('crm');
    await pump();
    const named = { body: { integrations: ['crm'] } };
    const answer = await call('POST', '/v1/events/e0/replay', named);
    expect(answer.status).toBe(202);
    expect(answer.json.deliveries).toMatchObject([{ event: 'e0', status: 'queued' }]);
    const all = await call('POST', '/v1/events/e0/replay');
    expect(all.json.deliveries).toHaveLength(2);
    const wrong = await call('POST', '/v1/events/e0/replay', { body: { to: 'crm' } });
    expect([wrong.status, wrong.json.errors[0].path]).toEqual([422, 'to']);
    expect((await call('GET', '/v1/events/e0/deliveries')).json.data).toHaveLength(2);
  });

  it('200 with an event and its payload', async () => {
    const { call } = await withEvents(1);
    expect((await call('GET', '/v1/events/e0')).json).toMatchObject({ id: 'e0', data: { n: 1 } });
  });
});

describe('the export of deliveries', () => {
  const headers = { accept: 'text/csv' };

  it('200 text/csv with a header row and the columns of a delivery', async () => {
    const { call, pump } = await withEvents(2);
    await pump();
    const answer = await call('GET', '/v1/deliveries', { headers });
    expect(answer.headers['content-type']).toMatch(/^text\/csv; charset=utf-8/);
    const [head, first, second, end] = answer.text.split('\r\n');
    const [row] = (await call('GET', '/v1/deliveries')).json.data;
    expect(head).toBe(Object.keys(row).join(','));
    expect(first).toBe(Object.values(row).join(','));
    expect(second).toContain('e0');
    expect(end).toBe('');
  });

  it('leads on by Link, row for row', async () => {
    const { call } = await withEvents(5);
    let url = '/v1/deliveries?limit=2&status=queued';
    const rows: string[] = [];
    for (let page = 0; page < 3; page++) {
      const answer = await call('GET', url, { headers });
      rows.push(...answer.text.trimEnd().split('\r\n').slice(1));
      url = /^<(.+)>; rel="next"$/.exec(answer.headers.link ?? '')?.[1] ?? '';
    }
    expect(url).toBe('');
    expect(rows).toHaveLength(5);
    expect(new Set(rows).size).toBe(5);
  });

  it('takes 5,000 rows at once, and no more', async () => {
    const { call } = httpWorld();
    expect((await call('GET', '/v1/deliveries?limit=5000', { headers })).status).toBe(200);
    expect((await call('GET', '/v1/deliveries?limit=5001', { headers })).status).toBe(422);
    expect((await call('GET', '/v1/deliveries?limit=251')).status).toBe(422);
  });
});
