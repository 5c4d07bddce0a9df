import { CloudEvent, HTTP } from 'cloudevents';
import { describe, expect, it } from 'vitest';
import { httpWorld } from './http-world.ts';

const EVENT = { type: 'invoice.paid', data: { amount: 1 } };

describe('publishing over HTTP', () => {
  it('202 with the deliveries that follow', async () => {
    const { call, register } = httpWorld();
    const erp = await register('erp');
    const answer = await call('POST', '/v1/events', { body: EVENT });
    expect([answer.status, answer.json]).toEqual([
      202,
      {
        id: expect.stringMatching(/^evt_/),
        type: 'invoice.paid',
        tenant: 'default',
        acceptedAt: '2026-01-15T12:00:00.000Z',
        deliveries: [{ id: expect.stringMatching(/^dlv_/), integration: erp.id, status: 'queued' }],
        fanout: 'inline',
      },
    ]);
  });

  it('200 with the first answer for an id used before', async () => {
    const { call } = httpWorld();
    const body = { ...EVENT, id: 'mine' };
    const first = await call('POST', '/v1/events', { body });
    const second = await call('POST', '/v1/events', { body });
    expect([first.status, second.status]).toEqual([202, 200]);
    expect(second.json).toEqual(first.json);
  });

  it('202 in the tenant of a bound key', async () => {
    const { call } = httpWorld();
    const answer = await call('POST', '/v1/events', { body: EVENT, principal: { tenant: 'acme' } });
    expect([answer.status, answer.json.tenant]).toEqual([202, 'acme']);
  });

  it('202 while the queue is down', async () => {
    const { call, register, queue } = httpWorld();
    await register('erp');
    queue.down = true;
    expect((await call('POST', '/v1/events', { body: EVENT })).status).toBe(202);
  });

  it('422 for an unknown field, with its path', async () => {
    const { call } = httpWorld();
    const answer = await call('POST', '/v1/events', { body: { ...EVENT, typo: 1 } });
    expect([answer.status, answer.json.errors[0].path]).toEqual([422, 'typo']);
  });
});

describe('a batch', () => {
  it.each([
    ['bare', (events: unknown[]) => events],
    ['wrapped', (events: unknown[]) => ({ events })],
  ])('207, %s: a result for each in order, one fault harming no other', async (_, wrap) => {
    const { call } = httpWorld();
    const events = [{ ...EVENT, id: 'a' }, { type: '' }, { ...EVENT, tenant: 'b' }, EVENT];
    const answer = await call('POST', '/v1/events/batch', {
      body: wrap(events),
      principal: { tenant: 'default' },
    });
    expect(answer.status).toBe(207);
    expect(answer.json.results).toMatchObject([
      { status: 202, id: 'a' },
      { status: 422, problem: { code: 'invalid', requestId: answer.headers['x-request-id'] } },
      { status: 403, problem: { code: 'forbidden' } },
      { status: 202, id: expect.stringMatching(/^evt_/) },
    ]);
    const again = await call('POST', '/v1/events/batch', { body: [events[0]] });
    expect(again.json.results).toEqual([{ status: 200, id: 'a' }]);
  });

  it('207 with a few problems of each, however many an event has', async () => {
    const { call } = httpWorld();
    const wrong = Object.fromEntries(Array.from({ length: 1_900 }, (_, i) => [`x${i}`, 0]));
    const body = Array.from({ length: 100 }, () => ({ type: 'a', ...wrong }));
    const { status, text, json } = await call('POST', '/v1/events/batch', { body });
    expect([status, json.results[99].problem.errors.length]).toEqual([207, 20]);
    expect(text.length).toBeLessThan(1_000_000);
  });

  it.each([
    [[], 'a list of 0'],
    [Array.from({ length: 101 }, () => EVENT), 'a list of 101'],
    [{ events: 7 }, 'no list'],
    ['x', 'no list'],
  ])('422 unless it is a list of 1 to 100', async (body, given) => {
    const { call } = httpWorld();
    const answer = await call('POST', '/v1/events/batch', { body });
    expect([answer.status, answer.json.errors[0].path]).toEqual([422, 'events']);
    expect(answer.json.detail).toContain(given);
  });

  it('422 for a field beside its events, by the name of that', async () => {
    const { call } = httpWorld();
    const answer = await call('POST', '/v1/events/batch', {
      body: { events: [EVENT], x: 1, y: 2 },
    });
    const message = 'is not a field of a batch; allowed: events';
    expect([answer.status, answer.json.detail]).toEqual([422, `x: ${message}`]);
    expect(answer.json.errors).toEqual([
      { path: 'x', message },
      { path: 'y', message },
    ]);
  });

  it('takes many keys in all, as its events could have come one by one', async () => {
    const { call } = httpWorld();
    const data = Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`k${i}`, i]));
    const body = Array.from({ length: 10 }, () => ({ type: 'a', data }));
    expect((await call('POST', '/v1/events/batch', { body })).status).toBe(207);
  });
});

describe('CloudEvents', () => {
  const event = new CloudEvent({
    id: 'ce-1',
    source: '/shop',
    type: 'order.paid',
    time: '2026-01-01T00:00:00.000Z',
    data: { n: 1 },
    partitionkey: 'p',
  });
  const message = (mode: 'structured' | 'binary') => {
    const { headers, body } = HTTP[mode](event);
    return { raw: String(body), headers: headers as Record<string, string> };
  };

  it.each(['structured', 'binary'] as const)('202 in %s mode', async (mode) => {
    const { call } = httpWorld();
    const answer = await call('POST', '/v1/events', message(mode));
    expect([answer.status, answer.json.id]).toEqual([202, 'ce-1']);
    expect((await call('GET', '/v1/events/ce-1')).json).toMatchObject({
      type: 'order.paid',
      source: '/shop',
      timestamp: '2026-01-01T00:00:00.000Z',
      data: { n: 1 },
      metadata: { 'ce-partitionkey': 'p' },
    });
  });

  it('shows no source that a publisher wrote where it is asked to redact', async () => {
    const { call } = httpWorld();
    await call('POST', '/v1/events', message('structured'));
    expect((await call('GET', '/v1/events')).json.data).toMatchObject([{ source: '/shop' }]);
    const [list, one] = [
      await call('GET', '/v1/events?redact=true'),
      await call('GET', '/v1/events/ce-1?redact=true'),
    ];
    expect([list.json.data[0].source, one.json.source]).toEqual(['[string]', '[string]']);
  });

  it('200 for the same event in the other mode', async () => {
    const { call } = httpWorld();
    await call('POST', '/v1/events', { ...message('structured') });
    expect((await call('POST', '/v1/events', { ...message('structured') })).status).toBe(200);
  });

  it.each(['/v1/events', '/v1/events/batch'])('207 in batched mode on %s', async (path) => {
    const { call } = httpWorld();
    const answer = await call('POST', path, {
      raw: JSON.stringify([event.toJSON(), { specversion: '0.3' }]),
      headers: { 'content-type': 'application/cloudevents-batch+json; charset=utf-8' },
    });
    expect(answer.status).toBe(207);
    expect(answer.json.results).toMatchObject([{ status: 202, id: 'ce-1' }, { status: 422 }]);
  });

  it('422 in binary mode for data that is nested too deep', async () => {
    const { call } = httpWorld();
    for (const levels of [100, 200_000]) {
      const raw = `${'['.repeat(levels)}1e400${']'.repeat(levels)}`;
      const answer = await call('POST', '/v1/events', { ...message('binary'), raw });
      expect([answer.status, answer.json.code]).toEqual([422, 'invalid']);
    }
  });
});
