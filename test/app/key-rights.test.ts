import { describe, expect, it } from 'vitest';
import { createKey, deleteKey, listKeys, rotateKey } from '../../lib/app/api-keys.ts';
import { authorizer } from '../../lib/app/authorize.ts';
import type { ApiKey, Scope } from '../../lib/domain/api-key.ts';
import { bearer } from '../fakes/auth-requests.ts';
import { ADMIN, adminOf, refusalOf, registryWorld } from '../fakes/registry-world.ts';

const ME = { principal: ADMIN };
const END = '2027-01-01T00:00:00.000Z';
const SOONER = '2026-06-01T00:00:00.000Z';
const LATER = '2028-01-01T00:00:00.000Z';
const BOUNDS = {
  allowCidrs: ['192.0.2.0/24'],
  denyCidrs: ['192.0.2.128/25'],
  rateLimit: { perSecond: 5, burst: 10 },
  expiresAt: END,
};

/** A key with these bounds, and the caller it makes of whoever has it. */
async function bounded(bounds: object) {
  const world = registryWorld();
  const body = { name: 'maker', scopes: ['admin'], ...bounds };
  const made = await createKey(world, ME, body);
  const check = authorizer(world);
  const verdict = await check(bearer(`Bearer ${made.key}`, { sourceIp: '192.0.2.7' }));
  if (!('principal' in verdict)) throw new Error(`The key is refused: ${verdict.reason}.`);
  const make = (more: object) =>
    createKey(world, { principal: verdict.principal }, { name: 'k', scopes: ['admin'], ...more });
  const caller = { principal: verdict.principal };
  const stored = async (id: string) => (await world.apiKeys.byId(id as ApiKey['id'])) as ApiKey;
  return { world, made, caller, make, stored };
}

describe('a key that ends, is for some addresses or has a rate limit', () => {
  it('hands all of that on to the keys it makes', async () => {
    const { make, made, stored } = await bounded(BOUNDS);
    const child = await make({});
    expect(child).toMatchObject(BOUNDS);
    expect((await stored(child.id)).bucket).toBe(made.id);
    const grandchild = await stored(child.id);
    expect(grandchild.rateLimit).toEqual(BOUNDS.rateLimit);
  });

  it.each([
    [{ expiresAt: SOONER }, undefined],
    [{ expiresAt: LATER }, 'expiresAt: is after'],
    [{ allowCidrs: ['192.0.2.64/26', '192.0.2.1/32'] }, undefined],
    [{ allowCidrs: ['192.0.2.0/23'] }, 'allowCidrs: 192.0.2.0/23 is not within'],
    [{ allowCidrs: ['192.0.2.1/32', '2001:db8::/32'] }, 'allowCidrs: 2001:db8::/32 is not'],
    [{ denyCidrs: ['192.0.2.5/32'] }, undefined],
    [{ rateLimit: { perSecond: 1, burst: 1 } }, 'rateLimit: is set by the key'],
    [{ rateLimit: { perSecond: 500, burst: 1000 } }, 'rateLimit: is set by the key'],
  ])('asked for %j says %s', async (wanted, refusal) => {
    const { make } = await bounded(BOUNDS);
    if (refusal === undefined) return expect(await make(wanted)).toMatchObject({ name: 'k' });
    const { code, message } = await refusalOf(make(wanted));
    expect([code, message]).toEqual(['forbidden', expect.stringContaining(refusal)]);
  });

  it('adds what it is denied itself to what its keys are denied', async () => {
    const { make } = await bounded(BOUNDS);
    const child = await make({ denyCidrs: ['192.0.2.5/32'] });
    expect(child.denyCidrs).toEqual(['192.0.2.128/25', '192.0.2.5/32']);
    const many = Array.from({ length: 50 }, (_, i) => `10.0.${i}.0/24`);
    expect((await refusalOf(make({ denyCidrs: many }))).code).toBe('forbidden');
  });

  it('lets a key that has no bounds make any', async () => {
    const world = registryWorld();
    const made = await createKey(world, ME, { name: 'k', scopes: ['admin'], ...BOUNDS });
    expect(made).toMatchObject(BOUNDS);
    expect((await world.apiKeys.byId(made.id as ApiKey['id']))?.bucket).toBeUndefined();
  });

  it.each([
    ['its own child', {}, undefined],
    ['one of the same bounds', { rateLimit: undefined }, undefined],
    ['one that never ends', { expiresAt: undefined }, 'forbidden'],
    ['one for every address', { allowCidrs: undefined }, 'forbidden'],
    ['one that is denied less', { denyCidrs: undefined }, 'forbidden'],
    ['one with a bucket of its own', {}, 'forbidden'],
  ] as const)('ends and replaces %s: %s', async (what, without, code) => {
    const isChild = what === 'its own child';
    const isOfRate = isChild || what === 'one with a bucket of its own';
    // Each rule by itself: with a rate limit everything made by others is beyond it.
    const { rateLimit: _, ...unlimited } = BOUNDS;
    const { world, caller, make } = await bounded(isOfRate ? BOUNDS : unlimited);
    const other = isChild
      ? await make({})
      : await createKey(world, ME, { name: 'o', scopes: ['admin'], ...defined(without) });
    const rotating = rotateKey(world, caller, other.id, {});
    if (code === undefined) expect((await rotating).rotatedFrom).toBe(other.id);
    else expect((await refusalOf(rotating)).code).toBe(code);
    const ending = deleteKey(world, caller, other.id);
    if (code === undefined) await ending;
    else expect((await refusalOf(ending)).code).toBe(code);
  });

  function defined(without: object) {
    return Object.fromEntries(
      Object.entries({ ...BOUNDS, ...without }).filter(([, value]) => value !== undefined),
    );
  }
});

