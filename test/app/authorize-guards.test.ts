import { describe, expect, it } from 'vitest';
import { createKey, deleteKey } from '../../lib/app/api-keys.ts';
import { type AuthorizeDeps, authorizer } from '../../lib/app/authorize.ts';
import { KEY_RANDOM_BYTES, keyText, makeKey, parseKey } from '../../lib/domain/keys.ts';
import { bearer, HOME, signed } from '../fakes/auth-requests.ts';
import { ADMIN, registryWorld } from '../fakes/registry-world.ts';

const ME = { principal: ADMIN };
const DOWN = async () => Promise.reject(new Error('the table is down'));

/** A world with one key, and every request to its stores counted by what is asked. */
async function setUp(more: object = {}) {
  const world = registryWorld();
  const made = await createKey(world, ME, { name: 'ci', scopes: ['admin'], ...more });
  const asked: string[] = [];
  const telling = <T extends object>(store: T): T =>
    Object.fromEntries(
      Object.entries(store).map(([name, ask]) => [
        name,
        (...args: unknown[]) => {
          asked.push(name);
          return ask(...args);
        },
      ]),
    ) as T;
  const deps = {
    ...world,
    apiKeys: telling(world.apiKeys),
    keyRates: telling(world.keyRates),
    lockOuts: telling(world.lockOuts),
    signaturesSeen: telling(world.signaturesSeen),
  };
  const instance = (change: Partial<AuthorizeDeps> = {}) => authorizer({ ...deps, ...change });
  return { world, made, asked, instance, header: `Bearer ${made.key}` };
}

/** The key with another secret, checksum and all. */
function wrongSecret(key: string): string {
  return keyText({ lookup: parseKey(key)?.lookup ?? '', secret: stranger(9).secret });
}

/** A key that nobody issued. */
function stranger(n: number) {
  const { lookup, secret } = KEY_RANDOM_BYTES;
  return makeKey(new Uint8Array(lookup).fill(n), new Uint8Array(secret).fill(n));
}

describe('where a key may be used', () => {
  it.each([
    [{ allowCidrs: ['192.0.2.0/24'] }, HOME, 'principal'],
    [{ allowCidrs: ['198.51.100.0/24'] }, HOME, 'address'],
    [{ allowCidrs: ['192.0.2.0/24'], denyCidrs: ['192.0.2.10/32'] }, HOME, 'address'],
    [{ allowCidrs: ['2001:db8::/32'] }, '2001:db8::7', 'principal'],
  ])('%j from %s: %s', async (lists, sourceIp, verdict) => {
    const { header, instance } = await setUp(lists);
    const answer = await instance()(bearer(header, { sourceIp }));
    expect('principal' in answer ? 'principal' : answer.reason).toBe(verdict);
  });

  it('is judged by the connection alone, whatever a header says', async () => {
    const { header, instance } = await setUp({ allowCidrs: ['198.51.100.0/24'] });
    const headers = { 'x-forwarded-for': '198.51.100.1', forwarded: 'for=198.51.100.1' };
    expect(await instance()(bearer(header, { headers }))).toEqual({ reason: 'address' });
  });

  it('is told to nobody who has not the key', async () => {
    const { made, instance } = await setUp({ allowCidrs: ['198.51.100.0/24'] });
    const wrong = wrongSecret(made.key);
    expect(await instance()(bearer(`Bearer ${wrong}`))).toEqual({ reason: 'unknown' });
  });
});

