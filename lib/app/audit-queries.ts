import type { AuditEntry } from '../domain/audit.ts';
import { type AuditDigest, parseDigest, type StoredDigest } from '../domain/audit-digest.ts';
import { matchesName } from '../domain/name-filter.ts';
import { tellBroken } from './audit-held.ts';
import type { Page, Telemetry } from './ports.ts';
import type { AuditDigests, AuditTrail } from './ports-audit.ts';
import { type Caller, tenantSeen } from './tenancy.ts';

export interface AuditReadDeps {
  readonly auditTrail: AuditTrail;
  readonly auditDigests: Pick<AuditDigests, 'read'>;
  readonly telemetry: Pick<Telemetry, 'error' | 'count'>;
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

/**
 * Newest first; a key that is bound to a tenant sees that tenant's chain only. Rows that are not what
 * was stored are not shown, and an alarm tells of them.
 */
export async function listAudit(
  { auditTrail, telemetry }: AuditReadDeps,
  caller: Caller,
  filter: AuditFilter,
  page: { readonly after?: string | undefined; readonly limit: number },
): Promise<Page<AuditEntry>> {
  const tenant = tenantSeen(caller);
  const { broken, ...shown } = await auditTrail.list({
    ...filter.range,
    limit: page.limit,
    matches: (entry) => isWanted(entry, filter),
    ...(tenant !== undefined && { tenant }),
    ...(page.after !== undefined && { after: page.after }),
  });
  if (broken > 0) {
    tellBroken(telemetry, { count: broken, ...(tenant !== undefined && { tenant }) });
  }
  return shown;
}

function isWanted(entry: AuditEntry, { actor, action, resource }: AuditFilter): boolean {
  return (
    (actor === undefined || namesOf(entry).includes(actor)) &&
    matchesName(action, entry.action) &&
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

/** A digest as it is shown: to a key of one tenant without what it says of others. */
export type DigestShown = Omit<AuditDigest, 'key' | 'signature'> & {
  readonly key: string | null;
  /** Of the whole digest; null where a part of it is shown. */
  readonly signature: string | null;
};

/** Digests read at once, and characters of them after which a page is full: an answer has its limits. */
const READ_ROWS = 20;
const PAGE_CHARS_MAX = 1_000_000;

/**
 * The oldest first; may be short of the limit and have a `next`. A row that is no digest is left
 * out: finding it is the verification's.
 */
export async function listDigests(
  { auditDigests }: AuditReadDeps,
  caller: Caller,
  { after = '0', limit }: { readonly after?: string | undefined; readonly limit: number },
): Promise<Page<DigestShown>> {
  const tenant = tenantSeen(caller);
  const rows: StoredDigest[] = [];
  let last = Number(after);
  let isMore = true;
  for (let chars = 0; isMore && rows.length < limit && chars < PAGE_CHARS_MAX; ) {
    const wanted = Math.min(READ_ROWS, limit - rows.length);
    // One more tells whether there is a next page.
    const read = await auditDigests.read(last + 1, wanted + 1);
    isMore = read.length > wanted;
    for (const row of read.slice(0, wanted)) {
      rows.push(row);
      chars += row.text.length;
      last = row.place;
    }
  }
  const items = rows.flatMap((row) => shownTo(tenant, row));
  return { items, next: isMore ? String(last) : undefined };
}

function shownTo(tenant: string | undefined, { place, text }: StoredDigest): DigestShown[] {
  const digest = parseDigest(text);
  if (digest?.number !== place) return [];
  if (tenant === undefined) return [digest];
  const heads = digest.heads.filter((head) => head.tenant === tenant);
  return [{ ...digest, heads, key: null, signature: null }];
}
