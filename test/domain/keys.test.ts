import { createHash, createHmac } from 'node:crypto';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  hashSecret,
  hasScope,
  isSecretOf,
  makeKey,
  parseKey,
  shownPrefix,
} from '../../lib/domain/keys.ts';

const bytes = (count: number, fill: number) => new Uint8Array(count).fill(fill);
const anyKey = fc
  .tuple(
    fc.uint8Array({ minLength: 16, maxLength: 16 }),
    fc.uint8Array({ minLength: 32, maxLength: 32 }),
  )
  .map(([lookup, secret]) => makeKey(lookup, secret));

describe('the text of a key', () => {
  it('has one form, and is read back to its parts', () => {
    fc.assert(
      fc.property(anyKey, ({ text, lookup, secret }) => {
        expect(text).toMatch(/^bwk_[0-9A-Za-z]{48}$/);
        expect(parseKey(text)).toEqual({ lookup, secret });
      }),
    );
  });

  it('ends in the CRC-32 of what stands before it', () => {
    fc.assert(
      fc.property(anyKey, ({ text, lookup, secret }) => {
        let sum = 0;
        for (const char of text.slice(-6)) {
          const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
          sum = sum * 62 + digits.indexOf(char);
        }
        expect(sum).toBe(crc32(lookup + secret));
      }),
    );
  });

  it('is refused when one character of it is another', () => {
    fc.assert(
      fc.property(anyKey, fc.nat(47), fc.constantFrom('0', 'a', 'Z'), ({ text }, at, char) => {
        const place = 4 + at;
        fc.pre(text[place] !== char);
        expect(parseKey(text.slice(0, place) + char + text.slice(place + 1))).toBeUndefined();
      }),
    );
  });

  it.each(['', 'bwk_', 'bwk_abc', `bwx_${'0'.repeat(48)}`, `bwk_${'0'.repeat(48)}\n`, 'secret'])(
    'refuses %j',
    (text) => {
      expect(parseKey(text)).toBeUndefined();
    },
  );

  it('differs wherever the random bytes differ', () => {
    const a = makeKey(bytes(16, 1), bytes(32, 1));
    expect(makeKey(bytes(16, 2), bytes(32, 1)).lookup).not.toBe(a.lookup);
    expect(makeKey(bytes(16, 1), bytes(32, 2)).secret).not.toBe(a.secret);
  });

  it('is never made of fewer random bytes than it takes', () => {
    expect(() => makeKey(bytes(15, 1), bytes(32, 1))).toThrow('16 random bytes');
    expect(() => makeKey(bytes(16, 1), bytes(31, 1))).toThrow('16 random bytes');
  });
});

describe('what is stored of a key', () => {
  it('is the peppered hash of its secret', () => {
    const expected = createHmac('sha256', 'pepper').update('secret').digest('base64url');
    expect(hashSecret('pepper', 'secret')).toBe(expected);
    expect(hashSecret('other', 'secret')).not.toBe(expected);
    expect(expected).not.toBe(createHash('sha256').update('secret').digest('base64url'));
  });

  it('is matched by the right secret under the right pepper only', () => {
    const key = { hash: hashSecret('pepper', 'secret') };
    expect(isSecretOf(key, 'pepper', 'secret')).toBe(true);
    expect(isSecretOf(key, 'pepper', 'Secret')).toBe(false);
    expect(isSecretOf(key, 'other', 'secret')).toBe(false);
    expect(isSecretOf({ hash: 'short' }, 'pepper', 'secret')).toBe(false);
  });

  it('shows its public part alone', () => {
    expect(shownPrefix({ lookup: 'abc' })).toBe('bwk_abc');
  });
});

describe('scopes', () => {
  it.each([
    [['admin'], 'secrets:read', true],
    [['events:read'], 'events:read', true],
    [['events:read'], 'events:publish', false],
    [['keys:write'], 'admin', false],
    [[], 'events:read', false],
  ] as const)('%j has %s: %s', (scopes, scope, expected) => {
    expect(hasScope({ scopes }, scope)).toBe(expected);
  });
});
