import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ACCESS_TOKEN_CHARS_MAX,
  clientSecrets,
  type OAuth2Auth,
  readTokenAnswer,
  refreshAtMs,
  tokenKey,
  tokenRequest,
} from '../../lib/domain/oauth2.ts';
import { isWireSafe } from '../../lib/domain/outbound-headers.ts';
import { redacted, secretsOf } from '../../lib/domain/redaction.ts';

const AUTH: OAuth2Auth = {
  type: 'oauth2ClientCredentials',
  tokenUrl: 'https://login.example.com/oauth/token?v=2',
  clientId: 'client:1 ö',
  clientSecret: 'p4ss/w+rd & more',
  clientAuthentication: 'basic',
};
const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

describe('the request for a token', () => {
  it('has id and secret in the header, each form-encoded before they are joined', () => {
    const { url, method, headers, body } = tokenRequest(AUTH, '1.2.3');
    expect({ url, method }).toEqual({ url: AUTH.tokenUrl, method: 'POST' });
    const pair = 'client%3A1+%C3%B6:p4ss%2Fw%2Brd+%26+more';
    expect(headers).toEqual({
      'user-agent': 'Breakwater/1.2.3',
      'content-type': 'application/x-www-form-urlencoded',
      accept: 'application/json',
      authorization: `Basic ${Buffer.from(pair).toString('base64')}`,
    });
    expect(textOf(body)).toBe('grant_type=client_credentials');
  });

  it('has them in the form where the server wants them there, and nothing in the header', () => {
    const { headers, body } = tokenRequest({ ...AUTH, clientAuthentication: 'body' }, '1');
    expect(headers).not.toHaveProperty('authorization');
    expect(Object.fromEntries(new URLSearchParams(textOf(body)))).toEqual({
      grant_type: 'client_credentials',
      client_id: AUTH.clientId,
      client_secret: AUTH.clientSecret,
    });
  });

  it('names scope, audience and resource where they are set', () => {
    const more = { scope: 'a:read b:write', audience: 'https://api/', resource: 'urn:x:y' };
    const { body } = tokenRequest({ ...AUTH, ...more }, '1');
    expect(Object.fromEntries(new URLSearchParams(textOf(body)))).toEqual({
      grant_type: 'client_credentials',
      ...more,
    });
  });

  it('has a key of its own for each difference in the settings', () => {
    const changed = ['tokenUrl', 'clientId', 'clientSecret', 'scope', 'audience', 'resource'];
    const keys = changed.map((name) => tokenKey({ ...AUTH, [name]: 'x' }));
    const all = [...keys, tokenKey(AUTH), tokenKey({ ...AUTH, clientAuthentication: 'body' })];
    expect(new Set(all).size).toBe(all.length);
    expect(tokenKey({ ...AUTH })).toBe(tokenKey(AUTH));
    expect(all.join()).not.toContain('p4ss');
  });

  it('is shown nowhere by whoever echoes it', () => {
    const secrets = secretsOf({ auth: AUTH, signing: { scheme: 'none' } });
    const { headers } = tokenRequest(AUTH, '1');
    const body = textOf(tokenRequest({ ...AUTH, clientAuthentication: 'body' }, '1').body);
    const echo = redacted(`${headers.authorization} ${body} ${AUTH.clientSecret}`, secrets);
    for (const secret of clientSecrets(AUTH)) expect(echo).not.toContain(secret);
  });
});

