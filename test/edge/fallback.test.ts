import { describe, expect, it } from 'vitest';
import { httpWorld, keyWith } from './http-world.ts';

const ERP = { name: 'erp', endpoint: 'https://erp.example.com/in' };
const DR = { type: 'url', url: 'https://dr.example.com/in?code=1' };
const OPS = { type: 'integration', integration: 'ops' };
const SECRETS = ['whsec_', 'hunter2hunter2hunter2', 'p4ssw0rd'];

describe('fallback chains over HTTP', () => {
  it('201 with the secrets of its links this once; lists, reads and logs are without', async () => {
    const { call, deps } = httpWorld();
    const signing = { scheme: 'standard-webhooks' };
    const own = { scheme: 'github', secret: 'hunter2hunter2hunter2' };
    const auth = { type: 'basic', username: 'u', password: 'p4ssw0rd' };
    const chain = [
      { ...DR, signing, auth },
      { ...DR, url: 'https://dr2.example.com/', signing: own },
    ];
    const body = { ...ERP, fallback: chain };
    const sent = { body, headers: { 'idempotency-key': 'k' } };
    const made = await call('POST', '/v1/integrations', sent);
    expect(made.status).toBe(201);
    expect(made.json.fallback).toMatchObject([
      { signing: { secret: expect.stringMatching(/^whsec_/) }, auth: { username: 'u' } },
      { signing: own },
    ]);
    const again = await call('POST', '/v1/integrations', sent);
    expect([again.headers['idempotency-replayed'], again.text]).toEqual(['true', made.text]);

    const got = await call('GET', '/v1/integrations/erp');
    const put = await call('PUT', '/v1/integrations/erp', { body: got.json });
    const listed = await call('GET', '/v1/integrations');
    expect([got.status, put.status, listed.json.data[0]]).toEqual([200, 200, put.json]);
    const refused = await call('POST', '/v1/integrations', {
      body: { ...body, name: 'B', fallback: [...chain, ...chain] },
    });
    expect(refused.status).toBe(422);
    const lines = JSON.stringify(deps.telemetry);
    for (const text of [got.text, put.text, listed.text, refused.text, lines]) {
      for (const secret of SECRETS) expect(text).not.toContain(secret);
    }
    expect(got.json.fallback[0].url).toBe('https://dr.example.com/in?…');

    const key = { principal: keyWith('secrets:read') };
    const secrets = await call('GET', '/v1/integrations/erp/secret', key);
    expect(secrets.json).toEqual({
      current: made.json.signing.secret,
      previous: [],
      fallback: {
        '1': { current: made.json.fallback[0].signing.secret, previous: [] },
        '2': { current: own.secret, previous: [] },
      },
    });
  });

  it('422 with path and message for what is wrong with a link', async () => {
    const { call } = httpWorld();
    await call('POST', '/v1/integrations', { body: { ...ERP, name: 'ops', tenant: 'acme' } });
    const errors = async (fallback: unknown) => {
      const { status, json } = await call('POST', '/v1/integrations', {
        body: { ...ERP, fallback },
      });
      expect([status, json.code]).toEqual([422, 'invalid']);
      return json.errors;
    };
    expect(await errors([OPS])).toEqual([
      {
        path: 'fallback.0.integration',
        message:
          '"ops" is not allowed: the name or the id of an integration of the tenant "default"',
      },
    ]);
    expect(await errors([OPS, DR, OPS, DR, OPS, DR])).toEqual([
      { path: 'fallback', message: 'a list of 6 is not allowed: a list of 0 to 5 entries' },
      { path: 'fallback.3.url', message: expect.stringContaining('that of fallback.1 already') },
    ]);
    expect(await errors([{ type: 'hold' }, { ...DR, nope: 1 }])).toEqual([
      { path: 'fallback.1.nope', message: expect.stringContaining('is not a field here') },
      { path: 'fallback.1.on', message: expect.stringContaining('"hold" at fallback.0') },
    ]);
    expect((await call('GET', '/v1/integrations/erp')).status).toBe(404);
  });

  it('200 for a patch of the chain as a whole; 422 for a loop', async () => {
    const { call } = httpWorld();
    await call('POST', '/v1/integrations', { body: { ...ERP, name: 'ops' } });
    await call('POST', '/v1/integrations', { body: { ...ERP, fallback: [OPS] } });
    const patch = (name: string, fallback: unknown) =>
      call('PATCH', `/v1/integrations/${name}`, { body: { fallback } });
    const loop = await patch('ops', [{ type: 'integration', integration: 'erp' }]);
    expect([loop.status, loop.json.errors[0].message]).toEqual([
      422,
      expect.stringContaining('(ops → erp → ops)'),
    ]);
    const changed = await patch('erp', [{ type: 'hold' }]);
    expect([changed.status, changed.json.fallback]).toEqual([
      200,
      [{ type: 'hold', on: ['breaker-open'] }],
    ]);
    expect((await call('DELETE', '/v1/integrations/ops')).status).toBe(204);
  });
});
