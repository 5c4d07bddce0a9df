import { type ChainHead, NO_TENANT } from '../domain/audit.ts';
import {
  type ChainProblem,
  WALK_BEGUN,
  type Walk,
  walkEnded,
  walkOn,
  walkSigned,
} from '../domain/audit-chain.ts';
import { DIGEST_LATE_MS, type DigestEnd, type DigestKey } from '../domain/audit-digest.ts';
import type { DigestWalk } from '../domain/audit-digest-chain.ts';
import { provenHeads, verifyDigests } from './audit-verify-digests.ts';
import type { Clock, Integrations } from './ports.ts';
import type { AuditDigests, AuditTrail } from './ports-audit.ts';
import { type Caller, tenantSeen } from './tenancy.ts';

export interface VerifyDeps {
  readonly auditTrail: AuditTrail;
  readonly auditDigests: Pick<AuditDigests, 'read' | 'signedOf'>;
  /** From where nobody can change it who has the tables. */
  readonly digestKey: () => Promise<DigestKey>;
  readonly integrations: Pick<Integrations, 'tenants'>;
  readonly clock: Pick<Clock, 'nowMs'>;
}

/** What the caller has noted itself. */
export interface Noted {
  /** An end of the one chain that is asked for. */
  readonly head?: ChainHead | undefined;
  readonly digest?: Pick<DigestEnd, 'number' | 'hash'> | undefined;
}

/**
 * How far a verification has come: every chain before this one is done, and this one up to here;
 * then all chains, and digests up to here.
 */
export type VerifiedTo =
  | { readonly tenant: string; readonly head: ChainHead }
  | { readonly digests: DigestEnd };

export interface ChainVerified {
  readonly tenant: string;
  /** Entries looked at by this request. */
  readonly checked: number;
  /** The last one that is as it should be. */
  readonly head: ChainHead;
  readonly problem: ChainProblem | null;
}

export interface Verified {
  readonly chains: readonly ChainVerified[];
  /** What this request has looked at; of a tenant's key what the digests say of its chain. */
  readonly digests: DigestWalk | undefined;
  /** Where the next request goes on; undefined: it was the last. */
  readonly next: VerifiedTo | undefined;
}

/** Entries that one request looks at, at most. */
export const VERIFIED_MAX = 10_000;
const PAGE_ROWS = 500;
/** A chain takes some reads before the first entry of it is read: as much as so many entries. */
const CHAIN_COST = 20;
/** By then the head of a chain is noted, or its writer is dead and the tick has done it. */
const UNANCHORED_MS = 900_000;

/**
 * Follows every chain that the caller may see from its first entry to its last, and compares it
 * with the head noted beside it, the last that is signed, and one that the caller has noted itself.
 * Then follows the digests, and compares every chain with every head that was ever signed.
 */
export async function verifyAudit(
  deps: VerifyDeps,
  caller: Caller,
  noted: Noted,
  from: VerifiedTo | undefined,
): Promise<Verified> {
  const key = await deps.digestKey();
  const tenant = tenantSeen(caller);
  const chains: ChainVerified[] = [];
  let room = VERIFIED_MAX;
  if (from === undefined || 'tenant' in from) {
    const proven = provenHeads(deps, key);
    const all = tenant === undefined ? await chainsOf(deps) : [tenant];
    for (const one of all.filter((name) => from === undefined || name >= from.tenant)) {
      if (room <= 0) {
        return { chains, digests: undefined, next: { tenant: one, head: WALK_BEGUN.head } };
      }
      const head = one === from?.tenant ? from.head : WALK_BEGUN.head;
      const signed = await proven(one);
      const known = { head, noted: noted.head, signed, room };
      const { walk, isOver } = await follow(deps, one, known);
      const { checked, problem } = walk;
      chains.push({ tenant: one, checked, head: walk.head, problem });
      if (!isOver) return { chains, digests: undefined, next: { tenant: one, head: walk.head } };
      room -= checked + CHAIN_COST;
    }
  }
  const end = from !== undefined && 'digests' in from ? from.digests : undefined;
  const { walk, isOver } = await verifyDigests(deps, {
    ...{ key, tenant, noted: noted.digest, end, room },
  });
  return { chains, digests: walk, next: isOver ? undefined : { digests: walk.end } };
}

/** Every chain there may be: those with an anchor, and, should that be gone, of every tenant. */
async function chainsOf({ auditTrail, integrations }: VerifyDeps): Promise<readonly string[]> {
  const [heads, tenants] = await Promise.all([auditTrail.heads(), integrations.tenants()]);
  return [...new Set([NO_TENANT, ...heads.map(({ tenant }) => tenant), ...tenants])].sort();
}

interface Follow {
  readonly head: ChainHead;
  readonly noted: ChainHead | undefined;
  readonly signed: ChainHead | 'unproven' | undefined;
  readonly room: number;
}

async function follow(
  deps: VerifyDeps,
  tenant: string,
  { head, noted, signed, room }: Follow,
): Promise<{ readonly walk: Walk; readonly isOver: boolean }> {
  const { auditTrail, clock } = deps;
  // First the anchor: what is appended meanwhile lies behind it.
  const anchor = await auditTrail.anchor(tenant);
  const proven = signed === 'unproven' ? undefined : signed;
  const heads = [anchor, noted, proven].flatMap((known) => known ?? []);
  let walk: Walk = { ...WALK_BEGUN, head };
  for (let left = room; left > 0 && walk.problem === null; left -= PAGE_ROWS) {
    const limit = Math.min(PAGE_ROWS, left);
    const rows = await auditTrail.read(tenant, walk.head.seq + 1, limit);
    walk = walkOn(walk, tenant, rows, heads);
    if (walk.problem === null && rows.length < limit) {
      const isOlder = (thanMs: number) => (atMs: number) => clock.nowMs() - atMs > thanMs;
      const known = { anchor, last: rows.at(-1), isOld: isOlder(UNANCHORED_MS) };
      const [next] = await auditTrail.read(tenant, (proven?.seq ?? 0) + 1, 1);
      const isLate = isOlder(DIGEST_LATE_MS);
      return {
        walk: walkSigned(walkEnded(walk, heads, known), { signed, next, isLate }),
        isOver: true,
      };
    }
  }
  return { walk, isOver: walk.problem !== null };
}
