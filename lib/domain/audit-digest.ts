import { createHash, type KeyObject, verify } from 'node:crypto';
import type { ChainHead } from './audit.ts';
import { canonicalJson } from './canonical-json.ts';

/** Where one chain was found to end. */
export interface TenantHead extends ChainHead {
  readonly tenant: string;
}

/** What is signed: where chains end by now, and by `prevHash` all that was signed before. */
export interface DigestContent {
  /** From 1 on, without a gap. */
  readonly number: number;
  /** When it was made; never before the digest before it. */
  readonly at: string;
  /** SHA-256 of the text of the digest before, in hex. */
  readonly prevHash: string;
  /** Of chains that have grown since; none: nothing was changed. */
  readonly heads: readonly TenantHead[];
  /** ARN of the key that it is signed with. */
  readonly key: string;
}

/** A signed statement of how far chains go, which nobody can make who has the tables alone. */
export interface AuditDigest extends DigestContent {
  /** ECDSA over the SHA-256 of the canonical JSON of everything else: DER in base64. */
  readonly signature: string;
}

/** What digests are checked with: the public half of the key, ECDSA's on the curve P-256. */
export interface DigestKey {
  readonly publicKey: KeyObject;
  /** Digests begin soon after. */
  readonly madeAtMs: number;
}

/** A digest as it is stored, at the place that its key names. */
export interface StoredDigest {
  readonly place: number;
  readonly text: string;
}

/** The last digest, as far as the next one has to know it. */
export interface DigestEnd {
  readonly number: number;
  /** SHA-256 of its text, in hex. */
  readonly hash: string;
  readonly atMs: number;
}

/** What the first digest names as its predecessor. */
export const NO_DIGEST: DigestEnd = { number: 0, hash: '0'.repeat(64), atMs: 0 };

/** Heads that one digest may name: an item has its limits. The rest is in the next one. */
export const HEADS_MAX = 1_000;
/** What was changed is signed within so long. */
export const DIGEST_EVERY_MS = 300_000;
/** So often something is signed though nothing was changed: what is missing leaves a gap. */
export const DIGEST_AT_LEAST_MS = 3_600_000;
/** Nothing was signed for longer than this: something is wrong. */
export const DIGEST_LATE_MS = 7_200_000;

/** What follows `end`; `heads` are at most `HEADS_MAX`. */
export function digestAfter(
  end: DigestEnd,
  heads: readonly TenantHead[],
  key: string,
  nowMs: number,
): DigestContent {
  const at = new Date(Math.max(nowMs, end.atMs)).toISOString();
  const named = heads.map(({ tenant, seq, hash }) => ({ tenant, seq, hash }));
  return { number: end.number + 1, at, prevHash: end.hash, heads: named, key };
}

/** Everything but the signature. */
function signedBytes(digest: DigestContent & { readonly signature?: string }): Buffer {
  return Buffer.from(canonicalJson({ ...digest, signature: undefined }));
}

/** What is handed out to be signed: 32 bytes. */
export function hashToSign(digest: DigestContent): Buffer {
  return createHash('sha256').update(signedBytes(digest)).digest();
}

/** The text that a digest is stored as: the same for the same digest. */
export function digestText(digest: AuditDigest): string {
  return canonicalJson(digest);
}

/** The digest that the text holds; undefined where it is none, or another text than was stored. */
export function parseDigest(text: string): AuditDigest | undefined {
  try {
    const digest = JSON.parse(text) as Partial<AuditDigest> | null;
    return isDigest(digest) && canonicalJson(digest) === text ? digest : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/**
 * What to chain the next digest to: a text that is none stops nobody from signing what follows, and
 * is found by the verification.
 */
export function digestEndAt({ place, text }: StoredDigest): DigestEnd {
  const digest = parseDigest(text);
  // A copy of another one was not made now.
  const atMs = Date.parse((digest?.number === place && digest.at) || '');
  const hash = createHash('sha256').update(text).digest('hex');
  return { number: place, hash, atMs: Number.isNaN(atMs) ? 0 : atMs };
}

/** Whether one of these keys, each ECDSA's on the curve P-256, has signed it. */
export function isSigned(digest: AuditDigest, keys: readonly KeyObject[]): boolean {
  const bytes = signedBytes(digest);
  const signature = Buffer.from(digest.signature, 'base64');
  return keys.some((key) => verify('sha256', bytes, key, signature));
}

function isDigest(value: Partial<AuditDigest> | null): value is AuditDigest {
  if (typeof value !== 'object' || value === null) return false;
  const { number, at, prevHash, heads, key, signature } = value;
  const texts = [at, prevHash, key, signature].every((text) => typeof text === 'string');
  return texts && Number.isSafeInteger(number) && Array.isArray(heads) && heads.every(isHead);
}

function isHead(head: Partial<TenantHead> | null): head is TenantHead {
  if (typeof head !== 'object' || head === null) return false;
  const { tenant, seq, hash } = head;
  return typeof tenant === 'string' && Number.isSafeInteger(seq) && typeof hash === 'string';
}
