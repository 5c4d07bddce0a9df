import { describe, expect, it } from 'vitest';
import { createKey } from '../../lib/app/api-keys.ts';
import type { Audit, AuditEvent } from '../../lib/app/audit.ts';
import { KEY_REFUSALS_PER_MINUTE_MAX } from '../../lib/app/audit-key-refusal.ts';
import { authorizer } from '../../lib/app/authorize.ts';
import { bearer, HOME, signed } from '../fakes/auth-requests.ts';
import { ADMIN, registryWorld } from '../fakes/registry-world.ts';

const ROUTE = { route: 'POST /v1/events', requestId: 'req-1', scope: 'events:publish' } as const;

async function setUp(more: object = {}, event?: Audit['event']) {
  const world = registryWorld();
  const given = { name: 'ci', scopes: ['events:read'], tenant: 'acme', ...more };
  const made = await createKey(world, { principal: ADMIN }, given);
  const told: AuditEvent[] = [];
  const note: Audit['event'] = async (one) => {
    told.push(one);
    return {} as Awaited<ReturnType<Audit['event']>>;
  };
  const check = authorizer({ ...world, audit: { event: event ?? note } });
  const ask = (change: object = {}) => check(bearer(`Bearer ${made.key}`, { ...ROUTE, ...change }));
  return { world, made, told, check, ask };
}

describe('a known key that is refused', () => {
  it('is told of with who, from where, for what and why', async () => {
    const { made, told, ask } = await setUp({ allowCidrs: ['198.51.100.0/24'] });
    expect(await ask()).toEqual({ reason: 'address' });
    expect(told).toEqual([
      {
        tenant: 'acme',
        actor: { kind: 'key', keyId: made.id, name: 'ci' },
        action: 'auth.forbidden',
        resource: { kind: 'route', id: null, name: 'POST /v1/events' },
        outcome: 'refused',
        requestId: 'req-1',
        sourceIp: HOME,
        after: { reason: 'address' },
      },
    ]);
  });

  it('is told of when it has expired', async () => {
    const { world, told, ask } = await setUp({ expiresAt: '2026-01-15T12:00:10.000Z' });
    world.clock.advance(10_000);
    expect(await ask()).toEqual({ reason: 'expired' });
    expect(told).toMatchObject([{ after: { reason: 'expired' } }]);
  });

  it('is told of when its signed request comes again, or late', async () => {
    const { world, made, told, check } = await setUp({ scopes: ['events:publish'] });
    const request = { method: 'POST', atMs: world.clock.nowMs(), body: '{}' };
    expect(await check(signed(made.key, request))).toHaveProperty('principal');
    expect(await check(signed(made.key, request))).toEqual({ reason: 'replayed' });
    world.clock.advance(301_000);
    expect(await check(signed(made.key, request))).toEqual({ reason: 'stale' });
    expect(told.map(({ after }) => after)).toEqual([{ reason: 'replayed' }, { reason: 'stale' }]);
  });

  it('is told of for want of a scope where nobody else can, and let through to be refused', async () => {
    const { told, ask } = await setUp();
    expect(await ask()).toHaveProperty('principal');
    expect(told).toMatchObject([{ action: 'auth.forbidden', after: { reason: 'forbidden' } }]);
    expect(await ask({ scope: 'events:read' })).toHaveProperty('principal');
    expect(await ask({ scope: undefined })).toHaveProperty('principal');
    expect(told).toHaveLength(1);
  });

  it('is told of so often in a minute, and again in the next', async () => {
    const { world, told, ask } = await setUp();
    for (let n = 0; n < KEY_REFUSALS_PER_MINUTE_MAX * 2; n++) await ask();
    expect(told).toHaveLength(KEY_REFUSALS_PER_MINUTE_MAX);
    world.clock.advance(60_000);
    await ask();
    expect(told).toHaveLength(KEY_REFUSALS_PER_MINUTE_MAX + 1);
  });

  it('is refused all the same where nothing can be told', async () => {
    const down = async () => Promise.reject(new Error('the table is down'));
    const { world, ask } = await setUp({ denyCidrs: [`${HOME}/32`] }, down);
    expect(await ask()).toEqual({ reason: 'address' });
    expect(world.telemetry.lines).toMatchObject([{ level: 'warn', message: 'audit.deferred' }]);
  });
});

it('a key that is good, or wrong, is no refusal of this kind', async () => {
  const { made, told, check } = await setUp({ scopes: ['events:publish'] });
  expect(await check(bearer(`Bearer ${made.key}`, ROUTE))).toHaveProperty('principal');
  expect(await check(bearer('Bearer nonsense', ROUTE))).toEqual({ reason: 'malformed' });
  expect(told).toEqual([]);
});
