import { describe, expect, it } from 'vitest';
import { httpWorld, keyWith } from './http-world.ts';

const NAMES = ['erp', 'crm', 'shop', 'mail'];

async function withIntegrations() {
  const world = httpWorld();
  for (const name of NAMES) {
    const body = { name, endpoint: `https://${name}.example.com/` };
    await world.call('POST', '/v1/integrations', { body });
    world.clock.advance(1);
  }
  return world;
}

const path = (name: string, rest = '') => `/v1/integrations/${name}/breaker${rest}`;

describe('breakers over HTTP', () => {
  it('200 with the breaker, by name or id', async () => {
    const { call } = await withIntegrations();
    const { id } = (await call('GET', '/v1/integrations/erp')).json;
    const answer = await call('GET', path('erp'));
    expect([answer.status, Object.keys(answer.json)]).toEqual([
      200,
      [
        ...['integration', 'target', 'state', 'since', 'reason', 'openUntil', 'openCount'],
        ...['window', 'totals', 'version', 'config'],
      ],
    ]);
    expect((await call('GET', path(id))).json).toEqual(answer.json);
    expect((await call('GET', path('nobody'))).status).toBe(404);
  });

  it('200 for each order, with or without a body, and its history', async () => {
    const { call } = await withIntegrations();
    const states: string[] = [];
    for (const [order, body] of [
      ['trip', { reason: 'Maintenance.', forSeconds: 60 }],
      ['reset', undefined],
      ['disable', {}],
      ['disable', { keepCounting: true }],
      ['enable', undefined],
    ] as const) {
      const given = { principal: keyWith('breakers:write'), ...(body && { body }) };
      const { status, json } = await call('POST', path('erp', `/${order}`), given);
      states.push(`${status} ${json.state}`);
    }
    expect(states).toEqual([
      '200 forced-open',
      '200 closed',
      '200 disabled',
      '200 metrics-only',
      '200 closed',
    ]);
    const history = await call('GET', path('erp', '/history?limit=2'));
    expect(history.json.data.map(({ to }: { to: string }) => to)).toEqual([
      'closed',
      'metrics-only',
    ]);
    const { nextCursor } = history.json;
    const rest = await call('GET', path('erp', `/history?limit=9&cursor=${nextCursor}`));
    expect(rest.json.data.at(-1)).toEqual({
      at: expect.stringMatching(/Z$/),
      from: 'closed',
      to: 'forced-open',
      reason: 'Maintenance.',
      actor: 'key_admin',
      window: { calls: 0, failures: 0, slow: 0, failureRate: null, slowRate: null },
      openUntil: expect.stringMatching(/Z$/),
    });
    expect(rest.json.data[0]).not.toHaveProperty('openUntil');
    const other = await call('GET', path('crm', `/history?limit=2&cursor=${nextCursor}`));
    expect(other.status).toBe(400);
  });

  it.each([
    ['trip', { forSeconds: 0 }, 'forSeconds'],
    ['trip', { reason: 'r'.repeat(501) }, 'reason'],
    ['reset', { forSeconds: 5 }, 'forSeconds'],
    ['disable', { keepCounting: 1 }, 'keepCounting'],
    ['enable', { why: 'x' }, 'why'],
  ])('422 for %s with %j', async (order, body, field) => {
    const { call } = await withIntegrations();
    const answer = await call('POST', path('erp', `/${order}`), { body });
    expect([answer.status, answer.json.errors[0].path]).toEqual([422, field]);
    expect((await call('GET', path('erp'))).json.version).toBe(0);
  });

  it('409 for an order of no effect, 403 without the scope, 415 for a form', async () => {
    const { call } = await withIntegrations();
    const off = { body: { breaker: { enabled: false } } };
    await call('PATCH', '/v1/integrations/erp', off);
    const trip = await call('POST', path('erp', '/trip'));
    expect([trip.status, trip.json.code]).toEqual([409, 'invalid-state']);
    const reader = keyWith('integrations:read', 'integrations:write');
    expect((await call('POST', path('crm', '/trip'), { principal: reader })).status).toBe(403);
    expect((await call('GET', path('crm'), { principal: keyWith('events:read') })).status).toBe(
      403,
    );
    const form = { raw: 'a=b', headers: { 'content-type': 'text/plain' } };
    expect((await call('POST', path('crm', '/trip'), form)).status).toBe(415);
  });

  it('200 with the first answer for an order under the same idempotency key', async () => {
    const { call } = await withIntegrations();
    const headers = { 'idempotency-key': 'k1' };
    const first = await call('POST', path('erp', '/trip'), { headers });
    await call('POST', path('erp', '/reset'));
    const second = await call('POST', path('erp', '/trip'), { headers });
    expect(second.json).toEqual(first.json);
    expect((await call('GET', path('erp'))).json.state).toBe('closed');
  });

  it('200 with all of them, the troubled first, forth and back', async () => {
    const { call } = await withIntegrations();
    await call('POST', path('erp', '/trip'));
    const namesOf = ({ json }: Awaited<ReturnType<typeof call>>) =>
      json.data.map(({ integration }: { integration: { name: string } }) => integration.name);
    expect(namesOf(await call('GET', '/v1/breakers'))).toEqual(['erp', 'mail', 'shop', 'crm']);
    const first = await call('GET', '/v1/breakers?limit=2');
    const second = await call('GET', `/v1/breakers?limit=2&cursor=${first.json.nextCursor}`);
    expect([...namesOf(first), ...namesOf(second)]).toEqual(['erp', 'mail', 'shop', 'crm']);
    const back = await call('GET', `/v1/breakers?limit=2&cursor=${second.json.prevCursor}`);
    expect(namesOf(back)).toEqual(namesOf(first));
    expect(namesOf(await call('GET', '/v1/breakers?state=forced-open'))).toEqual(['erp']);
    expect(namesOf(await call('GET', '/v1/breakers?state=closed&tenant=acme'))).toEqual([]);
    const bound = { principal: { tenant: 'acme' } };
    expect(namesOf(await call('GET', '/v1/breakers', bound))).toEqual([]);
    const wrong = await call('GET', '/v1/breakers?state=ajar');
    expect([wrong.status, wrong.json.errors[0].path]).toEqual([422, 'state']);
    const other = await call('GET', `/v1/breakers?state=open&cursor=${first.json.nextCursor}`);
    expect(other.status).toBe(400);
  });

  it('200 with the breaker of a fallback and its history, 422 for one that is not there', async () => {
    const { call } = await withIntegrations();
    const fallback = [{ type: 'url', url: 'https://dr.example.com/' }];
    await call('PATCH', '/v1/integrations/erp', { body: { fallback } });
    const [own, first] = [path('erp'), path('erp', '?target=fallback:1')];
    const tripped = await call('POST', path('erp', '/trip?target=fallback:1'));
    expect([tripped.status, tripped.json.target]).toEqual([200, 'fallback:1']);
    expect((await call('GET', first)).json).toEqual(tripped.json);
    expect((await call('GET', own)).json).toMatchObject({ target: 'primary', state: 'closed' });
    expect((await call('GET', path('erp', '?target=primary'))).json.state).toBe('closed');
    const listed = (await call('GET', '/v1/breakers?limit=1')).json.data;
    expect(listed).toMatchObject([{ integration: { name: 'erp' }, target: 'fallback:1' }]);
    await call('POST', path('erp', '/reset?target=fallback:1'));
    const history = await call('GET', path('erp', '/history?target=fallback:1&limit=1'));
    expect(history.json.data).toMatchObject([{ from: 'forced-open', to: 'closed' }]);
    const { nextCursor } = history.json;
    expect((await call('GET', path('erp', '/history'))).json.data).toEqual([]);
    // A cursor of one breaker's history says nothing in another's.
    expect((await call('GET', path('erp', `/history?cursor=${nextCursor}`))).status).toBe(400);
    for (const rest of ['?target=fallback:2', '/history?target=up', '?target=']) {
      const wrong = await call('GET', path('erp', rest));
      expect([wrong.status, wrong.json.errors[0].path]).toEqual([422, 'target']);
    }
    const { status, json } = await call('POST', path('crm', '/trip?target=fallback:1'));
    expect([status, json.errors[0].message]).toEqual([
      422,
      '"fallback:1" is no target of crm with a breaker of its own; allowed: primary',
    ]);
  });

  it('503 when the store of the breakers does not answer', async () => {
    const { call, deps } = await withIntegrations();
    deps.breakers.load = async () => {
      throw Object.assign(new Error('down'), { name: 'TimeoutError' });
    };
    expect((await call('GET', path('erp'))).status).toBe(503);
    expect((await call('POST', path('erp', '/trip'))).status).toBe(503);
  });
});
