import { WALK_BEGUN, walkEnded, walkOn } from '../domain/audit-chain.ts';
import type { ChainVerified } from './audit-verify.ts';
import { bytesOf, type Room } from './audit-verify-room.ts';
import { concurrently } from './concurrently.ts';
import type { Clock } from './ports.ts';
import type { AuditTrail } from './ports-audit.ts';

export interface ListedDeps {
  readonly auditTrail: Pick<AuditTrail, 'listed' | 'anchor' | 'everyRow'>;
  readonly clock: Pick<Clock, 'nowMs'>;
}

export interface ListedAsked {
  /** Chains that are followed by themselves. */
  readonly known: ReadonlySet<string>;
  /** How far another request has come. */
  readonly after: string | null;
  readonly room: Room;
}

/** By then the head of a chain is noted, or its writer is dead and the tick has done it. */
export const UNANCHORED_MS = 900_000;
/** Rows whose keys are looked at for as much as one entry. */
const ROWS_FOR_ONE = 5;
/** Of a chain that nobody knows, its beginning is enough. */
const PAGE_ROWS = 5;
const PAGES_MAX = 1_000;
const WIDTH = 20;

/** What lists of all chains look at and no chain that is known has; found whole, it is not named. */
export async function verifyListed(
  deps: ListedDeps,
  { known, after, room }: ListedAsked,
): Promise<{
  readonly chains: readonly ChainVerified[];
  readonly next: string | undefined;
}> {
  const found = new Map<string, ChainVerified>();
  let next = after ?? undefined;
  for (let page = 0; page < PAGES_MAX && (page === 0 || !room.isSpent()); page++) {
    const listed = await deps.auditTrail.listed(next);
    const unknown = listed.tenants.filter((tenant) => !known.has(tenant) && !found.has(tenant));
    const seen = await concurrently(unknown, WIDTH, (tenant) => verifyUnknown(deps, tenant, room));
    const strays = listed.strays.map(strayIn);
    for (const one of [...seen, ...strays]) if (one !== undefined) found.set(one.tenant, one);
    room.take(Math.ceil(listed.count / ROWS_FOR_ONE) + unknown.length);
    next = listed.next;
    if (next === undefined) break;
  }
  return { chains: [...found.values()], next };
}

/** A chain without a head: one that has just begun, or that somebody has put there. */
async function verifyUnknown(
  { auditTrail, clock }: ListedDeps,
  tenant: string,
  room: Room,
): Promise<ChainVerified | undefined> {
  if ((await auditTrail.anchor(tenant)) !== undefined) return undefined;
  const rows = await auditTrail.everyRow(tenant, 0, PAGE_ROWS);
  room.take(0, bytesOf(rows));
  const known = {
    ...{ anchor: undefined, last: rows.at(-1), isOld: isOlderThan(UNANCHORED_MS, clock) },
  };
  const walk = walkEnded(walkOn(WALK_BEGUN, tenant, rows, []), [], known);
  const { checked, head, problem } = walk;
  return problem === null ? undefined : { tenant, checked, head, problem };
}

function strayIn(partition: string): ChainVerified {
  const message = 'A row that lists of entries look at is in no chain.';
  const problem = { seq: 1, kind: 'moved', message } as const;
  return { tenant: partition, checked: 0, head: WALK_BEGUN.head, problem };
}

/** A time that is as far ahead was written by no clock of ours: it must keep nothing from being old. */
export function isOlderThan(thanMs: number, { nowMs }: Pick<Clock, 'nowMs'>) {
  return (atMs: number): boolean => Math.abs(nowMs() - atMs) > thanMs;
}
