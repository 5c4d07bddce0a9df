import { sign } from '@octokit/webhooks-methods';
import { describe, expect, it } from 'vitest';
import { httpWorld } from './http-world.ts';

const SECRET = 'a-secret-of-github';
const BODY = JSON.stringify({ action: 'opened', number: 7 });

async function withSource(more: object = {}) {
  const world = httpWorld();
  const body = { name: 'gh', provider: 'github', secret: SECRET, ...more };
  const { id } = (await world.call('POST', '/v1/sources', { body })).json;
  const send = async (headers: Record<string, string> = {}, raw: string | Uint8Array = BODY) =>
    world.call('POST', `/in/${id}`, {
      raw,
      principal: null,
      headers: {
        'content-type': 'application/json',
        'x-github-event': 'issues',
        'x-github-delivery': 'd-1',
        'x-hub-signature-256': await sign(SECRET, BODY),
        ...headers,
      },
    });
  return { ...world, id, send };
}

describe('receiving over HTTP', () => {
  it('202 with the event, which is accepted as if published', async () => {
    const { call, send } = await withSource();
    const answer = await send();
    expect(answer.status).toBe(202);
    expect((await call('GET', `/v1/events/${answer.json.id}`)).json).toMatchObject({
      type: 'github.issues',
      data: { number: 7 },
    });
  });

  it('202 for bytes that came in base64', async () => {
    const { send } = await withSource();
    expect((await send({}, new TextEncoder().encode(BODY))).status).toBe(202);
  });

  it('202 for a repetition, and one event', async () => {
    const { call, send } = await withSource();
    const [first, second] = [await send(), await send()];
    expect([second.status, second.json.id]).toEqual([202, first.json.id]);
    expect((await call('GET', '/v1/events')).json.data).toHaveLength(1);
  });

  it('401 for a bad signature, and nothing is stored', async () => {
    const { call, send, deps } = await withSource();
    const answer = await send({ 'x-hub-signature-256': `sha256=${'0'.repeat(64)}` });
    expect([answer.status, answer.json.code]).toEqual([401, 'invalid-signature']);
    expect((await call('GET', '/v1/events')).json.data).toEqual([]);
    expect(deps.telemetry.counts.get('InboundVerificationFailures')).toBe(1);
  });

  it('403 from elsewhere than its blocks of addresses, whatever is signed; 202 from within', async () => {
    const { call, send, deps, id } = await withSource({ allowCidrs: ['198.51.100.0/24'] });
    for (const headers of [{}, { 'x-hub-signature-256': 'sha256=0' }]) {
      const answer = await send(headers);
      expect([answer.status, answer.json.code]).toEqual([403, 'address-not-allowed']);
    }
    expect((await call('GET', '/v1/events')).json.data).toEqual([]);
    expect(deps.telemetry.counts.get('InboundVerificationFailures')).toBe(2);
    const change = (allowCidrs: unknown) =>
      call('PATCH', `/v1/sources/${id}`, { body: { allowCidrs } });
    // Where requests of these tests come from.
    expect((await change(['203.0.113.9/32'])).json.allowCidrs).toEqual(['203.0.113.9/32']);
    expect((await send()).status).toBe(202);
    expect((await change(['203.0.113.10/32'])).status).toBe(200);
    expect((await send()).status).toBe(403);
    expect((await change(null)).json.allowCidrs).toBeNull();
    expect((await send()).status).toBe(202);
  });

  it.each(['src_01k00000000000000000000000', 'nonsense'])('404 for the source %s', async (id) => {
    const { call } = httpWorld();
    const answer = await call('POST', `/in/${id}`, { raw: '{}', principal: null });
    expect([answer.status, answer.json.code]).toEqual([404, 'not-found']);
  });

  it.each([
    ['{"ok":true}', 'application/json; charset=utf-8'],
    ['thanks', 'text/plain; charset=utf-8'],
    ['', undefined],
  ])('the source’s own answer %j', async (body, type) => {
    const { send } = await withSource({ response: { statusCode: 200, body } });
    const answer = await send();
    expect([answer.status, answer.text, answer.headers['content-type']]).toEqual([200, body, type]);
  });

  it('413 above 1 MiB', async () => {
    const { send } = await withSource();
    expect((await send({}, new Uint8Array(1_048_577))).status).toBe(413);
  });

  it('503 while the tables are down, so that the provider tries again', async () => {
    const { send, deps } = await withSource();
    Object.assign(deps.events, {
      store: async () => Promise.reject(Object.assign(new Error('x'), { name: 'TimeoutError' })),
    });
    const answer = await send();
    expect([answer.status, answer.headers['retry-after']]).toEqual([503, '5']);
  });
});
