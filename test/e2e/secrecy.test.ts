import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Gateway, startGateway } from './gateway.ts';
import { rowsOf } from './places.ts';

const SECRET = `whsec_${Buffer.from('canary-standard-webhooks').toString('base64')}`;

let gateway: Gateway;

beforeAll(async () => {
  gateway = await startGateway();
  await gateway.register({
    ...{ name: 'signed', endpoint: 'http://127.0.0.1:9009/', eventTypes: ['signed.*'] },
    signing: { scheme: 'standard-webhooks', secret: SECRET },
  });
});
afterAll(() => gateway.stop());

describe('a secret that Breakwater was given', () => {
  it('is shown again to who sends the same request once more, and kept where nobody reads it', async () => {
    const asked = {
      body: { name: 'kept', scopes: ['admin'] },
      headers: { 'idempotency-key': 'keep-this-answer' },
    };
    const first = await gateway.call('POST', '/v1/keys', asked);
    const again = await gateway.call('POST', '/v1/keys', asked);
    expect(again.json.key).toBe(first.json.key);
    const { registry = [], state = [], ...others } = await rowsOf(gateway.run);
    // That the rows have been read, so that not finding means something.
    expect(registry.join('\n')).toContain(first.json.id);
    expect(state.join('\n')).toContain('keep-this-answer');
    const all = [...registry, ...state, ...Object.values(others).flat()].join('\n');
    const secrets = [first.json.key, gateway.run.apiKey].map((key) => key.slice(14, 46));
    expect([SECRET, ...secrets].filter((secret) => all.includes(secret))).toEqual([]);
    expect((await gateway.call('GET', '/v1/keys')).text).not.toContain(secrets[0]);
  });

  it('of an integration is readable with the scope for it alone', async () => {
    const path = '/v1/integrations/signed/secret';
    const scopes = ['integrations:read', 'integrations:write', 'integrations:call'];
    const key = await gateway.key({ scopes });
    expect((await gateway.call('GET', path, { key })).status).toBe(403);
    const reader = await gateway.key({ scopes: ['secrets:read'] });
    const read = await gateway.call('GET', path, { key: reader });
    expect([read.status, read.json.current]).toEqual([200, SECRET]);
  });
});
