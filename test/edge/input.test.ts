import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type Answer, httpWorld } from './http-world.ts';

const JSON_HEADERS = { 'content-type': 'application/json' };
const INTEGRATION = '{"name":"erp","endpoint":"https://erp.example.com/in"';

/** Every route that takes a body of fields, with one that is otherwise fine or at least readable. */
const CONTROL: readonly (readonly [method: string, path: string, rest: string])[] = [
  ['POST', '/v1/integrations', '"name":"a","endpoint":"https://erp.example.com/"'],
  ['PUT', '/v1/integrations/erp', '"name":"erp","endpoint":"https://erp.example.com/"'],
  ['PATCH', '/v1/integrations/erp', '"description":"x"'],
  ['POST', '/v1/integrations/erp/pause', ''],
  ['POST', '/v1/integrations/erp/resume', ''],
  ['POST', '/v1/integrations/erp/test', '"type":"a"'],
  ['POST', '/v1/integrations/erp/call', '"method":"GET","path":"/"'],
  ['POST', '/v1/integrations/erp/secret/rotate', '"graceSeconds":1'],
  ['POST', '/v1/integrations/erp/recover', '"since":"2020-01-01T00:00:00Z"'],
  ['POST', '/v1/integrations/erp/breaker/trip', '"reason":"x"'],
  ['POST', '/v1/integrations/erp/breaker/reset', '"reason":"x"'],
  ['POST', '/v1/integrations/erp/breaker/disable', '"reason":"x"'],
  ['POST', '/v1/integrations/erp/breaker/enable', '"reason":"x"'],
  ['POST', '/v1/sources', '"name":"s","provider":"none"'],
  ['PUT', '/v1/sources/hooks', '"name":"hooks","provider":"none"'],
  ['PATCH', '/v1/sources/hooks', '"description":"x"'],
  ['POST', '/v1/sources/hooks/secret/rotate', '"graceSeconds":1'],
  ['POST', '/v1/keys', '"name":"k","scopes":["admin"]'],
  ['POST', '/v1/events', '"type":"a"'],
];

async function seeded() {
  const world = httpWorld();
  const integration = { name: 'erp', serviceType: 'rest_api', endpoint: 'https://erp.example.com' };
  await world.call('POST', '/v1/integrations', { body: integration });
  await world.call('POST', '/v1/sources', { body: { name: 'hooks', provider: 'token' } });
  return world;
}

function paths({ json }: Answer): readonly string[] {
  return (json.errors ?? []).map(({ path }: { readonly path: string }) => path);
}

describe('bodies of fields', () => {
  it.each(CONTROL)('422 for a name given twice: %s %s', async (method, path, rest) => {
    const { call } = await seeded();
    const raw = `{${[rest, '"nonsense":1,"nonsense":2'].filter(Boolean).join()}}`;
    const answer = await call(method, path, { raw, headers: JSON_HEADERS });
    expect([answer.status, paths(answer)]).toEqual([422, ['nonsense']]);
    expect(answer.json.errors[0].message).toBe('is given more than once');
  });

  it.each(CONTROL)('422 for a field that is unknown: %s %s', async (method, path, rest) => {
    const { call } = await seeded();
    const raw = `{${[rest, '"nonsense":1'].filter(Boolean).join()}}`;
    const answer = await call(method, path, { raw, headers: JSON_HEADERS });
    expect([answer.status, paths(answer)]).toEqual([422, expect.arrayContaining(['nonsense'])]);
  });

  it.each(CONTROL)('422 for the way to a prototype: %s %s', async (method, path, rest) => {
    for (const name of ['__proto__', 'constructor', 'prototype']) {
      const { call } = await seeded();
      const raw = `{${[rest, `"${name}":{"isAdmin":true}`].filter(Boolean).join()}}`;
      const answer = await call(method, path, { raw, headers: JSON_HEADERS });
      expect([answer.status, paths(answer)]).toEqual([422, expect.arrayContaining([name])]);
      expect(({} as { isAdmin?: boolean }).isAdmin).toBeUndefined();
    }
  });

  it.each([
    ['metadata', '"metadata":{"__proto__":"x"}', 'metadata.__proto__'],
    ['a filter', '"filter":{"data":{"constructor":["x"]}}', 'filter.data.constructor'],
    ['headers', '"request":{"headers":{"prototype":"x"}}', 'request.headers.prototype'],
    ['a list', '"fallback":[{"type":"hold","__proto__":1}]', 'fallback.0.__proto__'],
  ])('422 for it inside of %s as well', async (_, field, path) => {
    const { call } = httpWorld();
    const raw = `${INTEGRATION},${field}}`;
    const answer = await call('POST', '/v1/integrations', { raw, headers: JSON_HEADERS });
    expect([answer.status, paths(answer)]).toEqual([422, expect.arrayContaining([path])]);
  });

  it('422 for it, or a name twice, around the data of an event', async () => {
    const { call } = httpWorld();
    for (const [raw, path] of [
      ['{"type":"a","metadata":{"__proto__":"x"}}', 'metadata.__proto__'],
      ['{"type":"a","metadata":{"m":"x","m":"y"}}', 'metadata.m'],
      ['{"type":"a","data":{},"data":{}}', 'data'],
      ['{"type":"a","id":"x","\\u0069d":"y"}', 'id'],
    ] as const) {
      const answer = await call('POST', '/v1/events', { raw, headers: JSON_HEADERS });
      expect([raw, answer.status, paths(answer)]).toEqual([raw, 422, [path]]);
    }
    const batch = '[{"type":"a"},{"type":"b","type":"c"}]';
    const answer = await call('POST', '/v1/events/batch', { raw: batch, headers: JSON_HEADERS });
    expect([answer.status, paths(answer)]).toEqual([422, ['1.type']]);
  });
});

