import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { hmacKey } from '../../lib/domain/secrets.ts';
import type { InboundRequest } from '../../lib/domain/source.ts';
import { verify } from '../../lib/domain/verify.ts';
import {
  fixed,
  inbound,
  MESSAGE_BODY,
  MESSAGE_ID,
  NOW_MS,
  NOW_SECONDS,
  OTHER_WHSEC,
  standardRequest,
  TOLERANCE,
  V1,
  V1A,
  WHPK,
  WHSEC,
  without,
} from './verify-fixtures.ts';

const verification = fixed('standard-webhooks', [WHSEC]);
const verified = { kind: 'verified', deliveryId: MESSAGE_ID };
const rejected = (reason: string) => ({ kind: 'rejected', reason });
const [, MAC = ''] = V1.split(',');
const WRONG = `v1,${Buffer.alloc(32).toString('base64')}`;
const WRONG_V1A = `v1a,${Buffer.alloc(64).toString('base64')}`;

/** Signs whatever it is given, a bad id or time too. */
function signed(id: string, timestamp: string, body: string): InboundRequest {
  const mac = createHmac('sha256', hmacKey(WHSEC)).update(`${id}.${timestamp}.${body}`);
  return inbound(
    {
      'webhook-id': id,
      'webhook-timestamp': timestamp,
      'webhook-signature': `v1,${mac.digest('base64')}`,
    },
    body,
  );
}

describe('a Standard Webhooks signature', () => {
  it('verifies on the published vector, with its id', () => {
    expect(verify(verification, standardRequest(), NOW_MS)).toEqual(verified);
  });

  it('verifies on the published ed25519 vector', () => {
    const request = standardRequest({ 'webhook-signature': V1A });
    expect(verify(fixed('standard-webhooks', [], WHPK), request, NOW_MS)).toEqual(verified);
  });

  it.each([
    ['a wrong one before it', `${WRONG} ${V1}`],
    ['a wrong one after it', `${V1} ${WRONG}`],
    ['an ed25519 one, with no key for it', `${V1A} ${V1}`],
    ['a version of the future', `v2,x.y:z ${V1} v3b,0`],
    ['itself again', `${V1} ${V1}`],
    ['fifteen others', `${`${WRONG} `.repeat(15)}${V1}`],
  ])('is found beside %s', (_, list) => {
    const request = standardRequest({ 'webhook-signature': list });
    expect(verify(verification, request, NOW_MS)).toEqual(verified);
  });

  it.each([
    ['joined by a comma', `${V1},${V1}`],
    ['joined, a wrong one behind', `${V1},${WRONG}`],
    ['joined with a space', `${WRONG}, ${V1}`],
    ['seventeen', `${`${WRONG} `.repeat(16)}${V1}`],
    ['longer than 4,096 characters', `${V1} v2,${'x'.repeat(4_096)}`],
    ['empty', ''],
    ['a leading space', ` ${V1}`],
    ['a double space', `${V1}  ${V1}`],
    ['a final space', `${V1} `],
    ['a tab', `${V1}\t${V1}`],
    ['no version', MAC],
    ['no signature', 'v1,'],
    ['no comma', `v1${MAC}`],
    ['an upper-case version', `V1,${MAC}`],
    ['no padding', V1.replace('=', '')],
    ['too much padding', `${V1}=`],
    ['base64url', V1.replace('+', '-').replace('/', '_')],
    ['bits left over', V1.replace('E=', 'F=')],
    ['hex', `v1,${Buffer.from(MAC, 'base64').toString('hex')}`],
    ['31 bytes', `v1,${Buffer.alloc(31).toString('base64')}`],
    ['33 bytes', `v1,${Buffer.alloc(33).toString('base64')}`],
    ['an ed25519 signature called v1', `v1,${V1A.slice(4)}`],
    ['a MAC called v1a', `v1a,${MAC}`],
    ['a good one beside a malformed one', `${V1} v1,x`],
  ])('is malformed when it is %s', (_, list) => {
    const request = standardRequest({ 'webhook-signature': list });
    expect(verify(fixed('standard-webhooks', [WHSEC], WHPK), request, NOW_MS)).toEqual(
      rejected('malformed-signature'),
    );
  });

  it.each([
    ['another MAC', WRONG],
    ['only a version that is not known', `v2,${MAC}`],
    ['only an ed25519 one', V1A],
  ])('is bad when it is %s', (_, list) => {
    const request = standardRequest({ 'webhook-signature': list });
    expect(verify(verification, request, NOW_MS)).toEqual(rejected('bad-signature'));
  });

  it('of the wrong ed25519 key is bad, and so is a MAC where only a public key is known', () => {
    const keyOnly = fixed('standard-webhooks', [], WHPK);
    for (const list of [WRONG_V1A, V1]) {
      const request = standardRequest({ 'webhook-signature': list });
      expect(verify(keyOnly, request, NOW_MS)).toEqual(rejected('bad-signature'));
    }
  });

  it('made with the public key’s text as a secret is bad: key kinds never cross', () => {
    const raw = Buffer.from(WHPK.slice(5), 'base64');
    const mac = createHmac('sha256', raw)
      .update(`${MESSAGE_ID}.${NOW_SECONDS}.${MESSAGE_BODY}`)
      .digest('base64');
    const request = standardRequest({ 'webhook-signature': `v1,${mac}` });
    expect(verify(fixed('standard-webhooks', [], WHPK), request, NOW_MS)).toEqual(
      rejected('bad-signature'),
    );
  });

  it('needs all three headers', () => {
    for (const [name, reason] of [
      ['webhook-signature', 'missing-signature'],
      ['webhook-id', 'missing-id'],
      ['webhook-timestamp', 'missing-timestamp'],
    ] as const) {
      expect(verify(verification, without(standardRequest(), name), NOW_MS)).toEqual(
        rejected(reason),
      );
    }
  });
});

