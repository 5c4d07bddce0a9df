import { describe, expect, it } from 'vitest';
import { replayEvent } from '../../lib/app/delivery-actions.ts';
import { BREAKER_DEFAULTS } from '../../lib/domain/breaker.ts';
import type { FallbackLink } from '../../lib/domain/fallback.ts';
import { callWorld, links, type Manner } from './call-world.ts';

const GET = { method: 'GET', path: '/items', query: { page: 1 } };
const POST = { method: 'POST', path: '/items', body: { n: 1 } };
const BREAKER = { ...BREAKER_DEFAULTS, minimumCalls: 3, consecutiveFailures: 3 };
const URL_LINK = links.url('dr');
const RETRY_AFTER = { statusCode: 503, responseHeaders: { 'retry-after': '20' } };

/** Call, what the service does, the chain, who answers, and the requests to service and fallback. */
const CASES: readonly [object, Manner, readonly FallbackLink[], string, number, number][] = [
  [GET, 200, [URL_LINK], 'primary', 1, 0],
  [GET, 404, [URL_LINK, links.answer('x')], 'primary', 1, 0],
  [GET, 500, [URL_LINK], 'fallback:1', 3, 1],
  [GET, 'hang', [URL_LINK], 'fallback:1', 1, 1],
  [GET, 'body-too-large', [URL_LINK], 'fallback:1', 1, 1],
  [GET, 'blocked', [links.answer('x')], 'static', 1, 0],
  [GET, 500, [links.answer('x', ['breaker-open'])], 'primary', 3, 0],
  [GET, 500, [links.cache(60), links.answer('x')], 'static', 3, 0],
  [GET, 500, [links.queue(), links.answer('x')], 'queued', 3, 0],
  // What must not be done twice goes elsewhere only if it surely was not done.
  [POST, 500, [URL_LINK], 'primary', 1, 0],
  [POST, 'hang', [URL_LINK, links.queue(), links.cache(60)], 'none', 1, 0],
  [POST, 'reset', [URL_LINK, links.queue(), links.answer('x')], 'static', 1, 0],
  [POST, 503, [URL_LINK], 'primary', 1, 0],
  [POST, RETRY_AFTER, [URL_LINK], 'fallback:1', 1, 1],
  [POST, 429, [URL_LINK], 'fallback:1', 1, 1],
  [POST, 'refused', [URL_LINK], 'fallback:1', 1, 1],
  [POST, 'dns', [links.queue()], 'queued', 1, 0],
  [POST, 'tls', [links.queue()], 'queued', 1, 0],
  [POST, 'blocked', [links.queue()], 'queued', 1, 0],
  [{ ...POST, idempotent: true }, 'reset', [URL_LINK], 'fallback:1', 3, 1],
];

