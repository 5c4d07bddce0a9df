import { describe, expect, it } from 'vitest';
import { pauseIntegration, resumeIntegration } from '../../lib/app/integration-status.ts';
import {
  createIntegration,
  deleteIntegration,
  getIntegration,
  patchIntegration,
  putIntegration,
} from '../../lib/app/integrations.ts';
import { listIntegrations } from '../../lib/app/list-integrations.ts';
import { ulid } from '../../lib/domain/ids.ts';
import { adminOf, refusalOf } from '../fakes/registry-world.ts';
import { T0 } from '../fakes/world.ts';
import { BASE, BASIC, ME, setUp } from './integrations-world.ts';

describe('registering an integration', () => {
  it('answers with the whole integration and, this once, its secret', async () => {
    const { world, stored } = setUp();
    const made = await createIntegration(world, ME, { ...BASE, auth: BASIC });
    const { signing } = await stored();
    expect(made).toEqual({
      id: (await stored()).id,
      ...BASE,
      serviceType: 'webhook',
      description: '',
      tenant: 'default',
      metadata: {},
      eventTypes: ['*'],
      filter: null,
      transform: null,
      request: { method: 'POST', contentType: 'application/json', headers: {}, timeoutSeconds: 15 },
      auth: { type: 'basic', username: 'u' },
      signing: {
        scheme: 'standard-webhooks',
        secret: signing.scheme !== 'none' && signing.secrets[0]?.secret,
      },
      retry: {
        maxAttempts: 15,
        schedule: [5, 300, 1800, 7200, 18000, 36000, 50400, 72000, ...Array(6).fill(86400)],
        jitter: 0.2,
        retryOn: ['network', 'timeout', '408', '409', '425', '429', '5xx', '4xx'],
        honourRetryAfter: true,
        maxAgeSeconds: 864000,
      },
      breaker: {
        enabled: true,
        failureRateThreshold: 0.5,
        slowCallRateThreshold: 1,
        slowCallSeconds: 10,
        minimumCalls: 10,
        windowSeconds: 60,
        consecutiveFailures: 10,
        openSeconds: 30,
        maxOpenSeconds: 900,
        halfOpenCalls: 3,
        halfOpenVerdict: 'any-failure',
      },
      limits: null,
      fallback: [],
      ordering: 'none',
      orderingTimeoutSeconds: null,
      healthCheck: null,
      status: 'active',
      disabledReason: null,
      createdAt: '2026-01-15T12:00:00.000Z',
      updatedAt: '2026-01-15T12:00:00.000Z',
    });
    const read = await getIntegration(world, ME, 'erp');
    expect(read).toEqual({ ...made, signing: { scheme: 'standard-webhooks' } });
    expect(JSON.stringify(read)).not.toContain('p4ssw0rd');
  });

  it('keeps a secret that it is given, and makes a public key known', async () => {
    const { world } = setUp();
    const signing = { scheme: 'github', secret: 's'.repeat(20) };
    expect((await createIntegration(world, ME, { ...BASE, signing })).signing).toEqual(signing);
    const ed = { ...BASE, name: 'ed', signing: { scheme: 'standard-webhooks-ed25519' } };
    const made = await createIntegration(world, ME, ed);
    expect(made.signing).toMatchObject({
      secret: expect.stringMatching(/^whsk_/),
      publicKey: expect.stringMatching(/^whpk_/),
    });
    expect((await getIntegration(world, ME, 'ed')).signing).not.toHaveProperty('secret');
  });

  it('refuses a name that the tenant has already, and no other tenant', async () => {
    const { world } = setUp();
    await createIntegration(world, ME, BASE);
    expect((await refusalOf(createIntegration(world, ME, BASE))).code).toBe('name-taken');
    const other = await createIntegration(world, ME, { ...BASE, tenant: 'other' });
    expect(other.tenant).toBe('other');
  });

  it('makes the same integration when it is run again after a crash', async () => {
    const { world } = setUp();
    const seed = ulid(T0, world.random.bytes(10));
    const first = await createIntegration(world, ME, BASE, seed);
    expect(await createIntegration(world, ME, BASE, seed)).toEqual(first);
    const another = ulid(T0, world.random.bytes(10));
    expect((await refusalOf(createIntegration(world, ME, BASE, another))).code).toBe('name-taken');
  });

  it('stops where the tenant has as many as it may have', async () => {
    const { world } = setUp();
    const integrations = { ...world.integrations, create: async () => 'limit-reached' as const };
    const full = { ...world, integrations };
    expect((await refusalOf(createIntegration(full, ME, BASE))).code).toBe('limit-reached');
    expect((await refusalOf(putIntegration(full, ME, 'erp', BASE))).code).toBe('limit-reached');
  });
});

