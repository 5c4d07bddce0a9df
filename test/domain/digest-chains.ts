import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { AuditEntry, StoredEntry } from '../../lib/domain/audit.ts';
import {
  type AuditDigest,
  type DigestContent,
  type DigestEnd,
  digestAfter,
  digestEndAt,
  digestText,
  hashToSign,
  NO_DIGEST,
  type StoredDigest,
} from '../../lib/domain/audit-digest.ts';
import {
  type DigestProblem,
  type DigestWalk,
  digestsBegun,
  digestsEnded,
  notHeld,
  stepOverDigest,
} from '../../lib/domain/audit-digest-chain.ts';
import { signedHash } from '../../lib/local/ecdsa.ts';

/** Digests for tests, and their verdict on a chain. */

export const KEY = 'arn:aws:kms:eu-central-1:111122223333:key/digests';
export const EVERY_MS = 300_000;

export function keyPair() {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' });
}

export function signedBy(content: DigestContent, key: KeyObject): AuditDigest {
  return { ...content, signature: signedHash(hashToSign(content), key).toString('base64') };
}

export function rowOf(digest: AuditDigest): StoredDigest {
  return { place: digest.number, text: digestText(digest) };
}

/** A digest for every `each` entries, five minutes apart. */
export function digestsOf(
  entries: readonly AuditEntry[],
  each: number,
  key: KeyObject,
  fromMs: number,
): StoredDigest[] {
  const rows: StoredDigest[] = [];
  let end: DigestEnd = NO_DIGEST;
  for (let at = each; at <= entries.length; at += each) {
    const entry = entries[at - 1];
    if (entry === undefined) break;
    const atMs = fromMs + rows.length * EVERY_MS;
    const row = rowOf(signedBy(digestAfter(end, [entry], KEY, atMs), key));
    rows.push(row);
    end = digestEndAt(row);
  }
  return rows;
}

export interface Judged {
  readonly walk: DigestWalk;
  readonly problem: DigestProblem | null;
}

/** As the verification judges: the digests first, and what each says of its chain. */
export function judged(
  digests: readonly StoredDigest[],
  entryAt: (seq: number) => StoredEntry | undefined,
  known: { readonly keys: readonly KeyObject[]; readonly nowMs: number },
  begun = digestsBegun(),
): Judged {
  let walk = begun;
  for (const row of digests) {
    const step = stepOverDigest(walk, row, known);
    if (step.walk.problem !== null) return { walk: step.walk, problem: step.walk.problem };
    const lost = step.heads.find(({ seq, hash }) => {
      const entry = entryAt(seq);
      return entry === undefined || !entry.text.includes(`"hash":"${hash}"`);
    });
    if (lost !== undefined) return { walk, problem: notHeld(lost) };
    walk = step.walk;
  }
  return { walk: digestsEnded(walk, known, known.nowMs), problem: null };
}
