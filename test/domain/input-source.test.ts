import { describe, expect, it } from 'vitest';
import { parseSourceInput } from '../../lib/domain/input/source-input.ts';
import { newSecret } from '../../lib/domain/secrets.ts';
import { refusalOf } from '../fakes/registry-world.ts';

const whsec = newSecret('standard-webhooks', new Uint8Array(32));
const secret = 'github-secret';
const parse = (body: object) => parseSourceInput({ name: 'in', ...body });
const refused = async (body: object) => (await refusalOf(() => parse(body))).fields;

describe('a source', () => {
  it.each([
    ['standard-webhooks', { secret: whsec }, 'standard-webhooks', { toleranceSeconds: 300 }],
    ['svix', { secret: whsec }, 'svix', { toleranceSeconds: 300 }],
    ['stripe', { secret }, 'stripe', { toleranceSeconds: 300 }],
    ['github', { secret }, 'github', { toleranceSeconds: 300 }],
    ['token', { secret }, 'in', { header: 'authorization' }],
    ['none', {}, 'in', {}],
  ])('of %s names its events and is checked by default', (provider, given, prefix, settings) => {
    expect(parse({ provider, ...given })).toEqual({
      name: 'in',
      description: '',
      eventTypePrefix: prefix,
      verification: { provider, ...settings },
      ...('secret' in given && { secrets: [given.secret] }),
    });
  });

  it('takes everything it may be given', () => {
    const given = {
      name: 'shop',
      tenant: 'a',
      provider: 'hmac',
      secrets: ['first-secret', 'second-secret'],
      description: 'd',
      eventTypePrefix: 'shop.in',
      verification: { header: 'X-Mac', encoding: 'base64', toleranceSeconds: 60 },
      allowCidrs: ['192.0.2.0/24', '2001:DB8:0::/32', '192.0.2.0/24'],
      response: { statusCode: 200, body: 'ok' },
    };
    expect(parse(given)).toEqual({
      name: 'shop',
      tenant: 'a',
      description: 'd',
      eventTypePrefix: 'shop.in',
      secrets: ['first-secret', 'second-secret'],
      allowCidrs: ['192.0.2.0/24', '2001:db8::/32'],
      response: { statusCode: 200, body: 'ok' },
      verification: {
        provider: 'hmac',
        toleranceSeconds: 60,
        hmac: {
          header: 'X-Mac',
          prefix: '',
          algorithm: 'sha256',
          encoding: 'base64',
          content: '{body}',
        },
      },
    });
    expect(parse({ provider: 'none', response: {} }).response).toEqual({
      statusCode: 202,
      body: '',
    });
  });

  it('may be called breakwater where its events are not', () => {
    const given = { name: 'breakwater', provider: 'none', eventTypePrefix: 'breakwaters' };
    expect(parse(given)).toMatchObject({ name: 'breakwater', eventTypePrefix: 'breakwaters' });
    expect(parse({ name: 'breakwater', provider: 'github', secret })).toMatchObject({
      eventTypePrefix: 'github',
    });
  });

  it('takes a public key in place of a secret', () => {
    const publicKey = `whpk_${Buffer.alloc(32).toString('base64')}`;
    expect(parse({ provider: 'svix', publicKey })).toMatchObject({
      verification: { provider: 'svix', publicKey },
    });
  });

  it.each(['standard-webhooks', 'token'])('of %s needs no secret: one is made', (provider) => {
    expect(parse({ provider }).secrets).toBeUndefined();
  });

  it.each([
    'gitlab',
    'slack',
    'shopify',
    'twilio',
    'sendgrid',
    'linear',
    'zoom',
    'discord',
    'paypal',
    'paddle',
    'basic',
  ])('of %s is still to come', async (provider) => {
    expect((await refused({ provider })).provider).toContain('not available in this version');
  });

  it.each([
    [{}, ['provider']],
    [{ provider: 'x' }, ['provider']],
    [{ provider: 'github' }, ['secret']],
    [{ provider: 'svix' }, ['secret']],
    [{ provider: 'stripe' }, ['secret']],
    [{ provider: 'github', secret: 'hunter2' }, ['secret']],
    [{ provider: 'github', secret: 'hunter2-long\n' }, ['secret']],
    [{ provider: 'github', secret: ['hunter2-long'] }, ['secret']],
    [{ provider: 'github', secret: 'hunter2-long', secrets: ['hunter2-long'] }, ['secrets']],
    [{ provider: 'github', secrets: ['hunter2-long', 'hunter2'] }, ['secrets.1']],
    [{ provider: 'github', secrets: [] }, ['secrets']],
    [
      { provider: 'github', secrets: Array.from({ length: 11 }, () => 'hunter2-long') },
      ['secrets'],
    ],
    [{ provider: 'none', secret: 'hunter2-long' }, ['secret']],
    [{ provider: 'none', secrets: ['hunter2-long'] }, ['secrets']],
    [{ provider: 'svix', publicKey: 'whpk_short' }, ['publicKey']],
    [{ provider: 'github', secret: 'hunter2-long', publicKey: 'whpk_x' }, ['publicKey']],
    [{ provider: 'svix', publicKey: 5 }, ['publicKey']],
    [{ provider: 'hmac' }, ['verification.header']],
    [{ provider: 'hmac', verification: 'x' }, ['verification']],
    [
      { provider: 'hmac', verification: { header: 'a', content: '{id}' } },
      ['verification.content', 'verification.idHeader'],
    ],
    [
      { provider: 'hmac', verification: { header: 'a', content: '{timestamp}{body}' } },
      ['verification.timestampHeader'],
    ],
    [{ provider: 'token', verification: { header: 'a b' } }, ['verification.header']],
    [
      { provider: 'none', verification: { toleranceSeconds: 1 } },
      ['verification.toleranceSeconds'],
    ],
    [
      { provider: 'standard-webhooks', verification: { toleranceSeconds: 3_601 } },
      ['verification.toleranceSeconds'],
    ],
    [{ provider: 'none', eventTypePrefix: 'a..b' }, ['eventTypePrefix']],
    [{ provider: 'none', eventTypePrefix: '' }, ['eventTypePrefix']],
    [{ provider: 'none', eventTypePrefix: 'breakwater' }, ['eventTypePrefix']],
    [{ provider: 'none', eventTypePrefix: 'breakwater.in' }, ['eventTypePrefix']],
    [{ provider: 'none', name: 'breakwater' }, ['eventTypePrefix']],
    [{ provider: 'none', response: { statusCode: 204, body: 'x' } }, ['response.body']],
    [{ provider: 'none', response: { statusCode: 205, body: 'x' } }, ['response.body']],
    [{ provider: 'none', response: { statusCode: 304, body: '' } }, ['response.statusCode']],
    [{ provider: 'none', response: { statusCode: 300 } }, ['response.statusCode']],
    [{ provider: 'none', response: { body: 'b'.repeat(1001) } }, ['response.body']],
    [{ provider: 'none', allowCidrs: [], url: 'x', id: 'x' }, ['allowCidrs', 'id', 'url']],
    [
      { name: 'B', provider: 'hmac', secret: 'hunter2', verification: { header: 5 }, tenant: '' },
      ['name', 'secret', 'tenant', 'verification.header'],
    ],
  ])('is refused as %j at %j, without a secret in the answer', async (body, paths) => {
    const { fields, message } = await refusalOf(() => parse(body));
    expect(Object.keys(fields).sort()).toEqual(paths);
    expect(JSON.stringify([fields, message])).not.toContain('hunter2');
  });

  it('says so where a provider has nothing to set', async () => {
    const given = { name: 'a', provider: 'github', secret, verification: { secret: 'hunter2' } };
    expect((await refusalOf(() => parse(given))).fields).toEqual({
      'verification.secret': 'is not a field here; allowed: none',
    });
  });
});
