import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesOfBase64, bytesOfBase64Url, bytesOfHex } from '../../lib/domain/encoding.ts';
import {
  hmacKey,
  liveSecrets,
  newSecret,
  publicKeyOf,
  publicKeyProblem,
  SECRETS_LIVE_MAX,
  type SecretKind,
  secretProblem,
  signingKey,
  verifyingKey,
} from '../../lib/domain/secrets.ts';
import { WHPK, WHSEC, WHSK } from './verify-fixtures.ts';

const KINDS: readonly SecretKind[] = [
  'standard-webhooks',
  'standard-webhooks-ed25519',
  'svix',
  'github',
  'stripe',
  'hmac',
  'token',
];
const TEXT_KINDS = ['github', 'stripe', 'hmac', 'token'] as const;
const random32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
const whsec = (bytes: number) => `whsec_${Buffer.alloc(bytes, 0xa5).toString('base64')}`;

describe('a new secret', () => {
  it.each(KINDS)('for %s passes its own check', (kind) => {
    fc.assert(
      fc.property(random32, (random) => {
        expect(secretProblem(kind, newSecret(kind, random))).toBeUndefined();
      }),
      { numRuns: 50 },
    );
  });

  it('has the form its scheme is known by', () => {
    const random = new Uint8Array(32).fill(1);
    expect(newSecret('standard-webhooks', random)).toBe(
      'whsec_AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=',
    );
    expect(newSecret('standard-webhooks-ed25519', random)).toMatch(/^whsk_[A-Za-z0-9+/]{86}==$/);
    for (const kind of TEXT_KINDS) expect(newSecret(kind, random)).toMatch(/^[\w-]{43}$/);
  });

  it('differs whenever the random bytes do', () => {
    fc.assert(
      fc.property(random32, random32, fc.constantFrom(...KINDS), (a, b, kind) => {
        fc.pre(!Buffer.from(a).equals(b));
        expect(newSecret(kind, a)).not.toBe(newSecret(kind, b));
      }),
    );
  });

  it.each([0, 31, 33])('is not made from %i random bytes', (count) => {
    expect(() => newSecret('github', new Uint8Array(count))).toThrow('32 bytes');
  });
});

describe('a given secret', () => {
  it.each([
    ['standard-webhooks', WHSEC],
    ['standard-webhooks', whsec(24)],
    ['standard-webhooks', whsec(64)],
    ['svix', whsec(75)],
    ['standard-webhooks-ed25519', WHSK],
    ['github', 'x'.repeat(16)],
    ['hmac', '~'.repeat(256)],
  ] as const)('for %s is taken: %s', (kind, secret) => {
    expect(secretProblem(kind, secret)).toBeUndefined();
  });

  it.each([
    ['empty', 'standard-webhooks', ''],
    ['prefix only', 'standard-webhooks', 'whsec_'],
    ['no prefix', 'standard-webhooks', WHSEC.slice(6)],
    ['other prefix', 'standard-webhooks', WHSK],
    ['23 bytes', 'standard-webhooks', whsec(23)],
    ['65 bytes', 'standard-webhooks', whsec(65)],
    ['76 bytes', 'svix', whsec(76)],
    ['no padding', 'standard-webhooks', whsec(32).replace('=', '')],
    ['base64url', 'standard-webhooks', `whsec_${'-_'.repeat(16)}`],
    ['bits left over', 'standard-webhooks', whsec(32).replace('U=', 'V=')],
    ['inner newline', 'standard-webhooks', `${WHSEC.slice(0, 20)}\n${WHSEC.slice(20)}`],
    ['final newline', 'standard-webhooks', `${WHSEC}\n`],
    ['leading space', 'standard-webhooks', ` ${WHSEC}`],
    ['final newline', 'standard-webhooks-ed25519', `${WHSK}\r\n`],
    ['seed only', 'standard-webhooks-ed25519', `whsk_${Buffer.alloc(32).toString('base64')}`],
    ['foreign half', 'standard-webhooks-ed25519', `whsk_${Buffer.alloc(64).toString('base64')}`],
    ['symmetric', 'standard-webhooks-ed25519', WHSEC],
    ['too short', 'github', 'fifteen-chars-x'],
    ['too long', 'stripe', 'x'.repeat(257)],
    ['inner space', 'hmac', 'sixteen or more letters'],
    ['not ASCII', 'token', 'sixteen-or-more-lettersß'],
    ['control character', 'token', 'sixteen-or-more\u0007letters'],
    ['final tab', 'token', 'sixteen-or-more-letters\t'],
  ] as const)('is refused without being quoted: %s, %s', (_, kind, secret) => {
    const problem = secretProblem(kind, secret);
    expect(problem).toMatch(/^(must be|has white space)/);
    for (let i = 0; i + 8 <= secret.length; i++) {
      expect(problem).not.toContain(secret.slice(i, i + 8));
    }
  });

  it.each(TEXT_KINDS)('of a %s source may be a phrase of 8 or more characters', (kind) => {
    expect(secretProblem(kind, "It's a Secret to Everybody", 'source')).toBeUndefined();
    expect(secretProblem(kind, 'mysecret', 'source')).toBeUndefined();
    expect(secretProblem(kind, 'sixteen or more characters')).toContain('16–256');
    expect(secretProblem(kind, 'seven77', 'source')).toContain('8–256');
    expect(secretProblem(kind, 'mysecret ', 'source')).toContain('white space');
    expect(secretProblem(kind, 'my\tsecret', 'source')).toContain('printable ASCII');
  });
});

