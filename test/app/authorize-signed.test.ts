import { describe, expect, it } from 'vitest';
import { createKey, deleteKey } from '../../lib/app/api-keys.ts';
import { authorizer } from '../../lib/app/authorize.ts';
import { KEY_CACHED_MS } from '../../lib/app/key-memory.ts';
import { contentDigest } from '../../lib/domain/request-signature.ts';
import { signed } from '../fakes/auth-requests.ts';
import { ADMIN, registryWorld } from '../fakes/registry-world.ts';
import { T0 } from '../fakes/world.ts';

const ME = { principal: ADMIN };
const POST = { method: 'POST', body: '{"type":"a"}' } as const;

async function setUp(more: object = {}) {
  const world = registryWorld();
  const made = await createKey(world, ME, { name: 'ci', scopes: ['admin'], ...more });
  return { world, made, check: authorizer(world) };
}

describe('a signed request', () => {
  it('is who signed it, and says which body was signed', async () => {
    const { made, check } = await setUp({ tenant: 'a' });
    expect(await check(signed(made.key, { atMs: T0, ...POST }))).toEqual({
      principal: { keyId: made.id, name: 'ci', scopes: ['admin'], tenant: 'a' },
      digest: contentDigest(Buffer.from(POST.body)),
    });
    expect(await check(signed(made.key, { atMs: T0 }))).toMatchObject({ digest: '' });
  });

  it('never carries the key or its secret', async () => {
    const { made } = await setUp();
    const sent = JSON.stringify(signed(made.key, { atMs: T0, ...POST, nonce: 'n' }));
    expect(sent).not.toContain(made.key);
    expect(sent).not.toContain(made.key.slice(14, 46));
  });

  it.each([
    ['method', { method: 'DELETE' }],
    ['path', { path: '/v1/keys' }],
    ['query', { rawQuery: 'tenant=b' }],
    ['digest', { headers: { 'content-digest': contentDigest(Buffer.from('{}')) } }],
    ['nonce', { headers: { 'bw-nonce': 'other' } }],
    ['time', { headers: { 'bw-timestamp': String(T0 / 1000 + 1) } }],
  ])('is refused with another %s than was signed', async (_, change) => {
    const { made, check } = await setUp();
    const request = signed(made.key, { atMs: T0, ...POST, nonce: 'n' });
    const headers = { ...request.headers, ...('headers' in change ? change.headers : {}) };
    expect(await check({ ...request, ...change, headers })).toEqual({ reason: 'unknown' });
  });

  it('is good for five minutes either way; that it is stale is said only of a right one', async () => {
    const { made, check } = await setUp();
    for (const [ms, verdict] of [
      [-300_000, 'principal'],
      [300_000, 'principal'],
      [-301_000, 'stale'],
      [301_000, 'stale'],
    ] as const) {
      const answer = await check(signed(made.key, { atMs: T0 + ms }));
      expect('principal' in answer ? 'principal' : answer.reason).toBe(verdict);
    }
    const request = signed(made.key, { atMs: T0 - 301_000 });
    expect(await check({ ...request, method: 'PUT' })).toEqual({ reason: 'unknown' });
  });

  it('that changes something is taken once, by all instances together', async () => {
    const { made, world, check } = await setUp();
    const request = signed(made.key, { atMs: T0, ...POST });
    const others = Array.from({ length: 9 }, () => authorizer(world)(request));
    const answers = await Promise.all([check(request), ...others]);
    expect(answers.filter((answer) => 'principal' in answer)).toHaveLength(1);
    expect(
      answers.filter((answer) => 'reason' in answer && answer.reason === 'replayed'),
    ).toHaveLength(9);
    world.clock.advance(299_000);
    expect(await check(request)).toEqual({ reason: 'replayed' });
    world.clock.advance(2_000);
    expect(await check(request)).toEqual({ reason: 'stale' });
  });

  it('may be made again when it is signed anew, with a nonce also in the same second', async () => {
    const { made, check } = await setUp();
    expect(await check(signed(made.key, { atMs: T0, ...POST }))).toHaveProperty('principal');
    const next = [{ atMs: T0, nonce: '1' }, { atMs: T0, nonce: '2' }, { atMs: T0 + 1_000 }];
    for (const one of next) {
      expect(await check(signed(made.key, { ...POST, ...one }))).toHaveProperty('principal');
    }
  });

  it('that only reads may come twice, unless it has a nonce', async () => {
    const { made, check } = await setUp();
    const read = signed(made.key, { atMs: T0 });
    for (let i = 0; i < 3; i++) expect(await check(read)).toHaveProperty('principal');
    const once = signed(made.key, { atMs: T0, nonce: 'n' });
    expect(await check(once)).toHaveProperty('principal');
    expect(await check(once)).toEqual({ reason: 'replayed' });
  });

  it('whose signature is wrong takes nothing of the right one', async () => {
    const { made, check } = await setUp();
    const request = signed(made.key, { atMs: T0, ...POST });
    expect(await check({ ...request, path: '/v1/keys' })).toEqual({ reason: 'unknown' });
    expect(await check(request)).toHaveProperty('principal');
  });

  it('is refused beside a bearer key, and with a header missing', async () => {
    const { made, check } = await setUp();
    const request = signed(made.key, { atMs: T0 });
    const both = { ...request.headers, authorization: `Bearer ${made.key}` };
    expect(await check({ ...request, headers: both })).toEqual({ reason: 'ambiguous' });
    for (const name of ['bw-key', 'bw-timestamp', 'bw-signature']) {
      const headers = { ...request.headers, [name]: undefined };
      expect(await check({ ...request, headers })).toEqual({ reason: 'malformed' });
    }
  });

  it('by a key of an earlier version is told apart, and its bearer key still works', async () => {
    const { made, world } = await setUp();
    const stored = (await world.apiKeys.list({ limit: 1 })).items[0];
    if (stored === undefined) throw new Error('The key is gone.');
    const { signing: _, ...old } = stored;
    await world.apiKeys.remove(stored);
    await world.apiKeys.create(old);
    const check = authorizer(world);
    expect(await check(signed(made.key, { atMs: T0 }))).toEqual({ reason: 'unsigned' });
    const headers = { authorization: `Bearer ${made.key}` };
    expect(await check({ ...signed(made.key, { atMs: T0 }), headers })).toHaveProperty('principal');
  });

  it('is bound by the rest as a bearer key is: end, addresses, rate, revocation', async () => {
    const { made, world, check } = await setUp({
      expiresAt: '2026-01-15T12:01:00.000Z',
      allowCidrs: ['192.0.2.0/24'],
      rateLimit: { perSecond: 1, burst: 2 },
    });
    const ask = (more: object = {}) =>
      check(signed(made.key, { atMs: world.clock.nowMs(), ...more }));
    expect(await ask({ sourceIp: '198.51.100.1' })).toEqual({ reason: 'address' });
    expect((await ask()).rate?.remaining).toBe(1);
    expect((await ask()).rate?.remaining).toBe(0);
    expect(await ask()).toMatchObject({ reason: 'limited' });
    world.clock.advance(60_000);
    expect(await ask()).toEqual({ reason: 'expired' });
    const other = await createKey(world, ME, { name: 'o', scopes: ['admin'] });
    const again = () => check(signed(other.key, { atMs: world.clock.nowMs() }));
    expect(await again()).toHaveProperty('principal');
    await deleteKey(world, ME, other.id);
    world.clock.advance(KEY_CACHED_MS);
    expect(await again()).toEqual({ reason: 'unknown' });
  });

  it('that changes something is refused while nobody can say whether it was made', async () => {
    const { made, world } = await setUp();
    const outage = Object.assign(new Error('slow'), { name: 'TimeoutError' });
    const check = authorizer({
      ...world,
      signaturesSeen: { note: async () => Promise.reject(outage) },
    });
    await expect(check(signed(made.key, { atMs: T0, ...POST }))).rejects.toBe(outage);
    expect(await check(signed(made.key, { atMs: T0 }))).toHaveProperty('principal');
  });
});
