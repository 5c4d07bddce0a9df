import { describe, expect, it } from 'vitest';
import {
  createIntegration,
  getIntegration,
  patchIntegration,
  putIntegration,
} from '../../lib/app/integrations.ts';
import { testCall } from '../../lib/app/test-call.ts';
import { deliveryWorld } from '../fakes/delivery-world.ts';
import { granted, OAUTH2, TOKEN_HOST, tokenAnswer } from '../fakes/oauth2-world.ts';
import { BASE, ME, setUp } from './integrations-world.ts';

const SECRET = OAUTH2.clientSecret;
const isToken = (call: { readonly url: string }) => call.url === OAUTH2.tokenUrl;

describe('a delivery with OAuth credentials', () => {
  it('carries a token, and those after it the same one', async () => {
    const world = deliveryWorld();
    world.sender.hostAnswers(TOKEN_HOST, granted('access-1'));
    await world.register('erp', { auth: OAUTH2 });
    for (let i = 0; i < 3; i++) {
      await world.publish();
      await world.pump();
    }
    expect(world.sender.sent.filter(isToken)).toHaveLength(1);
    const sent = world.sender.sent.filter((call) => !isToken(call));
    expect(sent.map(({ headers }) => headers.authorization)).toEqual(
      Array.from({ length: 3 }, () => 'Bearer access-1'),
    );
  });

  it('has nothing secret in its record, where the service echoes all', async () => {
    const world = deliveryWorld();
    world.sender.hostAnswers(TOKEN_HOST, granted('access-1'));
    const pair = Buffer.from(`${OAUTH2.clientId}:${SECRET}`).toString('base64');
    const responseBody = `access-1 ${SECRET} ${pair}`;
    world.sender.answers({ statusCode: 200, responseBody });
    const { id } = await world.register('erp', { auth: OAUTH2 });
    const { id: eventId } = await world.publish();
    await world.pump();
    const delivery = await world.delivery(eventId, id);
    const text = JSON.stringify([delivery, world.telemetry.lines]);
    for (const secret of ['access-1', SECRET, pair]) expect(text).not.toContain(secret);
    expect(delivery?.attempts[0]?.responseBody).toBe('*** *** ***');
  });

  it('without a token is a failed attempt that is tried again, and delivered in the end', async () => {
    const world = deliveryWorld();
    world.sender.hostAnswers(TOKEN_HOST, tokenAnswer(401, { error: 'invalid_client' }));
    const { id } = await world.register('erp', { auth: OAUTH2 });
    const { id: eventId } = await world.publish();
    await world.run(1_000);
    const waiting = await world.delivery(eventId, id);
    expect(waiting?.state.status).toBe('waiting');
    expect(waiting?.attempts).toMatchObject([
      {
        outcome: 'retryable',
        error: 'http',
        statusCode: null,
        target: 'https://erp.example.com/hooks',
        responseBody: 'Not sent. The token endpoint answered 401: invalid_client.',
      },
    ]);
    world.sender.hostAnswers(TOKEN_HOST, granted('access-1'));
    await world.run(3_600_000);
    expect((await world.delivery(eventId, id))?.state.status).toBe('delivered');
  });

  it('is held once the breaker has seen that there are no tokens', async () => {
    const world = deliveryWorld();
    world.sender.hostAnswers(TOKEN_HOST, 500);
    const { id } = await world.register('erp', { auth: OAUTH2 });
    for (let i = 0; i < 30; i++) {
      await world.publish();
      await world.run(3_000);
    }
    expect(
      (await world.breakers.load({ tenant: 'default', integrationId: id, target: 0 }))?.state,
    ).toBe('open');
    const { id: eventId } = await world.publish();
    await world.run(0);
    expect((await world.delivery(eventId, id))?.state).toMatchObject({ status: 'held' });
  });
});

describe('OAuth credentials in the registry', () => {
  const shown = {
    type: 'oauth2ClientCredentials',
    tokenUrl: OAUTH2.tokenUrl,
    clientId: 'breakwater',
    clientAuthentication: 'basic',
  };

  it('are shown without their secret, which stays through a patch and a replacement', async () => {
    const { world, stored } = setUp();
    const created = await createIntegration(world, ME, { ...BASE, auth: OAUTH2 });
    expect(created.auth).toEqual(shown);
    await patchIntegration(world, ME, 'erp', { auth: { scope: 'a:read' } });
    expect((await stored()).auth).toEqual({ ...OAUTH2, scope: 'a:read' });
    const answer = await getIntegration(world, ME, 'erp');
    expect(JSON.stringify(answer)).not.toContain(SECRET);
    await putIntegration(world, ME, 'erp', { ...BASE, auth: answer.auth });
    expect((await stored()).auth).toEqual({ ...OAUTH2, scope: 'a:read' });
    await patchIntegration(world, ME, 'erp', { auth: { scope: null, clientSecret: 'another' } });
    expect((await stored()).auth).toEqual({ ...OAUTH2, clientSecret: 'another' });
  });

  it('are of no use to another type', async () => {
    const { world, stored } = setUp();
    await createIntegration(world, ME, { ...BASE, auth: OAUTH2 });
    await patchIntegration(world, ME, 'erp', { auth: { type: 'bearer', token: 'x' } });
    expect((await stored()).auth).toEqual({ type: 'bearer', token: 'x' });
  });

  it('make a test call with a token, and its answer masks it', async () => {
    const { world } = setUp();
    await createIntegration(world, ME, { ...BASE, auth: OAUTH2 });
    world.sender.hostAnswers(TOKEN_HOST, granted('access-1'));
    world.sender.answers({ statusCode: 200, responseBody: 'access-1' });
    const answer = await testCall(world, ME, 'erp', {});
    expect(world.sender.sent.at(-1)?.headers.authorization).toBe('Bearer access-1');
    expect(answer.request.headers.authorization).toBe('***');
    expect(answer.response.body).toBe('***');
    expect(JSON.stringify(answer)).not.toMatch(/access-1|the-client-secret/);
  });

  it('that get no token make a test call that says so', async () => {
    const { world } = setUp();
    await createIntegration(world, ME, { ...BASE, auth: OAUTH2 });
    world.sender.hostAnswers(TOKEN_HOST, 503);
    expect(await testCall(world, ME, 'erp', {})).toMatchObject({
      ok: false,
      statusCode: null,
      error: 'http',
      response: { body: 'Not sent. The token endpoint answered 503.' },
    });
  });
});