describe('the data of an event is its own', () => {
  const data =
    '{"__proto__":{"isAdmin":true},"constructor":{"prototype":{"x":1}},"toString":null,' +
    '"id":12345678901234567890,"z":[{"__proto__":[]}],"a":-1.5e-7}';

  it.each([
    ['as JSON', `{"type":"a","data":${data}}`, 'application/json'],
    [
      'as a CloudEvent',
      `{"specversion":"1.0","id":"c1","source":"/s","type":"a","data":${data}}`,
      'application/cloudevents+json',
    ],
  ])('it comes out as it went in, and reaches no prototype: %s', async (_, raw, type) => {
    const { call, deps } = httpWorld();
    const sent = await call('POST', '/v1/events', { raw, headers: { 'content-type': type } });
    expect(sent.status).toBe(202);
    const read = await call('GET', `/v1/events/${sent.json.id}`);
    expect(read.text).toContain(`"data":${data}`);
    const stored = await deps.events.get({ tenant: 'default', eventId: sent.json.id });
    expect(stored?.body).toContain(`"data":${data}}`);
    expect(({} as { isAdmin?: boolean }).isAdmin).toBeUndefined();
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  it('a name given twice in it is the publisher’s to mean: the last one counts', async () => {
    const { call } = httpWorld();
    const raw = '{"type":"a","data":{"n":1,"n":2}}';
    const sent = await call('POST', '/v1/events', { raw, headers: JSON_HEADERS });
    expect((await call('GET', `/v1/events/${sent.json.id}`)).json.data).toEqual({ n: 2 });
  });
});

describe('bodies that are not what they should be', () => {
  it('415 for one that is compressed, saying what is taken; nothing is inflated', async () => {
    const { call } = httpWorld();
    const bomb = gzipSync(Buffer.alloc(8_000_000));
    for (const path of ['/v1/events', '/v1/integrations']) {
      for (const encoding of ['gzip', 'br', 'deflate', 'gzip, gzip', 'nonsense']) {
        const headers = { ...JSON_HEADERS, 'content-encoding': encoding };
        const answer = await call('POST', path, { raw: bomb, headers });
        expect([answer.status, answer.headers['accept-encoding']]).toEqual([415, 'identity']);
      }
    }
    const binary = { 'ce-specversion': '1.0', 'ce-id': '1', 'ce-source': '/s', 'ce-type': 'a' };
    const headers = { ...binary, 'content-encoding': 'gzip' };
    expect((await call('POST', '/v1/events', { raw: bomb, headers })).status).toBe(415);
    const plain = { ...JSON_HEADERS, 'content-encoding': 'identity' };
    const sent = await call('POST', '/v1/events', { raw: '{"type":"a"}', headers: plain });
    expect(sent.status).toBe(202);
  });

  it.each([
    ['an overlong sequence', [0x22, 0xc0, 0xaf, 0x22]],
    ['half a surrogate pair', [0x22, 0xed, 0xa0, 0x80, 0x22]],
    ['a cut sequence', [0x22, 0xe2, 0x82, 0x22]],
    ['UTF-16', [0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00]],
  ])('400 for %s', async (_, bytes) => {
    const { call } = httpWorld();
    const raw = Uint8Array.from(bytes);
    const answer = await call('POST', '/v1/integrations', { raw, headers: JSON_HEADERS });
    expect([answer.status, answer.json.code]).toEqual([400, 'malformed-json']);
  });

  it('never answers 5xx for depth, whatever numbers are at the bottom', async () => {
    const { call } = httpWorld();
    for (const bottom of ['', '12345678901234567890']) {
      const raw = `${'['.repeat(60_000)}${bottom}${']'.repeat(60_000)}`;
      const answer = await call('POST', '/v1/integrations', { raw, headers: JSON_HEADERS });
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.status).toBeLessThan(500);
    }
  });

  it('tells no more than 100 wrong query parameters', async () => {
    const { call } = httpWorld();
    const query = Array.from({ length: 1_000 }, (_, i) => `p${i}=1`).join('&');
    expect(paths(await call('GET', `/v1/events?${query}`))).toHaveLength(100);
  });
});
