import { describe, expect, it } from 'vitest';
import { rotateSecret } from '../../lib/app/integration-secrets.ts';
import { createIntegration, patchIntegration, putIntegration } from '../../lib/app/integrations.ts';
import { BREAKER_DEFAULTS } from '../../lib/domain/breaker.ts';
import type { Integration } from '../../lib/domain/integration.ts';
import { refusalOf } from '../fakes/registry-world.ts';
import { T0 } from '../fakes/world.ts';
import { BASE, BASIC, ME, setUp } from './integrations-world.ts';

describe('patching an integration', () => {
  it('changes what it names and nothing else', async () => {
    const { world, stored } = setUp();
    const metadata = { team: 'a', tier: '1' };
    await createIntegration(world, ME, { ...BASE, auth: BASIC, metadata });
    const before = await stored();
    world.clock.advance(5);
    await patchIntegration(world, ME, 'erp', {
      metadata: { tier: null, zone: 'eu' },
      auth: { username: 'v' },
      request: { timeoutSeconds: 5 },
    });
    expect(await stored()).toEqual({
      ...before,
      metadata: { team: 'a', zone: 'eu' },
      auth: { type: 'basic', username: 'v', password: 'p4ssw0rd' },
      request: { ...before.request, timeoutSeconds: 5 },
      updatedAtMs: T0 + 5,
      version: before.version + 1,
    });
  });

  it('goes back to the default where it says null', async () => {
    const { world } = setUp();
    const retry = { schedule: [1] };
    await createIntegration(world, ME, { ...BASE, auth: BASIC, retry, eventTypes: ['a'] });
    const patch = { auth: null, retry: null, eventTypes: null, signing: null, request: null };
    expect(await patchIntegration(world, ME, 'erp', patch)).toMatchObject({
      auth: { type: 'none' },
      retry: { maxAttempts: 15 },
      eventTypes: ['*'],
    });
    const { fields } = await refusalOf(patchIntegration(world, ME, 'erp', { endpoint: null }));
    expect(fields).toEqual({ endpoint: expect.stringMatching(/^is required: an https URL/) });
  });

  it('takes the timeout away with the order that it is of', async () => {
    const { world } = setUp();
    const given = { ...BASE, ordering: 'fifo', orderingTimeoutSeconds: 600 };
    const made = await createIntegration(world, ME, given);
    expect(made).toMatchObject({ ordering: 'fifo', orderingTimeoutSeconds: 600 });
    const renamed = await patchIntegration(world, ME, 'erp', { description: 'x' });
    expect(renamed).toMatchObject({ ordering: 'fifo', orderingTimeoutSeconds: 600 });
    for (const ordering of ['none', null]) {
      const free = await patchIntegration(world, ME, 'erp', { ordering });
      expect(free).toMatchObject({ ordering: 'none', orderingTimeoutSeconds: null });
      const again = await patchIntegration(world, ME, 'erp', { ordering: 'fifo' });
      expect(again).toMatchObject({ orderingTimeoutSeconds: 3_600 });
    }
    const { integration } = await putIntegration(world, ME, 'erp', BASE);
    expect(integration).toMatchObject({ ordering: 'none', orderingTimeoutSeconds: null });
    const { integration: back } = await putIntegration(world, ME, 'erp', { ...integration });
    expect(back).toMatchObject({ ordering: 'none', orderingTimeoutSeconds: null });
  });

  it('merges breaker, limits and health check, and takes each away by null', async () => {
    const { world } = setUp();
    const url = 'https://erp.example.com/health';
    await createIntegration(world, ME, {
      ...BASE,
      breaker: { openSeconds: 5 },
      limits: { perSecond: 5, concurrency: 2 },
      healthCheck: { url, intervalSeconds: 90 },
    });
    const patch = {
      breaker: { minimumCalls: 3 },
      limits: { perSecond: null },
      healthCheck: { method: 'HEAD' },
    };
    expect(await patchIntegration(world, ME, 'erp', patch)).toMatchObject({
      breaker: { openSeconds: 5, minimumCalls: 3, halfOpenCalls: 3 },
      limits: { concurrency: 2 },
      healthCheck: { url, intervalSeconds: 90, method: 'HEAD' },
    });
    const nulls = { breaker: null, limits: null, healthCheck: null };
    const cleared = await patchIntegration(world, ME, 'erp', nulls);
    expect(cleared).toMatchObject({ breaker: BREAKER_DEFAULTS, limits: null, healthCheck: null });
    expect(await world.integrations.byName('default', 'erp')).not.toHaveProperty('healthCheck');
    const wrong = { breaker: { maxOpenSeconds: 29 }, healthCheck: { intervalSeconds: 60 } };
    const { fields } = await refusalOf(patchIntegration(world, ME, 'erp', wrong));
    expect(Object.keys(fields).sort()).toEqual(['breaker.maxOpenSeconds', 'healthCheck.url']);
  });

  it('lets go what the breaker held when it switches the breaker off, begun before', async () => {
    const { world, stored } = setUp();
    await createIntegration(world, ME, BASE);
    const off = { breaker: { enabled: false } };
    const killed = { ...world.integrations, save: async () => Promise.reject(new Error('killed')) };
    await expect(
      patchIntegration({ ...world, integrations: killed }, ME, 'erp', off),
    ).rejects.toThrow('killed');
    const sweeps = [{ kind: 'release', integrationId: (await stored()).id }];
    expect(await world.progress.sweeps()).toMatchObject(sweeps);
    expect(world.workQueue.rung).toEqual([]);
    await patchIntegration(world, ME, 'erp', off);
    expect(await world.progress.sweeps()).toMatchObject(sweeps);
    expect(world.workQueue.rung).toMatchObject([{ task: { kind: 'drain' } }]);
    expect((await stored()).breaker.enabled).toBe(false);
  });

  it('begins credentials and signing anew when their kind changes', async () => {
    const { world, stored } = setUp();
    const hmac = { header: 'X-Sig' };
    await createIntegration(world, ME, { ...BASE, auth: BASIC, signing: { scheme: 'hmac', hmac } });
    const auth = { type: 'bearer', token: 't' };
    await patchIntegration(world, ME, 'erp', { auth, signing: { scheme: 'github' } });
    const changed = await stored();
    expect(changed.auth).toEqual(auth);
    expect(changed.signing).toEqual({
      scheme: 'github',
      secrets: [{ secret: expect.any(String) }],
    });
    const bare = await refusalOf(patchIntegration(world, ME, 'erp', { auth: { type: 'basic' } }));
    expect(Object.keys(bare.fields)).toEqual(['auth.username', 'auth.password']);
  });

  it('keeps the secret unless another is given, which then counts alone', async () => {
    const { world, stored } = setUp();
    await createIntegration(world, ME, { ...BASE, signing: { scheme: 'stripe' } });
    const { signing } = await stored();
    await patchIntegration(world, ME, 'erp', { signing: { scheme: 'stripe' } });
    expect((await stored()).signing).toEqual(signing);
    const secret = 'n'.repeat(20);
    await patchIntegration(world, ME, 'erp', { signing: { secret } });
    expect((await stored()).signing).toEqual({ scheme: 'stripe', secrets: [{ secret }] });
    await patchIntegration(world, ME, 'erp', { signing: { secret } });
    expect((await stored()).signing).toEqual({ scheme: 'stripe', secrets: [{ secret }] });
    await rotateSecret(world, ME, 'erp', { secret: 'm'.repeat(20) });
    const rotating = (await stored()).signing;
    await patchIntegration(world, ME, 'erp', { signing: { secret: 'm'.repeat(20) } });
    expect((await stored()).signing).toEqual(rotating);
    await patchIntegration(world, ME, 'erp', { signing: { scheme: 'none' } });
    expect((await stored()).signing).toEqual({ scheme: 'none' });
  });

  it.each([
    [{}, { schedule: [1, 2] }, { maxAttempts: 3, schedule: [1, 2] }],
    [{}, { maxAttempts: 20 }, { maxAttempts: 20 }],
    [{ schedule: [1, 2], maxAttempts: 9 }, { schedule: [3] }, { maxAttempts: 9, schedule: [3] }],
    [{ schedule: [1] }, { backoff: { factor: 3 } }, { maxAttempts: 15, backoff: { factor: 3 } }],
    [
      { backoff: { factor: 3 } },
      { backoff: { maxSeconds: 9 } },
      { backoff: { factor: 3, maxSeconds: 9 } },
    ],
    [{ backoff: {}, maxAttempts: 4 }, { schedule: [1] }, { maxAttempts: 4, schedule: [1] }],
    [{ schedule: [7] }, { jitter: 0 }, { schedule: [7], jitter: 0, maxAttempts: 2 }],
  ])('makes of the retry policy %j with %j: %j', async (retry, patch, expected) => {
    const { world } = setUp();
    await createIntegration(world, ME, { ...BASE, retry });
    const changed = await patchIntegration(world, ME, 'erp', { retry: patch });
    expect(changed.retry).toMatchObject(expected);
    expect('schedule' in changed.retry && 'backoff' in changed.retry).toBe(false);
  });

  it('refuses what the whole would be refused for', async () => {
    const { world } = setUp();
    await createIntegration(world, ME, BASE);
    const patch = { name: 'B', fallback: 'x', status: 'paused', nope: 1, retry: 'x', auth: 'y' };
    const { fields } = await refusalOf(patchIntegration(world, ME, 'erp', patch));
    expect(Object.keys(fields).sort()).toEqual(
      ['auth', 'fallback', 'name', 'nope', 'retry', 'status'].sort(),
    );
  });

  it('renames, unless the name is taken', async () => {
    const { world } = setUp();
    await createIntegration(world, ME, BASE);
    await createIntegration(world, ME, { ...BASE, name: 'crm' });
    const { code } = await refusalOf(patchIntegration(world, ME, 'erp', { name: 'crm' }));
    expect(code).toBe('name-taken');
    expect((await patchIntegration(world, ME, 'erp', { name: 'new' })).name).toBe('new');
  });

  it('runs again upon what won a race, three times, then says so', async () => {
    const { world, touch } = setUp();
    await createIntegration(world, ME, BASE);
    const losing = (times: number) => {
      let lost = 0;
      const save = async (next: Integration, name: string) => {
        if (lost++ < times) await touch();
        return await world.integrations.save(next, name);
      };
      return { ...world, integrations: { ...world.integrations, save } };
    };
    const patch = { metadata: { a: 'b' } };
    expect(await patchIntegration(losing(3), ME, 'erp', patch)).toMatchObject({
      description: 'touched',
      metadata: { a: 'b' },
    });
    expect((await refusalOf(patchIntegration(losing(4), ME, 'erp', patch))).code).toBe('conflict');
    expect((await refusalOf(putIntegration(losing(4), ME, 'erp', BASE))).code).toBe('conflict');
  });
});
