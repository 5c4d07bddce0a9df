import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { HmacTemplate } from '../../lib/domain/signing.ts';
import type { Verification } from '../../lib/domain/source.ts';
import { verify } from '../../lib/domain/verify.ts';
import {
  fixed,
  GITHUB_BODY,
  GITHUB_MAC,
  GITHUB_SECRET,
  inbound,
  NOW_MS,
  NOW_SECONDS,
  SLACK_TEMPLATE,
  STRIPE_BODY,
  STRIPE_MAC,
  STRIPE_SECRET,
  TOLERANCE,
} from './verify-fixtures.ts';

const rejected = (reason: string) => ({ kind: 'rejected', reason });
const verified = (deliveryId?: string) =>
  deliveryId === undefined ? { kind: 'verified' } : { kind: 'verified', deliveryId };
/** A time is signed, and no id: the signed words stand for the request. */
const verifiedOnce = { kind: 'verified', once: expect.stringMatching(/^[\w-]{43}$/) };
const ZEROS = '0'.repeat(64);
const hex = (secret: string, content: string) =>
  createHmac('sha256', secret).update(content).digest('hex');

describe('github', () => {
  const github = fixed('github', ['another secret', GITHUB_SECRET]);
  const request = (headers: Record<string, string>) => inbound(headers, GITHUB_BODY);
  const good = { 'x-hub-signature-256': `sha256=${GITHUB_MAC}` };

  it('verifies on the published vectors, with the delivery id of its header', () => {
    const delivered = request({ ...good, 'x-github-delivery': '72d3162e-cc78-11e3' });
    expect(verify(github, delivered, NOW_MS)).toEqual(verified('72d3162e-cc78-11e3'));
    expect(verify(github, request(good), NOW_MS)).toEqual(verified());
    const octokit = '4864d2759938a15468b5df9ade20bf161da9b4f737ea61794142f3484236bda3';
    const foo = inbound({ 'x-hub-signature-256': `sha256=${octokit}` }, '{"foo":"bar"}');
    expect(verify(fixed('github', ['mysecret']), foo, NOW_MS)).toEqual(verified());
  });

  it.each([
    ['no prefix', GITHUB_MAC],
    ['another prefix', `sha1=${GITHUB_MAC}`],
    ['upper case', `sha256=${GITHUB_MAC.toUpperCase()}`],
    ['a final newline', `sha256=${GITHUB_MAC}\n`],
    ['cut short', `sha256=${GITHUB_MAC.slice(1)}`],
    ['empty', ''],
    ['joined by a comma', `sha256=${GITHUB_MAC},sha256=${GITHUB_MAC}`],
    ['joined with a space', `sha256=${ZEROS}, sha256=${GITHUB_MAC}`],
  ])('is malformed with %s', (_, header) => {
    const wrong = request({ 'x-hub-signature-256': header });
    expect(verify(github, wrong, NOW_MS)).toEqual(rejected('malformed-signature'));
  });

  it('refuses a wrong MAC, a missing one, and the SHA-1 header alone', () => {
    const wrong = request({ 'x-hub-signature-256': `sha256=${ZEROS}` });
    expect(verify(github, wrong, NOW_MS)).toEqual(rejected('bad-signature'));
    const sha1 = createHmac('sha1', GITHUB_SECRET).update(GITHUB_BODY).digest('hex');
    const old = request({ 'x-hub-signature': `sha1=${sha1}` });
    expect(verify(github, old, NOW_MS)).toEqual(rejected('missing-signature'));
  });

  it('refuses two delivery ids joined, by which no repetition could be known', () => {
    const joined = request({ ...good, 'x-github-delivery': 'a,b' });
    expect(verify(github, joined, NOW_MS)).toEqual(rejected('malformed-id'));
  });

  it('stops trying a secret once it expired', () => {
    const rotated = fixed('github', ['new', { secret: GITHUB_SECRET, expiresAtMs: NOW_MS }]);
    expect(verify(rotated, request(good), NOW_MS - 1)).toEqual(verified());
    expect(verify(rotated, request(good), NOW_MS)).toEqual(rejected('bad-signature'));
  });
});

