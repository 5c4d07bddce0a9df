import { describe, expect, it } from 'vitest';
import { parseIntegrationInput } from '../../lib/domain/input/integration-input.ts';
import { refusalOf, STRICT } from '../fakes/registry-world.ts';

const BASE = { name: 'erp', endpoint: 'https://erp.example.com/hooks' };
const parse = (more: object = {}) => parseIntegrationInput({ ...BASE, ...more }, STRICT);
const refused = async (more: object) => (await refusalOf(() => parse(more))).fields;

describe('signing', () => {
  const hmac = { header: 'X-Signature' };
  const secret = 's'.repeat(16);

  it('takes a template for hmac and fills in its defaults', () => {
    expect(parse({ signing: { scheme: 'hmac', hmac, secret } }).signing).toEqual({
      scheme: 'hmac',
      secret,
      hmac: {
        header: 'X-Signature',
        prefix: '',
        algorithm: 'sha256',
        encoding: 'hex',
        content: '{body}',
      },
    });
    const whole = {
      header: 'webhook-signature',
      prefix: 'v0=',
      algorithm: 'sha512',
      encoding: 'base64url',
      content: 'v0:{timestamp}.{id}.{body}',
      timestampHeader: 'webhook-timestamp',
      idHeader: 'webhook-id',
    };
    expect(parse({ signing: { scheme: 'hmac', hmac: whole } }).signing).toEqual({
      scheme: 'hmac',
      hmac: whole,
    });
  });

  it.each([
    [undefined, '{body}'],
    [{}, '{body}'],
    [{ idHeader: 'X-Id' }, '{body}'],
    [{ timestampHeader: 'X-Time' }, '{timestamp}.{body}'],
  ])('has a default for each field of a template: %j', (given, content) => {
    const signing = { scheme: 'hmac', ...(given !== undefined && { hmac: given }) };
    expect(parse({ signing }).signing).toEqual({
      scheme: 'hmac',
      hmac: {
        ...{ header: 'x-signature', prefix: '', algorithm: 'sha256', encoding: 'hex' },
        ...{ content, ...given },
      },
    });
  });

  it.each([
    ['hunter2', 'signing'],
    [{}, 'signing.scheme'],
    [{ scheme: 'rsa' }, 'signing.scheme'],
    [{ scheme: 'none', secret: 'hunter2hunter2hunter2' }, 'signing.secret'],
    [{ scheme: 'github', secret: 'hunter2' }, 'signing.secret'],
    [{ scheme: 'github', secret: { a: 'hunter2' } }, 'signing.secret'],
    [{ scheme: 'standard-webhooks', secret: 'hunter2hunter2hunter2' }, 'signing.secret'],
    [{ scheme: 'standard-webhooks-ed25519', secret: 'whsk_hunter2' }, 'signing.secret'],
    [{ scheme: 'github', hmac }, 'signing.hmac'],
    [{ scheme: 'hmac', hmac: { header: '' } }, 'signing.hmac.header'],
    [{ scheme: 'hmac', hmac: { timestampHeader: 'x-signature' } }, 'signing.hmac.timestampHeader'],
    [{ scheme: 'hmac', hmac: { header: 'Host' } }, 'signing.hmac.header'],
    [{ scheme: 'hmac', hmac: { header: 'webhook-id' } }, 'signing.hmac.header'],
    [{ scheme: 'hmac', hmac: { ...hmac, content: 'x' } }, 'signing.hmac.content'],
    [{ scheme: 'hmac', hmac: { ...hmac, content: '{id}.{body}' } }, 'signing.hmac.idHeader'],
    [{ scheme: 'hmac', hmac: { ...hmac, algorithm: 'md5' } }, 'signing.hmac.algorithm'],
    [{ scheme: 'hmac', hmac: { ...hmac, prefix: ' x' } }, 'signing.hmac.prefix'],
  ])('is refused as %j at %s, without a secret in the answer', async (signing, path) => {
    const { fields, message } = await refusalOf(() => parse({ signing }));
    expect(Object.keys(fields)).toEqual([path]);
    expect(JSON.stringify([fields, message])).not.toContain('hunter2');
  });

  it('may not send a header that another part of the integration sends', async () => {
    expect(
      await refused({
        request: { headers: { 'X-One': '1' } },
        auth: { type: 'apiKey', header: 'x-one', value: 'v' },
        signing: { scheme: 'hmac', hmac: { header: 'X-ONE' } },
      }),
    ).toEqual({
      'auth.header': '"x-one" is set by request.headers.X-One already',
      'signing.hmac.header': '"X-ONE" is set by request.headers.X-One already',
    });
    const request = { headers: { 'X-Signature': '1' } };
    expect(await refused({ request, signing: { scheme: 'hmac' } })).toEqual({
      'signing.hmac.header': '"x-signature" is set by request.headers.X-Signature already',
    });
  });
});
