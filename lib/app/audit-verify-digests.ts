import type { ChainHead } from '../domain/audit.ts';
import {
  type AuditDigest,
  type DigestEnd,
  type DigestKey,
  isSigned,
  parseDigest,
} from '../domain/audit-digest.ts';
import {
  type DigestsKnown,
  type DigestWalk,
  digestsBegun,
  digestsEnded,
  notHeld,
  stepOverDigest,
} from '../domain/audit-digest-chain.ts';
import { isHeld } from './audit-held.ts';
import { bytesOf, type Room } from './audit-verify-room.ts';
import { concurrently } from './concurrently.ts';
import type { Clock } from './ports.ts';
import type { AuditDigests, AuditTrail } from './ports-audit.ts';

export interface DigestVerifyDeps {
  readonly auditTrail: Pick<AuditTrail, 'read'>;
  readonly auditDigests: Pick<AuditDigests, 'read' | 'signedOf'>;
  readonly clock: Pick<Clock, 'nowMs'>;
}

/**
 * The last head of a chain that is signed. Where it is is only noted; what is said there, and by
 * whom, is looked at: `unproven` where it is not what was noted.
 */
export function provenHeads(
  { auditDigests }: Pick<DigestVerifyDeps, 'auditDigests'>,
  { publicKey }: DigestKey,
): (tenant: string) => Promise<ChainHead | 'unproven' | undefined> {
  // Chains that were signed together come one after the other.
  let last: { readonly number: number; readonly digest: AuditDigest | undefined } | undefined;
  return async (tenant) => {
    const noted = await auditDigests.signedOf(tenant);
    if (noted === undefined) return undefined;
    const number = noted.digest;
    if (last?.number !== number) {
      const [row] = await auditDigests.read(number, 1);
      const digest = row?.place === number ? parseDigest(row.text) : undefined;
      const isGood = digest?.number === number && isSigned(digest, [publicKey]);
      last = { number, digest: isGood ? digest : undefined };
    }
    const head = last.digest?.heads.find((one) => one.tenant === tenant);
    const isSo = head?.seq === noted.seq && head.hash === noted.hash;
    return isSo ? { seq: head.seq, hash: head.hash } : 'unproven';
  };
}

export interface DigestsAsked {
  readonly key: DigestKey;
  /** Whose chain is compared; undefined: all of them. */
  readonly tenant: string | undefined;
  readonly noted: DigestsKnown['noted'];
  /** How far another request has come. */
  readonly end: DigestEnd | undefined;
  readonly room: Room;
}

const PAGE_ROWS = 20;
const WIDTH = 20;

/** Follows the digests, and looks every head up in its chain, one digest at least. */
export async function verifyDigests(
  deps: DigestVerifyDeps,
  { key, tenant, noted, end, room }: DigestsAsked,
): Promise<{ readonly walk: DigestWalk; readonly isOver: boolean }> {
  const known = { keys: [key.publicKey], noted };
  let walk = end === undefined ? digestsBegun(key.madeAtMs) : { ...digestsBegun(), end };
  for (let page = 0; page === 0 || !room.isSpent(); page++) {
    const rows = await deps.auditDigests.read(walk.end.number + 1, PAGE_ROWS);
    for (const row of rows) {
      const before = walk;
      const step = stepOverDigest(walk, row, known);
      const heads = step.heads.filter((head) => tenant === undefined || head.tenant === tenant);
      const held = await concurrently(heads, WIDTH, (head) =>
        isHeld(deps.auditTrail, head.tenant, head),
      );
      const lost = heads.find((_, i) => held[i] === false);
      walk = lost === undefined ? step.walk : { ...before, problem: notHeld(lost) };
      if (walk.problem !== null) return { walk, isOver: true };
      room.take(1 + heads.length, bytesOf([row]));
      if (room.isSpent()) return { walk, isOver: false };
    }
    if (rows.length < PAGE_ROWS) {
      return { walk: digestsEnded(walk, known, deps.clock.nowMs()), isOver: true };
    }
  }
  return { walk, isOver: false };
}
