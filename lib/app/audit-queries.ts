import { type AuditEntry, type ChainHead, NO_TENANT } from '../domain/audit.ts';
import {
  type ChainProblem,
  WALK_BEGUN,
  type Walk,
  walkEnded,
  walkOn,
} from '../domain/audit-chain.ts';
import type { Clock, Integrations, Page } from './ports.ts';
import type { AuditTrail } from './ports-audit.ts';
import { type Caller, tenantSeen } from './tenancy.ts';

export interface AuditReadDeps {
  readonly auditTrail: AuditTrail;
  readonly integrations: Pick<Integrations, 'tenants'>;
  readonly clock: Pick<Clock, 'nowMs'>;
}

export interface AuditFilter {
  /** A key's id or name, the name of what did it by itself, or an address. */
  readonly actor?: string | undefined;
  /** An action, or the beginning of one and `*`. */
  readonly action?: string | undefined;
  /** A kind, an id or a name. */
  readonly resource?: string | undefined;
  readonly range: { readonly sinceMs?: number; readonly untilMs?: number };
}

/** Newest first; a key that is bound to a tenant sees that tenant's chain only. */
export async function listAudit(
  { auditTrail }: Pick<AuditReadDeps, 'auditTrail'>,
  caller: Caller,
  filter: AuditFilter,
  page: { readonly after?: string | undefined; readonly limit: number },
): Promise<Page<AuditEntry>> {
  const tenant = tenantSeen(caller);
  return await auditTrail.list({
    ...filter.range,
    limit: page.limit,
    matches: (entry) => isWanted(entry, filter),
    ...(tenant !== undefined && { tenant }),
    ...(page.after !== undefined && { after: page.after }),
  });
}

function isWanted(entry: AuditEntry, { actor, action, resource }: AuditFilter): boolean {
  return (
    (actor === undefined || namesOf(entry).includes(actor)) &&
    (action === undefined || isAction(entry.action, action)) &&
    (resource === undefined || Object.values(entry.resource).includes(resource))
  );
}

function namesOf({ actor }: AuditEntry): readonly string[] {
  switch (actor.kind) {
    case 'key':
      return [actor.keyId, actor.name];
    case 'system':
      return [actor.name];
    case 'address':
      return [actor.address];
  }
}

function isAction(action: string, wanted: string): boolean {
  return wanted.endsWith('*') ? action.startsWith(wanted.slice(0, -1)) : action === wanted;
}

/** How far a verification has come: every chain before this one is done, and this one up to here. */
export interface VerifiedTo {
  readonly tenant: string;
  readonly head: ChainHead;
}

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
  /** Where the next request goes on; undefined: it was the last. */
  readonly next: VerifiedTo | undefined;
}

/** Entries that one request looks at, at most. */
export const VERIFIED_MAX = 10_000;
const PAGE_ROWS = 500;
const CHAINS_MAX = 1_000;
/** By then the head of a chain is noted, or its writer is dead and the tick has done it. */
const UNANCHORED_MS = 900_000;

/**
 * Follows every chain that the caller may see from its first entry to its last, and compares it
 * with the head noted beside it, and with one that the caller has noted itself.
 */
export async function verifyAudit(
  deps: AuditReadDeps,
  caller: Caller,
  noted: ChainHead | undefined,
  from: VerifiedTo | undefined,
): Promise<Verified> {
  const tenant = tenantSeen(caller);
  const all = tenant === undefined ? await chainsOf(deps) : [tenant];
  const tenants = all.filter((one) => from === undefined || one >= from.tenant);
  const chains: ChainVerified[] = [];
  let room = VERIFIED_MAX;
  for (const one of tenants) {
    if (room <= 0) return { chains, next: { tenant: one, head: WALK_BEGUN.head } };
    const head = one === from?.tenant ? from.head : WALK_BEGUN.head;
    const { walk, isOver } = await follow(deps, one, { head, noted, room });
    const { checked, problem } = walk;
    chains.push({ tenant: one, checked, head: walk.head, problem });
    if (!isOver) return { chains, next: { tenant: one, head: walk.head } };
    room -= checked;
  }
  return { chains, next: undefined };
}

/** Every chain there may be: those with an anchor, and, should that be gone, of every tenant. */
async function chainsOf({ auditTrail, integrations }: AuditReadDeps): Promise<readonly string[]> {
  const [anchored, tenants] = await Promise.all([auditTrail.anchored(), integrations.tenants()]);
  return [...new Set([NO_TENANT, ...anchored, ...tenants])].sort().slice(0, CHAINS_MAX);
}

interface Follow {
  readonly head: ChainHead;
  readonly noted: ChainHead | undefined;
  readonly room: number;
}

async function follow(
  { auditTrail, clock }: AuditReadDeps,
  tenant: string,
  { head, noted, room }: Follow,
): Promise<{ readonly walk: Walk; readonly isOver: boolean }> {
  // First the anchor: what is appended meanwhile lies behind it.
  const anchor = await auditTrail.anchor(tenant);
  const heads = [anchor, noted].flatMap((known) => known ?? []);
  let walk: Walk = { ...WALK_BEGUN, head };
  for (let left = room; left > 0 && walk.problem === null; left -= PAGE_ROWS) {
    const limit = Math.min(PAGE_ROWS, left);
    const rows = await auditTrail.read(tenant, walk.head.seq + 1, limit);
    walk = walkOn(walk, tenant, rows, heads);
    if (walk.problem === null && rows.length < limit) {
      const isOld = (atMs: number) => clock.nowMs() - atMs > UNANCHORED_MS;
      return { walk: walkEnded(walk, heads, { anchor, last: rows.at(-1), isOld }), isOver: true };
    }
  }
  return { walk, isOver: walk.problem !== null };
}
