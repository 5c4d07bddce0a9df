import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { bytesOfBase64 } from './encoding.ts';
import type { Signing, SigningSecret } from './signing.ts';
import type { Provider } from './source.ts';

/** Whatever has a secret: the schemes an integration is signed by, the providers of a source. */
export type SecretKind = Exclude<Signing['scheme'] | Provider, 'none'>;

/** Secrets that may be live at once: the current one and those whose grace has not ended. */
export const SECRETS_LIVE_MAX = 10;
export const RANDOM_BYTES = 32;

const SECRET_PREFIX = 'whsec_';
const PRIVATE_PREFIX = 'whsk_';
const PUBLIC_PREFIX = 'whpk_';
const KEY_BYTES_MIN = 24;
const KEY_BYTES_MAX = 64;
/** Svix hands out keys longer than the Standard Webhooks specification allows. */
const SVIX_KEY_BYTES_MAX = 75;
const SEED_BYTES = 32;
const TEXT_CHARS_MIN = { integration: 16, source: 8 } as const;
const TEXT_CHARS_MAX = 256;
// RFC 8410: what stands before the 32 raw bytes of an ed25519 key in PKCS #8 and in SPKI.
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');
const SPKI = Buffer.from('302a300506032b6570032100', 'hex');

/** A new secret of the kind's own form; as secret as the 32 random bytes it is made of. */
export function newSecret(kind: SecretKind, random32: Uint8Array): string {
  if (random32.length !== RANDOM_BYTES) throw new Error(`A secret takes ${RANDOM_BYTES} bytes.`);
  const random = Buffer.from(random32);
  switch (kind) {
    case 'standard-webhooks':
    case 'svix':
      return SECRET_PREFIX + random.toString('base64');
    case 'standard-webhooks-ed25519':
      return (
        PRIVATE_PREFIX + Buffer.concat([random, publicBytes(privateKey(random))]).toString('base64')
      );
    case 'github':
    case 'stripe':
    case 'hmac':
    case 'token':
      return random.toString('base64url');
  }
}

/**
 * What is wrong with a secret, in words that never hold any of it; undefined if nothing is. A
 * `source` takes what its provider gives out, an `integration` only what is strong enough.
 */
export function secretProblem(
  kind: SecretKind,
  secret: string,
  use: 'integration' | 'source' = 'integration',
): string | undefined {
  // Never trimmed: a secret pasted with its newline would fail every check without saying why.
  if (secret !== secret.trim()) return 'has white space at its start or end; remove it';
  switch (kind) {
    case 'standard-webhooks':
    case 'svix': {
      const bytesMax = kind === 'svix' ? SVIX_KEY_BYTES_MAX : KEY_BYTES_MAX;
      if (symmetricBytes(secret, bytesMax) !== undefined) return undefined;
      return `must be ${SECRET_PREFIX} and then ${KEY_BYTES_MIN}–${bytesMax} bytes as padded standard base64`;
    }
    case 'standard-webhooks-ed25519':
      if (isKeyPair(secret)) return undefined;
      return `must be ${PRIVATE_PREFIX} and then 64 bytes as padded standard base64: an ed25519 seed and its own public key`;
    case 'github':
    case 'stripe':
    case 'hmac':
    case 'token':
      return textProblem(secret, use);
  }
}

/** The public key `whpk_…` that belongs to a private key `whsk_…`. */
export function publicKeyOf(whsk: string): string {
  return PUBLIC_PREFIX + publicBytes(signingKey(whsk)).toString('base64');
}

/** What is wrong with an ed25519 public key; undefined if nothing is. */
export function publicKeyProblem(whpk: string): string | undefined {
  if (rawPublicKey(whpk) !== undefined) return undefined;
  return `must be ${PUBLIC_PREFIX} and then 32 bytes as padded standard base64: an ed25519 public key`;
}

/** The secrets that count at `nowMs`, newest first; one that expires now is gone. */
export function liveSecrets(secrets: readonly SigningSecret[], nowMs: number): readonly string[] {
  return secrets
    .filter(({ expiresAtMs }) => expiresAtMs === undefined || expiresAtMs > nowMs)
    .slice(0, SECRETS_LIVE_MAX)
    .map(({ secret }) => {
      // With an empty key anybody could sign.
      if (secret === '') throw new Error('A secret was used before it was opened.');
      return secret;
    });
}

/** The HMAC key inside a stored `whsec_…`. */
export function hmacKey(whsec: string): Buffer {
  return required(symmetricBytes(whsec, SVIX_KEY_BYTES_MAX), SECRET_PREFIX);
}

/** The ed25519 private key inside a stored `whsk_…`. */
export function signingKey(whsk: string): KeyObject {
  return privateKey(required(seedOf(whsk), PRIVATE_PREFIX));
}

/** The ed25519 public key inside a stored `whpk_…`. */
export function verifyingKey(whpk: string): KeyObject {
  const raw = required(rawPublicKey(whpk), PUBLIC_PREFIX);
  return createPublicKey({ key: Buffer.concat([SPKI, raw]), format: 'der', type: 'spki' });
}

/** Secrets are checked when they are saved, so a broken one here is a bug: said without the secret. */
function required<T>(value: T | undefined, prefix: string): T {
  if (value === undefined) throw new Error(`A stored key is not a valid ${prefix}… key.`);
  return value;
}

function afterPrefix(text: string, prefix: string): Buffer | undefined {
  return text.startsWith(prefix) ? bytesOfBase64(text.slice(prefix.length)) : undefined;
}

function symmetricBytes(whsec: string, bytesMax: number): Buffer | undefined {
  const key = afterPrefix(whsec, SECRET_PREFIX);
  if (key === undefined || key.length < KEY_BYTES_MIN || key.length > bytesMax) return undefined;
  return key;
}

/** The seed alone says what is signed with; that its public half fits is checked on saving. */
function seedOf(whsk: string): Buffer | undefined {
  const bytes = afterPrefix(whsk, PRIVATE_PREFIX);
  return bytes?.length === 2 * SEED_BYTES ? bytes.subarray(0, SEED_BYTES) : undefined;
}

function isKeyPair(whsk: string): boolean {
  const seed = seedOf(whsk);
  return seed !== undefined && newSecret('standard-webhooks-ed25519', seed) === whsk;
}

function rawPublicKey(whpk: string): Buffer | undefined {
  const raw = afterPrefix(whpk, PUBLIC_PREFIX);
  return raw?.length === SEED_BYTES ? raw : undefined;
}

function privateKey(seed: Buffer): KeyObject {
  return createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8' });
}

function publicBytes(key: KeyObject): Buffer {
  return createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(SPKI.length);
}

function textProblem(secret: string, use: 'integration' | 'source'): string | undefined {
  const charsMin = TEXT_CHARS_MIN[use];
  // Other systems let people type a phrase as their secret; ours are never one.
  const allowed = use === 'source' ? /^[\x20-\x7e]*$/ : /^[\x21-\x7e]*$/;
  if (secret.length >= charsMin && secret.length <= TEXT_CHARS_MAX && allowed.test(secret)) {
    return undefined;
  }
  const what = use === 'source' ? 'printable ASCII' : 'visible ASCII';
  return `must be ${charsMin}–${TEXT_CHARS_MAX} characters of ${what}`;
}