describe('the answer of a token endpoint', () => {
  const token = (more: object = {}) =>
    JSON.stringify({ access_token: 'tok-1', token_type: 'Bearer', expires_in: 3600, ...more });

  it.each<[string, string, number]>([
    ['as the RFC has it', token(), 3600],
    ['with bearer in any case', token({ token_type: 'bEARER' }), 3600],
    ['with its life as a text', token({ expires_in: '1800' }), 1800],
    ['with a life of part of a second', token({ expires_in: 0.5 }), 0.5],
    ['without a life', token({ expires_in: undefined }), 300],
    ['with a life that is none', token({ expires_in: null }), 300],
    ['with a life that is over', token({ expires_in: -1 }), 300],
    ['with a life that is a word', token({ expires_in: 'long' }), 300],
    ['with an endless life', token({ expires_in: 1e300 }), 86_400],
    ['with more than is needed', token({ id_token: 'x', scope: 'a' }), 3600],
    ['with an error that is none', token({ error: '' }), 3600],
  ])('is taken %s', (_, body, lifetimeSeconds) => {
    expect(readTokenAnswer(200, body)).toEqual({
      kind: 'token',
      accessToken: 'tok-1',
      lifetimeSeconds,
    });
  });

  it.each<[number, string, string]>([
    [500, 'oops', 'answered 500'],
    [302, token(), 'answered 302'],
    [400, '{"error":"invalid_client"}', 'answered 400: invalid_client'],
    [401, '{"error":"invalid_scope","error_description":"hunter2"}', 'answered 401: invalid_scope'],
    [400, '{"error":"hunter2"}', 'answered 400'],
    [400, '{"error":["invalid_client"]}', 'answered 400'],
    [200, '{"error":"invalid_grant"}', 'answered 200: invalid_grant'],
    [200, token({ error: 'unauthorized_client' }), 'answered 200: unauthorized_client'],
    [200, '', 'answered without an access_token that a header can carry'],
    [200, '[]', 'answered without an access_token that a header can carry'],
    [200, 'null', 'answered without an access_token that a header can carry'],
    [200, token({ access_token: 7 }), 'answered without an access_token that a header can carry'],
    [200, token({ access_token: '' }), 'answered without an access_token that a header can carry'],
    [
      200,
      token({ access_token: 'a b' }),
      'answered without an access_token that a header can carry',
    ],
    [
      200,
      token({ access_token: 'a\r\nx: y' }),
      'answered without an access_token that a header can carry',
    ],
    [200, token({ token_type: 'mac' }), 'answered with a token_type that is not Bearer'],
    [200, token({ token_type: undefined }), 'answered with a token_type that is not Bearer'],
  ])('is refused: %i %s', (status, body, reason) => {
    expect(readTokenAnswer(status, body)).toMatchObject({ kind: 'refused', reason });
  });

  it('may hold the longest token that a header takes, and none longer', () => {
    const longest = 'x'.repeat(ACCESS_TOKEN_CHARS_MAX);
    expect(readTokenAnswer(200, token({ access_token: longest })).kind).toBe('token');
    expect(readTokenAnswer(200, token({ access_token: `${longest}x` })).kind).toBe('refused');
    expect(isWireSafe('authorization', `Bearer ${longest}`)).toBe(true);
    expect(isWireSafe('authorization', `Bearer ${longest}x`)).toBe(false);
  });

  it('never has a word of its own shown', () => {
    fc.assert(
      fc.property(fc.integer({ min: 200, max: 599 }), fc.jsonValue(), (status, value) => {
        const read = readTokenAnswer(status, JSON.stringify({ error: value }));
        const shown = read.kind === 'refused' ? read.reason : '';
        expect(shown).toMatch(/^answered (\d{3}(: [a-z_]+)?|without an access_token .*)$/);
      }),
    );
  });
});

describe('a token is asked for anew', () => {
  it.each([
    [3600, 3540],
    [300, 240],
    [120, 96],
    [10, 8],
    [0, 0],
  ])('of %d seconds after %d', (lifetime, seconds) => {
    expect(refreshAtMs(1_000, lifetime)).toBe(1_000 + seconds * 1_000);
  });

  it('before it ends, whatever its life', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.001, max: 86_400, noNaN: true }), (lifetime) => {
        expect(refreshAtMs(0, lifetime)).toBeLessThan(lifetime * 1_000);
      }),
    );
  });
});