describe('stripe', () => {
  const stripe = fixed('stripe', ['whsec_another', STRIPE_SECRET]);
  const check = (header: string, nowMs = NOW_MS) =>
    verify(stripe, inbound({ 'stripe-signature': header }, STRIPE_BODY), nowMs);

  it.each([
    ['as published', `t=${NOW_SECONDS},v1=${STRIPE_MAC}`],
    ['beside other schemes', `t=${NOW_SECONDS},v1=${STRIPE_MAC},v0=${ZEROS}`],
    ['beside a wrong v1', `t=${NOW_SECONDS},v1=${ZEROS},v1=${STRIPE_MAC}`],
    ['in another order', `v1=${STRIPE_MAC},t=${NOW_SECONDS}`],
  ])('verifies %s', (_, header) => {
    expect(check(header)).toEqual(verifiedOnce);
    // However it is put: it is one request.
    const plain = check(`t=${NOW_SECONDS},v1=${STRIPE_MAC}`);
    expect(check(header)).toEqual(plain);
  });

  it.each([
    ['empty', ''],
    ['no t', `v1=${STRIPE_MAC}`],
    ['two t', `t=${NOW_SECONDS},t=${NOW_SECONDS},v1=${STRIPE_MAC}`],
    ['two headers joined', `t=1,v1=${ZEROS},t=${NOW_SECONDS},v1=${STRIPE_MAC}`],
    ['no v1', `t=${NOW_SECONDS}`],
    ['only v0', `t=${NOW_SECONDS},v0=${STRIPE_MAC}`],
    ['an upper-case v1', `t=${NOW_SECONDS},v1=${STRIPE_MAC.toUpperCase()}`],
    ['a short v1', `t=${NOW_SECONDS},v1=${STRIPE_MAC.slice(2)}`],
    ['one short v1 among good', `t=${NOW_SECONDS},v1=${STRIPE_MAC},v1=00`],
    ['a space', `t=${NOW_SECONDS}, v1=${STRIPE_MAC}`],
    ['a nameless item', `t=${NOW_SECONDS},v1=${STRIPE_MAC},`],
    ['a bare item', `t=${NOW_SECONDS},v1=${STRIPE_MAC},v2`],
    ['18 items', `t=${NOW_SECONDS},v1=${STRIPE_MAC}${',v0=0'.repeat(16)}`],
    ['over 4,096 characters', `t=${NOW_SECONDS},v1=${STRIPE_MAC},v0=${'0'.repeat(4_096)}`],
  ])('is malformed: %s', (_, header) => {
    expect(check(header)).toEqual(rejected('malformed-signature'));
  });

  it.each(['', '-1', '01', '1614265330abc', '1e9', NOW_SECONDS * 1000])(
    'refuses a time spelled %j',
    (t) => {
      expect(check(`t=${t},v1=${STRIPE_MAC}`)).toEqual(rejected('malformed-timestamp'));
    },
  );

  it('takes times up to the tolerance, old and ahead alike', () => {
    const header = `t=${NOW_SECONDS},v1=${STRIPE_MAC}`;
    for (const sign of [-1, 1]) {
      expect(check(header, NOW_MS + sign * TOLERANCE * 1000)).toEqual(verifiedOnce);
      expect(check(header, NOW_MS + sign * (TOLERANCE + 1) * 1000)).toEqual(
        rejected('timestamp-out-of-tolerance'),
      );
    }
  });

  it('says nothing of the time of a forged request, and wants the header', () => {
    expect(check(`t=1,v1=${ZEROS}`)).toEqual(rejected('bad-signature'));
    expect(verify(stripe, inbound({}, STRIPE_BODY), NOW_MS)).toEqual(rejected('missing-signature'));
  });
});

