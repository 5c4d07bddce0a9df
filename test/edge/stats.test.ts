import { describe, expect, it } from 'vitest';
import { httpWorld, keyWith } from './http-world.ts';

const INTEGRATION = { name: 'erp', endpoint: 'https://erp.example.com/in' };
const ONE = '/v1/integrations/erp/stats';
const ALL = '/v1/stats';

async function setUp() {
  const world = httpWorld();
  const { id } = (await world.call('POST', '/v1/integrations', { body: INTEGRATION })).json;
  const get = (url: string, given: object = {}) => world.call('GET', url, given);
  return { ...world, id, get };
}

describe('time series over HTTP', () => {
  it('200 by name and by id, for a key that may read integrations', async () => {
    const { get, id } = await setUp();
    const principal = keyWith('integrations:read');
    const byName = await get(ONE, { principal });
    expect(byName.status).toBe(200);
    expect(Object.keys(byName.json)).toEqual(['bucket', 'since', 'until', 'sampled', 'data']);
    expect([byName.json.bucket, byName.json.data.length]).toEqual(['hour', 24]);
    const bucket = byName.json.data[0];
    expect(bucket).toEqual({
      ...{ at: byName.json.since, delivered: 0, failed: 0, retried: 0, held: 0 },
      latencyMs: { p50: null, p95: null },
    });
    expect((await get(`/v1/integrations/${id}/stats`, { principal })).json).toEqual(byName.json);
  });

  it('200 of the whole deployment, for a key that may read deliveries', async () => {
    const { get } = await setUp();
    const { status, json } = await get(ALL, { principal: keyWith('deliveries:read') });
    expect(status).toBe(200);
    expect(Object.keys(json)).toEqual([
      ...['bucket', 'since', 'until', 'sampled', 'integrations', 'data'],
    ]);
    expect(json.integrations).toEqual({ counted: 1, complete: true });
  });

  it('401 for nobody, 403 for another scope and for a foreign tenant', async () => {
    const { get } = await setUp();
    const status = async (url: string, given: object) => (await get(url, given)).status;
    expect(await status(ONE, { principal: null })).toBe(401);
    expect(await status(ALL, { principal: null })).toBe(401);
    expect(await status(ONE, { principal: keyWith('deliveries:read') })).toBe(403);
    expect(await status(ALL, { principal: keyWith('integrations:read') })).toBe(403);
    const bound = { principal: { tenant: 'acme' } };
    expect(await status(`${ONE}?tenant=default`, bound)).toBe(403);
    expect(await status(`${ALL}?tenant=default`, bound)).toBe(403);
  });

  it('404 for none, and for another tenant’s', async () => {
    const { get } = await setUp();
    expect((await get('/v1/integrations/none/stats')).status).toBe(404);
    expect((await get(ONE, { principal: { tenant: 'acme' } })).status).toBe(404);
  });

  it.each([
    ['bucket=week', 'bucket'],
    ['since=yesterday', 'since'],
    ['until=1', 'until'],
    ['since=2999-01-01T00:00:00Z', 'since'],
    ['since=2001-01-01T00:00:00Z', 'since'],
    ['until=2001-01-01T00:00:00Z', 'until'],
    ['since=2027-01-02T00:00:00Z&until=2027-01-01T00:00:00Z', 'until'],
    ['tenant=a%20b', 'tenant'],
    ['limit=3', 'limit'],
    ['bucket=day&bucket=day', 'bucket'],
  ])('422 for ?%s, naming %s', async (query, path) => {
    const { get } = await setUp();
    for (const url of [ONE, ALL]) {
      const { status, json } = await get(`${url}?${query}`);
      expect([status, json.code, json.errors[0].path]).toEqual([422, 'invalid', path]);
    }
  });

  it('422 for more minutes than an answer has, and says what there may be', async () => {
    const { get, clock } = await setUp();
    const since = new Date(clock.nowMs() - 86_400_001).toISOString();
    const { status, json } = await get(`${ONE}?bucket=minute&since=${since}`);
    expect([status, json.errors[0].path]).toEqual([422, 'since']);
    expect(json.detail).toContain('1,440 minutes at most');
  });
});