describe('how often a key may be used', () => {
  const LIMIT = { rateLimit: { perSecond: 1, burst: 3 } };

  it('costs a key without a limit nothing', async () => {
    const { header, instance, asked } = await setUp();
    const check = instance();
    for (let i = 0; i < 5; i++) expect(await check(bearer(header))).not.toHaveProperty('rate');
    expect(asked).toEqual(['byLookup', 'used', 'used', 'used', 'used', 'used']);
  });

  it('is the burst, then the rate; every answer says what is left', async () => {
    const { header, instance, world } = await setUp(LIMIT);
    const check = instance();
    const remaining = [];
    for (let i = 0; i < 3; i++) remaining.push((await check(bearer(header))).rate?.remaining);
    expect(remaining).toEqual([2, 1, 0]);
    expect(await check(bearer(header))).toEqual({
      reason: 'limited',
      waitMs: 1_000,
      rate: { limit: 3, remaining: 0, resetSeconds: 3 },
    });
    world.clock.advance(1_000);
    expect(await check(bearer(header))).toHaveProperty('principal');
    expect(await check(bearer(header))).toMatchObject({ reason: 'limited' });
    world.clock.advance(10_000);
    expect((await check(bearer(header))).rate).toEqual({ limit: 3, remaining: 2, resetSeconds: 1 });
  });

  it('knows of an empty bucket without asking', async () => {
    const { header, instance, asked, world } = await setUp(LIMIT);
    const { take } = world.keyRates;
    const check = instance({ keyRates: { take } });
    for (let i = 0; i < 9; i++) await check(bearer(header));
    expect(asked.filter((name) => name === 'byLookup')).toHaveLength(1);
  });

  it('is counted over all instances, blocks taken in advance included', async () => {
    const { header, instance, world } = await setUp({
      rateLimit: { perSecond: 100, burst: 200 },
    });
    const checks = Array.from({ length: 4 }, () => instance());
    let granted = 0;
    const SECONDS = 10;
    for (let ms = 0; ms < SECONDS * 1000; ms += 4) {
      world.clock.advance(4);
      const verdict = await checks[(ms / 4) % 4]?.(bearer(header));
      if (verdict !== undefined && 'principal' in verdict) granted++;
    }
    expect(granted).toBeLessThanOrEqual(200 + 100 * SECONDS + 100);
    expect(granted).toBeGreaterThan(100 * SECONDS * 0.9);
  });

  it('takes blocks where an instance is busy, and so writes once for many requests', async () => {
    const { header, instance, world, asked } = await setUp({
      rateLimit: { perSecond: 100, burst: 100 },
    });
    const check = instance();
    const REQUESTS = 800;
    for (let i = 0; i < REQUESTS; i++) {
      world.clock.advance(12.5);
      expect(await check(bearer(header))).toHaveProperty('principal');
    }
    expect(asked.filter((name) => name === 'take').length).toBeLessThan(REQUESTS / 4.5);
  });

  it('leaves what was taken in advance when a second has passed', async () => {
    const { header, instance, world, asked } = await setUp({
      rateLimit: { perSecond: 100, burst: 100 },
    });
    const check = instance();
    // Blocks of 1, 2, 4, 5, 5 and 5: two are left.
    for (let i = 0; i < 20; i++) await check(bearer(header));
    asked.length = 0;
    world.clock.advance(999);
    await check(bearer(header));
    expect(asked).not.toContain('take');
    world.clock.advance(1);
    await check(bearer(header));
    expect(asked).toContain('take');
  });

  it('is the default of the deployment where the key has none', async () => {
    const { header, instance } = await setUp();
    const check = instance({ defaultRateLimit: { perSecond: 1, burst: 1 } });
    expect((await check(bearer(header))).rate).toMatchObject({ limit: 1, remaining: 0 });
    expect(await check(bearer(header))).toMatchObject({ reason: 'limited' });
  });

  it('is not limited while the table is down, and that is counted', async () => {
    const { header, instance, world } = await setUp(LIMIT);
    const check = instance({ keyRates: { take: DOWN } });
    for (let i = 0; i < 9; i++) expect(await check(bearer(header))).toHaveProperty('principal');
    expect(world.telemetry.counts.get('AuthStoreFailures')).toBe(9);
  });

  it('waits for the table no longer than a second', async () => {
    const { header, instance, world } = await setUp(LIMIT);
    const check = instance({ keyRates: { take: () => new Promise(() => {}) } });
    const verdict = check(bearer(header));
    for (let i = 0; i < 10; i++) await Promise.resolve();
    await new Promise((resolve) => setImmediate(resolve));
    world.clock.advance(1_000);
    expect(await verdict).toHaveProperty('principal');
  });
});

