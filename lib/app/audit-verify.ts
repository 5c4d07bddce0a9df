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
import { isOlderThan, UNANCHORED_MS, verifyListed } from './audit-verify-listed.ts';
import { bytesOf, type Room, roomFor } from './audit-verify-room.ts';
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
 * then all chains that are known, and what is listed besides up to here; then digests up to here.
 */
export type VerifiedTo =
  | { readonly tenant: string; readonly head: ChainHead }
  | { readonly listed: string | null }
  | { readonly digests: DigestEnd | null };

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

/** Read at once: as many may weigh 20 MB. */
const PAGE_ROWS = 50;
/** A chain takes some reads before the first entry of it is read: as much as so many entries. */
const CHAIN_COST = 20;

/**
 * Follows every chain that the caller may see from its lowest row to its last, and compares it with
 * the head noted beside it, the last that is signed, and one that the caller has noted itself. Then
 * looks for rows in lists that are of no chain that is known; at last follows the digests, and
 * compares every chain with every head that was ever signed. Each request does as much as it has
 * room for, and gets on by a page at least.
 */
export async function verifyAudit(
  deps: VerifyDeps,
  caller: Caller,
  noted: Noted,
  from: VerifiedTo | undefined,
): Promise<Verified> {
  const key = await deps.digestKey();
  const tenant = tenantSeen(caller);
  const asked = { key, tenant, noted };
  let to = from;
  const room = roomFor(deps.clock);
  // What a request begins with it does, whatever time it has.
  const isRoom = () => to === from || !room.isSpent();
  const chains: ChainVerified[] = [];
  if (to === undefined || 'tenant' in to) {
    const seen = await verifyChains(deps, asked, to, room);
    chains.push(...seen.chains);
    to = seen.next;
  }
  if ('listed' in to && isRoom()) {
    const known = new Set(await chainsOf(deps));
    const seen = await verifyListed(deps, { known, after: to.listed, room });
    chains.push(...seen.chains);
    to = seen.next === undefined ? { digests: null } : { listed: seen.next };
  }
  if (!('digests' in to) || !isRoom()) return { chains, digests: undefined, next: to };
  const end = to.digests ?? undefined;
  const { walk, isOver } = await verifyDigests(deps, { ...asked, noted: noted.digest, end, room });
  return { chains, digests: walk, next: isOver ? undefined : { digests: walk.end } };
}

interface Asked {
  readonly key: DigestKey;
  /** Undefined: all. */
  readonly tenant: string | undefined;
  readonly noted: Noted;
}

interface ChainsSeen {
  readonly chains: readonly ChainVerified[];
  readonly next: VerifiedTo;
}

/** The one that is asked for, or all that there are by what is noted. */
async function verifyChains(
  deps: VerifyDeps,
  asked: Asked,
  from: { readonly tenant: string; readonly head: ChainHead } | undefined,
  room: Room,
): Promise<ChainsSeen> {
  const { tenant, noted, key } = asked;
  const chains: ChainVerified[] = [];
  const proven = provenHeads(deps, key);
  const all = tenant === undefined ? await chainsOf(deps) : [tenant];
  for (const one of all.filter((name) => from === undefined || name >= from.tenant)) {
    const isFirst = chains.length === 0;
    if (!isFirst && room.isSpent()) {
      return { chains, next: { tenant: one, head: WALK_BEGUN.head } };
    }
    const head = one === from?.tenant ? from.head : WALK_BEGUN.head;
    const known = { head, noted: noted.head, signed: await proven(one), room };
    const { walk, isOver } = await follow(deps, one, known);
    const { checked, problem } = walk;
    chains.push({ tenant: one, checked, head: walk.head, problem });
    if (!isOver) return { chains, next: { tenant: one, head: walk.head } };
    room.take(CHAIN_COST);
  }
  const next = tenant === undefined ? { listed: null } : { digests: null };
  return { chains, next };
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
  readonly room: Room;
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
  do {
    const limit = Math.min(PAGE_ROWS, room.entries());
    const rows = await auditTrail.everyRow(tenant, walk.head.seq, limit);
    room.take(rows.length, bytesOf(rows));
    walk = walkOn(walk, tenant, rows, heads);
    if (walk.problem === null && rows.length < limit) {
      const isOld = isOlderThan(UNANCHORED_MS, clock);
      const [last] =
        rows.length > 0 ? rows.slice(-1) : await auditTrail.read(tenant, walk.head.seq, 1);
      const known = { anchor, last, isOld };
      const [next] = await auditTrail.read(tenant, (proven?.seq ?? 0) + 1, 1);
      const isLate = isOlderThan(DIGEST_LATE_MS, clock);
      return {
        walk: walkSigned(walkEnded(walk, heads, known), { signed, next, isLate }),
        isOver: true,
      };
    }
  } while (walk.problem === null && !room.isSpent());
  return { walk, isOver: walk.problem !== null };
}