describe('a key that was good a moment ago', () => {
  it.each([
    ['deleted', BOUNDS],
    ['deleted', {}],
    ['rotated', {}],
    ['past its end', { expiresAt: '2026-01-15T12:00:01.000Z' }],
  ])('and is %s makes, replaces and ends no key any more, with %j', async (how, bounds) => {
    const { world, made, caller, make } = await bounded(bounds);
    const other = await createKey(world, ME, { name: 'o', scopes: ['admin'], ...bounds });
    if (how === 'deleted') await deleteKey(world, ME, made.id);
    if (how === 'rotated') await rotateKey(world, ME, made.id, { graceSeconds: 0 });
    world.clock.advance(1_000);
    const before = await listKeys(world, ME, { limit: 9 });
    for (const asked of [
      () => make({}),
      () => rotateKey(world, caller, other.id, {}),
      () => rotateKey(world, caller, made.id, {}),
      () => deleteKey(world, caller, other.id),
    ]) {
      const { code, message } = await refusalOf(asked);
      const said = how === 'deleted' ? 'was revoked' : 'has expired';
      expect([code, message]).toEqual(['forbidden', `This key ${said}.`]);
    }
    expect(await listKeys(world, ME, { limit: 9 })).toEqual(before);
  });

  it('and has a grace left makes keys until that is over', async () => {
    const { world, made, make } = await bounded({});
    await rotateKey(world, ME, made.id, { graceSeconds: 60 });
    // Never longer than it lives itself.
    expect(await make({})).toMatchObject({ expiresAt: '2026-01-15T12:01:00.000Z' });
  });
});

