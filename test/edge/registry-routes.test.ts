import { describe, expect, it } from 'vitest';
import { parseKey } from '../../lib/domain/keys.ts';
import { apiRoutes } from '../../lib/edge/routes.ts';
import { ROUTES } from '../../lib/names.ts';
import { httpWorld, keyWith } from './http-world.ts';

const INTEGRATION = { name: 'erp', serviceType: 'webhook', endpoint: 'https://erp.example.com/in' };
const SOURCE = { name: 'gh', provider: 'github', secret: 'a-secret-of-github' };

describe('integrations over HTTP', () => {
  it('201 with Location and the secret, 200 without it', async () => {
    const { call } = httpWorld();
    const made = await call('POST', '/v1/integrations', { body: INTEGRATION });
    expect([made.status, made.headers.location]).toEqual([201, `/v1/integrations/${made.json.id}`]);
    expect(made.json.signing.secret).toMatch(/^whsec_/);
    for (const ref of ['erp', made.json.id]) {
      const got = await call('GET', `/v1/integrations/${ref}`);
      expect([got.status, got.json.id]).toEqual([200, made.json.id]);
      expect(got.text).not.toContain('whsec_');
    }
  });

  it('PUT: 201 when it creates, 200 when it replaces', async () => {
    const { call } = httpWorld();
    const put = () => call('PUT', '/v1/integrations/erp', { body: INTEGRATION });
    expect([(await put()).status, (await put()).status]).toEqual([201, 200]);
  });

  it.each(['application/merge-patch+json', 'application/json'])(
    'PATCH: 200 for %s',
    async (type) => {
      const { call } = httpWorld();
      await call('POST', '/v1/integrations', { body: INTEGRATION });
      const answer = await call('PATCH', '/v1/integrations/erp', {
        raw: '{"description":"new"}',
        headers: { 'content-type': type },
      });
      expect([answer.status, answer.json.description]).toEqual([200, 'new']);
    },
  );

  it('pause and resume: 200; delete: 204 without a body, then 404', async () => {
    const { call } = httpWorld();
    await call('POST', '/v1/integrations', { body: INTEGRATION });
    expect((await call('POST', '/v1/integrations/erp/pause')).json.status).toBe('paused');
    expect((await call('POST', '/v1/integrations/erp/resume', { body: {} })).json.status).toBe(
      'active',
    );
    const gone = await call('DELETE', '/v1/integrations/erp');
    expect([gone.status, gone.text, gone.headers['content-type']]).toEqual([204, '', undefined]);
    expect((await call('DELETE', '/v1/integrations/erp')).status).toBe(404);
  });

  it('200 for a test call, the secret, and its rotation', async () => {
    const { call } = httpWorld();
    const made = await call('POST', '/v1/integrations', { body: INTEGRATION });
    expect((await call('POST', '/v1/integrations/erp/test')).json).toMatchObject({ ok: true });
    const secret = await call('GET', '/v1/integrations/erp/secret', {
      principal: keyWith('secrets:read'),
    });
    expect(secret.json).toEqual({ current: made.json.signing.secret, previous: [] });
    const rotated = await call('POST', '/v1/integrations/erp/secret/rotate', { body: {} });
    expect(rotated.json.previous).toMatchObject([{ secret: made.json.signing.secret }]);
  });

  it('200 for a rotation by who may write: the new secret, none of the old ones', async () => {
    const { call } = httpWorld();
    const made = await call('POST', '/v1/integrations', { body: INTEGRATION });
    await call('POST', '/v1/sources', { body: SOURCE });
    const principal = keyWith('integrations:write', 'sources:write');
    for (const [path, old, secret] of [
      ['/v1/integrations/erp', made.json.signing.secret, undefined],
      ['/v1/sources/gh', SOURCE.secret, 'another-secret-of-github'],
    ]) {
      const asked = { principal, body: { ...(secret && { secret }), graceSeconds: 60 } };
      const rotated = await call('POST', `${path}/secret/rotate`, asked);
      expect([rotated.status, Object.keys(rotated.json)]).toEqual([200, ['current', 'previous']]);
      expect(rotated.json.current).toEqual(secret ?? expect.stringMatching(/^whsec_/));
      expect(rotated.json.previous).toEqual([{ expiresAt: expect.any(String) }]);
      expect(rotated.text).not.toContain(old);
    }
  });

  it('422 for a filter, with the place of each mistake', async () => {
    const { call } = httpWorld();
    const filter = {
      data: { amount: [{ numeric: ['>', 'x'] }], to: [{ wildcard: 'a**' }] },
      detail: ['x'],
    };
    const refused = await call('POST', '/v1/integrations', { body: { ...INTEGRATION, filter } });
    expect([
      refused.status,
      refused.json.errors.map((error: { path: string }) => error.path),
    ]).toEqual([
      422,
      ['filter.data.amount.0.numeric.1', 'filter.data.to.0.wildcard', 'filter.detail'],
    ]);
    const body = { ...INTEGRATION, filter: { data: { amount: [{ numeric: ['>', 100] }] } } };
    const made = await call('POST', '/v1/integrations', { body });
    expect([made.status, made.json.filter]).toEqual([201, body.filter]);
  });

  it('200 for a filtered list', async () => {
    const { call } = httpWorld();
    await call('POST', '/v1/integrations', { body: INTEGRATION });
    const found = async (query: string) =>
      (await call('GET', `/v1/integrations?${query}`)).json.data.length;
    expect(await found('q=ERP&status=active&serviceType=webhook')).toBe(1);
    expect(await found('serviceType=slack')).toBe(0);
    expect(await found('tenant=acme')).toBe(0);
  });
});