describe('an id', () => {
  it('with a dot is refused, even rightly signed: the text could be cut elsewhere', () => {
    const first = signed('msg_1', String(NOW_SECONDS - 9_999), `${NOW_SECONDS}.{"a":1}`);
    const shifted = inbound(
      {
        'webhook-id': `msg_1.${NOW_SECONDS - 9_999}`,
        'webhook-timestamp': String(NOW_SECONDS),
        'webhook-signature': first.headers['webhook-signature'] ?? '',
      },
      '{"a":1}',
    );
    expect(verify(verification, shifted, NOW_MS)).toEqual(rejected('malformed-id'));
  });

  it.each(['', 'a,b', 'a b', 'a\n', 'ä', 'x'.repeat(257)])('is refused: %j', (id) => {
    expect(verify(verification, signed(id, String(NOW_SECONDS), '{}'), NOW_MS)).toEqual(
      rejected('malformed-id'),
    );
  });

  it.each(['evt:1/2+3=', 'x'.repeat(256), '9b2f6a0e-1c1d'])('is taken: %j', (id) => {
    expect(verify(verification, signed(id, String(NOW_SECONDS), '{}'), NOW_MS)).toEqual({
      kind: 'verified',
      deliveryId: id,
    });
  });
});

describe('a timestamp', () => {
  it.each([
    '',
    '-1',
    '+1614265330',
    '01614265330',
    ' 1614265330',
    '1614265330 ',
    '1614265330abc',
    '1614265330.0',
    '1.6e9',
    '1_614_265_330',
    '0x6037b8b2',
    '١٦١٤٢٦٥٣٣٠',
    'NaN',
    'Infinity',
    '1614265330,1614265330',
    '1614265330000',
  ])('in any but the plain spelling is refused, even rightly signed: %j', (timestamp) => {
    expect(verify(verification, signed('msg_1', timestamp, '{}'), NOW_MS)).toEqual(
      rejected('malformed-timestamp'),
    );
  });

  it.each([
    [-TOLERANCE, true],
    [TOLERANCE, true],
    [-TOLERANCE - 1, false],
    [TOLERANCE + 1, false],
    [-NOW_SECONDS, false],
    [9_999_999_999, false],
  ])('%i seconds from now is within tolerance: %s', (offset, fresh) => {
    const request = signed('msg_1', String(NOW_SECONDS + offset), '{}');
    const expected = fresh
      ? { kind: 'verified', deliveryId: 'msg_1' }
      : rejected('timestamp-out-of-tolerance');
    for (const ms of [0, 999]) {
      expect(verify(verification, request, NOW_MS + ms)).toEqual(expected);
    }
  });

  it('is judged only when the signature is right', () => {
    const stale = standardRequest({ 'webhook-timestamp': '1' });
    expect(verify(verification, stale, NOW_MS)).toEqual(rejected('bad-signature'));
  });
});

describe('several secrets', () => {
  it('are all tried, until each expires', () => {
    const rotating = fixed('standard-webhooks', [
      { secret: OTHER_WHSEC },
      { secret: WHSEC, expiresAtMs: NOW_MS + 1 },
    ]);
    expect(verify(rotating, standardRequest(), NOW_MS)).toEqual(verified);
    expect(verify(rotating, standardRequest(), NOW_MS + 1)).toEqual(rejected('bad-signature'));
  });

  it('or none: nothing verifies', () => {
    expect(verify(fixed('standard-webhooks', []), standardRequest(), NOW_MS)).toEqual(
      rejected('bad-signature'),
    );
  });
});

describe('the Svix spelling', () => {
  const svix = fixed('svix', [WHSEC]);
  const renamed = (request: InboundRequest): Record<string, string> =>
    Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [
        name.replace('webhook-', 'svix-'),
        value,
      ]),
    );

  it('is taken under svix- and under webhook- names', () => {
    const svixNames = inbound(renamed(standardRequest()), MESSAGE_BODY);
    expect(verify(svix, svixNames, NOW_MS)).toEqual(verified);
    expect(verify(svix, standardRequest(), NOW_MS)).toEqual(verified);
    expect(verify(verification, svixNames, NOW_MS)).toEqual(rejected('missing-signature'));
  });

  it('is never put together from both names: the id is the one that was signed', () => {
    const mixed = standardRequest({ 'svix-id': 'msg_other' });
    expect(verify(svix, mixed, NOW_MS)).toEqual(verified);
    const complete = standardRequest({
      ...renamed(standardRequest()),
      'svix-signature': WRONG,
    });
    expect(verify(svix, complete, NOW_MS)).toEqual(rejected('bad-signature'));
  });

  it('is checked with the public key too', () => {
    const request = standardRequest({ 'webhook-signature': V1A });
    expect(verify(fixed('svix', [], WHPK), request, NOW_MS)).toEqual(verified);
  });
});