describe('the chain of a service', () => {
  it.each(CASES)('%j, answered %j, with %j, is served by %s', async (...row) => {
    const [call, manner, fallback, source, own, others] = row;
    const world = callWorld();
    await world.service('erp', { fallback });
    world.behave('erp', manner);
    const got = await world.call('erp', call);
    expect(got.refusal === undefined ? got.source : 'none').toBe(source);
    expect([world.to('erp').length, world.to('dr').length]).toEqual([own, others]);
    const attempts = got.refusal?.headers['x-breakwater-attempts'] ?? got.attempts;
    expect(Number(attempts)).toBe(own + others);
  });

  it('is asked in order, and a link that fails is passed by; else the service’s own answer stands', async () => {
    const world = callWorld();
    const fallback = [links.url('dr'), links.url('dr2'), links.answer('last', ['breaker-open'])];
    await world.service('erp', { fallback });
    world.behave('erp', { statusCode: 502, text: 'own' });
    world.behave('dr', 500);
    expect(await world.call('erp', GET)).toMatchObject({ source: 'fallback:2', status: 200 });
    world.behave('dr2', 'refused');
    const got = await world.call('erp', GET);
    expect(got).toMatchObject({ source: 'primary', status: 502, text: 'own' });
  });

  it('does not go on to do elsewhere what a fallback may have done', async () => {
    const world = callWorld();
    await world.service('erp', { fallback: [links.url('dr'), links.url('dr2'), links.queue()] });
    world.behave('erp', 'refused');
    world.behave('dr', 'reset');
    const got = await world.call('erp', POST);
    expect(got.refusal?.code).toBe('upstream-unreachable');
    expect([world.to('dr').length, world.to('dr2').length]).toEqual([1, 0]);
  });

  it('leaves a fallback URL time enough when the service hangs', async () => {
    const world = callWorld();
    await world.service('erp', { fallback: [links.url('dr'), links.url('dr2')] });
    world.behave('erp', 'hang');
    world.behave('dr', 'hang');
    const got = await world.call('erp', { ...GET, timeoutSeconds: 8 });
    expect(got).toMatchObject({ source: 'fallback:2', status: 200 });
    expect(world.sent.map(({ timeoutMs }) => Math.round(timeoutMs / 1000))).toEqual([4, 2, 2]);
    expect(got.ms).toBeLessThanOrEqual(8_000);
  });

  it('sends the same request to a fallback URL, with its credentials and none of the service’s', async () => {
    const world = callWorld();
    const auth = { type: 'bearer', token: 'token-of-the-fallback' } as const;
    await world.service('erp', {
      auth: { type: 'apiKey', header: 'X-Key', value: 'key-of-the-service' },
      fallback: [links.url('dr', { auth })],
    });
    world.behave('erp', 'refused');
    await world.call('erp', { ...POST, headers: { 'X-Mine': '1' } });
    const [own, other] = [world.to('erp')[0], world.to('dr')[0]];
    expect(other?.url).toBe('https://dr.example.com/dr/items');
    expect([other?.method, other?.body]).toEqual([own?.method, own?.body]);
    expect(other?.headers).toMatchObject({
      authorization: 'Bearer token-of-the-fallback',
      'x-mine': '1',
    });
    expect(JSON.stringify(other)).not.toContain('key-of-the-service');
  });

  it('has a breaker for each URL: one that is open is passed by', async () => {
    const world = callWorld();
    await world.service('erp', {
      breaker: BREAKER,
      fallback: [links.url('dr'), links.answer('x')],
    });
    world.behave('erp', 500);
    world.behave('dr', 500);
    await world.call('erp', GET);
    await world.call('erp', GET);
    const asked = world.sent.length;
    expect(await world.call('erp', GET)).toMatchObject({ source: 'static', attempts: 0 });
    expect(world.sent).toHaveLength(asked);
    expect(world.telemetry.counts.get('BreakersOpened')).toBe(2);
  });
});

describe('the last good answer', () => {
  const cached = async (more: object = {}) => {
    const world = callWorld();
    await world.service('erp', {
      fallback: [links.cache(60)],
      breaker: { ...BREAKER, enabled: false },
    });
    world.behave('erp', { text: '{"good":1}', ...more });
    return world;
  };

  it('answers with its age while it is young enough, and no longer', async () => {
    const world = await cached({ responseHeaders: { etag: '"1"', 'set-cookie': 'a=b' } });
    await world.call('erp', GET);
    world.behave('erp', 500);
    world.clock.advance(20_000);
    const got = await world.call('erp', GET);
    expect(got).toMatchObject({ source: 'cache', status: 200, text: '{"good":1}', age: 20 });
    expect(got.headers).toEqual({ 'content-type': 'application/json', etag: '"1"' });
    world.clock.advance(41_000);
    expect(await world.call('erp', GET)).toMatchObject({ source: 'primary', status: 500 });
  });

  it.each([
    ['another path', { ...GET, path: '/other' }],
    ['another query', { ...GET, query: { page: 2 } }],
    ['another header', { ...GET, headers: { Accept: 'text/csv' } }],
    ['another method', { ...GET, method: 'HEAD' }],
    ['a body', { ...GET, method: 'POST', idempotent: true, body: {} }],
    ['what must not be done twice', { ...GET, idempotent: false }],
  ])('is none for %s', async (_, other) => {
    const world = await cached();
    await world.call('erp', GET);
    world.behave('erp', 500);
    expect(await world.call('erp', GET)).toMatchObject({ source: 'cache' });
    expect(await world.call('erp', other)).toMatchObject({ source: 'primary', status: 500 });
  });

  it('is the same for requests that differ by their trace alone', async () => {
    const world = await cached();
    await world.call('erp', { ...GET, headers: { traceparent: '00-1', 'X-Request-Id': 'a' } });
    world.behave('erp', 500);
    expect(await world.call('erp', { ...GET, headers: { traceparent: '00-2' } })).toMatchObject({
      source: 'cache',
    });
  });

  it.each([
    ['endpoint', { endpoint: 'https://erp.example.com/v2' }],
    ['credentials', { auth: { type: 'bearer', token: 'another' } }],
  ] as const)('is not served once the %s have changed', async (_, change) => {
    const world = await cached();
    await world.call('erp', GET);
    const { id } = (await world.integrations.byName('default', 'erp')) ?? expect.fail();
    await world.change(id, change);
    world.behave('erp', 500);
    expect(await world.call('erp', GET)).toMatchObject({ source: 'primary', status: 500 });
  });

  it.each([
    ['that says no-store', { responseHeaders: { 'cache-control': 'private, no-store' } }],
    ['of a 404', { statusCode: 404 }],
  ])('is never one %s', async (_, more) => {
    const world = await cached(more);
    await world.call('erp', GET);
    world.behave('erp', 500);
    expect(await world.call('erp', GET)).toMatchObject({ source: 'primary', status: 500 });
  });

  it('is written now and then, not with each call', async () => {
    const world = await cached();
    let writes = 0;
    const { answers } = world.deps;
    const keep: typeof answers.keep = (...row) => {
      writes += 1;
      return answers.keep(...row);
    };
    const by = { ...world.deps, answers: { ...answers, keep } };
    for (let i = 0; i < 12; i++) {
      await world.call('erp', GET, { by });
      world.clock.advance(1_000);
    }
    expect(writes).toBe(2);
  });

  it('fails no call where its store is gone', async () => {
    const world = await cached();
    const gone = async () => Promise.reject(new Error('gone'));
    const by = { ...world.deps, answers: { keep: gone, last: gone } };
    expect(await world.call('erp', GET, { by })).toMatchObject({ status: 200 });
    world.behave('erp', 500);
    expect(await world.call('erp', GET, { by })).toMatchObject({ source: 'primary', status: 500 });
  });
});

