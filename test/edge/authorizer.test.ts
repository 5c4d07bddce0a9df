import type { APIGatewayRequestAuthorizerEventV2, Context } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import { issue } from '../../lib/app/api-keys.ts';
import { authorizerHandler, TOLD_HERE } from '../../lib/edge/authorizer.ts';
import { ROUTES } from '../../lib/names.ts';
import { fakeStores } from '../fakes/stores.ts';
import { fakeClock, fakeRandom, fakeTelemetry } from '../fakes/world.ts';
import { ACCESS } from './access-table.ts';

async function world() {
  const clock = fakeClock();
  const stores = fakeStores(clock);
  const pepper = { value: async () => 'pepper' };
  const deps = {
    ...stores,
    clock,
    pepper: () => pepper.value(),
    telemetry: { ...fakeTelemetry(), middlewares: [], scope: () => {} },
  };
  const input = { name: 'ci', scopes: ['events:publish'] as const, tenant: 'acme' };
  const made = await issue({ ...deps, pepper: 'pepper', random: fakeRandom() }, input);
  const handler = authorizerHandler(deps);
  const authorize = (authorization?: string) => {
    const headers = authorization === undefined ? undefined : { authorization };
    const http = { method: 'GET', sourceIp: '192.0.2.10' };
    const event = { headers, rawPath: '/v1/events', rawQueryString: '', requestContext: { http } };
    return handler(event as unknown as APIGatewayRequestAuthorizerEventV2, {} as Context);
  };
  return { deps, made, authorize, pepper };
}

describe('the authorizer', () => {
  it('names the principal of a good key', async () => {
    const { made, authorize } = await world();
    const { isAuthorized, context } = await authorize(`Bearer ${made.key}`);
    expect(isAuthorized).toBe(true);
    expect(JSON.parse(context.principal ?? '')).toEqual({
      keyId: made.id,
      name: 'ci',
      scopes: ['events:publish'],
      tenant: 'acme',
    });
  });

  it.each([
    [undefined, 'missing'],
    ['Bearer nonsense', 'malformed'],
    ['Basic nonsense', 'malformed'],
  ])('lets %j through as nobody: %s', async (header, reason) => {
    const { authorize } = await world();
    expect(await authorize(header)).toEqual({ isAuthorized: true, context: { reason } });
  });

  it('says unavailable when keys cannot be checked, and recovers', async () => {
    const { made, authorize, pepper, deps } = await world();
    const { value } = pepper;
    pepper.value = async () => Promise.reject(Object.assign(new Error(), { name: 'TimeoutError' }));
    const header = `Bearer ${made.key}`;
    expect((await authorize(header)).context).toEqual({ reason: 'unavailable' });
    expect(deps.telemetry.lines).toMatchObject([{ level: 'error' }]);
    pepper.value = value;
    expect((await authorize(header)).context.principal).toBeDefined();
  });

  it('throws for a bug, which must not look like a bad key', async () => {
    const { made, authorize, deps } = await world();
    Object.assign(deps.apiKeys, { byLookup: () => Promise.reject(new TypeError('bug')) });
    await expect(authorize(`Bearer ${made.key}`)).rejects.toThrow('bug');
  });
});

it('knows what the routes ask for whose functions cannot tell of a refusal', () => {
  const hot = Object.entries(ROUTES).filter(([, name]) => name === 'publish' || name === 'call');
  expect(Object.keys(TOLD_HERE).sort()).toEqual(hot.map(([route]) => route).sort());
  for (const [route, scope] of Object.entries(TOLD_HERE)) {
    expect(ACCESS[route as keyof typeof ACCESS]?.scope).toBe(scope);
  }
});
