import { describe, expect, it } from 'vitest';
import { parseIntegrationInput } from '../../lib/domain/input/integration-input.ts';
import type { JsonObject } from '../../lib/domain/merge-patch.ts';
import { refusalOf, STRICT } from '../fakes/registry-world.ts';

const OAUTH2 = {
  type: 'oauth2ClientCredentials',
  tokenUrl: 'https://login.example.com/token',
  clientId: 'breakwater',
  clientSecret: 'hunter2 hunter2',
};

const parse = (more: JsonObject) =>
  parseIntegrationInput({ name: 'erp', endpoint: 'https://erp.example.com/', ...more }, STRICT);

async function refused(more: JsonObject) {
  const { fields, message } = await refusalOf(() => parse(more));
  expect(JSON.stringify([fields, message])).not.toContain('hunter2');
  return fields;
}

describe('OAuth client credentials', () => {
  it('authenticate by header unless they say otherwise', () => {
    expect(parse({ auth: OAUTH2 }).auth).toEqual({ ...OAUTH2, clientAuthentication: 'basic' });
  });

  it('may say everything there is', () => {
    const auth = {
      ...OAUTH2,
      scope: 'https://api.example.com/.default offline!',
      audience: 'https://api.example.com/',
      resource: 'https://api.example.com/v1?x=1',
      clientAuthentication: 'body',
    };
    expect(parse({ auth, serviceType: 'rest_api' }).auth).toEqual(auth);
  });

  it.each<[JsonObject, string]>([
    [{ tokenUrl: undefined }, 'tokenUrl'],
    [{ tokenUrl: 7 }, 'tokenUrl'],
    [{ tokenUrl: 'http://login.example.com/token' }, 'tokenUrl'],
    [{ tokenUrl: 'https://169.254.169.254/token' }, 'tokenUrl'],
    [{ tokenUrl: 'https://u:hunter2@login.example.com/token' }, 'tokenUrl'],
    [{ tokenUrl: 'https://login.example.com/token#x' }, 'tokenUrl'],
    [{ tokenUrl: 'https://api.breakwater.example.com/token' }, 'tokenUrl'],
    [{ clientId: undefined }, 'clientId'],
    [{ clientId: '' }, 'clientId'],
    [{ clientId: 'ö' }, 'clientId'],
    [{ clientSecret: undefined }, 'clientSecret'],
    [{ clientSecret: '' }, 'clientSecret'],
    [{ clientSecret: 'hunter2\n' }, 'clientSecret'],
    [{ clientSecret: 'hunter2'.repeat(1_000) }, 'clientSecret'],
    [{ scope: '' }, 'scope'],
    [{ scope: 'a  b' }, 'scope'],
    [{ scope: 'a "b"' }, 'scope'],
    [{ scope: ['a'] }, 'scope'],
    [{ audience: 'a b' }, 'audience'],
    [{ resource: '/relative' }, 'resource'],
    [{ resource: 'https://api.example.com/#part' }, 'resource'],
    [{ clientAuthentication: 'private_key_jwt' }, 'clientAuthentication'],
    [{ token: 'hunter2' }, 'token'],
  ])('are refused with %j', async (more, field) => {
    const fields = await refused({ auth: { ...OAUTH2, ...more } });
    expect(Object.keys(fields)).toEqual([`auth.${field}`]);
  });

  it.each(['slack', 'discord', 'teams'])('are refused by name for %s', async (serviceType) => {
    const fields = await refused({ serviceType, auth: OAUTH2 });
    expect(fields).toEqual({
      'auth.type': `"oauth2ClientCredentials" has no meaning for ${serviceType}: its URL is its credential; allowed: one of none, bearer, basic, apiKey`,
    });
  });

  it.each(['pagerduty', 'sqs', 'eventbridge'])('are refused for %s', async (serviceType) => {
    expect(await refused({ serviceType, auth: OAUTH2 })).toHaveProperty('auth');
  });

  it('may be those of a fallback URL, under the same rules', async () => {
    const link = { type: 'url', url: 'https://other.example.com/', auth: OAUTH2 };
    expect(parse({ fallback: [link] }).fallback[0]).toMatchObject({ auth: OAUTH2 });
    const inner = { ...link, auth: { ...OAUTH2, tokenUrl: 'https://10.0.0.1/token' } };
    expect(
      Object.keys(
        await refused({ fallback: [link, { ...inner, url: 'https://third.example.com/' }] }),
      ),
    ).toEqual(['fallback.1.auth.tokenUrl']);
    const slack = { serviceType: 'slack', fallback: [link] };
    expect(Object.keys(await refused(slack))).toEqual(['fallback.0.auth.type']);
  });
});