describe('sources over HTTP', () => {
  it('201 with the URL, 200 when read, replaced, patched and rotated, 204 when deleted', async () => {
    const { call } = httpWorld();
    const made = await call('POST', '/v1/sources', { body: SOURCE });
    expect(made.status).toBe(201);
    expect(made.json.url).toBe(`https://in.example.com/in/${made.json.id}`);
    expect((await call('GET', '/v1/sources/gh')).json.id).toBe(made.json.id);
    expect((await call('PUT', '/v1/sources/gh', { body: SOURCE })).status).toBe(200);
    expect((await call('PUT', '/v1/sources/gl', { body: { provider: 'none' } })).status).toBe(201);
    const patch = { body: { description: 'new' } };
    expect((await call('PATCH', '/v1/sources/gh', patch)).json.description).toBe('new');
    const rotated = await call('POST', '/v1/sources/gh/secret/rotate', {
      body: { secret: 'another-secret-of-github' },
    });
    expect(rotated.json.previous).toHaveLength(1);
    expect((await call('DELETE', '/v1/sources/gh')).status).toBe(204);
  });

  it('200 with the providers', async () => {
    const { call } = httpWorld();
    const { data } = (await call('GET', '/v1/providers')).json;
    expect(data.map(({ id }: { id: string }) => id)).toContain('github');
  });
});

describe('keys over HTTP', () => {
  it('201 shows the key once, 200 lists it, 204 deletes it', async () => {
    const { call } = httpWorld();
    const body = { name: 'ci', scopes: ['events:publish'] };
    const made = await call('POST', '/v1/keys', { body });
    expect(made.status).toBe(201);
    expect(parseKey(made.json.key)).toBeDefined();
    const listed = await call('GET', '/v1/keys');
    expect(listed.json.data).toMatchObject([{ id: made.json.id, name: 'ci' }]);
    expect(listed.text).not.toContain(made.json.key);
    expect((await call('DELETE', `/v1/keys/${made.json.id}`)).status).toBe(204);
    expect((await call('DELETE', `/v1/keys/${made.json.id}`)).status).toBe(404);
  });
});

describe('health over HTTP', () => {
  it('200 live with the version, without a key', async () => {
    const { call } = httpWorld();
    const answer = await call('GET', '/health/live', { principal: null });
    expect([answer.status, answer.json]).toEqual([200, { status: 'ok', version: '0.0.0' }]);
  });

  it('200 ready, 503 with Retry-After when something is down', async () => {
    const { call, deps, clock } = httpWorld();
    expect((await call('GET', '/health/ready', { principal: null })).status).toBe(200);
    deps.probes.queue = async () => Promise.reject(new Error('down'));
    clock.advance(10_000);
    const answer = await call('GET', '/health/ready', { principal: null });
    expect([answer.status, answer.json.checks.queue.status]).toEqual([503, 'down']);
    expect(answer.headers['retry-after']).toBe('5');
  });
});

describe('the route table', () => {
  const routes = apiRoutes(httpWorld().deps);

  it('lets nobody without a key under /v1, and asks for a key nowhere else', () => {
    for (const [key, { scope }] of Object.entries(routes)) {
      expect([key, scope !== null]).toEqual([key, key.includes(' /v1/')]);
    }
  });

  it.each(Object.keys(ROUTES).filter((key) => key.includes(' /v1/')))(
    '401 and 403 for %s before anything else',
    async (key) => {
      const { call } = httpWorld();
      const [method = '', template = ''] = key.split(' ');
      const url = template.replaceAll(/\{\w+\}/g, 'x');
      expect((await call(method, url, { principal: null })).status).toBe(401);
      expect((await call(method, url, { principal: { scopes: [] } })).status).toBe(403);
    },
  );
});
