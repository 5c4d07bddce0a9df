import { describe, expect, it } from 'vitest';
import { pauseIntegration } from '../../lib/app/integration-status.ts';
import {
  createIntegration,
  getIntegration,
  patchIntegration,
  putIntegration,
} from '../../lib/app/integrations.ts';
import { ulid } from '../../lib/domain/ids.ts';
import { refusalOf } from '../fakes/registry-world.ts';
import { T0 } from '../fakes/world.ts';
import { BASE, BASIC, ME, setUp } from './integrations-world.ts';

describe('putting an integration', () => {
  it('creates it under the name in the path, then replaces it', async () => {
    const { world, stored } = setUp();
    const first = await putIntegration(world, ME, 'erp', { endpoint: BASE.endpoint, auth: BASIC });
    expect(first).toMatchObject({ created: true, integration: { name: 'erp', status: 'active' } });
    expect(first.integration.signing).toHaveProperty('secret');
    const before = await stored();

    world.clock.advance(1000);
    await pauseIntegration(world, ME, 'erp');
    const second = await putIntegration(world, ME, 'erp', { ...BASE, description: 'new' });
    expect(second.created).toBe(false);
    expect(second.integration).toMatchObject({
      id: first.integration.id,
      description: 'new',
      auth: { type: 'none' },
      signing: { scheme: 'standard-webhooks' },
      status: 'paused',
      createdAt: first.integration.createdAt,
      updatedAt: '2026-01-15T12:00:01.000Z',
    });
    expect(second.integration.signing).not.toHaveProperty('secret');
    expect((await stored()).signing).toEqual(before.signing);
  });

  it('keeps credentials that it leaves out while their type stays', async () => {
    const { world, stored } = setUp();
    for (const [auth, shown] of [
      [BASIC, { type: 'basic', username: 'u' }],
      [{ type: 'bearer', token: 't' }, { type: 'bearer' }],
      [
        { type: 'apiKey', header: 'X-K', value: 'v' },
        { type: 'apiKey', header: 'X-K' },
      ],
      [{ type: 'none' }, { type: 'none' }],
    ]) {
      await putIntegration(world, ME, 'erp', { ...BASE, auth });
      await putIntegration(world, ME, 'erp', { ...BASE, auth: shown });
      expect((await stored()).auth).toEqual(auth);
    }
    const { fields } = await refusalOf(
      putIntegration(world, ME, 'erp', { ...BASE, auth: { type: 'bearer' } }),
    );
    expect(Object.keys(fields)).toEqual(['auth.token']);
  });

  it('takes back what was answered, as it is and twice, with everything kept', async () => {
    const { world, stored } = setUp();
    for (const [name, more] of [
      ['erp', {}],
      ['ed', { signing: { scheme: 'standard-webhooks-ed25519' }, auth: BASIC }],
      [
        'full',
        {
          breaker: { enabled: false },
          limits: { perSecond: 5 },
          healthCheck: { url: 'https://erp.example.com/health' },
          retry: { backoff: {} },
        },
      ],
    ] as const) {
      await createIntegration(world, ME, { ...BASE, ...more, name });
      await pauseIntegration(world, ME, name);
      const before = await stored(name);
      const answer = await getIntegration(world, ME, name);
      for (const round of [1, 2]) {
        world.clock.advance(1_000);
        const put = await putIntegration(world, ME, name, answer);
        expect(put.integration).toEqual({ ...answer, updatedAt: put.integration.updatedAt });
        const after = await stored(name);
        const version = before.version + round;
        expect(after).toEqual({ ...before, version, updatedAtMs: after.updatedAtMs });
      }
      expect((await patchIntegration(world, ME, answer.id, answer)).status).toBe('paused');
    }
  });

  it('refuses to set what Breakwater sets, and creates nothing with it', async () => {
    const { world } = setUp();
    await createIntegration(world, ME, BASE);
    const answer = await getIntegration(world, ME, 'erp');
    for (const [field, value] of [
      ['id', `int_${ulid(T0, new Uint8Array(10))}`],
      ['status', 'paused'],
      ['disabledReason', 'broken'],
      ['createdAt', '2026-01-15T12:00:00.001Z'],
      ['updatedAt', '2026-01-15T12:00:00.001Z'],
      ['updatedAt', 'now'],
      ['updatedAt', null],
    ]) {
      const body = { ...answer, [field as string]: value };
      const { fields } = await refusalOf(putIntegration(world, ME, 'erp', body));
      expect(fields).toEqual({ [field as string]: 'is set by Breakwater; leave it out' });
    }
    const key = { ...BASE, signing: { scheme: 'standard-webhooks-ed25519', publicKey: 'whpk_x' } };
    expect(Object.keys((await refusalOf(putIntegration(world, ME, 'erp', key))).fields)).toEqual([
      'signing.publicKey',
    ]);
    const copy = await refusalOf(putIntegration(world, ME, 'copy', { ...answer, name: 'copy' }));
    expect(Object.keys(copy.fields)).toEqual([
      'id',
      'status',
      'disabledReason',
      'createdAt',
      'updatedAt',
    ]);
  });

  it('drops limits and the health check that it leaves out', async () => {
    const { world, stored } = setUp();
    const healthCheck = { url: 'https://erp.example.com/health' };
    await putIntegration(world, ME, 'erp', { ...BASE, healthCheck, limits: { perSecond: 1 } });
    const { integration } = await putIntegration(world, ME, 'erp', BASE);
    expect(integration).toMatchObject({ healthCheck: null, limits: null });
    expect(await stored()).not.toHaveProperty('healthCheck');
  });

  it('creates nothing where body and query name different tenants', async () => {
    const { world } = setUp();
    const caller = { ...ME, tenant: 'a' };
    const { fields } = await refusalOf(
      putIntegration(world, caller, 'erp', { ...BASE, tenant: 'b' }),
    );
    expect(fields).toEqual({ tenant: '"b" is not the tenant of the query, "a"' });
    const made = await putIntegration(world, caller, 'erp', { ...BASE, tenant: 'a' });
    expect(made.integration.tenant).toBe('a');
  });

  it('renames by id, never by name, and creates by name only', async () => {
    const { world } = setUp();
    const { id } = await createIntegration(world, ME, BASE);
    const { fields } = await refusalOf(putIntegration(world, ME, 'erp', { ...BASE, name: 'crm' }));
    expect(fields).toEqual({ name: '"crm" is not the name in the path' });
    const { integration } = await putIntegration(world, ME, id, { ...BASE, name: 'crm' });
    expect(integration).toMatchObject({ id, name: 'crm' });
    const kept = await putIntegration(world, ME, id, { endpoint: BASE.endpoint });
    expect(kept.integration.name).toBe('crm');
    const unknown = `int_${ulid(T0, new Uint8Array(10))}`;
    expect((await refusalOf(putIntegration(world, ME, unknown, BASE))).code).toBe('not-found');
    const bad = await refusalOf(putIntegration(world, ME, 'Bad Name', { endpoint: BASE.endpoint }));
    expect(Object.keys(bad.fields)).toEqual(['name']);
    const tenant = await refusalOf(putIntegration(world, ME, 'x', { ...BASE, tenant: 'a#b' }));
    expect(Object.keys(tenant.fields)).toEqual(['tenant']);
  });

  it('replaces what somebody else created in the same moment', async () => {
    const { world } = setUp();
    let races = 0;
    const integrations = {
      ...world.integrations,
      byName: async (tenant: string, name: string) => {
        const found = await world.integrations.byName(tenant, name);
        if (races++ === 0) await createIntegration(world, ME, BASE);
        return found;
      },
    };
    const answer = await putIntegration({ ...world, integrations }, ME, 'erp', BASE);
    expect(answer.created).toBe(false);
  });

  it('says when to try again where a name is claimed by who has not come, or has died', async () => {
    const { world } = setUp();
    const integrations = { ...world.integrations, create: async () => 'name-taken' as const };
    const refused = await refusalOf(putIntegration({ ...world, integrations }, ME, 'erp', BASE));
    expect(refused.code).toBe('conflict');
    expect(refused.message).toContain('try again in 30 seconds');
  });
});
