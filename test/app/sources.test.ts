import { describe, expect, it } from 'vitest';
import { rotateSourceSecret } from '../../lib/app/source-secrets.ts';
import {
  createSource,
  deleteSource,
  getSource,
  listSources,
  patchSource,
  putSource,
} from '../../lib/app/sources.ts';
import { ulid } from '../../lib/domain/ids.ts';
import { newSecret } from '../../lib/domain/secrets.ts';
import type { Source } from '../../lib/domain/source.ts';
import { ADMIN, adminOf, refusalOf, registryWorld } from '../fakes/registry-world.ts';
import { T0 } from '../fakes/world.ts';

const ME = { principal: ADMIN };
const GITHUB = { name: 'gh', provider: 'github', secret: 'github-secret' };
const publicKey = `whpk_${Buffer.alloc(32).toString('base64')}`;

function setUp() {
  const world = registryWorld();
  const stored = async (name: string): Promise<Source> => {
    const found = await world.sources.byName('default', name);
    if (found === undefined) throw new Error(`There is no ${name}.`);
    return found;
  };
  const secretsOf = async (name: string) => {
    const { verification } = await stored(name);
    return 'secrets' in verification ? verification.secrets : undefined;
  };
  return { world, stored, secretsOf };
}

describe('registering a source', () => {
  it('answers with its URL and not with a secret it was given', async () => {
    const { world, secretsOf } = setUp();
    const made = await createSource(world, ME, GITHUB);
    expect(made).toEqual({
      id: expect.stringMatching(/^src_/),
      name: 'gh',
      provider: 'github',
      tenant: 'default',
      description: '',
      eventTypePrefix: 'github',
      url: `https://hooks.example.com/in/${made.id}`,
      verification: {},
      allowCidrs: null,
      response: null,
      createdAt: '2026-01-15T12:00:00.000Z',
      updatedAt: '2026-01-15T12:00:00.000Z',
    });
    expect(await secretsOf('gh')).toEqual([{ secret: 'github-secret' }]);
    expect(await getSource(world, ME, made.id)).toEqual(made);
    expect(await getSource(world, ME, 'gh')).toEqual(made);
  });

  it.each([
    [{ provider: 'standard-webhooks' }, /^whsec_/, { toleranceSeconds: 300 }],
    [{ provider: 'token' }, /^[\w-]{43}$/, { header: 'authorization' }],
    [
      { provider: 'hmac', verification: { header: 'X-Mac', toleranceSeconds: 5 } },
      /^[\w-]{43}$/,
      {
        header: 'X-Mac',
        prefix: '',
        algorithm: 'sha256',
        encoding: 'hex',
        content: '{body}',
        toleranceSeconds: 5,
      },
    ],
  ])('shows the secret made for %j this once', async (body, secret, verification) => {
    const { world, secretsOf } = setUp();
    const made = await createSource(world, ME, { name: 'in', ...body });
    expect(made).toMatchObject({ secret: expect.stringMatching(secret), verification });
    expect(await secretsOf('in')).toEqual([{ secret: made.secret }]);
    expect(await getSource(world, ME, 'in')).not.toHaveProperty('secret');
  });

  it('makes no secret beside a public key, nor for none', async () => {
    const { world, secretsOf } = setUp();
    const signed = { name: 'pk', provider: 'standard-webhooks', publicKey };
    expect(await createSource(world, ME, signed)).toMatchObject({ publicKey });
    expect(await secretsOf('pk')).toEqual([]);
    const open = await createSource(world, ME, {
      name: 'open',
      provider: 'none',
      response: { statusCode: 200, body: 'ok' },
    });
    expect(open).toMatchObject({ verification: {}, response: { statusCode: 200, body: 'ok' } });
    expect(open).not.toHaveProperty('secret');
  });

  it('makes the same source, with its secret, when it is run again after a crash', async () => {
    const { world } = setUp();
    const seed = ulid(T0, world.random.bytes(10));
    const body = { name: 'in', provider: 'token' };
    const first = await createSource(world, ME, body, seed);
    expect(await createSource(world, ME, body, seed)).toEqual(first);
    expect((await refusalOf(createSource(world, ME, body))).code).toBe('name-taken');
  });
});

