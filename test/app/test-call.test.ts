import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { pauseIntegration } from '../../lib/app/integration-status.ts';
import { createIntegration } from '../../lib/app/integrations.ts';
import { testCall } from '../../lib/app/test-call.ts';
import { adminOf, refusalOf } from '../fakes/registry-world.ts';
import { BASE, ME, setUp } from './integrations-world.ts';

describe('a test call', () => {
  it('is one real, signed request, and its answer shows both sides of it', async () => {
    const { world } = setUp();
    world.clock.advance(Date.now() - world.clock.nowMs()); // The verifier reads the real clock.
    const { signing } = await createIntegration(world, ME, {
      ...BASE,
      endpoint: 'https://erp.example.com/hooks?key=hunter2',
    });
    world.sender.answers({ statusCode: 204, latencyMs: 7, responseHeaders: { server: 'x' } });
    const answer = await testCall(world, ME, 'erp', { type: 'invoice.paid', data: { a: 1 } });

    const [call] = world.sender.sent;
    expect(world.sender.sent).toHaveLength(1);
    expect(call?.url).toBe('https://erp.example.com/hooks?key=hunter2');
    const body = new TextDecoder().decode(call?.body);
    expect(JSON.parse(body)).toMatchObject({ type: 'invoice.paid', data: { a: 1 } });
    const secret = 'secret' in signing ? String(signing.secret) : '';
    expect(new Webhook(secret).verify(body, call?.headers ?? {})).toMatchObject({ data: { a: 1 } });

    expect(answer).toEqual({
      ok: true,
      statusCode: 204,
      latencyMs: 7,
      error: null,
      request: {
        method: 'POST',
        url: 'https://erp.example.com/hooks?…',
        headers: call?.headers,
        body,
      },
      response: { headers: { server: 'x' }, body: '' },
    });
    expect(JSON.stringify(answer)).not.toContain('hunter2');
  });

  it.each([
    [200, true, null],
    [299, true, null],
    [301, false, 'http'],
    [404, false, 'http'],
    [500, false, 'http'],
    [{ statusCode: null, error: 'timeout' as const }, false, 'timeout'],
    [{ statusCode: 200, error: 'reset' as const }, false, 'reset'],
    [{ statusCode: null, error: 'blocked' as const }, false, 'blocked'],
  ])('that is answered %j is ok: %s, with the error %j', async (result, ok, error) => {
    const { world } = setUp();
    await createIntegration(world, ME, BASE);
    world.sender.answers(result);
    expect(await testCall(world, ME, 'erp', undefined)).toMatchObject({ ok, error });
  });

  it.each([
    [{ type: 'bearer', token: 'hunter2' }, 'authorization', 'Bearer hunter2'],
    [
      { type: 'basic', username: 'u', password: 'hunter2' },
      'authorization',
      `Basic ${Buffer.from('u:hunter2').toString('base64')}`,
    ],
    [{ type: 'apiKey', header: 'X-Api-Key', value: 'hunter2' }, 'x-api-key', 'hunter2'],
  ])('sends %j and shows it masked', async (auth, header, value) => {
    const { world } = setUp();
    await createIntegration(world, ME, { ...BASE, auth });
    const answer = await testCall(world, ME, 'erp', {});
    expect(world.sender.sent[0]?.headers[header]).toBe(value);
    expect(answer.request.headers[header]).toBe('***');
    expect(JSON.stringify(answer)).not.toContain(value);
  });

  it('shows the first 4 KiB of an answer, never half a character', async () => {
    const { world } = setUp();
    await createIntegration(world, ME, BASE);
    world.sender.answers({ statusCode: 200, responseBody: 'é'.repeat(3000) });
    expect((await testCall(world, ME, 'erp', {})).response.body).toBe('é'.repeat(2048));
    world.sender.answers({ statusCode: 200, responseBody: `a${'é'.repeat(3000)}` });
    expect((await testCall(world, ME, 'erp', {})).response.body).toBe(`a${'é'.repeat(2047)}`);
  });

  it('is made though the integration is paused, and never to a foreign one', async () => {
    const { world } = setUp();
    await createIntegration(world, ME, BASE);
    await pauseIntegration(world, ME, 'erp');
    expect((await testCall(world, ME, 'erp', {})).ok).toBe(true);
    const foreign = { principal: adminOf('other') };
    expect((await refusalOf(testCall(world, foreign, 'erp', {}))).code).toBe('not-found');
    const { fields } = await refusalOf(testCall(world, ME, 'erp', { type: 'a b' }));
    expect(Object.keys(fields)).toEqual(['type']);
    expect(world.sender.sent).toHaveLength(1);
  });
});
