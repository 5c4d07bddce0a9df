import { describe, expect, it } from 'vitest';
import { httpWorld, keyWith } from './http-world.ts';

const INTEGRATION = { name: 'erp', endpoint: 'https://erp.example.com/in' };
const RECOVER = '/v1/integrations/erp/recover';
const SINCE = '2026-01-15T11:00:00.000Z';
const WRITE = { principal: keyWith('deliveries:write') };
const READ = { principal: keyWith('deliveries:read') };

async function withIntegration(tenant = 'default') {
  const world = httpWorld();
  await world.call('POST', '/v1/integrations', { body: { ...INTEGRATION, tenant } });
  return world;
}

describe('recover over HTTP', () => {
  it('202 with a queued job and where it is', async () => {
    const { call } = await withIntegration();
    const answer = await call('POST', RECOVER, { ...WRITE, body: { since: SINCE } });
    expect([answer.status, answer.headers.location]).toEqual([202, `/v1/jobs/${answer.json.id}`]);
    expect(answer.json).toMatchObject({
      id: expect.stringMatching(/^job_[0-9a-z]{26}$/),
      kind: 'recover',
      tenant: 'default',
      dryRun: false,
      status: 'queued',
      progress: { done: 0, total: 0 },
      error: null,
      request: { since: SINCE, status: ['failed'], dryRun: false },
      finishedAt: null,
    });
    const got = await call('GET', `/v1/jobs/${answer.json.id}`, READ);
    expect([got.status, got.json]).toEqual([200, answer.json]);
  });

  it('is one job for one Idempotency-Key, even if the first run died before it answered', async () => {
    const { call, deps, clock } = await withIntegration();
    const ask = () =>
      call('POST', RECOVER, { body: { since: SINCE }, headers: { 'idempotency-key': 'k' } });
    const { finish } = deps.claims;
    Object.assign(deps.claims, { finish: async () => Promise.reject(new Error('killed')) });
    const first = await ask();
    Object.assign(deps.claims, { finish });
    clock.advance(40_000);
    const [second, third] = [await ask(), await ask()];
    expect([second.status, second.json]).toEqual([202, first.json]);
    expect(third.headers['idempotency-replayed']).toBe('true');
    expect((await call('GET', '/v1/jobs')).json.data).toHaveLength(1);
  });

  it.each([
    [{}, 'since'],
    [{ since: 'yesterday' }, 'since'],
    [{ since: '2025-01-15T11:00:00Z' }, 'since'],
    [{ since: SINCE, until: SINCE }, 'until'],
    [{ since: SINCE, status: 'delivered' }, 'status'],
    [{ since: SINCE, dryRun: 1 }, 'dryRun'],
    [{ since: SINCE, limit: 5 }, 'limit'],
  ])('422 for %j, naming %s', async (body, path) => {
    const { call } = await withIntegration();
    const answer = await call('POST', RECOVER, { body });
    expect([answer.status, answer.json.errors.map((e: { path: string }) => e.path)]).toEqual([
      422,
      [path],
    ]);
  });

  it('422 naming since without a body, 404 for an unknown integration', async () => {
    const { call } = await withIntegration();
    expect((await call('POST', RECOVER)).json.errors[0].path).toBe('since');
    const body = { since: SINCE };
    expect((await call('POST', '/v1/integrations/crm/recover', { body })).status).toBe(404);
  });
});

describe('jobs over HTTP', () => {
  const three = async () => {
    const world = await withIntegration();
    const ids: string[] = [];
    for (const dryRun of [false, true, false]) {
      world.clock.advance(1_000);
      const body = { since: SINCE, dryRun };
      ids.unshift((await world.call('POST', RECOVER, { body })).json.id);
    }
    return { ...world, ids };
  };

  it('200 with a list, newest first, page by page and back', async () => {
    const { call, ids } = await three();
    const idsOf = ({ json }: { json: { data: readonly { id: string }[] } }) =>
      json.data.map(({ id }) => id);
    const first = await call('GET', '/v1/jobs?limit=2&kind=recover&status=queued', READ);
    expect([first.status, idsOf(first)]).toEqual([200, ids.slice(0, 2)]);
    const next = `/v1/jobs?limit=2&kind=recover&status=queued&cursor=${first.json.nextCursor}`;
    const second = await call('GET', next, READ);
    expect([idsOf(second), second.json.nextCursor]).toEqual([ids.slice(2), null]);
    expect(second.json.prevCursor).not.toBeNull();
    expect(idsOf(await call('GET', '/v1/jobs?status=running'))).toEqual([]);
    expect((await call('GET', '/v1/jobs?status=done')).json.errors[0].path).toBe('status');
    expect((await call('GET', '/v1/jobs?kind=export')).json.errors[0].path).toBe('kind');
  });

  it('200 when it is cancelled, and again; then it is in the list of cancelled ones', async () => {
    const { call, ids } = await three();
    const cancel = () => call('POST', `/v1/jobs/${ids[0]}/cancel`, WRITE);
    const first = await cancel();
    expect([first.status, first.json.status]).toEqual([200, 'cancelled']);
    expect(first.json.finishedAt).not.toBeNull();
    expect((await cancel()).json).toEqual(first.json);
    expect((await call('GET', '/v1/jobs?status=cancelled')).json.data).toEqual([first.json]);
  });

  it('404 for what is not there and what is another tenant’s; a bound key lists its own', async () => {
    const { call, ids } = await three();
    const principal = { tenant: 'other' };
    for (const id of [ids[0], 'job_01k0000000000000000000000a', 'x']) {
      const own = id === ids[0] ? {} : { principal };
      expect((await call('GET', `/v1/jobs/${id}`, { principal })).status).toBe(404);
      expect((await call('POST', `/v1/jobs/${id}/cancel`, { principal })).status).toBe(404);
      expect((await call('GET', `/v1/jobs/${id}`, own)).status).toBe(id === ids[0] ? 200 : 404);
    }
    expect((await call('GET', '/v1/jobs', { principal })).json.data).toEqual([]);
    expect((await call('GET', '/v1/jobs?tenant=other')).json.data).toEqual([]);
    expect((await call('GET', '/v1/jobs?tenant=default')).json.data).toHaveLength(3);
  });

  it.each([
    ['POST', RECOVER, 'deliveries:read'],
    ['GET', '/v1/jobs', 'deliveries:write'],
    ['GET', '/v1/jobs/x', 'deliveries:write'],
    ['POST', '/v1/jobs/x/cancel', 'deliveries:read'],
  ] as const)('403 for %s %s with %s alone', async (method, url, scope) => {
    const { call } = await withIntegration();
    expect((await call(method, url, { principal: keyWith(scope) })).status).toBe(403);
  });
});
