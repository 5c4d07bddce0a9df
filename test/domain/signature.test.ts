import { describe, expect, it } from 'vitest';
import { type SignedMessage, signatureHeaders } from '../../lib/domain/signature.ts';
import type { Signing } from '../../lib/domain/signing.ts';
import {
  bytes,
  GITHUB_BODY,
  GITHUB_MAC,
  GITHUB_SECRET,
  MESSAGE_BODY,
  MESSAGE_ID,
  NOW_MS,
  NOW_SECONDS,
  OTHER_WHSEC,
  SLACK_TEMPLATE,
  STRIPE_BODY,
  STRIPE_MAC,
  STRIPE_SECRET,
  V1,
  V1A,
  WHSEC,
  WHSK,
} from './verify-fixtures.ts';

const message = (body: string): SignedMessage => ({
  id: MESSAGE_ID,
  timestampSeconds: NOW_SECONDS,
  body: bytes(body),
});
const always = { 'webhook-id': MESSAGE_ID, 'webhook-timestamp': String(NOW_SECONDS) };

describe('the published vectors', () => {
  it('Standard Webhooks v1', () => {
    const signing: Signing = { scheme: 'standard-webhooks', secrets: [{ secret: WHSEC }] };
    expect(signatureHeaders(signing, message(MESSAGE_BODY), NOW_MS)).toEqual({
      ...always,
      'webhook-signature': V1,
    });
  });

  it('Standard Webhooks v1a', () => {
    const signing: Signing = { scheme: 'standard-webhooks-ed25519', secrets: [{ secret: WHSK }] };
    expect(signatureHeaders(signing, message(MESSAGE_BODY), NOW_MS)).toEqual({
      ...always,
      'webhook-signature': V1A,
    });
  });

  it.each([
    [GITHUB_SECRET, GITHUB_BODY, GITHUB_MAC],
    [
      'mysecret',
      '{"foo":"bar"}',
      '4864d2759938a15468b5df9ade20bf161da9b4f737ea61794142f3484236bda3',
    ],
  ])('GitHub, secret %s', (secret, body, mac) => {
    const signing: Signing = { scheme: 'github', secrets: [{ secret }] };
    expect(signatureHeaders(signing, message(body), NOW_MS)).toEqual({
      ...always,
      'x-hub-signature-256': `sha256=${mac}`,
    });
  });

  it('Stripe, the secret used whole', () => {
    const signing: Signing = { scheme: 'stripe', secrets: [{ secret: STRIPE_SECRET }] };
    expect(signatureHeaders(signing, message(STRIPE_BODY), NOW_MS)).toEqual({
      ...always,
      'stripe-signature': `t=${NOW_SECONDS},v1=${STRIPE_MAC}`,
    });
  });

  it.each([
    ['', 'f7f9bd47fb987337b5796fdc1fdb9ba221d0d5396814bfcaf9521f43fd8927fd'],
    [
      '{"obj1":"hello","obj2":"world"}',
      'bebb1a643997f419b315ddba19e6f5411e1ce7f810ba6d3617ce72823092f363',
    ],
    ['😀', '837da296d05c4fe31f61d5d7ead035099d9585a5bcde87de952012a78f0b0c43'],
  ])('plain HMAC-SHA256 as stripe-node computes it, of %j', (body, mac) => {
    const hmac = { ...SLACK_TEMPLATE, header: 'x-signature', prefix: '', content: '{body}' };
    const signing: Signing = { scheme: 'hmac', secrets: [{ secret: 'test_secret' }], hmac };
    const headers = signatureHeaders(signing, message(body), NOW_MS);
    expect(headers['x-signature']).toBe(mac);
  });

  it('Slack, by the generic template', () => {
    const body =
      'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c';
    const signing: Signing = {
      scheme: 'hmac',
      secrets: [{ secret: '8f742231b10e8888abcd99yyyzzz85a5' }],
      hmac: SLACK_TEMPLATE,
    };
    const sent = { id: 'evt_1', timestampSeconds: 1_531_420_618, body: bytes(body) };
    expect(signatureHeaders(signing, sent, NOW_MS)).toEqual({
      'webhook-id': 'evt_1',
      'webhook-timestamp': '1531420618',
      'x-slack-request-timestamp': '1531420618',
      'x-slack-signature': 'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503',
    });
  });
});