describe('who tries wrong keys', () => {
  it('is locked out at the tenth, then without a read or a hash, for a minute and longer', async () => {
    const { made, instance, asked, world } = await setUp();
    const check = instance();
    const wrong = bearer(`Bearer ${wrongSecret(made.key)}`);
    const said = [];
    for (let i = 0; i < 12; i++) said.push((await check(wrong)) as { reason: string });
    expect(said.map(({ reason }) => reason)).toEqual([
      ...Array.from({ length: 9 }, () => 'unknown'),
      ...['locked', 'locked', 'locked'],
    ]);
    expect(said.at(-1)).toEqual({ reason: 'locked', waitMs: 60_000 });
    asked.length = 0;
    expect(await check(wrong)).toMatchObject({ reason: 'locked' });
    expect(asked).toEqual([]);
    world.clock.advance(60_000);
    for (let i = 0; i < 9; i++) expect(await check(wrong)).toEqual({ reason: 'unknown' });
    expect(await check(wrong)).toEqual({ reason: 'locked', waitMs: 120_000 });
    expect(world.telemetry.counts.get('AuthLockOuts')).toBe(2);
  });

  it('locks nobody else out of the key, and nobody else behind the address out of theirs', async () => {
    const { made, header, instance, world } = await setUp();
    const check = instance();
    const other = await createKey(world, ME, { name: 'other', scopes: ['admin'] });
    const wrong = bearer(`Bearer ${wrongSecret(made.key)}`);
    for (let i = 0; i < 15; i++) await check(wrong);
    expect(await check(bearer(header))).toMatchObject({ reason: 'locked' });
    expect(await check(bearer(header, { sourceIp: '192.0.2.11' }))).toHaveProperty('principal');
    expect(await check(bearer(`Bearer ${other.key}`))).toHaveProperty('principal');
  });

  it('is locked out altogether after thirty different ones, an IPv6 host by its /64', async () => {
    const { header, instance, world } = await setUp();
    const check = instance();
    for (let i = 0; i < 30; i++) {
      const header = `Bearer ${stranger(i).text}`;
      await check(bearer(header, { sourceIp: `2001:db8::${i.toString(16)}` }));
    }
    const locked = await check(bearer(header, { sourceIp: '2001:db8::ffff' }));
    expect(locked).toEqual({ reason: 'locked', waitMs: 60_000 });
    const beside = await check(bearer(header, { sourceIp: '2001:db8:0:1::1' }));
    expect(beside).toHaveProperty('principal');
    expect(world.telemetry.counts.get('AuthLockOuts')).toBe(1);
  });

  it('keeps nobody out whose key was good here before, and guesses of that key are counted', async () => {
    const { made, header, instance, world } = await setUp();
    const check = instance();
    expect(await check(bearer(header))).toHaveProperty('principal');
    for (let i = 0; i < 30; i++) await check(bearer(`Bearer ${stranger(i).text}`));
    expect(await check(bearer(`Bearer ${stranger(31).text}`))).toMatchObject({ reason: 'locked' });
    expect(await check(bearer(header))).toHaveProperty('principal');
    // Long after it was read: it is read again, not refused.
    world.clock.advance(45_000);
    expect(await check(bearer(header))).toHaveProperty('principal');
    for (let i = 0; i < 10; i++) await check(bearer(`Bearer ${wrongSecret(made.key)}`));
    expect(await check(bearer(header))).toMatchObject({ reason: 'locked' });
  });

  it('forgets that a key was good once it is gone', async () => {
    const { made, header, instance, world } = await setUp();
    const check = instance();
    expect(await check(bearer(header))).toHaveProperty('principal');
    await deleteKey(world, ME, made.id);
    world.clock.advance(30_000);
    expect(await check(bearer(header))).toEqual({ reason: 'unknown' });
    for (let i = 0; i < 29; i++) await check(bearer(`Bearer ${stranger(i).text}`));
    expect(await check(bearer(header))).toMatchObject({ reason: 'locked' });
  });

  it('is known to other instances from their first failure there', async () => {
    const { made, instance } = await setUp();
    const wrong = bearer(`Bearer ${wrongSecret(made.key)}`);
    const [one, two] = [instance(), instance()];
    for (let i = 0; i < 10; i++) await one(wrong);
    expect(await two(wrong)).toEqual({ reason: 'locked', waitMs: 60_000 });
  });

  it('costs whoever has a good key no request', async () => {
    const { header, instance, asked } = await setUp();
    const check = instance();
    for (let i = 0; i < 9; i++) await check(bearer(header));
    expect(asked.filter((name) => name === 'load' || name === 'save')).toEqual([]);
  });

  it('is counted in each instance while the table is down', async () => {
    const { made, instance, world } = await setUp();
    const check = instance({ lockOuts: { load: DOWN, save: DOWN } });
    const wrong = bearer(`Bearer ${wrongSecret(made.key)}`);
    for (let i = 0; i < 9; i++) expect(await check(wrong)).toEqual({ reason: 'unknown' });
    expect(await check(wrong)).toMatchObject({ reason: 'locked' });
    expect(world.telemetry.counts.get('AuthStoreFailures')).toBe(10);
  });

  it('is not who misspells a key, sends none, or comes with an old one', async () => {
    const { header, instance, asked, world, made } = await setUp({
      expiresAt: '2026-01-15T12:00:10.000Z',
    });
    const check = instance();
    for (let i = 0; i < 40; i++) {
      await check(bearer(undefined));
      await check(bearer(`${header}x`));
    }
    world.clock.advance(20_000);
    for (let i = 0; i < 40; i++) await check(bearer(header));
    await check(signed(made.key, { atMs: world.clock.nowMs() }));
    expect(asked.filter((name) => name === 'load')).toEqual([]);
    expect(await check(bearer(header))).toEqual({ reason: 'expired' });
  });
});