describe('tenants', () => {
  const [A, B] = [{ principal: adminOf('a') }, { principal: adminOf('b') }];

  it('get what a bound key makes, which can make nothing elsewhere', async () => {
    const { world } = setUp();
    expect((await createIntegration(world, A, BASE)).tenant).toBe('a');
    const foreign = { ...BASE, tenant: 'b' };
    expect((await refusalOf(createIntegration(world, A, foreign))).code).toBe('forbidden');
    expect((await refusalOf(putIntegration(world, A, 'erp', foreign))).code).toBe('forbidden');
    expect((await refusalOf(patchIntegration(world, A, 'erp', { tenant: 'b' }))).code).toBe(
      'forbidden',
    );
  });

  it('cannot see each other, by id or by name, in any call', async () => {
    const { world } = setUp();
    const { id } = await createIntegration(world, A, BASE);
    for (const ref of [id, 'erp']) {
      const calls = [
        getIntegration(world, B, ref),
        patchIntegration(world, B, ref, {}),
        deleteIntegration(world, B, ref),
        pauseIntegration(world, B, ref),
        resumeIntegration(world, B, ref),
      ];
      for (const call of calls) {
        expect(await refusalOf(call)).toEqual({
          code: 'not-found',
          message: `There is no integration "${ref}".`,
          fields: {},
        });
      }
    }
    expect((await refusalOf(putIntegration(world, B, id, BASE))).code).toBe('not-found');
    expect((await listIntegrations(world, B, { limit: 50 })).items).toEqual([]);
    expect(await world.progress.sweeps()).toEqual([]);
  });

  it('are told apart by ?tenant= for a key that sees all', async () => {
    const { world } = setUp();
    const { id } = await createIntegration(world, A, BASE);
    expect((await getIntegration(world, ME, id)).id).toBe(id);
    expect((await getIntegration(world, { ...ME, tenant: 'a' }, 'erp')).id).toBe(id);
    expect((await refusalOf(getIntegration(world, ME, 'erp'))).code).toBe('not-found');
    expect((await refusalOf(getIntegration(world, { ...ME, tenant: 'b' }, id))).code).toBe(
      'not-found',
    );
    expect((await refusalOf(getIntegration(world, { ...A, tenant: 'b' }, id))).code).toBe(
      'forbidden',
    );
  });

  it('stay as they are', async () => {
    const { world } = setUp();
    await createIntegration(world, ME, BASE);
    expect((await patchIntegration(world, ME, 'erp', { tenant: 'default' })).tenant).toBe(
      'default',
    );
    const { code, fields } = await refusalOf(patchIntegration(world, ME, 'erp', { tenant: 'b' }));
    expect([code, Object.keys(fields)]).toEqual(['invalid', ['tenant']]);
  });
});

describe('listing integrations', () => {
  async function three() {
    const { world } = setUp();
    for (const [name, endpoint, description] of [
      ['alpha', 'https://one.example.com/', 'the ERP'],
      ['beta', 'https://two.example.com/erp', ''],
      ['erp-three', 'https://three.example.com/', ''],
    ]) {
      world.clock.advance(1);
      await createIntegration(world, ME, { name, endpoint, description });
    }
    await pauseIntegration(world, ME, 'beta');
    return world;
  }

  it.each([
    [{}, ['erp-three', 'beta', 'alpha']],
    [{ q: 'erp' }, ['erp-three', 'alpha']],
    [{ q: 'TWO.example' }, ['beta']],
    [{ status: 'paused' }, ['beta']],
    [{ serviceType: 'webhook', status: 'active' }, ['erp-three', 'alpha']],
    [{ serviceType: 'slack' }, []],
  ])('shows for %j: %j', async (query, names) => {
    const page = await listIntegrations(await three(), ME, { ...query, limit: 50 });
    expect(page.items.map(({ name }) => name)).toEqual(names);
    expect(page.next).toBeUndefined();
  });

  it('goes on over pages, filtered or not', async () => {
    const world = await three();
    for (const [query, names] of [
      [{}, ['erp-three', 'beta', 'alpha']],
      [{ status: 'active' }, ['erp-three', 'alpha']],
    ] as const) {
      const seen: string[] = [];
      let after: string | undefined;
      do {
        const page = await listIntegrations(world, ME, { ...query, limit: 1, after });
        seen.push(...page.items.map(({ name }) => name));
        after = page.next;
      } while (after !== undefined);
      expect(seen).toEqual(names);
    }
  });

  it('never shows more than the limit', async () => {
    const { world } = setUp();
    for (const [name, q] of ['zz', 'zz', 'y', 'zz', 'zz', 'zz'].entries()) {
      world.clock.advance(1);
      await createIntegration(world, ME, { ...BASE, name: `n${name}`, description: q });
    }
    const first = await listIntegrations(world, ME, { limit: 4, q: 'zz' });
    const rest = await listIntegrations(world, ME, { limit: 4, q: 'zz', after: first.next });
    const names = [first, rest].map((page) => page.items.map(({ name }) => name));
    expect(names).toEqual([['n5', 'n4', 'n3', 'n1'], ['n0']]);
  });

  it('ends a page that finds nothing, with the way on', async () => {
    const { world } = setUp();
    for (let i = 0; i < 12; i++) await createIntegration(world, ME, { ...BASE, name: `n${i}` });
    const page = await listIntegrations(world, ME, { limit: 1, q: 'nothing' });
    expect(page.items).toEqual([]);
    expect(page.next).toBeDefined();
  });
});
