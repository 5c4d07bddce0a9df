import { describe, expect, it } from 'vitest';
import {
  contentDigest,
  isSignatureOf,
  isTimely,
  openSigningKey,
  readSignatureHeaders,
  type SignatureHeaders,
  sealSigningKey,
  signedText,
  signingKeyOf,
  signText,
} from '../../lib/domain/request-signature.ts';

const KEY = 'bwk_0123456789abcdefghijklmnopqrstuvwxyzABCDEF000000';
const SIGNING_KEY = signingKeyOf(KEY);
const GIVEN: SignatureHeaders = {
  key: 'bwk_0123456789',
  timestamp: '1768478400',
  nonce: 'n-1',
  digest: contentDigest(Buffer.from('{}')),
  signature: `${'A'.repeat(43)}=`,
};
const REQUEST = { method: 'POST', path: '/v1/events', rawQuery: 'a=1&b=%20' };
const HEADERS = {
  'bw-key': GIVEN.key,
  'bw-timestamp': GIVEN.timestamp,
  'bw-nonce': GIVEN.nonce,
  'bw-signature': `v1,${GIVEN.signature}`,
  'content-digest': GIVEN.digest,
};

describe('the headers of a signed request', () => {
  it('are read as they are', () => {
    expect(readSignatureHeaders(HEADERS)).toEqual(GIVEN);
  });

  it('may lack nonce and digest', () => {
    const { 'bw-nonce': _, 'content-digest': __, ...rest } = HEADERS;
    expect(readSignatureHeaders(rest)).toEqual({ ...GIVEN, nonce: '', digest: '' });
  });

  it.each([
    ['bw-key', KEY],
    ['bw-key', 'bwk_012345678'],
    ['bw-key', 'bwk_0123456789,bwk_0123456789'],
    ['bw-timestamp', '01768478400'],
    ['bw-timestamp', '1768478400.0'],
    ['bw-timestamp', '1768478400abc'],
    ['bw-timestamp', '-1768478400'],
    ['bw-timestamp', '1.7e9'],
    ['bw-timestamp', ' 1768478400'],
    ['bw-timestamp', '١٧٦٨٤٧٨٤٠٠'],
    ['bw-nonce', ''],
    ['bw-nonce', 'a\nb'],
    ['bw-nonce', 'x'.repeat(65)],
    ['bw-signature', GIVEN.signature],
    ['bw-signature', `v1,${GIVEN.signature},v1,${GIVEN.signature}`],
    ['bw-signature', `v1,${GIVEN.signature} v1,${GIVEN.signature}`],
    ['bw-signature', `v2,${GIVEN.signature}`],
    ['bw-signature', `v1,${GIVEN.signature.slice(1)}`],
    ['content-digest', ''],
    ['content-digest', 'sha-512=:AAAA:'],
    ['content-digest', `${GIVEN.digest}, ${GIVEN.digest}`],
  ])('with %s: %j are not', (name, value) => {
    expect(readSignatureHeaders({ ...HEADERS, [name]: value })).toBeUndefined();
  });
});

describe('the signed text', () => {
  it('is eight lines', () => {
    expect(signedText(GIVEN, REQUEST)).toBe(
      'breakwater-request-v1\nbwk_0123456789\n1768478400\nn-1\nPOST\n/v1/events\na=1&b=%20\n' +
        'sha-256=:RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o=:',
    );
  });

  it('is another for every part that is another', () => {
    const texts = [
      signedText(GIVEN, REQUEST),
      signedText({ ...GIVEN, key: 'bwk_0123456780' }, REQUEST),
      signedText({ ...GIVEN, timestamp: '1768478401' }, REQUEST),
      signedText({ ...GIVEN, nonce: '' }, REQUEST),
      signedText({ ...GIVEN, digest: '' }, REQUEST),
      signedText(GIVEN, { ...REQUEST, method: 'PUT' }),
      signedText(GIVEN, { ...REQUEST, path: '/v1/events/' }),
      signedText(GIVEN, { ...REQUEST, rawQuery: 'a=1&b=+' }),
      signedText(GIVEN, { ...REQUEST, rawQuery: '' }),
    ];
    expect(new Set(texts).size).toBe(texts.length);
  });

  it.each([
    { path: '/v1/events/a b' },
    { path: '/v1/events/%41' },
    { path: '/v1/a\n/b' },
    { path: 'v1' },
    { path: '/v1/é' },
    { rawQuery: 'a=\n' },
    { rawQuery: 'a=b c' },
    { method: 'post' },
    { method: 'GET\nX' },
  ])('is not made of %j, which could be read in two ways', (part) => {
    expect(signedText(GIVEN, { ...REQUEST, ...part })).toBeUndefined();
  });
});

