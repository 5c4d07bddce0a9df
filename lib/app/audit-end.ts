import {
  type AuditEntry,
  type AuditId,
  type ChainEnd,
  endAt,
  FAR_PLACE,
  isInLine,
  parseEntry,
} from '../domain/audit.ts';
import { type DigestEnd, digestEndAt } from '../domain/audit-digest.ts';
import type { AuditDigests, AuditTrail } from './ports-audit.ts';

const PAGE_ROWS = 100;
const PAGES_MAX = 1_000;
const DIGESTS_PAGE_ROWS = 20;

/**
 * Where a chain goes on: after its last row, by one read. A row that stands further ahead than any
 * chain gets has been put there; it costs reads, but keeps nobody from appending.
 */
export async function chainEnd(
  auditTrail: Pick<AuditTrail, 'end' | 'read'>,
  tenant: string,
): Promise<ChainEnd> {
  const last = await auditTrail.end(tenant);
  if (last.seq <= FAR_PLACE) return last;
  const near = await auditTrail.end(tenant, FAR_PLACE);
  return near.seq < FAR_PLACE ? near : (await lookBeyond(auditTrail, tenant, near)).end;
}

/** The same of the digests. */
export async function digestsEnd(
  auditDigests: Pick<AuditDigests, 'end' | 'read'>,
): Promise<DigestEnd> {
  let last = await auditDigests.end();
  if (last.number <= FAR_PLACE) return last;
  last = await auditDigests.end(FAR_PLACE);
  if (last.number < FAR_PLACE) return last;
  for (let page = 0; page < PAGES_MAX; page++) {
    const rows = await auditDigests.read(last.number + 1, DIGESTS_PAGE_ROWS);
    for (const row of rows) {
      if (!isInLine(last.number, row.place)) return last;
      last = digestEndAt(row);
    }
    if (rows.length < DIGESTS_PAGE_ROWS) return last;
  }
  throw new Error(`More than ${PAGES_MAX} pages of digests stand where none should.`);
}

/** The entry of this id if it stands somewhere behind `from`, and where the chain goes on. */
export async function lookBeyond(
  auditTrail: Pick<AuditTrail, 'read'>,
  tenant: string,
  from: ChainEnd,
  id?: AuditId,
): Promise<{ readonly found?: AuditEntry; readonly end: ChainEnd }> {
  let last = from;
  for (let page = 0; page < PAGES_MAX; page++) {
    const rows = await auditTrail.read(tenant, last.seq + 1, PAGE_ROWS);
    for (const row of rows) {
      if (!isInLine(last.seq, row.place)) return { end: last };
      last = endAt(row);
      const entry = id === undefined ? undefined : parseEntry(row.text);
      if (entry !== undefined && entry.id === id) return { found: entry, end: last };
    }
    if (rows.length < PAGE_ROWS) return { end: last };
  }
  throw new Error(`More than ${PAGES_MAX} pages of entries came after one that was begun.`);
}