describe('ed25519 keys', () => {
  it('have the public key of the published vector', () => {
    expect(publicKeyOf(WHSK)).toBe(WHPK);
    expect(publicKeyProblem(WHPK)).toBeUndefined();
  });

  it.each([
    '',
    'whpk_',
    WHPK.slice(5),
    WHSEC,
    WHSK,
    `${WHPK}\n`,
    WHPK.replace('=', ''),
    `whpk_${Buffer.alloc(31).toString('base64')}`,
    `whpk_${Buffer.alloc(33).toString('base64')}`,
  ])('are refused in any other form: %j', (key) => {
    expect(publicKeyProblem(key)).toContain('32 bytes');
  });

  it('that are stored broken say so without showing themselves', () => {
    const short = 'whsec_c2VjcmV0';
    expect(() => hmacKey(short)).toThrow('A stored key is not a valid whsec_… key.');
    expect(() => signingKey('whsk_c2VjcmV0')).toThrow('A stored key is not a valid whsk_… key.');
    expect(() => verifyingKey('whpk_c2VjcmV0')).toThrow('A stored key is not a valid whpk_… key.');
  });
});

describe('live secrets', () => {
  it('end at the very millisecond they expire', () => {
    const secrets = [{ secret: 'new' }, { secret: 'old', expiresAtMs: 1000 }];
    expect(liveSecrets(secrets, 999)).toEqual(['new', 'old']);
    expect(liveSecrets(secrets, 1000)).toEqual(['new']);
  });

  it('are a bounded number, the newest', () => {
    const secrets = Array.from({ length: 30 }, (_, i) => ({ secret: `s${i}` }));
    expect(liveSecrets(secrets, 0)).toEqual(
      secrets.slice(0, SECRETS_LIVE_MAX).map(({ secret }) => secret),
    );
  });
});

describe('decoding', () => {
  it('gives back every byte string from its own encoding', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (data) => {
        const bytes = Buffer.from(data);
        expect(bytesOfBase64(bytes.toString('base64'))).toEqual(bytes);
        expect(bytesOfBase64Url(bytes.toString('base64url'))).toEqual(bytes);
        expect(bytesOfHex(bytes.toString('hex'))).toEqual(bytes);
        expect(bytesOfHex(bytes.toString('hex').toUpperCase())).toEqual(bytes);
      }),
    );
  });

  it.each(['AAA', 'AAA==', 'AAB=', 'A A=', 'AA==\n', '-_8=', 'AAA=AAA=', '*'])(
    'refuses base64 that no encoder makes: %j',
    (text) => {
      expect(bytesOfBase64(text)).toBeUndefined();
    },
  );

  it('takes base64url with or without its padding, and nothing in between', () => {
    expect(bytesOfBase64Url('_w')).toEqual(Buffer.from([255]));
    expect(bytesOfBase64Url('_w==')).toEqual(Buffer.from([255]));
    for (const text of ['_w=', '_x', '/w', '_w===']) expect(bytesOfBase64Url(text)).toBeUndefined();
  });

  it.each(['a', 'zz', '0g', 'aB', '0x00', 'ab ', 'ab\n'])('refuses loose hex: %j', (text) => {
    expect(bytesOfHex(text)).toBeUndefined();
  });
});