describe('generic hmac', () => {
  const secret = 'sixteen-or-more-characters';
  const source = (hmac: HmacTemplate): Verification => ({
    provider: 'hmac',
    secrets: [{ secret: 'another-secret' }, { secret }],
    hmac,
    toleranceSeconds: TOLERANCE,
  });
  const FULL: HmacTemplate = {
    ...SLACK_TEMPLATE,
    header: 'X-Sig',
    content: '{timestamp}.{id}.{body}',
    timestampHeader: 'X-Time',
    idHeader: 'X-Id',
  };
  const BODY_ONLY: HmacTemplate = {
    header: 'X-Sig',
    prefix: '',
    algorithm: 'sha256',
    encoding: 'hex',
    content: '{body}',
  };
  const request = (id: string, time: number | string, mac?: string) =>
    inbound(
      {
        'x-sig': mac ?? `v0=${hex(secret, `${time}.${id}.{}`)}`,
        'x-time': String(time),
        'x-id': id,
      },
      '{}',
    );

  it('verifies Slack’s published vector', () => {
    const body =
      'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c';
    const slack = {
      ...source(SLACK_TEMPLATE),
      secrets: [{ secret: '8f742231b10e8888abcd99yyyzzz85a5' }],
    };
    const headers = {
      'x-slack-signature': 'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503',
      'x-slack-request-timestamp': '1531420618',
    };
    expect(verify(slack, inbound(headers, body), 1_531_420_618_000)).toEqual(verifiedOnce);
  });

  it('verifies id and time, and the id is the delivery’s', () => {
    expect(verify(source(FULL), request('evt_1', NOW_SECONDS), NOW_MS)).toEqual(verified('evt_1'));
    const stale = request('evt_1', NOW_SECONDS - TOLERANCE - 1);
    expect(verify(source(FULL), stale, NOW_MS)).toEqual(rejected('timestamp-out-of-tolerance'));
  });

  it('refuses an id that holds a character of what sets it off', () => {
    const shifted = request('evt_1.x', NOW_SECONDS);
    expect(verify(source(FULL), shifted, NOW_MS)).toEqual(rejected('malformed-id'));
    expect(verify(source(FULL), request('a,b', NOW_SECONDS), NOW_MS)).toEqual(
      rejected('malformed-id'),
    );
  });

  it.each([
    ['x-sig', 'missing-signature'],
    ['x-id', 'missing-id'],
    ['x-time', 'missing-timestamp'],
  ])('wants %s', (name, reason) => {
    const { [name]: _, ...headers } = request('evt_1', NOW_SECONDS).headers;
    expect(verify(source(FULL), inbound(headers, '{}'), NOW_MS)).toEqual(rejected(reason));
  });

  it('wants an id header that is set, though it is not signed', () => {
    const unsigned = source({ ...BODY_ONLY, idHeader: 'x-id' });
    const headers = { 'x-sig': hex(secret, '{}') };
    expect(verify(unsigned, inbound({ ...headers, 'x-id': 'a.b' }, '{}'), NOW_MS)).toEqual(
      verified('a.b'),
    );
    expect(verify(unsigned, inbound(headers, '{}'), NOW_MS)).toEqual(rejected('missing-id'));
  });

  it('refuses a time in another spelling', () => {
    expect(verify(source(FULL), request('evt_1', '1e9'), NOW_MS)).toEqual(
      rejected('malformed-timestamp'),
    );
  });

  it.each(['sha1', 'sha256', 'sha512'] as const)('verifies %s in every encoding', (algorithm) => {
    for (const encoding of ['hex', 'base64', 'base64url'] as const) {
      const mac = createHmac(algorithm, secret).update('{}').digest(encoding);
      const check = (text: string) =>
        verify(source({ ...BODY_ONLY, algorithm, encoding }), inbound({ 'x-sig': text }, '{}'), 0);
      expect(check(mac)).toEqual(verified());
      expect(check(`${mac},${mac}`)).toEqual(rejected('malformed-signature'));
      expect(check(mac.slice(0, -4))).toEqual(rejected('malformed-signature'));
      expect(check(`${mac}\n`)).toEqual(rejected('malformed-signature'));
      expect(check(Buffer.alloc(mac.length).toString(encoding))).toEqual(
        rejected('malformed-signature'),
      );
    }
  });

  it('takes hex in upper case, as .NET writes it, but no mixture', () => {
    const mac = hex(secret, '{}');
    const check = (text: string) =>
      verify(source(BODY_ONLY), inbound({ 'x-sig': text }, '{}'), NOW_MS);
    expect(check(mac.toUpperCase())).toEqual(verified());
    expect(check(mac.replace(/[a-f]/, (letter) => letter.toUpperCase()))).toEqual(
      rejected('malformed-signature'),
    );
  });

  it.each(['', 'v0=', 'v1=00', `v0 =${ZEROS}`, `${ZEROS}`, `v0=${'0'.repeat(4_096)}`])(
    'is malformed: %j',
    (mac) => {
      expect(verify(source(FULL), request('evt_1', NOW_SECONDS, mac), NOW_MS)).toEqual(
        rejected('malformed-signature'),
      );
    },
  );

  it('is bad with another MAC', () => {
    const wrong = request('evt_1', NOW_SECONDS, `v0=${ZEROS}`);
    expect(verify(source(FULL), wrong, NOW_MS)).toEqual(rejected('bad-signature'));
  });
});
