import { describe, expect, it } from 'vitest';
import { granted, OAUTH2, oauth2World, settled, tokenAnswer } from '../fakes/oauth2-world.ts';

const TIMEOUT_MS = 15_000;
const token = (accessToken: string) => ({ kind: 'token', accessToken });

describe('an access token', () => {
  it('is asked for once by fifty who want it at the same time', async () => {
    const { world, tokens, clock } = oauth2World();
    world.tokenMs = 200;
    const waiting = Array.from({ length: 50 }, () => tokens.get(OAUTH2, TIMEOUT_MS));
    await settled();
    clock.advance(200);
    expect(new Set((await Promise.all(waiting)).map((had) => JSON.stringify(had)))).toEqual(
      new Set([JSON.stringify(token('token-1'))]),
    );
    expect(world.asked).toHaveLength(1);
  });

  it('is kept until a minute before its end, counted from before it was asked for', async () => {
    const { world, tokens, clock } = oauth2World();
    world.tokenMs = 1_000;
    const first = tokens.get(OAUTH2, TIMEOUT_MS);
    await settled();
    clock.advance(1_000);
    expect(await first).toEqual(token('token-1'));
    world.tokenMs = 0;
    clock.advance(3_540_000 - 1_001);
    expect(await tokens.get(OAUTH2, TIMEOUT_MS)).toEqual(token('token-1'));
    clock.advance(1);
    expect(await tokens.get(OAUTH2, TIMEOUT_MS)).toEqual(token('token-2'));
  });

  it('that ends at once serves those who waited for it, and nobody after them', async () => {
    const { world, tokens } = oauth2World();
    world.grant = (count) => granted(`token-${count}`, 0);
    const both = await Promise.all([tokens.get(OAUTH2, 1_000), tokens.get(OAUTH2, 1_000)]);
    expect(both).toEqual([token('token-1'), token('token-1')]);
    expect(await tokens.get(OAUTH2, 1_000)).toEqual(token('token-2'));
  });

  it('is asked for anew where the clock says that it is from the future', async () => {
    const { tokens, clock } = oauth2World();
    await tokens.get(OAUTH2, TIMEOUT_MS);
    clock.advance(-3_600_000);
    expect(await tokens.get(OAUTH2, TIMEOUT_MS)).toEqual(token('token-2'));
    expect(await tokens.get(OAUTH2, TIMEOUT_MS)).toEqual(token('token-2'));
  });

  it('is of these settings alone: another secret gets its own', async () => {
    const { tokens } = oauth2World();
    await tokens.get(OAUTH2, TIMEOUT_MS);
    const rotated = { ...OAUTH2, clientSecret: 'another' };
    expect(await tokens.get(rotated, TIMEOUT_MS)).toEqual(token('token-2'));
    expect(await tokens.get({ ...OAUTH2, scope: 'a' }, TIMEOUT_MS)).toEqual(token('token-3'));
    expect(await tokens.get(OAUTH2, TIMEOUT_MS)).toEqual(token('token-1'));
  });

  it('is one of five hundred: the one not asked for longest goes first', async () => {
    const { world, tokens } = oauth2World();
    const of = (i: number) => ({ ...OAUTH2, clientId: `client-${i}` });
    for (let i = 0; i < 500; i++) await tokens.get(of(i), TIMEOUT_MS);
    await tokens.get(of(0), TIMEOUT_MS);
    await tokens.get(of(500), TIMEOUT_MS);
    expect(world.asked).toHaveLength(501);
    await tokens.get(of(0), TIMEOUT_MS);
    expect(world.asked).toHaveLength(501);
    await tokens.get(of(1), TIMEOUT_MS);
    expect(world.asked).toHaveLength(502);
  });
});

