import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readSecrets, rotateSecret } from '../../lib/app/integration-secrets.ts';
import { createIntegration } from '../../lib/app/integrations.ts';
import { rotated, unexpired } from '../../lib/domain/secret-rotation.ts';
import { signatureHeaders } from '../../lib/domain/signature.ts';
import { adminOf, refusalOf } from '../fakes/registry-world.ts';
import { T0 } from '../fakes/world.ts';
import { BASE, ME, setUp } from './integrations-world.ts';

const DAY = 86_400_000;

describe('rotating the secret of an integration', () => {
  it('has both sign until the grace ends', async () => {
    const { world, stored } = setUp();
    const { current: old } = await made(world);
    const answer = await rotateSecret(world, ME, 'erp', {});
    expect(answer).toEqual({
      current: expect.stringMatching(/^whsec_/),
      previous: [{ secret: old, expiresAt: '2026-01-16T12:00:00.000Z' }],
    });
    expect(answer.current).not.toBe(old);
    expect(await readSecrets(world, ME, 'erp')).toEqual(answer);

    const { signing } = await stored();
    const message = { id: 'evt_1', timestampSeconds: 1, body: new Uint8Array() };
    const signatures = (nowMs: number) =>
      signatureHeaders(signing, message, nowMs)['webhook-signature']?.split(' ');
    expect(signatures(T0 + DAY - 1)).toHaveLength(2);
    expect(signatures(T0 + DAY)).toHaveLength(1);
    world.clock.advance(DAY);
    expect(await readSecrets(world, ME, 'erp')).toEqual({ current: answer.current, previous: [] });
  });

  it('takes a secret of the caller, and changes nothing when it is repeated', async () => {
    const { world, stored } = setUp();
    await made(world, { scheme: 'github' });
    const body = { secret: 'n'.repeat(20), graceSeconds: 60 };
    const first = await rotateSecret(world, ME, 'erp', body);
    expect(first.current).toBe(body.secret);
    world.clock.advance(1000);
    expect(await rotateSecret(world, ME, 'erp', body)).toEqual(first);
    expect((await stored()).signing).toMatchObject({ secrets: [{ secret: body.secret }, {}] });
  });

  it('drops every other secret at once without a grace', async () => {
    const { world, stored } = setUp();
    await made(world);
    await rotateSecret(world, ME, 'erp', {});
    const { current, previous } = await rotateSecret(world, ME, 'erp', { graceSeconds: 0 });
    expect(previous).toEqual([]);
    expect((await stored()).signing).toMatchObject({ secrets: [{ secret: current }] });
  });

  it('is refused while ten are in force, and ends none of them', async () => {
    const { world } = setUp();
    await made(world);
    for (let i = 0; i < 9; i++) {
      world.clock.advance(1000);
      await rotateSecret(world, ME, 'erp', {});
    }
    const ten = await readSecrets(world, ME, 'erp');
    expect(ten).toMatchObject({ previous: { length: 9 } });
    const { code, message } = await refusalOf(rotateSecret(world, ME, 'erp', {}));
    expect([code, message]).toEqual([
      'limit-reached',
      'secret: 10 secrets are in force, as many as may be at once. The next of them ends at 2026-01-16T12:00:01.000Z. Allowed: to wait for that, or "graceSeconds": 0, which ends all but the new one now.',
    ]);
    expect(await readSecrets(world, ME, 'erp')).toEqual(ten);
    // One of the ten in front again makes no eleventh.
    const secret = ten.previous.at(-1)?.secret;
    expect((await rotateSecret(world, ME, 'erp', { secret })).previous).toHaveLength(9);
    world.clock.advance(DAY);
    expect((await rotateSecret(world, ME, 'erp', {})).previous).toHaveLength(1);
  });

  it('rotates upon what won a race', async () => {
    const { world, stored, touch } = setUp();
    await made(world);
    let lost = false;
    const save: typeof world.integrations.save = async (next, name) => {
      if (!lost) await touch();
      lost = true;
      return await world.integrations.save(next, name);
    };
    await rotateSecret({ ...world, integrations: { ...world.integrations, save } }, ME, 'erp', {});
    expect(await stored()).toMatchObject({
      description: 'touched',
      signing: { secrets: [{}, {}] },
    });
  });

  it('is refused where there is no secret, no integration or a bad body', async () => {
    const { world } = setUp();
    await made(world, { scheme: 'none' });
    expect((await refusalOf(rotateSecret(world, ME, 'erp', {}))).code).toBe('invalid-state');
    expect((await refusalOf(readSecrets(world, ME, 'erp'))).code).toBe('invalid-state');
    const foreign = { principal: adminOf('other') };
    expect((await refusalOf(rotateSecret(world, foreign, 'erp', {}))).code).toBe('not-found');
    expect((await refusalOf(readSecrets(world, foreign, 'erp'))).code).toBe('not-found');
    await createIntegration(world, ME, { ...BASE, name: 'std' });
    const { fields } = await refusalOf(rotateSecret(world, ME, 'std', { secret: 'plain' }));
    expect(Object.keys(fields)).toEqual(['secret']);
  });

  async function made(world: ReturnType<typeof setUp>['world'], signing?: object) {
    await createIntegration(world, ME, { ...BASE, ...(signing && { signing }) });
    return signing && 'scheme' in signing && signing.scheme === 'none'
      ? { current: null }
      : await readSecrets(world, ME, 'erp');
  }
});

describe('a list of secrets', () => {
  it('never has more than ten, the current one first, each for as long as was promised', () => {
    const grace = fc.integer({ min: 0, max: 604_800 });
    fc.assert(
      fc.property(fc.array(fc.tuple(grace, fc.nat(3_600_000)), { maxLength: 30 }), (rotations) => {
        let secrets: ReturnType<typeof rotated> = [{ secret: 'first' }];
        let nowMs = T0;
        for (const [i, [graceSeconds, waitMs]] of rotations.entries()) {
          nowMs += waitMs;
          const before = secrets;
          const lasting = unexpired(before, nowMs);
          if (lasting.length >= 10 && graceSeconds > 0) {
            expect(() => rotated(before, `s${i}`, graceSeconds, nowMs)).toThrow('at once');
            continue;
          }
          secrets = rotated(before, `s${i}`, graceSeconds, nowMs);
          expect(secrets).toHaveLength(graceSeconds === 0 ? 1 : lasting.length + 1);
          expect(secrets[0]).toEqual({ secret: `s${i}` });
          expect(secrets.length).toBeLessThanOrEqual(10);
          for (const { secret, expiresAtMs } of secrets.slice(1)) {
            expect(expiresAtMs).toBeGreaterThan(nowMs);
            expect(expiresAtMs).toBeLessThanOrEqual(nowMs + graceSeconds * 1000);
            const promised = before.find((entry) => entry.secret === secret)?.expiresAtMs;
            expect(expiresAtMs).toBeLessThanOrEqual(promised ?? Number.POSITIVE_INFINITY);
          }
        }
      }),
    );
  });

  it('takes back a secret that was rotated out', () => {
    const once = rotated([{ secret: 'a' }], 'b', 60, T0);
    expect(rotated(once, 'a', 60, T0)).toEqual([
      { secret: 'a' },
      { secret: 'b', expiresAtMs: T0 + 60_000 },
    ]);
  });

  it('loses one in the instant in which it expires', () => {
    expect(unexpired([{ secret: 'a', expiresAtMs: 5 }], 4)).toHaveLength(1);
    expect(unexpired([{ secret: 'a', expiresAtMs: 5 }], 5)).toHaveLength(0);
  });
});