describe('signing', () => {
  it('sends the id and the time with every scheme, unsigned ones too', () => {
    expect(signatureHeaders({ scheme: 'none' }, message('{}'), NOW_MS)).toEqual(always);
  });

  it('signs bytes, not the text they decode to', () => {
    const signing: Signing = { scheme: 'standard-webhooks', secrets: [{ secret: WHSEC }] };
    const [one, other] = [0xff, 0xfe].map((first) =>
      signatureHeaders(
        signing,
        { ...message(''), body: Uint8Array.from([first, 0, 0x80, 0x41]) },
        NOW_MS,
      ),
    );
    expect(one).not.toEqual(other);
  });

  it('sends the id where the template asks for it, and each digest in its encoding', () => {
    const secrets = [{ secret: 'sixteen-or-more-characters' }];
    const hmac = {
      header: 'X-Signature',
      prefix: 'hmac ',
      algorithm: 'sha1',
      encoding: 'base64url',
      content: '{id}.{timestamp}.{body}',
      timestampHeader: 'X-Time',
      idHeader: 'X-Id',
    } as const;
    const headers = signatureHeaders({ scheme: 'hmac', secrets, hmac }, message('{}'), NOW_MS);
    expect(headers).toMatchObject({ 'x-id': MESSAGE_ID, 'x-time': String(NOW_SECONDS) });
    expect(headers['x-signature']).toMatch(/^hmac [\w-]{27}$/);
  });

  it.each(['msg.1', '', 'a b', 'a'.repeat(129), 'ä'])(
    'signs no id that could be recut: %j',
    (id) => {
      const signing: Signing = { scheme: 'standard-webhooks', secrets: [{ secret: WHSEC }] };
      expect(() => signatureHeaders(signing, { ...message(''), id }, NOW_MS)).toThrow('An id');
    },
  );

  it.each([1.5, -1, Number.NaN, 1e21, NOW_MS])('signs no time but whole seconds: %d', (seconds) => {
    const sent = { ...message(''), timestampSeconds: seconds };
    expect(() => signatureHeaders({ scheme: 'none' }, sent, NOW_MS)).toThrow('whole seconds');
  });
});

describe('while a secret is rotated', () => {
  const secrets = [{ secret: OTHER_WHSEC }, { secret: WHSEC, expiresAtMs: NOW_MS + 1 }];
  const after = NOW_MS + 1;

  it('both secrets sign, the current one first, and the old one no longer once it expired', () => {
    const signing: Signing = { scheme: 'standard-webhooks', secrets };
    const during = signatureHeaders(signing, message(MESSAGE_BODY), NOW_MS)['webhook-signature'];
    const [newer, older, ...more] = during?.split(' ') ?? [];
    expect([older, more]).toEqual([V1, []]);
    expect(signatureHeaders(signing, message(MESSAGE_BODY), after)['webhook-signature']).toBe(
      newer,
    );
  });

  it('both ed25519 keys sign', () => {
    const signing: Signing = {
      scheme: 'standard-webhooks-ed25519',
      secrets: [{ secret: WHSK }, { secret: WHSK, expiresAtMs: after }],
    };
    expect(signatureHeaders(signing, message(MESSAGE_BODY), NOW_MS)['webhook-signature']).toBe(
      `${V1A} ${V1A}`,
    );
  });

  it('a Stripe signature has one v1 for each', () => {
    const stripe: Signing = {
      scheme: 'stripe',
      secrets: [{ secret: 'the-new-stripe-secret' }, { secret: STRIPE_SECRET, expiresAtMs: after }],
    };
    const header = signatureHeaders(stripe, message(STRIPE_BODY), NOW_MS)['stripe-signature'];
    expect(header).toMatch(new RegExp(`^t=${NOW_SECONDS},v1=[0-9a-f]{64},v1=${STRIPE_MAC}$`));
  });

  it('formats with room for one signature carry the current secret’s', () => {
    const rotated = [{ secret: GITHUB_SECRET }, { secret: 'the-old-one', expiresAtMs: after }];
    const github: Signing = { scheme: 'github', secrets: rotated };
    const headers = signatureHeaders(github, message(GITHUB_BODY), NOW_MS);
    expect(headers['x-hub-signature-256']).toBe(`sha256=${GITHUB_MAC}`);
    const hmac = { ...SLACK_TEMPLATE, content: '{body}', prefix: '' };
    const generic: Signing = { scheme: 'hmac', secrets: rotated, hmac };
    expect(signatureHeaders(generic, message(GITHUB_BODY), NOW_MS)['x-slack-signature']).toBe(
      GITHUB_MAC,
    );
  });

  it.each(['standard-webhooks', 'standard-webhooks-ed25519', 'github', 'stripe'] as const)(
    '%s sends nothing at all rather than nothing signed',
    (scheme) => {
      const gone = [{ secret: WHSEC, expiresAtMs: NOW_MS }];
      expect(() => signatureHeaders({ scheme, secrets: gone }, message('{}'), NOW_MS)).toThrow(
        'No live secret',
      );
    },
  );
});
