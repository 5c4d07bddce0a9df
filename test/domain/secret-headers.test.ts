import { describe, expect, it } from 'vitest';
import { masked } from '../../lib/domain/audit-mask.ts';
import { withHeadersKept } from '../../lib/domain/input/kept-headers.ts';
import { headerProblem, isWireSafe } from '../../lib/domain/outbound-headers.ts';
import { redacted, secretsOf } from '../../lib/domain/redaction.ts';
import { HIDDEN_VALUE, headersShown, isSecretHeader } from '../../lib/domain/secret-headers.ts';

/** As services name them, and as people do. */
const CREDENTIALS = `
  X-Api-Key Api-Key ApiKey X-ApiKey X-Apikeys Key X-Key X-Key2 DD-API-KEY X-MBX-APIKEY X-Access-Key
  X-AccessKey Ocp-Apim-Subscription-Key X-Functions-Key X-RapidAPI-Key X-Insert-Key Fastly-Key
  X-Parse-REST-API-Key X-License-Key X-Routing-Key X-Private-Key X-SigningKey X-Webhook-Key
  X-Token X-Auth-Token X-AuthToken X-Access-Token X-Shopify-Access-Token X-Gitlab-Token Private-Token
  PRIVATE-TOKEN X-Vault-Token X-Postmark-Server-Token X-Plex-Token X-CSRF-Token X-Token-Id
  X-Telegram-Bot-Api-Secret-Token X-Secret X-Client-Secret CF-Access-Client-Secret X-Hasura-Admin-Secret
  X-Secrets X-Password X-DbPassword X-Passwd X-Pwd X-Pass X-Passphrase X-Auth X-OAuth X-OAuth2 X-XAuth
  X-Sentry-Auth X-Auth-User X-Authorization X-Authorisation X-Authentication X-Credential X-Credentials
  X-Signature X-Hub-Signature-256 X-Sig X-Hmac X-Session X-Session-Id X-SessionId X-JWT X-UserJwt
  X-Jwt-Assertion X-Bearer X-Pat X-Session-Cookie X-Honeycomb-Team x-vercel-protection-bypass
  X-Idempotency-Token X-Partition-Secret-Key
`;

const SETTINGS = `
  X-Author X-Authors X-Authority X-Authenticated X-Monkey X-Turkey X-Keyboard X-Keynote X-Env X-Request-Id
  X-Correlation-Id Idempotency-Key X-Idempotency-Key IdempotencyKey X-Partition-Key X-Ordering-Key
  X-Cache-Key Surrogate-Key X-Public-Key X-Deduplication-Key X-Compass X-Passenger X-Bypass X-Path
  X-Patient X-Pattern X-Patch X-Tokens X-Max-Tokens X-Tokenizer X-Secretary X-Sessions X-Signal X-Design
  X-Private X-Access X-Access-Level X-Client-Id X-Tenant X-Trace-Id X-Region X-Version X-Source
  X-Token-Type X-Api-Key-Version X-Signature-Algorithm X-Auth-Scheme X-Key-Name X-Token-Url
  Accept Accept-Language Cache-Control Content-Language ETag From If-Match If-None-Match Link Origin
  Pragma Prefer Priority Range Referer Retry-After SOAPAction Traceparent Tracestate Baggage Vary Warning
  X-Requested-With X-Correlation X-B3-TraceId X-GitHub-Event X-Shopify-Topic X-Feature-Flags
`;

const words = (text: string) => text.split(/\s+/).filter(Boolean);

describe('a header of a tenant', () => {
  it.each(words(CREDENTIALS))('%s is a credential, however its name is written', (name) => {
    for (const one of [name, name.toLowerCase(), name.toUpperCase()]) {
      expect(isSecretHeader(one), one).toBe(true);
    }
  });

  it.each(words(SETTINGS))('%s is a setting', (name) => {
    expect(isSecretHeader(name)).toBe(false);
  });

  it('is shown with its name, and with its value where that is a setting', () => {
    const headers = { 'X-Env': 'prod', 'X-Api-Key': 'k-123456', 'X-Token': '' };
    expect(headersShown(headers)).toEqual({
      ...{ 'X-Env': 'prod', 'X-Api-Key': HIDDEN_VALUE, 'X-Token': HIDDEN_VALUE },
    });
  });

  it('can never have the text that stands for its value', () => {
    expect(headerProblem('X-Api-Key', HIDDEN_VALUE)).toMatch(
      /stands for a value that is not shown/,
    );
    expect(isWireSafe('X-Api-Key', HIDDEN_VALUE)).toBe(false);
  });

  it('is struck out of an echo, and so is what follows its scheme', () => {
    const none = { auth: { type: 'none' }, signing: { scheme: 'none' } } as const;
    const request = { headers: { 'X-Auth': 'Token t0k3n-1', 'X-Env': 'production', 'X-Pat': '' } };
    const secrets = secretsOf({ ...none, request }, { 'x-api-key': 'callers' });
    const echo = 'Token t0k3n-1 is t0k3n-1 of callers in production';
    expect(redacted(echo, secrets)).toBe('*** is *** of *** in production');
  });

  it('stays as it is shown in the audit log', () => {
    const shown = { 'X-Api-Key': HIDDEN_VALUE, 'X-Auth': HIDDEN_VALUE };
    expect(masked({ request: { headers: shown } })).toEqual({ request: { headers: shown } });
  });
});

describe('the text that stands for a value', () => {
  const stored = { headers: { 'X-Api-Key': 'kept', 'X-Env': 'prod', 'X-Token': '' } };
  const kept = (headers: object) => withHeadersKept(stored, { headers }).headers;

  it('means the one that is stored under the same name', () => {
    expect(kept({ 'x-api-key': '…', 'X-Token': '…', 'X-New': 'v' })).toEqual({
      ...{ 'x-api-key': 'kept', 'X-Token': '', 'X-New': 'v' },
    });
  });

  it.each([
    ['under another name', { 'X-Other-Key': '…' }],
    ['of a setting', { 'X-Env': '…' }],
    ['of which it is a part', { 'X-Api-Key': 'a…' }],
    ['in a list', { 'X-Api-Key': ['…'] }],
  ])('means none %s', (_, headers) => {
    expect(kept(headers)).toEqual(headers);
  });
});
