import { describe, expect, it } from 'vitest';
import { httpWorld, keyWith } from './http-world.ts';

const INTEGRATION = { name: 'erp', endpoint: 'https://erp.example.com/in' };
const PATH = '/v1/integrations/erp/health';

describe('the health of an integration over HTTP', () => {
  it('200 by name and by id, for a key that may read integrations', async () => {
    const { call } = httpWorld();
    const { id } = (await call('POST', '/v1/integrations', { body: INTEGRATION })).json;
    const principal = keyWith('integrations:read');
    const byName = await call('GET', PATH, { principal });
    expect(byName.status).toBe(200);
    expect(Object.keys(byName.json)).toEqual([
      ...['status', 'reasons', 'breaker', 'successRate', 'latencyMs', 'counts'],
      ...['lastSuccessAt', 'lastFailureAt', 'lastError', 'lastProbeAt', 'sampled'],
    ]);
    const byId = await call('GET', `/v1/integrations/${id}/health`, { principal });
    expect(byId.json).toEqual(byName.json);
  });

  it('401 for nobody, 403 for another scope and for a foreign tenant', async () => {
    const { call } = httpWorld();
    await call('POST', '/v1/integrations', { body: INTEGRATION });
    const status = async (given: object, path = PATH) => (await call('GET', path, given)).status;
    expect(await status({ principal: null })).toBe(401);
    expect(await status({ principal: keyWith('integrations:write') })).toBe(403);
    const bound = { principal: { tenant: 'acme' } };
    expect(await status(bound, `${PATH}?tenant=default`)).toBe(403);
  });

  it('404 for none, and for another tenant’s', async () => {
    const { call } = httpWorld();
    await call('POST', '/v1/integrations', { body: INTEGRATION });
    const other = await call('GET', PATH, { principal: { tenant: 'acme' } });
    expect([other.status, other.json.code]).toEqual([404, 'not-found']);
    expect((await call('GET', '/v1/integrations/none/health')).status).toBe(404);
  });

  it('422 for a parameter that it does not have', async () => {
    const { call } = httpWorld();
    await call('POST', '/v1/integrations', { body: INTEGRATION });
    expect((await call('GET', `${PATH}?since=now`)).status).toBe(422);
  });
});