describe('a token endpoint that gives none', () => {
  it('is left alone for two seconds, by those who waited and those who come', async () => {
    const { world, tokens, clock } = oauth2World();
    world.grant = () => tokenAnswer(500, 'oops');
    const failed = { kind: 'failed', error: null, reason: 'answered 500', detail: 'token_refused' };
    const all = Array.from({ length: 50 }, () => tokens.get(OAUTH2, TIMEOUT_MS));
    for (const had of await Promise.all(all)) expect(had).toEqual(failed);
    clock.advance(1_999);
    expect(await tokens.get(OAUTH2, TIMEOUT_MS)).toEqual(failed);
    expect(world.asked).toHaveLength(1);
    world.grant = () => granted('well-again');
    clock.advance(1);
    expect(await tokens.get(OAUTH2, TIMEOUT_MS)).toEqual(token('well-again'));
  });

  it.each([
    [{ error: 'dns' as const, detail: 'dns_not_found' }, 'token_dns_not_found'],
    [{ error: 'refused' as const }, 'token_refused'],
    [{ error: 'body-too-large' as const, statusCode: 200 }, 'token_body-too-large'],
    [{ error: 'blocked' as const, detail: 'address_not_public' }, 'token_address_not_public'],
  ])('is told as it failed: %j', async (answer, detail) => {
    const { world, tokens } = oauth2World();
    world.grant = () => answer;
    const reason = `gave no whole answer (${answer.error})`;
    const { error } = answer;
    expect(await tokens.get(OAUTH2, 1_000)).toEqual({ kind: 'failed', error, reason, detail });
  });

  it('keeps nobody beyond the time they have', async () => {
    const { world, tokens, clock } = oauth2World();
    world.tokenMs = 60_000;
    const long = tokens.get(OAUTH2, 8_000);
    const short = tokens.get(OAUTH2, 3_000);
    await settled();
    clock.advance(3_000);
    expect(await short).toMatchObject({ kind: 'failed', error: 'timeout' });
    clock.advance(5_000);
    expect(await long).toMatchObject({ kind: 'failed', error: 'timeout' });
    expect(world.asked.map(({ timeoutMs }) => timeoutMs)).toEqual([8_000]);
  });

  it('fails nobody for want of the time that another had', async () => {
    const { world, tokens, clock } = oauth2World();
    world.tokenMs = 2_000;
    const hasty = tokens.get(OAUTH2, 1_000);
    const patient = tokens.get(OAUTH2, 15_000);
    await settled();
    clock.advance(1_000);
    expect(await hasty).toMatchObject({ error: 'timeout' });
    clock.advance(1_000);
    expect(await patient).toMatchObject({ kind: 'token' });
  });

  it('is in the log with its host and its code, and without a secret', async () => {
    const { world, tokens, telemetry } = oauth2World();
    world.grant = () =>
      tokenAnswer(401, { error: 'invalid_client', error_description: OAUTH2.clientSecret });
    const had = await tokens.get(OAUTH2, 1_000);
    expect(had).toMatchObject({ reason: 'answered 401: invalid_client' });
    expect(telemetry.lines).toEqual([
      {
        level: 'warn',
        message: 'oauth2.token-failed',
        fields: {
          host: 'login.example.com',
          statusCode: 401,
          code: 'invalid_client',
          latencyMs: 0,
        },
      },
    ]);
    expect(JSON.stringify([had, telemetry.lines])).not.toContain(OAUTH2.clientSecret);
  });

  it('whose sender breaks down breaks nothing for those who come later', async () => {
    const { world, tokens } = oauth2World();
    world.grant = () => {
      throw new Error('a bug');
    };
    const both = await Promise.allSettled([tokens.get(OAUTH2, 1_000), tokens.get(OAUTH2, 1_000)]);
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    world.grant = () => granted('well-again');
    expect(await tokens.get(OAUTH2, 1_000)).toEqual(token('well-again'));
  });
});

describe('a token that the service refused', () => {
  it('is renewed once by all who were refused it', async () => {
    const { world, tokens } = oauth2World();
    await tokens.get(OAUTH2, TIMEOUT_MS);
    const renewed = await Promise.all(
      Array.from({ length: 50 }, () => tokens.renew(OAUTH2, 'token-1', TIMEOUT_MS)),
    );
    for (const had of renewed) expect(had).toEqual(token('token-2'));
    expect(await tokens.renew(OAUTH2, 'token-1', TIMEOUT_MS)).toEqual(token('token-2'));
    expect(world.asked).toHaveLength(2);
  });

  it('is not renewed again for ten seconds: the refusal stands', async () => {
    const { world, tokens, clock } = oauth2World();
    await tokens.get(OAUTH2, TIMEOUT_MS);
    await tokens.renew(OAUTH2, 'token-1', TIMEOUT_MS);
    clock.advance(9_999);
    expect(await tokens.renew(OAUTH2, 'token-2', TIMEOUT_MS)).toBeUndefined();
    expect(await tokens.get(OAUTH2, TIMEOUT_MS)).toEqual(token('token-2'));
    clock.advance(1);
    expect(await tokens.renew(OAUTH2, 'token-2', TIMEOUT_MS)).toEqual(token('token-3'));
    expect(world.asked).toHaveLength(3);
  });

  it('is no other when its server gives the same again', async () => {
    const { world, tokens } = oauth2World();
    world.grant = () => granted('always-this');
    await tokens.get(OAUTH2, TIMEOUT_MS);
    expect(await tokens.renew(OAUTH2, 'always-this', TIMEOUT_MS)).toBeUndefined();
    expect(await tokens.renew(OAUTH2, 'always-this', TIMEOUT_MS)).toBeUndefined();
    expect(world.asked).toHaveLength(2);
  });
});
