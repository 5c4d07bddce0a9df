import { createHmac, timingSafeEqual } from 'node:crypto';
import type { ApiKey, Principal, Scope } from './api-key.ts';

/** A key taken apart. `lookup` is public and finds the record; `secret` proves the rest. */
export interface KeyParts {
  readonly lookup: string;
  readonly secret: string;
}

const PREFIX = 'bwk_';
const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const LOOKUP_CHARS = 10;
const SECRET_CHARS = 32;
const CHECKSUM_CHARS = 6;
const KEY = new RegExp(
  `^${PREFIX}([0-9A-Za-z]{${LOOKUP_CHARS}})([0-9A-Za-z]{${SECRET_CHARS}})([0-9A-Za-z]{${CHECKSUM_CHARS}})$`,
);
const SHOWN = new RegExp(`^${PREFIX}([0-9A-Za-z]{${LOOKUP_CHARS}})$`);

/** Random bytes that a key takes: so many more than it needs that no character is likelier. */
export const KEY_RANDOM_BYTES = { lookup: 16, secret: 32 } as const;

/** A new key, `bwk_…`: 190 secret bits, and a checksum that tells a typing error without a read. */
export function makeKey(
  lookupRandom: Uint8Array,
  secretRandom: Uint8Array,
): KeyParts & { readonly text: string } {
  if (
    lookupRandom.length !== KEY_RANDOM_BYTES.lookup ||
    secretRandom.length !== KEY_RANDOM_BYTES.secret
  ) {
    throw new Error('A key takes 16 random bytes for its lookup and 32 for its secret.');
  }
  const lookup = base62(numberOf(lookupRandom), LOOKUP_CHARS);
  const secret = base62(numberOf(secretRandom), SECRET_CHARS);
  return { lookup, secret, text: keyText({ lookup, secret }) };
}

/** The whole key, as its owner has it. */
export function keyText({ lookup, secret }: KeyParts): string {
  return PREFIX + lookup + secret + checksum(lookup + secret);
}

/** The parts of a key; undefined for any text that was never one. */
export function parseKey(text: string): KeyParts | undefined {
  const [, lookup = '', secret = '', sum] = KEY.exec(text) ?? [];
  return sum !== undefined && sum === checksum(lookup + secret) ? { lookup, secret } : undefined;
}

/** What is stored of a secret: of no use without the pepper, which the table does not hold. */
export function hashSecret(pepper: string, secret: string): string {
  return createHmac('sha256', pepper).update(secret).digest('base64url');
}

/** Whether `secret` is the key's, in a time that does not depend on where it differs. */
export function isSecretOf(key: Pick<ApiKey, 'hash'>, pepper: string, secret: string): boolean {
  const wanted = Buffer.from(key.hash);
  const given = Buffer.from(hashSecret(pepper, secret));
  return wanted.length === given.length && timingSafeEqual(wanted, given);
}

/** The public part in `bwk_…` as lists show it; undefined for any other text. */
export function parsePrefix(text: string): string | undefined {
  return SHOWN.exec(text)?.[1];
}

/** The public part of a key as lists show it. */
export function shownPrefix(key: Pick<ApiKey, 'lookup'>): string {
  return PREFIX + key.lookup;
}

/** `admin` implies every scope. */
export function hasScope(principal: Pick<Principal, 'scopes'>, scope: Scope): boolean {
  return principal.scopes.includes('admin') || principal.scopes.includes(scope);
}

function numberOf(bytes: Uint8Array): bigint {
  let number = 0n;
  for (const byte of bytes) number = (number << 8n) | BigInt(byte);
  return number;
}

/** The last `chars` digits of the number. */
function base62(number: bigint, chars: number): string {
  let text = '';
  let rest = number;
  for (let i = 0; i < chars; i++) {
    text = (ALPHABET[Number(rest % 62n)] ?? '') + text;
    rest /= 62n;
  }
  return text;
}

function checksum(text: string): string {
  return base62(BigInt(crc32(text)), CHECKSUM_CHARS);
}

/** CRC-32 as zlib has it, of ASCII text. */
function crc32(text: string): number {
  let crc = 0xffffffff;
  for (let i = 0; i < text.length; i++) {
    crc ^= text.charCodeAt(i);
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}
