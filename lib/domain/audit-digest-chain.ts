import type { KeyObject } from 'node:crypto';
import {
  DIGEST_LATE_MS,
  type DigestEnd,
  digestEndAt,
  isSigned,
  NO_DIGEST,
  parseDigest,
  type StoredDigest,
  type TenantHead,
} from './audit-digest.ts';
import { instant } from './instant.ts';

/**
 * `edited`: a digest is not what was stored, or follows another one than the one before it.
 * `missing`: there is none at this number. `unsigned`: the key has not signed it. `truncated`: there
 * once were more. `rewritten`: another digest was known to be there, or a chain does not hold what
 * this one says of it.
 */
export type DigestProblemKind = 'edited' | 'missing' | 'unsigned' | 'truncated' | 'rewritten';

export interface DigestProblem {
  readonly number: number;
  readonly kind: DigestProblemKind;
  readonly message: string;
}

/** A time in which nothing was signed, though it should have been: what was then may be gone. */
export interface DigestGap {
  /** Of the digest that ends it, or would. */
  readonly number: number;
  readonly from: string;
  readonly to: string;
}

/** How far the digests have been found whole. */
export interface DigestWalk {
  readonly end: DigestEnd;
  readonly checked: number;
  readonly gaps: readonly DigestGap[];
  readonly problem: DigestProblem | null;
}

/** What is known of the digests from elsewhere. */
export interface DigestsKnown {
  readonly keys: readonly KeyObject[];
  /** One that was noted: it must be there, and gaps before it are known. */
  readonly noted?: Pick<DigestEnd, 'number' | 'hash'> | undefined;
}

/** A head, and the digest that says so. */
export interface SignedHead extends TenantHead {
  readonly digest: number;
}

/** Gaps that are named; of more, the first. */
const GAPS_MAX = 100;

/** Before the first digest; `keyMadeAtMs` is when there was a key to sign it with, if that is known. */
export function digestsBegun(keyMadeAtMs = 0): DigestWalk {
  return { end: { ...NO_DIGEST, atMs: keyMadeAtMs }, checked: 0, gaps: [], problem: null };
}

/** Steps over the digest that follows; stops at the first that is not as it should be. */
export function stepOverDigest(
  walk: DigestWalk,
  row: StoredDigest,
  known: DigestsKnown,
): { readonly walk: DigestWalk; readonly heads: readonly SignedHead[] } {
  const stop = (number: number, kind: DigestProblemKind, message: string) => ({
    walk: { ...walk, problem: { number, kind, message } },
    heads: [],
  });
  const wanted = walk.end.number + 1;
  if (walk.problem !== null) return { walk, heads: [] };
  if (row.place !== wanted) return stop(wanted, 'missing', `Digest ${wanted} is missing.`);
  const digest = parseDigest(row.text);
  const end = digestEndAt(row);
  const isEarlier = walk.end.number > 0 && end.atMs < walk.end.atMs;
  if (digest === undefined || digest.number !== wanted || isEarlier) {
    return stop(wanted, 'edited', `Digest ${wanted} is not what was stored.`);
  }
  if (!isSigned(digest, known.keys)) {
    return stop(wanted, 'unsigned', `Digest ${wanted} does not bear the key's signature.`);
  }
  if (digest.prevHash !== walk.end.hash) {
    return stop(wanted, 'edited', `Digest ${wanted} was made after another one than is before it.`);
  }
  const { noted } = known;
  if (noted?.number === wanted && noted.hash !== end.hash) {
    return stop(wanted, 'rewritten', `Digest ${wanted} is not the one that was known to be there.`);
  }
  const gaps = withGap(walk, end, noted);
  const heads = digest.heads.map((head) => ({ ...head, digest: wanted }));
  return { walk: { end, checked: walk.checked + 1, gaps, problem: null }, heads };
}

/** Judges a walk that has come to the last digest. */
export function digestsEnded(walk: DigestWalk, { noted }: DigestsKnown, nowMs: number): DigestWalk {
  if (walk.problem !== null) return walk;
  const next = walk.end.number + 1;
  if (noted !== undefined && noted.number > walk.end.number) {
    const message = `The last digest is ${walk.end.number}; there once was one ${noted.number}.`;
    return { ...walk, problem: { number: next, kind: 'truncated', message } };
  }
  return { ...walk, gaps: withGap(walk, { number: next, atMs: nowMs }, undefined) };
}

/** What is wrong where a chain does not hold what a digest says of it. */
export function notHeld({ digest, seq }: SignedHead): DigestProblem {
  const message = `Digest ${digest} has another entry ${seq} of this chain than is there.`;
  return { number: digest, kind: 'rewritten', message };
}

function withGap(
  { end, gaps }: DigestWalk,
  next: Pick<DigestEnd, 'number' | 'atMs'>,
  noted: DigestsKnown['noted'],
): readonly DigestGap[] {
  const isKnown = end.atMs === 0 || (noted !== undefined && next.number <= noted.number);
  if (isKnown || next.atMs - end.atMs <= DIGEST_LATE_MS || gaps.length >= GAPS_MAX) return gaps;
  const [from, to] = [end.atMs, next.atMs].map(instant);
  return [...gaps, { number: next.number, from: from ?? '', to: to ?? '' }];
}
