import { describe, expect, it } from 'vitest';
import { createKey, deleteKey, listKeys } from '../../lib/app/api-keys.ts';
import type { Principal, Scope } from '../../lib/domain/api-key.ts';
import { isSecretOf, parseKey } from '../../lib/domain/keys.ts';
import { ADMIN, adminOf, refusalOf, registryWorld } from '../fakes/registry-world.ts';

const ME = { principal: ADMIN };
const keyed = (scopes: readonly Scope[], tenant?: string): { principal: Principal } => ({
  principal: { ...ADMIN, scopes, ...(tenant !== undefined && { tenant }) },
});

describe('issuing a key', () => {
  it('shows the key once and stores only the hash of its secret', async () => {
    const world = registryWorld();
    const expiresAt = '2027-01-01T00:00:00.000Z';
    const body = { name: 'ci', scopes: ['events:publish'], tenant: 'a', expiresAt };
    const made = await createKey(world, ME, body);
    const { lookup = '', secret = '' } = parseKey(made.key) ?? {};
    expect(made).toEqual({
      id: expect.stringMatching(/^key_[0-9a-z]{26}$/),
      ...body,
      prefix: `bwk_${lookup}`,
      key: expect.stringMatching(/^bwk_/),
      allowCidrs: null,
      denyCidrs: null,
      rateLimit: null,
      canSign: true,
      rotatedFrom: null,
      createdAt: '2026-01-15T12:00:00.000Z',
      lastUsedAt: null,
    });
    const stored = await world.apiKeys.byLookup(lookup);
    expect(JSON.stringify(stored)).not.toContain(secret);
    expect(stored && isSecretOf(stored, world.pepper, secret)).toBe(true);
    const { key: _, ...shown } = made;
    expect((await listKeys(world, ME, { limit: 9 })).items).toEqual([shown]);
  });

  it.each([
    [keyed(['keys:write', 'events:read']), { scopes: ['events:read'] }, undefined],
    [keyed(['keys:write']), { scopes: ['events:read'] }, 'forbidden'],
    [keyed(['keys:write']), { scopes: ['admin'] }, 'forbidden'],
    [keyed(['admin'], 'a'), { scopes: ['admin'], tenant: 'a' }, undefined],
    [keyed(['admin'], 'a'), { scopes: ['events:read'], tenant: 'b' }, 'forbidden'],
    [keyed(['admin']), { scopes: ['admin', 'events:read'] }, undefined],
  ])('by %j for %j ends in %s', async (caller, body, code) => {
    const world = registryWorld();
    const call = createKey(world, caller, { name: 'k', ...body });
    if (code === undefined) await expect(call).resolves.toBeDefined();
    else expect((await refusalOf(call)).code).toBe(code);
    expect((await listKeys(world, ME, { limit: 9 })).items).toHaveLength(code ? 0 : 1);
  });

  it('shows no use before the key was there, though uses are kept in steps', async () => {
    const world = registryWorld();
    world.clock.advance(21_372);
    const { key } = await createKey(world, ME, { name: 'ci', scopes: ['admin'] });
    const stored = await world.apiKeys.byLookup(parseKey(key)?.lookup ?? '');
    if (stored === undefined) throw new Error('The key is not stored.');
    await world.apiKeys.used(stored, world.clock.nowMs());
    const [used] = (await listKeys(world, ME, { limit: 9 })).items;
    expect(used?.lastUsedAt).toBe('2026-01-15T12:00:21.372Z');
  });

  it('binds the key of a bound key to its tenant', async () => {
    const world = registryWorld();
    const body = { name: 'k', scopes: ['admin'] };
    expect((await createKey(world, { principal: adminOf('a') }, body)).tenant).toBe('a');
    expect((await createKey(world, ME, body)).tenant).toBeNull();
  });

  it('makes another one when its public part is taken, three times at most', async () => {
    const world = registryWorld();
    const colliding = (times: number) => {
      let tries = 0;
      const create: typeof world.apiKeys.create = async (key) =>
        tries++ < times ? 'exists' : await world.apiKeys.create(key);
      return { ...world, apiKeys: { ...world.apiKeys, create } };
    };
    const body = { name: 'k', scopes: ['admin'] };
    await expect(createKey(colliding(2), ME, body)).resolves.toBeDefined();
    await expect(createKey(colliding(3), ME, body)).rejects.toThrow('No free key');
  });
});

describe('listing keys', () => {
  it('shows a bound key its own tenant, page by page', async () => {
    const world = registryWorld();
    for (const [name, tenant] of [
      ['one', 'a'],
      ['two', 'a'],
      ['three', 'b'],
    ]) {
      world.clock.advance(1);
      await createKey(world, ME, { name, scopes: ['admin'], tenant });
    }
    const A = { principal: adminOf('a') };
    const first = await listKeys(world, A, { limit: 1 });
    const second = await listKeys(world, A, { limit: 1, after: first.next });
    expect([...first.items, ...second.items].map(({ name }) => name)).toEqual(['two', 'one']);
    expect((await listKeys(world, ME, { limit: 9 })).items).toHaveLength(3);
    const foreign = listKeys(world, { ...A, tenant: 'b' }, { limit: 1 });
    expect((await refusalOf(foreign)).code).toBe('forbidden');
  });
});

describe('revoking a key', () => {
  it('removes it for good', async () => {
    const world = registryWorld();
    const { id } = await createKey(world, ME, { name: 'k', scopes: ['admin'] });
    await deleteKey(world, ME, id);
    expect(await world.apiKeys.byId(id as `key_${string}`)).toBeUndefined();
    expect((await refusalOf(deleteKey(world, ME, id))).code).toBe('not-found');
    expect((await refusalOf(deleteKey(world, ME, 'nonsense'))).code).toBe('not-found');
  });

  it('is not for foreign keys, greater keys, or the key itself: so an admin always remains', async () => {
    const world = registryWorld();
    const { id } = await createKey(world, ME, { name: 'k', scopes: ['admin'] });
    const lesser = keyed(['keys:write']);
    expect((await refusalOf(deleteKey(world, lesser, id))).code).toBe('forbidden');
    const bound = { principal: adminOf('a') };
    expect((await refusalOf(deleteKey(world, bound, id))).code).toBe('not-found');
    const itself = { principal: { ...ADMIN, keyId: id as `key_${string}` } };
    expect((await refusalOf(deleteKey(world, itself, id))).code).toBe('invalid-state');
    expect((await listKeys(world, ME, { limit: 9 })).items).toHaveLength(1);
  });
});