describe('a signature', () => {
  const text = signedText(GIVEN, REQUEST) ?? '';
  const signature = signText(SIGNING_KEY, text);

  it('is good for its text and key, in its one spelling', () => {
    expect(isSignatureOf(SIGNING_KEY, text, signature)).toBe(true);
    expect(isSignatureOf(SIGNING_KEY, `${text}\n`, signature)).toBe(false);
    expect(isSignatureOf(signingKeyOf(`${KEY}0`), text, signature)).toBe(false);
    expect(isSignatureOf(SIGNING_KEY, text, '')).toBe(false);
  });

  it(`is refused with any one of its bits, or of the text's, flipped`, () => {
    let tried = 0;
    const bytes = Buffer.from(signature, 'base64');
    for (let bit = 0; bit < bytes.length * 8; bit++, tried++) {
      const flipped = flip(bytes, bit).toString('base64');
      expect(isSignatureOf(SIGNING_KEY, text, flipped)).toBe(false);
    }
    for (let bit = 0; bit < text.length * 8; bit++, tried++) {
      const flipped = flip(Buffer.from(text), bit).toString('latin1');
      expect(isSignatureOf(SIGNING_KEY, flipped, signature)).toBe(false);
    }
    expect(tried).toBeGreaterThan(1_000);
  });

  it('is refused when its last base64 character is another for the same bytes', () => {
    const last = signature.at(-2) ?? '';
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
    const twin = alphabet[alphabet.indexOf(last) ^ 1] ?? '';
    const respelt = `${signature.slice(0, -2)}${twin}=`;
    expect(Buffer.from(respelt, 'base64')).toEqual(Buffer.from(signature, 'base64'));
    expect(isSignatureOf(SIGNING_KEY, text, respelt)).toBe(false);
  });

  it.each([
    [-300_000, true],
    [300_000, true],
    [-300_001, false],
    [300_001, false],
  ])('of %d ms from now is timely: %j', (ms, timely) => {
    expect(isTimely('1768478400', 1_768_478_400_000 + ms)).toBe(timely);
  });
});

describe('a stored signing key', () => {
  const nonce = new Uint8Array(12).fill(7);
  const sealed = sealSigningKey('pepper', '0123456789', SIGNING_KEY, nonce);

  it('opens with the pepper, for the key it was sealed for', () => {
    expect(openSigningKey('pepper', '0123456789', sealed)).toEqual(Buffer.from(SIGNING_KEY));
    expect(() => openSigningKey('salt', '0123456789', sealed)).toThrow();
    expect(() => openSigningKey('pepper', '0123456780', sealed)).toThrow();
    expect(() => openSigningKey('pepper', '0123456789', `2${sealed.slice(1)}`)).toThrow();
    expect(() => openSigningKey('pepper', '0123456789', sealed.slice(0, -2))).toThrow();
  });

  it('shows neither the key nor what it signs with', () => {
    const hex = Buffer.from(sealed.slice(2), 'base64url').toString('hex');
    expect(hex).not.toContain(Buffer.from(SIGNING_KEY).toString('hex').slice(0, 16));
    expect(sealed).not.toContain(KEY.slice(14, 30));
  });
});

function flip(bytes: Buffer, bit: number): Buffer {
  const flipped = Buffer.from(bytes);
  flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return flipped;
}