describe('a key that is held to the rate of the stage', () => {
  const RATE = { perSecond: 1, burst: 2 };

  /** A key of these scopes in a stage where keys have `RATE`, and how it is let through. */
  async function held(scopes: readonly Scope[]) {
    const world = { ...registryWorld(), defaultRateLimit: RATE };
    const made = await createKey(world, ME, { name: 'maker', scopes });
    const check = authorizer(world);
    const said = async (key: string) => await check(bearer(`Bearer ${key}`));
    const verdict = await said(made.key);
    if (!('principal' in verdict)) throw new Error(`The key is refused: ${verdict.reason}.`);
    const caller = { principal: verdict.principal };
    const make = (more: object) => createKey(world, caller, { name: 'k', scopes, ...more });
    return { world, made, caller, make, said };
  }

  it('makes no key with a rate of its own, and shares its bucket with those it makes', async () => {
    const { make, said, world, caller } = await held(['keys:write']);
    for (const rateLimit of [{ perSecond: 10_000, burst: 100_000 }, RATE]) {
      const { code, message } = await refusalOf(make({ rateLimit }));
      expect([code, message]).toEqual(['forbidden', expect.stringContaining('rateLimit: is set')]);
    }
    const child = await make({});
    expect(child.rateLimit).toBeNull();
    // One of two was used by the maker.
    expect(await said(child.key)).toMatchObject({ rate: { remaining: 0 } });
    expect(await said((await make({})).key)).toMatchObject({ reason: 'limited' });
    const next = await rotateKey(world, caller, child.id, {});
    expect(await said(next.key)).toMatchObject({ reason: 'limited' });
    await deleteKey(world, caller, next.id);
  });

  it('rules keys that have the same rate, and none that has one of its own', async () => {
    const { world, caller } = await held(['keys:write']);
    const other = (more: object) =>
      createKey(world, ME, { name: 'o', scopes: ['keys:write'], ...more });
    const fast = await other({ rateLimit: { perSecond: 50, burst: 50 } });
    expect((await refusalOf(rotateKey(world, caller, fast.id, {}))).code).toBe('forbidden');
    expect((await refusalOf(deleteKey(world, caller, fast.id))).code).toBe('forbidden');
    const same = await other({});
    const next = await rotateKey(world, caller, same.id, {});
    await deleteKey(world, caller, next.id);
  });

  it('with the scope `admin` gives any rate, and keys a bucket of their own', async () => {
    const { make, said } = await held(['admin']);
    const rateLimit = { perSecond: 500, burst: 1_000 };
    expect(await make({ rateLimit })).toMatchObject({ rateLimit });
    expect(await said((await make({})).key)).toMatchObject({ rate: { remaining: 1 } });
  });

  it('has one bucket with the key that replaces it', async () => {
    const { world, made, said } = await held(['admin']);
    const next = await rotateKey(world, ME, made.id, {});
    expect(await said(next.key)).toMatchObject({ rate: { remaining: 0 } });
  });
});

