import { describe, expect, it, vi } from 'vitest';
import { completeIntents, INTERRUPTED_MS } from '../../lib/app/audited-change.ts';
import { authorizer } from '../../lib/app/authorize.ts';
import { firstAdminKey } from '../../lib/app/first-key.ts';
import { NO_TENANT, parseEntry } from '../../lib/domain/audit.ts';
import { bearer } from '../fakes/auth-requests.ts';
import { fakeVault, registryWorld } from '../fakes/registry-world.ts';
import { fakeRandom } from '../fakes/world.ts';

const DOWN = async () => {
  throw new Error('The table is down.');
};

/** What the key in the vault is good for. */
async function tried(world: ReturnType<typeof registryWorld>) {
  const authorization = await authorizer(world)(bearer(`Bearer ${world.vault.current()}`));
  return 'principal' in authorization ? authorization.principal : authorization.reason;
}

describe('the first admin key', () => {
  it('is put into the vault and works everywhere', async () => {
    const world = registryWorld();
    await firstAdminKey(world);
    expect(await tried(world)).toMatchObject({ name: 'first admin key', scopes: ['admin'] });
    expect(await tried(world)).not.toHaveProperty('tenant');
  });

  it('is in the audit log, once, with nothing to log in with', async () => {
    const world = registryWorld();
    for (const _ of ['made', 'made before']) await firstAdminKey(world);
    const rows = await world.auditTrail.read(NO_TENANT, 1, 9);
    const [key] = (await world.apiKeys.list({ limit: 9 })).items;
    expect(rows.map(({ text }) => parseEntry(text))).toMatchObject([
      {
        ...{ action: 'key.create', outcome: 'succeeded', tenant: NO_TENANT },
        ...{ actor: { kind: 'system', name: 'first-key' }, before: null },
        resource: { kind: 'key', id: key?.id, name: 'first admin key' },
        after: { id: key?.id, scopes: ['admin'] },
      },
    ]);
    expect(rows[0]?.text).not.toContain(world.vault.current());
    expect(await world.auditIntents.oldest(9)).toEqual([]);
  });

  it('is told of by the tick where its maker died in between, and made by nobody in the dark', async () => {
    const world = registryWorld();
    const dead = { ...world.auditTrail, append: () => new Promise<never>(() => {}) };
    void firstAdminKey({ ...world, auditTrail: dead });
    await vi.waitFor(async () => expect(await tried(world)).toHaveProperty('scopes'));
    await firstAdminKey(world);
    world.clock.advance(INTERRUPTED_MS + 1);
    expect(await completeIntents(world, () => false)).toBe(1);
    const [entry] = await world.auditTrail.read(NO_TENANT, 1, 9);
    expect(parseEntry(entry?.text ?? '')).toMatchObject({ action: 'key.create' });
    const blind = registryWorld();
    const unwritten = { ...blind, auditIntents: { ...blind.auditIntents, put: DOWN } };
    await expect(firstAdminKey(unwritten)).rejects.toThrow('cannot be written');
    expect((await blind.apiKeys.list({ limit: 9 })).items).toEqual([]);
  });

  it('takes the place of what the deployment generated there', async () => {
    const world = { ...registryWorld(), vault: fakeVault('generated-by-cloudformation') };
    await firstAdminKey(world);
    expect(await tried(world)).toHaveProperty('scopes', ['admin']);
  });

  it('is made once, however often it is asked for', async () => {
    const world = registryWorld();
    await firstAdminKey(world);
    const key = world.vault.current();
    for (let i = 0; i < 3; i++) await firstAdminKey(world);
    expect(world.vault.current()).toBe(key);
    expect((await world.apiKeys.list({ limit: 9 })).items).toHaveLength(1);
  });

  it('is finished by the next try after a crash at any step', async () => {
    const world = registryWorld();
    const steps = [
      { ...world, vault: { ...world.vault, read: DOWN } },
      { ...world, vault: { ...world.vault, write: DOWN } },
      { ...world, apiKeys: { ...world.apiKeys, create: DOWN } },
      { ...world, apiKeys: { ...world.apiKeys, byLookup: DOWN } },
    ];
    for (const broken of steps) await expect(firstAdminKey(broken)).rejects.toThrow('down');
    await firstAdminKey(world);
    expect(await tried(world)).toHaveProperty('scopes', ['admin']);
    expect((await world.apiKeys.list({ limit: 9 })).items).toHaveLength(1);
  });

  it('works though runs make one at the same time, however they overtake each other', async () => {
    const world = registryWorld();
    const other = { ...world, random: fakeRandom('other') };
    await Promise.all([firstAdminKey(world), firstAdminKey(other)]);
    expect(await tried(world)).toHaveProperty('scopes', ['admin']);

    const overtaken = registryWorld();
    const write = async (key: string) => {
      await overtaken.vault.write(key);
      await firstAdminKey({ ...overtaken, random: fakeRandom('quick') });
    };
    await firstAdminKey({ ...overtaken, vault: { ...overtaken.vault, write } });
    expect(await tried(overtaken)).toHaveProperty('scopes', ['admin']);
  });

  it('does not come back once it is revoked: the next run makes another', async () => {
    const world = registryWorld();
    await firstAdminKey(world);
    const revoked = world.vault.current();
    const [key] = (await world.apiKeys.list({ limit: 1 })).items;
    if (key !== undefined) await world.apiKeys.remove(key);
    await firstAdminKey(world);
    expect(await authorizer(world)(bearer(`Bearer ${revoked}`))).toEqual({ reason: 'unknown' });
    expect(world.vault.current()).not.toBe(revoked);
    expect(await tried(world)).toHaveProperty('scopes', ['admin']);
  });

  it('is not said to be made when its public part was taken', async () => {
    const world = registryWorld();
    const create = async () => 'exists' as const;
    const taken = { ...world, apiKeys: { ...world.apiKeys, create } };
    await expect(firstAdminKey(taken)).rejects.toThrow('taken');
    await firstAdminKey(world);
    expect(await tried(world)).toHaveProperty('scopes', ['admin']);
  });
});
