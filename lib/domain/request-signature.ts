import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  hkdfSync,
  timingSafeEqual,
} from 'node:crypto';

/** What a signed request says of itself, each part in its one allowed spelling. */
export interface SignatureHeaders {
  /** The public part of the key, `bwk_` and ten characters, as keys are listed. */
  readonly key: string;
  /** Unix seconds, as text: it is signed as it was sent. */
  readonly timestamp: string;
  /** Empty where none was sent. */
  readonly nonce: string;
  /** `sha-256=:…:`; empty where none was sent. */
  readonly digest: string;
  /** Base64 of the 32 bytes. */
  readonly signature: string;
}

/** The request that is signed, as the gateway says it was sent. */
export interface SignedRequest {
  readonly method: string;
  readonly path: string;
  readonly rawQuery: string;
}

/** How far the clock of a signer may be off, both ways. */
export const SIGNATURE_TOLERANCE_SECONDS = 300;

const SCHEME = 'breakwater-request-v1';
const KEY_PURPOSE = 'breakwater-signing-key-v1';
const KEY = /^bwk_[0-9A-Za-z]{10}$/;
const TIMESTAMP = /^[1-9]\d{8,10}$/;
const NONCE = /^[A-Za-z0-9_-]{1,64}$/;
const SIGNATURE = /^v1,([A-Za-z0-9+/]{43}=)$/;
const DIGEST = /^sha-256=:[A-Za-z0-9+/]{43}=:$/;
const METHOD = /^[A-Z]{1,16}$/;
/** The gateway hands paths on decoded: one that needs no encoding is the same before and after. */
const PATH = /^\/[A-Za-z0-9._~/-]{0,1024}$/;
const QUERY = /^[\x21-\x7e]{0,4096}$/;

/** The headers of a signed request; undefined unless every one is there and is well-formed. */
export function readSignatureHeaders(
  headers: Readonly<Record<string, string | undefined>>,
): SignatureHeaders | undefined {
  const key = headers['bw-key'] ?? '';
  const timestamp = headers['bw-timestamp'] ?? '';
  const nonce = headers['bw-nonce'];
  const digest = headers['content-digest'];
  const [, signature] = SIGNATURE.exec(headers['bw-signature'] ?? '') ?? [];
  if (!KEY.test(key) || !TIMESTAMP.test(timestamp) || signature === undefined) return undefined;
  if (nonce !== undefined && !NONCE.test(nonce)) return undefined;
  if (digest !== undefined && !DIGEST.test(digest)) return undefined;
  return { key, timestamp, nonce: nonce ?? '', digest: digest ?? '', signature };
}

/**
 * The text that is signed: eight lines, joined by line feeds, none at the end. No part can hold a
 * line feed, so no two requests have one text; undefined for a request that cannot be signed.
 */
export function signedText(headers: SignatureHeaders, request: SignedRequest): string | undefined {
  const { method, path, rawQuery } = request;
  if (!METHOD.test(method) || !PATH.test(path) || !QUERY.test(rawQuery)) return undefined;
  const { key, timestamp, nonce, digest } = headers;
  return [SCHEME, key, timestamp, nonce, method, path, rawQuery, digest].join('\n');
}

/** What a key signs with: 32 bytes made of the whole key, of which the key cannot be made. */
export function signingKeyOf(key: string): Uint8Array {
  return createHmac('sha256', key).update(KEY_PURPOSE).digest();
}

/** Base64, as `bw-signature` has it after `v1,`. */
export function signText(signingKey: Uint8Array, text: string): string {
  return createHmac('sha256', signingKey).update(text).digest('base64');
}

/** In a time that does not depend on where they differ; only the canonical base64 passes. */
export function isSignatureOf(signingKey: Uint8Array, text: string, signature: string): boolean {
  const wanted = Buffer.from(signText(signingKey, text));
  const given = Buffer.from(signature);
  return wanted.length === given.length && timingSafeEqual(wanted, given);
}

export function isTimely(timestamp: string, nowMs: number): boolean {
  return Math.abs(Number(timestamp) * 1000 - nowMs) <= SIGNATURE_TOLERANCE_SECONDS * 1000;
}

/** Names one signed request among all: the same key and signature are the same request. */
export function signatureId({ key, signature }: SignatureHeaders): string {
  return createHash('sha256').update(`${key}\n${signature}`).digest('base64url');
}

/** The body as `Content-Digest` names it (RFC 9530). */
export function contentDigest(body: Uint8Array): string {
  return `sha-256=:${createHash('sha256').update(body).digest('base64')}:`;
}

/** Random bytes that sealing takes. */
export const SEAL_NONCE_BYTES = 12;
const TAG_BYTES = 16;
const SEAL_VERSION = 1;

/**
 * A signing key as it is stored: AES-256-GCM under a key of the pepper, bound to the key it belongs
 * to, so that no row's can be put into another.
 */
export function sealSigningKey(
  pepper: string,
  lookup: string,
  signingKey: Uint8Array,
  nonce: Uint8Array,
): string {
  const cipher = createCipheriv('aes-256-gcm', sealKey(pepper), nonce, {
    authTagLength: TAG_BYTES,
  });
  cipher.setAAD(Buffer.from(lookup));
  const content = Buffer.concat([cipher.update(signingKey), cipher.final()]);
  const sealed = Buffer.concat([nonce, cipher.getAuthTag(), content]);
  return `${SEAL_VERSION}.${sealed.toString('base64url')}`;
}

/** Throws where the text, the pepper or the owner is another. */
export function openSigningKey(pepper: string, lookup: string, sealed: string): Uint8Array {
  const [version, text = ''] = sealed.split('.', 2);
  if (version !== String(SEAL_VERSION)) throw new Error('A signing key is sealed in another way.');
  const bytes = Buffer.from(text, 'base64url');
  const decipher = createDecipheriv(
    'aes-256-gcm',
    sealKey(pepper),
    bytes.subarray(0, SEAL_NONCE_BYTES),
    { authTagLength: TAG_BYTES },
  );
  decipher.setAAD(Buffer.from(lookup));
  decipher.setAuthTag(bytes.subarray(SEAL_NONCE_BYTES, SEAL_NONCE_BYTES + TAG_BYTES));
  const content = bytes.subarray(SEAL_NONCE_BYTES + TAG_BYTES);
  return Buffer.concat([decipher.update(content), decipher.final()]);
}

function sealKey(pepper: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', pepper, '', 'breakwater request-signing 1', 32));
}