describe('tenants of sources', () => {
  const [A, B] = [{ principal: adminOf('a') }, { principal: adminOf('b') }];

  it('cannot see each other', async () => {
    const { world } = setUp();
    const { id, tenant } = await createSource(world, A, GITHUB);
    expect(tenant).toBe('a');
    for (const ref of [id, 'gh']) {
      const calls = [
        getSource(world, B, ref),
        patchSource(world, B, ref, {}),
        deleteSource(world, B, ref),
        rotateSourceSecret(world, B, ref, {}),
      ];
      for (const call of calls) expect((await refusalOf(call)).code).toBe('not-found');
    }
    expect((await refusalOf(putSource(world, B, id, GITHUB))).code).toBe('not-found');
    expect((await listSources(world, B, { limit: 9 })).items).toEqual([]);
    const foreign = createSource(world, A, { ...GITHUB, tenant: 'b' });
    expect((await refusalOf(foreign)).code).toBe('forbidden');
    const moved = await refusalOf(patchSource(world, ME, id, { tenant: 'b' }));
    expect(Object.keys(moved.fields)).toEqual(['tenant']);
  });

  it('are listed newest first, page by page', async () => {
    const { world } = setUp();
    for (const name of ['one', 'two', 'three']) {
      world.clock.advance(1);
      await createSource(world, ME, { ...GITHUB, name });
    }
    await createSource(world, A, GITHUB);
    const only = { ...ME, tenant: 'default' };
    const first = await listSources(world, only, { limit: 2 });
    const second = await listSources(world, only, { limit: 2, after: first.next });
    const names = [...first.items, ...second.items].map(({ name }) => name);
    expect(names).toEqual(['three', 'two', 'one']);
    expect(second.next).toBeUndefined();
  });
});

describe('changing a source', () => {
  it('creates or replaces by name and keeps the secret', async () => {
    const { world, secretsOf } = setUp();
    const first = await putSource(world, ME, 'in', { provider: 'token' });
    expect(first).toMatchObject({ created: true, source: { secret: expect.any(String) } });
    const header = { header: 'X-Token' };
    const second = await putSource(world, ME, 'in', { provider: 'token', verification: header });
    expect(second).toMatchObject({ created: false, source: { verification: header } });
    expect(second.source).not.toHaveProperty('secret');
    expect(await secretsOf('in')).toEqual([{ secret: first.source.secret }]);
    const renamed = await refusalOf(putSource(world, ME, 'in', { provider: 'token', name: 'out' }));
    expect(Object.keys(renamed.fields)).toEqual(['name']);
    const byId = { provider: 'none', name: 'out' };
    expect((await putSource(world, ME, first.source.id, byId)).source.name).toBe('out');
  });

  it('changes what a patch names, and goes back to the default for null', async () => {
    const { world, stored } = setUp();
    const response = { statusCode: 200, body: 'ok' };
    await createSource(world, ME, { ...GITHUB, response, eventTypePrefix: 'code' });
    const before = await stored('gh');
    world.clock.advance(3);
    await patchSource(world, ME, 'gh', { response: { body: 'yes' }, eventTypePrefix: null });
    expect(await stored('gh')).toEqual({
      ...before,
      response: { statusCode: 200, body: 'yes' },
      eventTypePrefix: 'github',
      updatedAtMs: T0 + 3,
      version: before.version + 1,
    });
    await patchSource(world, ME, 'gh', { response: null });
    expect(await stored('gh')).not.toHaveProperty('response');
  });

  it('takes other secrets at once, and leaves a rotation be for the same', async () => {
    const { world, secretsOf } = setUp();
    await createSource(world, ME, GITHUB);
    await rotateSourceSecret(world, ME, 'gh', { secret: 'second-secret' });
    const rotating = await secretsOf('gh');
    await patchSource(world, ME, 'gh', { secret: 'second-secret' });
    expect(await secretsOf('gh')).toEqual(rotating);
    await patchSource(world, ME, 'gh', { secrets: ['third-secret', 'fourth-secret'] });
    expect(await secretsOf('gh')).toEqual([
      { secret: 'third-secret' },
      { secret: 'fourth-secret' },
    ]);
  });

  it('begins anew with another provider', async () => {
    const { world, secretsOf } = setUp();
    const svix = { name: 'in', provider: 'svix', publicKey, verification: { toleranceSeconds: 9 } };
    await createSource(world, ME, svix);
    const missing = await refusalOf(patchSource(world, ME, 'in', { provider: 'github' }));
    expect(missing.fields).toEqual({ secret: 'is required: the secret that github signs with' });
    const changed = await patchSource(world, ME, 'in', { provider: 'token' });
    expect(changed).toMatchObject({ eventTypePrefix: 'svix', secret: expect.any(String) });
    expect(changed).not.toHaveProperty('publicKey');
    const same = await patchSource(world, ME, 'in', { description: 'd' });
    expect(same).toMatchObject({ description: 'd', verification: { header: 'authorization' } });
    expect(await secretsOf('in')).toEqual([{ secret: changed.secret }]);
  });

  it('never takes the secret of one provider for that of another', async () => {
    const { world, secretsOf } = setUp();
    await createSource(world, ME, GITHUB);
    const { secret } = await patchSource(world, ME, 'gh', { provider: 'token' });
    expect(secret).not.toBe(GITHUB.secret);
    expect(await secretsOf('gh')).toEqual([{ secret }]);
  });

  it('keeps a public key until it is taken away', async () => {
    const { world } = setUp();
    await createSource(world, ME, { name: 'in', provider: 'svix', publicKey });
    expect(await patchSource(world, ME, 'in', { description: 'd' })).toMatchObject({ publicKey });
    const { fields } = await refusalOf(patchSource(world, ME, 'in', { publicKey: null }));
    expect(Object.keys(fields)).toEqual(['secret']);
  });

  it('is over once it is deleted', async () => {
    const { world } = setUp();
    await createSource(world, ME, GITHUB);
    await deleteSource(world, ME, 'gh');
    expect((await refusalOf(deleteSource(world, ME, 'gh'))).code).toBe('not-found');
  });
});