describe('rotating a key', () => {
  it('makes one with the same rights, and ends the old one after the grace', async () => {
    const { world, made, stored } = await bounded({ ...BOUNDS, tenant: 'a' });
    const next = await rotateKey(world, ME, made.id, { graceSeconds: 60 });
    expect(next).toMatchObject({
      ...BOUNDS,
      name: 'maker',
      scopes: ['admin'],
      tenant: 'a',
      rotatedFrom: made.id,
      previous: { id: made.id, expiresAt: '2026-01-15T12:01:00.000Z' },
    });
    expect(next.key).not.toBe(made.key);
    expect((await stored(next.id)).bucket).toBe(made.id);
    const check = authorizer(world);
    const at = { sourceIp: '192.0.2.7' };
    const said = async (key: string) => await check(bearer(`Bearer ${key}`, at));
    expect(await said(made.key)).toHaveProperty('principal');
    expect(await said(next.key)).toHaveProperty('principal');
    world.clock.advance(60_000);
    expect(await said(made.key)).toMatchObject({ reason: 'expired' });
    expect(await said(next.key)).toHaveProperty('principal');
  });

  it('asks for a day by itself, and never lets the old key live longer than it would have', async () => {
    const { world, made } = await bounded({});
    const first = await rotateKey(world, ME, made.id, undefined);
    expect(first.previous.expiresAt).toBe('2026-01-16T12:00:00.000Z');
    const again = await rotateKey(world, ME, made.id, { graceSeconds: 604_800 });
    expect(again.previous.expiresAt).toBe('2026-01-16T12:00:00.000Z');
    expect(again.expiresAt).toBe('2026-01-16T12:00:00.000Z');
  });

  it('may be asked for by the key itself', async () => {
    const { world, caller, made } = await bounded(BOUNDS);
    const next = await rotateKey(world, caller, made.id, { graceSeconds: 0 });
    expect(next).toMatchObject(BOUNDS);
    expect((await listKeys(world, ME, { limit: 9 })).items).toHaveLength(2);
  });

  it('is refused for foreign, greater, missing and expired keys', async () => {
    const { world, made } = await bounded({ expiresAt: SOONER, tenant: 'a' });
    const refused = async (caller: Parameters<typeof rotateKey>[1], id: string, body?: unknown) =>
      (await refusalOf(rotateKey(world, caller, id, body))).code;
    expect(await refused({ principal: adminOf('b') }, made.id)).toBe('not-found');
    expect(await refused(ME, 'key_00000000000000000000000009')).toBe('not-found');
    const lesser = { principal: { ...ADMIN, scopes: ['keys:write'] as const } };
    expect(await refused(lesser, made.id)).toBe('forbidden');
    expect(await refused(ME, made.id, { graceSeconds: 604_801 })).toBe('invalid');
    expect(await refused(ME, made.id, { graceSeconds: -1 })).toBe('invalid');
    expect(await refused(ME, made.id, { grace: 1 })).toBe('invalid');
    world.clock.advance(365 * 86_400_000);
    expect(await refused(ME, made.id)).toBe('invalid-state');
  });
});

describe('a key is asked for with', () => {
  it.each([
    [{ allowCidrs: ['2001:DB8::/32', '2001:db8:0::/32'] }, { allowCidrs: ['2001:db8::/32'] }],
    [{ rateLimit: { perSecond: 0.5, burst: 1 } }, { rateLimit: { perSecond: 0.5, burst: 1 } }],
  ])('%j', async (given, shown) => {
    const made = await createKey(registryWorld(), ME, { name: 'k', scopes: ['admin'], ...given });
    expect(made).toMatchObject(shown);
  });

  it.each([
    [{ allowCidrs: [] }, 'allowCidrs'],
    [{ denyCidrs: [] }, 'denyCidrs'],
    [{ allowCidrs: ['192.0.2.1/24'] }, 'allowCidrs.0'],
    [{ denyCidrs: ['192.0.2.0/24', '::ffff:10.0.0.0/104'] }, 'denyCidrs.1'],
    [{ allowCidrs: '192.0.2.0/24' }, 'allowCidrs'],
    [{ allowCidrs: Array.from({ length: 51 }, (_, i) => `10.0.${i}.0/24`) }, 'allowCidrs'],
    [{ rateLimit: { perSecond: 1 } }, 'rateLimit.burst'],
    [{ rateLimit: { perSecond: 0, burst: 1 } }, 'rateLimit.perSecond'],
    [{ rateLimit: { perSecond: 1, burst: 0 } }, 'rateLimit.burst'],
    [{ rateLimit: { perSecond: 1, burst: 1.5 } }, 'rateLimit.burst'],
    [{ rateLimit: { perSecond: 1, burst: 1, per: 1 } }, 'rateLimit.per'],
    [{ canSign: true }, 'canSign'],
    [{ bucket: 'key_x' }, 'bucket'],
    [{ signing: 'x' }, 'signing'],
  ])('no %j', async (given, path) => {
    const body = { name: 'k', scopes: ['admin'], ...given };
    const { code, fields } = await refusalOf(createKey(registryWorld(), ME, body));
    expect([code, Object.keys(fields)]).toEqual(['invalid', [path]]);
  });
});