describe('a call that is queued', () => {
  const queued = async () => {
    const world = callWorld();
    const auth = { type: 'bearer', token: 'token-of-the-erp' } as const;
    const made = await world.service('erp', { auth, fallback: [links.queue()] });
    await world.register('everything', { eventTypes: ['*', 'breakwater.*'] });
    world.behave('erp', 'refused');
    const call = { ...POST, query: { q: 'ü' }, headers: { 'X-Mine': '1' } };
    const seed = '01hzzzzzzzzzzzzzzzzzzzzzzz';
    const answers = [
      await world.call('erp', call, { seed }),
      await world.call('erp', call, { seed }),
    ];
    return { world, made, answers };
  };

  it('is one delivery to that service alone, however often it is asked for under one key', async () => {
    const { world, made, answers } = await queued();
    for (const { source, status, published } of answers) {
      expect([source, status, published?.type]).toEqual(['queued', 202, 'breakwater.call']);
      expect(published).toMatchObject({ deliveries: [{ integration: made.id }] });
    }
    expect(answers[0]?.published?.id).toBe(answers[1]?.published?.id);
    expect(world.queue.rung).toHaveLength(1);
    // Its headers may be credentials: what is sent to a queue names the event, and is not it.
    expect(world.queue.rung[0]?.task).not.toHaveProperty('body');
  });

  it('is made again as the same request, by the delivery path', async () => {
    const { world } = await queued();
    await world.pump();
    const first = world.sent[0];
    const delivered = world.sender.sent;
    expect(delivered).toHaveLength(1);
    const again = delivered[0];
    expect([again?.method, again?.url]).toEqual([first?.method, first?.url]);
    expect(Buffer.from(again?.body ?? []).toString()).toBe('{"n":1}');
    expect(again?.headers).toMatchObject({
      authorization: 'Bearer token-of-the-erp',
      'breakwater-call': first?.headers['breakwater-call'],
      'breakwater-delivery': expect.stringMatching(/^dlv_/),
      'content-type': 'application/json',
      'x-mine': '1',
    });
  });

  it('is replayed to nobody else, whoever is named', async () => {
    const { world, made, answers } = await queued();
    await world.pump();
    const ref = { tenant: 'default', eventId: answers[0]?.published?.id ?? '' };
    const again = await replayEvent(world.deps, ref, undefined);
    expect(again.map(({ integrationId }) => integrationId)).toEqual([made.id]);
    await expect(replayEvent(world.deps, ref, ['everything'])).rejects.toMatchObject({
      code: 'invalid',
    });
  });
});