describe('rotating the secret of a source', () => {
  it('accepts both until the grace ends', async () => {
    const { world } = setUp();
    const { secret } = await createSource(world, ME, { name: 'in', provider: 'standard-webhooks' });
    const answer = await rotateSourceSecret(world, ME, 'in', { graceSeconds: 60 });
    expect(answer).toEqual({
      current: expect.stringMatching(/^whsec_/),
      previous: [{ secret, expiresAt: '2026-01-15T12:01:00.000Z' }],
    });
  });

  it('is refused while ten are in force, but not without a grace', async () => {
    const { world, secretsOf } = setUp();
    await createSource(world, ME, { name: 'in', provider: 'token' });
    for (let i = 0; i < 9; i++) await rotateSourceSecret(world, ME, 'in', {});
    const ten = await secretsOf('in');
    expect(ten).toHaveLength(10);
    const { code } = await refusalOf(rotateSourceSecret(world, ME, 'in', {}));
    expect([code, await secretsOf('in')]).toEqual(['limit-reached', ten]);
    await rotateSourceSecret(world, ME, 'in', { graceSeconds: 0 });
    expect(await secretsOf('in')).toHaveLength(1);
  });

  it('needs the secret of a provider that makes its own', async () => {
    const { world } = setUp();
    await createSource(world, ME, GITHUB);
    const { fields } = await refusalOf(rotateSourceSecret(world, ME, 'gh', {}));
    expect(fields).toEqual({ secret: 'is required: the secret that github signs with' });
    const secret = newSecret('github', new Uint8Array(32));
    const answer = await rotateSourceSecret(world, ME, 'gh', { secret, graceSeconds: 0 });
    expect(answer).toEqual({ current: secret, previous: [] });
  });

  it.each([['standard-webhooks'], ['svix']])(
    'is refused where a public key of %s is all there is to rotate',
    async (provider) => {
      const { world, secretsOf } = setUp();
      await createSource(world, ME, { name: 'in', provider, publicKey });
      for (const body of [{}, { secret: newSecret('svix', new Uint8Array(32)) }]) {
        const { code, message } = await refusalOf(rotateSourceSecret(world, ME, 'in', body));
        expect([code, message]).toEqual(['invalid-state', expect.stringContaining('by PATCH')]);
      }
      expect(await secretsOf('in')).toEqual([]);
    },
  );

  it('leaves the public key be that is beside the secret', async () => {
    const { world, stored } = setUp();
    const provider = 'standard-webhooks';
    const secret = newSecret(provider, new Uint8Array(32));
    await createSource(world, ME, { name: 'in', provider, publicKey, secret });
    const { previous } = await rotateSourceSecret(world, ME, 'in', {});
    expect(previous).toMatchObject([{ secret }]);
    expect((await stored('in')).verification).toMatchObject({ publicKey });
  });

  it('is refused where nothing is checked', async () => {
    const { world } = setUp();
    await createSource(world, ME, { name: 'open', provider: 'none' });
    expect((await refusalOf(rotateSourceSecret(world, ME, 'open', {}))).code).toBe('invalid-state');
  });
});
