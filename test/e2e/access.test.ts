import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROUTES } from '../../lib/names.ts';
import { type Asked, until } from './client.ts';
import { type Gateway, startGateway } from './gateway.ts';
import { expectProblem } from './problems.ts';

const ENDPOINT = 'https://erp.example.com/hooks';
const KEYED = Object.keys(ROUTES).filter((route) => route.includes(' /v1/'));

let gateway: Gateway;

beforeAll(async () => {
  gateway = await startGateway();
});

afterAll(async () => {
  await gateway.stop();
});

const post = (path: string, asked: Asked) => gateway.call('POST', path, asked);
const withPath = (route: string) => {
  const [method = '', path = ''] = route.split(' ');
  return [method, path.replace(/\{(\w+)\}/g, 'some-$1')] as const;
};

describe('keys', () => {
  it.each(KEYED)('%s is 401 without one', async (route) => {
    const answer = await gateway.call(...withPath(route), { key: null });
    expectProblem(answer, 401, 'unauthorized');
    expect(answer.headers.get('www-authenticate')).toBe('Bearer');
  });

  it('that never were, are misspelt, have expired or were revoked are 401 alike', async () => {
    const expiresAt = new Date(Date.now() + 4_000).toISOString();
    const short = await gateway.key({ scopes: ['events:read'], expiresAt });
    const revoked = (await post('/v1/keys', { body: { name: 'r', scopes: ['admin'] } })).json;
    expect((await gateway.call('DELETE', `/v1/keys/${revoked.id}`)).status).toBe(204);
    const misspelt = gateway.run.apiKey.replace(/.$/, (last) => (last === 'a' ? 'b' : 'a'));
    await until('one to expire', () => Date.now() > Date.parse(expiresAt) + 100);
    const keys = ['x', `bwk_${'0'.repeat(48)}`, misspelt, short, revoked.key];
    const answers = await Promise.all(
      keys.map((key) => gateway.call('GET', '/v1/events', { key })),
    );
    for (const answer of answers) expectProblem(answer, 401, 'unauthorized');
    expect(new Set(answers.map(({ json }) => json.detail)).size).toBe(1);
    const basic = { authorization: `Basic ${gateway.run.apiKey}` };
    const other = await gateway.call('GET', '/v1/events', { key: null, headers: basic });
    expectProblem(other, 401, 'unauthorized');
  });

  it('without the scope of a route are 403 there, and with it are not', async () => {
    const key = await gateway.key({ scopes: ['audit:read'] });
    for (const route of KEYED.filter((one) => !one.includes('/v1/audit'))) {
      expectProblem(await gateway.call(...withPath(route), { key }), 403, 'forbidden');
    }
    const reader = await gateway.key({ scopes: ['events:read', 'deliveries:read'] });
    expect((await gateway.call('GET', '/v1/events', { key: reader })).status).toBe(200);
    expectProblem(await post('/v1/events', { body: {}, key: reader }), 403, 'forbidden');
  });

  it('cannot make a key that can do more than they', async () => {
    const key = await gateway.key({ scopes: ['keys:write', 'events:read'], tenant: 'a' });
    const body = { name: 'more', scopes: ['admin'] };
    expectProblem(await post('/v1/keys', { body, key }), 403, 'forbidden');
    const other = { name: 'other', scopes: ['events:read'], tenant: 'b' };
    expectProblem(await post('/v1/keys', { body: other, key }), 403, 'forbidden');
  });

  it('of another tenant get the very words of what does not exist', async () => {
    const { id } = await gateway.register({ name: 'theirs', endpoint: ENDPOINT, tenant: 'a' });
    const key = await gateway.key({ scopes: ['admin'], tenant: 'b' });
    const missing = id.replace(/....$/, '0000');
    const details = [];
    for (const one of [id, missing]) {
      const answer = await gateway.call('DELETE', `/v1/integrations/${one}`, { key });
      expectProblem(answer, 404, 'not-found');
      details.push(answer.json.detail.replace(one, 'X'));
    }
    expect(details[0]).toBe(details[1]);
    expect((await gateway.call('GET', `/v1/integrations/${id}`)).status).toBe(200);
  });
});

describe('every answer', () => {
  it.each([
    ['GET', '/health/live', 200],
    ['GET', '/v1/integrations', 200],
    ['POST', '/v1/events', 422],
    ['GET', '/in/src_x', 404],
    ['GET', '/nothing', 404],
  ])('carries a request id and the security headers: %s %s', async (method, path, status) => {
    const answer = await gateway.call(method, path, method === 'POST' ? { body: {} } : {});
    expect(answer.status).toBe(status);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'x-request-id': expect.stringMatching(/^[\w-]{8,}$/),
      'x-content-type-options': 'nosniff',
      'strict-transport-security': expect.stringContaining('max-age='),
      'content-security-policy': expect.stringContaining("default-src 'none'"),
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    });
  });

  it('above a kilobyte is compressed for a client that accepts it, and else is not', async () => {
    const sizes = [];
    for (const encoding of ['gzip', 'identity']) {
      const headers = { 'accept-encoding': encoding };
      const answer = await gateway.call('GET', '/v1/providers', { headers });
      expect(answer.headers.get('content-encoding')).toBe(encoding === 'gzip' ? 'gzip' : null);
      expect(answer.json.data.length).toBeGreaterThan(5);
      sizes.push(Number(answer.headers.get('content-length')));
    }
    expect(sizes[0]).toBeLessThan(sizes[1] ?? 0);
  });

  it('about health needs no key', async () => {
    const live = await gateway.call('GET', '/health/live', { key: null });
    expect([live.status, live.json]).toMatchObject([200, { status: 'ok' }]);
    const ready = await gateway.call('GET', '/health/ready', { key: null });
    const up = { status: 'ok', latencyMs: expect.any(Number) };
    expect([ready.status, ready.json]).toEqual([
      200,
      { status: 'ok', checks: { registry: up, history: up, queue: up } },
    ]);
  });
});
