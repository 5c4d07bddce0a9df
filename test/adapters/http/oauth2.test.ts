import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../lib/adapters/system.ts';
import { oauth2Tokens } from '../../../lib/app/oauth2-tokens.ts';
import { sendCall } from '../../../lib/app/send-call.ts';
import { answer, head, type SeenRequest, type Step } from '../../fakes/destination.ts';
import { OAUTH2 } from '../../fakes/oauth2-world.ts';
import { fakeTelemetry } from '../../fakes/world.ts';
import { call, destination, expectOnTime, expectReleased, localSender } from './calls.ts';

const token = (text: string, more: object = {}) =>
  answer(200, JSON.stringify({ access_token: text, token_type: 'Bearer', ...more }));
const bearer = ({ headers }: SeenRequest) => headers.authorization ?? '';

/** A token server and a service on this machine, and one function instance that calls it. */
async function setUp(
  grant: (request: SeenRequest, index: number) => readonly Step[],
  serve: (request: SeenRequest) => readonly Step[],
) {
  const login = await destination({ script: grant });
  const service = await destination({ script: serve });
  const sender = localSender();
  const clock = systemClock;
  const tokens = oauth2Tokens({ sender, clock, telemetry: fakeTelemetry(), version: '1.2.3' });
  const auth = { ...OAUTH2, tokenUrl: `${login.url}/oauth/token?v=2`, scope: 'a b' };
  const send = (timeoutMs = 2_000) =>
    sendCall({ sender, clock, tokens }, call(service.url, { timeoutMs }), { id: 'int_1', auth });
  return { login, service, send };
}

describe('client credentials over the wire', () => {
  it('are asked for as the RFC says, once for many calls', async () => {
    const { login, service, send } = await setUp(
      () => token('tok-1'),
      (request) => answer(bearer(request) === 'Bearer tok-1' ? 200 : 401),
    );
    const results = await Promise.all(Array.from({ length: 50 }, () => send(15_000)));
    expect(new Set(results.map(({ statusCode }) => statusCode))).toEqual(new Set([200]));
    expect(service.requests).toHaveLength(50);
    expect(login.requests).toHaveLength(1);
    const [asked] = login.requests;
    expect(asked).toMatchObject({
      method: 'POST',
      path: '/oauth/token?v=2',
      headers: {
        authorization: `Basic ${Buffer.from('breakwater:the-client-secret').toString('base64')}`,
        'content-type': 'application/x-www-form-urlencoded',
        'user-agent': 'Breakwater/1.2.3',
        accept: 'application/json',
      },
    });
    expect(asked?.body.toString()).toBe('grant_type=client_credentials&scope=a+b');
  });

  it('get a new token when the service no longer takes the old one', async () => {
    let good = 'tok-0';
    const { login, service, send } = await setUp(
      (_, index) => token(`tok-${index}`),
      (request) => answer(bearer(request) === `Bearer ${good}` ? 200 : 401, bearer(request)),
    );
    expect((await send()).statusCode).toBe(200);
    good = 'tok-1';
    expect(await send()).toMatchObject({ statusCode: 200, responseBody: 'Bearer tok-1' });
    expect(login.requests).toHaveLength(2);
    expect(service.requests.map(bearer)).toEqual(['Bearer tok-0', 'Bearer tok-0', 'Bearer tok-1']);
  });

  it('carry a token longer than what is kept of an answer, and strike it from the record', async () => {
    const long = `eyJ.${'x'.repeat(8_000)}`;
    const { service, send } = await setUp(
      () => token(long, { id_token: 'y'.repeat(4_000) }),
      (request) => answer(200, bearer(request)),
    );
    expect((await send()).responseBody).toBe('Bearer ***');
    expect(service.requests.map(bearer)).toEqual([`Bearer ${long}`]);
  });

  it('get no token out of an answer without end', async () => {
    const { login, service, send } = await setUp(
      () => [
        { kind: 'write', data: head(200) },
        { kind: 'flood', data: ' '.repeat(4_096) },
      ],
      () => answer(200),
    );
    expect(await send()).toMatchObject({ error: 'body-too-large', statusCode: null });
    expect(service.connections()).toBe(0);
    await expectReleased(login);
  });

  it('follow no redirect to another token endpoint', async () => {
    const other = await destination();
    const { service, send } = await setUp(
      () => answer(307, '', { location: `${other.url}/token` }),
      () => answer(200),
    );
    expect((await send()).responseBody).toBe('Not sent. The token endpoint answered 307.');
    expect(other.connections() + service.connections()).toBe(0);
  });

  it('wait for a silent token endpoint until the deadline of the call, and no longer', async () => {
    const { login, service, send } = await setUp(
      () => [{ kind: 'hang' }],
      () => answer(200),
    );
    const result = await send(300);
    expect(result).toMatchObject({ error: 'timeout', statusCode: null });
    expectOnTime(result, 300);
    expect(service.connections()).toBe(0);
    await expectReleased(login);
  });

  it('leave the call what is left of the time', async () => {
    const { send } = await setUp(
      () => [{ kind: 'wait', ms: 200 }, ...token('tok-1')],
      () => [{ kind: 'hang' }],
    );
    const result = await send(500);
    expect(result).toMatchObject({ error: 'timeout', detail: 'response_timeout' });
    expectOnTime(result, 500);
  });
});
