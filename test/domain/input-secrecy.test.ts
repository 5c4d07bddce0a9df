import { describe, expect, it } from 'vitest';
import { parseCallInput } from '../../lib/domain/input/call-input.ts';
import { parseIntegrationInput } from '../../lib/domain/input/integration-input.ts';
import { parseKeyInput } from '../../lib/domain/input/key-input.ts';
import { parseRotationInput } from '../../lib/domain/input/rotation-input.ts';
import { parseSourceInput } from '../../lib/domain/input/source-input.ts';
import { parseTestCallInput } from '../../lib/domain/input/test-call-input.ts';
import type { Integration } from '../../lib/domain/integration.ts';
import { STRICT } from '../fakes/registry-world.ts';

const CANARY = 'CANARYsecret123456';
/** What may stand where something else belongs, each with a secret in it. */
const WRONG: readonly unknown[] = [
  CANARY,
  [CANARY],
  [[CANARY]],
  { [CANARY.toLowerCase()]: CANARY },
  `${CANARY}\n`,
  `${CANARY}é`.repeat(400),
];

const ERP = { name: 'erp', endpoint: 'https://erp.example.com/hooks' };
const CALLED = parseIntegrationInput({ ...ERP, serviceType: 'rest_api' }, STRICT) as unknown;

const PARSERS = {
  integration: (body: unknown) => parseIntegrationInput(body, STRICT),
  source: (body: unknown) => parseSourceInput(body),
  rotation: (body: unknown) => parseRotationInput(body, 'standard-webhooks', 'integration'),
  key: (body: unknown) => parseKeyInput(body, 0),
  'test call': (body: unknown) => parseTestCallInput(body),
  call: (body: unknown) => parseCallInput(body, CALLED as Integration, 'call_1' as never),
};

const oauth2 = {
  type: 'oauth2ClientCredentials',
  tokenUrl: 'https://id.example.com/token',
  clientId: 'me',
};
const link = { type: 'url', url: 'https://dr.example.com/in' };
const source = (provider: string, more: object = {}) => ({ name: 'a', provider, ...more });

/** Every place that holds a secret, or something that does: the body around it, and the way to it. */
const PLACES: readonly (readonly [keyof typeof PARSERS, object, string])[] = [
  ...['request', 'request.headers', 'request.headers.X-Env', 'auth', 'signing', 'fallback'].map(
    (path) => ['integration', ERP, path] as const,
  ),
  ['integration', { ...ERP, auth: { type: 'bearer' } }, 'auth.token'],
  ['integration', { ...ERP, auth: { type: 'basic', username: 'ann' } }, 'auth.password'],
  ['integration', { ...ERP, auth: { type: 'apiKey', header: 'x-key' } }, 'auth.value'],
  ['integration', { ...ERP, auth: oauth2 }, 'auth.clientSecret'],
  ...['standard-webhooks', 'standard-webhooks-ed25519', 'github', 'stripe', 'hmac'].map(
    (scheme) => ['integration', { ...ERP, signing: { scheme } }, 'signing.secret'] as const,
  ),
  ['integration', { ...ERP, signing: { scheme: 'hmac' } }, 'signing.hmac'],
  ['integration', { ...ERP, signing: { scheme: 'github' } }, 'signing.publicKey'],
  ['integration', { ...ERP, fallback: [link] }, 'fallback.0'],
  ...['auth', 'headers', 'headers.X-Env', 'signing'].map(
    (path) => ['integration', { ...ERP, fallback: [link] }, `fallback.0.${path}`] as const,
  ),
  ...['integration', 'source', 'key'].map(
    (of) => [of as 'source', { ...ERP, provider: 'github' }, 'previous'] as const,
  ),
  ...['standard-webhooks', 'svix', 'github', 'stripe', 'hmac', 'token', 'none'].flatMap(
    (provider) =>
      ['secret', 'secrets', 'secrets.0', 'publicKey', 'verification'].map(
        (path) =>
          ['source', source(provider, path === 'secrets.0' ? { secrets: [] } : {}), path] as const,
      ),
  ),
  ['key', { name: 'a', scopes: ['admin'] }, 'key'],
  ['rotation', {}, 'secret'],
  ['call', { method: 'GET', path: '/' }, 'headers'],
  ['call', { method: 'GET', path: '/' }, 'headers.x-key'],
  ['call', { method: 'GET', path: '/' }, 'query'],
];

describe('a refusal quotes nothing that may be a secret', () => {
  it.each(PLACES)('of %s %j at %s', (parser, body, path) => {
    for (const wrong of WRONG) expect(told(parser, put(body, path.split('.'), wrong))).toEqual([]);
  });

  it.each(Object.keys(PARSERS))('in place of the whole body: %s', (parser) => {
    const all = WRONG.filter((wrong) => typeof wrong === 'string' || Array.isArray(wrong));
    for (const wrong of all) expect(told(parser as 'source', wrong)).toEqual([]);
  });

  it('nor a user name that has the password behind its colon', () => {
    const auth = { type: 'basic', username: `ann:${CANARY}`, password: 'p' };
    expect(told('integration', { ...ERP, auth })).toEqual([]);
  });

  it('and still says what was given where it cannot be one', () => {
    expect(() => parseSourceInput(source('token', { secrets: CANARY }))).toThrow(
      'secrets: a text is not allowed: a list of 1 to 10 entries',
    );
    expect(() => parseSourceInput({ name: 'A b', provider: 'none' })).toThrow('name: "A b" is not');
  });
});

/** What of a refusal has the secret in it; what is taken is not refused. */
function told(parser: keyof typeof PARSERS, body: unknown): readonly string[] {
  try {
    PARSERS[parser](body);
    return [];
  } catch (error) {
    const { message, fields } = error as { message: string; fields: { message: string }[] };
    return [message, ...fields.map((one) => one.message)].filter((one) => one.includes('CANARY'));
  }
}

function put(into: unknown, [name = '', ...below]: readonly string[], value: unknown): unknown {
  const inner = (into as Record<string, unknown>)[name] ?? {};
  const next = below.length === 0 ? value : put(inner, below, value);
  if (Array.isArray(into)) return into.toSpliced(Number(name), 1, next);
  return { ...(into as object), [name]: next };
}
