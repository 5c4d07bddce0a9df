import { describe, expect, it } from 'vitest';
import { createKey, deleteKey } from '../../lib/app/api-keys.ts';
import { type AuthorizeDeps, authorizer } from '../../lib/app/authorize.ts';
import { KEY_CACHED_MS } from '../../lib/app/key-memory.ts';
import { makeKey } from '../../lib/domain/keys.ts';
import { bearer } from '../fakes/auth-requests.ts';
import { ADMIN, registryWorld } from '../fakes/registry-world.ts';

const ME = { principal: ADMIN };

/** The check of a bearer key, by its header alone. */
function bearerCheck(deps: AuthorizeDeps) {
  const check = authorizer(deps);
  return (header: string | undefined) => check(bearer(header));
}

/** A world with one key in it, whose reads are counted. */
async function setUp(more: object = {}) {
  const world = registryWorld();
  const made = await createKey(world, ME, { name: 'ci', scopes: ['events:read'], ...more });
  let reads = 0;
  const byLookup: typeof world.apiKeys.byLookup = async (lookup) => {
    reads++;
    return await world.apiKeys.byLookup(lookup);
  };
  const counted = { ...world, apiKeys: { ...world.apiKeys, byLookup } };
  return { world: counted, made, authorize: bearerCheck(counted), reads: () => reads };
}

describe('the authorizer', () => {
  it('says who a key is', async () => {
    const { made, authorize } = await setUp({ tenant: 'a' });
    const principal = { keyId: made.id, name: 'ci', scopes: ['events:read'], tenant: 'a' };
    for (const scheme of ['Bearer', 'bearer', 'BEARER ']) {
      expect(await authorize(`${scheme} ${made.key}`)).toEqual({ principal });
    }
  });

  it('leaves out the tenant of a key that has none', async () => {
    const { made, authorize } = await setUp();
    expect(await authorize(`Bearer ${made.key}`)).toEqual({
      principal: { keyId: made.id, name: 'ci', scopes: ['events:read'] },
    });
  });

  it('refuses what was never a key without a read', async () => {
    const { made, authorize, reads } = await setUp();
    expect(await authorize(undefined)).toEqual({ reason: 'missing' });
    expect(await authorize('')).toEqual({ reason: 'missing' });
    const typo = made.key.slice(0, -1) + (made.key.endsWith('0') ? '1' : '0');
    for (const header of [
      `Bearer ${typo}`,
      `Basic ${made.key}`,
      made.key,
      'Bearer',
      `Bearer ${made.key} ${made.key}`,
      `Bearer ${' '.repeat(300)}${made.key}`,
    ]) {
      expect(await authorize(header)).toEqual({ reason: 'malformed' });
    }
    expect(reads()).toBe(0);
  });

  it('refuses a key that nobody issued, or with another secret', async () => {
    const { world, made, authorize } = await setUp();
    const stranger = makeKey(new Uint8Array(16), new Uint8Array(32));
    expect(await authorize(`Bearer ${stranger.text}`)).toEqual({ reason: 'unknown' });
    const elsewhere = bearerCheck({ ...world, pepper: 'other' });
    expect(await elsewhere(`Bearer ${made.key}`)).toEqual({ reason: 'unknown' });
  });

  it('refuses a key from the instant in which it expires, remembered or not', async () => {
    const { world, made, authorize } = await setUp({ expiresAt: '2026-01-15T12:00:10.000Z' });
    world.clock.advance(9_999);
    expect(await authorize(`Bearer ${made.key}`)).toHaveProperty('principal');
    world.clock.advance(1);
    expect(await authorize(`Bearer ${made.key}`)).toEqual({ reason: 'expired' });
    expect(await bearerCheck(world)(`Bearer ${made.key}`)).toEqual({ reason: 'expired' });
  });

  it('reads a key once in 30 s, so a revoked one ends within that', async () => {
    const { world, made, authorize, reads } = await setUp();
    await authorize(`Bearer ${made.key}`);
    await deleteKey(world, ME, made.id);
    world.clock.advance(KEY_CACHED_MS - 1);
    expect(await authorize(`Bearer ${made.key}`)).toHaveProperty('principal');
    expect(reads()).toBe(1);
    world.clock.advance(1);
    expect(await authorize(`Bearer ${made.key}`)).toEqual({ reason: 'unknown' });
    expect(reads()).toBe(2);
  });

  it('accepts a new key at once, though it was asked for before it was there', async () => {
    const { world, authorize } = await setUp();
    const later = registryWorld();
    const issued = await createKey(later, ME, { name: 'new', scopes: ['admin'] });
    await deleteKey(world, ME, (await world.apiKeys.list({ limit: 1 })).items[0]?.id ?? '');
    expect(await authorize(`Bearer ${issued.key}`)).toEqual({ reason: 'unknown' });
    const [stored] = (await later.apiKeys.list({ limit: 1 })).items;
    if (stored !== undefined) await world.apiKeys.create(stored);
    expect(await authorize(`Bearer ${issued.key}`)).toHaveProperty('principal');
  });

  it('remembers a thousand keys, and forgets the oldest for one more', async () => {
    const { world, made, authorize, reads } = await setUp();
    await authorize(`Bearer ${made.key}`);
    for (let i = 0; i < 1_000; i++) {
      const { key } = await createKey(world, ME, { name: `k${i}`, scopes: ['admin'] });
      await authorize(`Bearer ${key}`);
    }
    const before = reads();
    await authorize(`Bearer ${made.key}`);
    expect(reads()).toBe(before + 1);
  });

  it('notes when a key was used', async () => {
    const { world, made, authorize } = await setUp();
    world.clock.advance(5_000);
    await authorize(`Bearer ${made.key}`);
    const [key] = (await world.apiKeys.list({ limit: 1 })).items;
    expect(key?.lastUsedAtMs).toBe(Date.UTC(2026, 0, 15, 12));
  });
});
