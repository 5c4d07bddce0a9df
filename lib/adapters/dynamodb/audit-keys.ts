import type { Key } from './table.ts';

/** Where the audit log is: its chains in a table of their own, the rest in that of states. */
export interface AuditTables {
  readonly audit: string;
  readonly state: string;
}

/** Partitions that are read whole; `infra/storage.ts` grants by these names. */
export const AUDIT_HEADS = 'AUDIT-HEADS';
export const AUDIT_INTENTS = 'AUDIT-INTENTS';
export const AUDIT_SIGNED = 'AUDIT-SIGNED';
/** In the table of the chains, beside them. */
export const AUDIT_DIGESTS = 'AUDIT-DIGESTS';

const PLACE_DIGITS = 12;
export const PLACE_MAX = 10 ** PLACE_DIGITS - 1;
/** Sorts behind every place. */
export const PLACE_AFTER = '~';

export const auditKeys = {
  entry: (tenant: string, seq: number): Key => ({ pk: `AUDIT#${tenant}`, sk: sortablePlace(seq) }),
  head: (tenant: string): Key => ({ pk: AUDIT_HEADS, sk: tenant }),
  intent: (id: string): Key => ({ pk: AUDIT_INTENTS, sk: id }),
  digest: (number: number): Key => ({ pk: AUDIT_DIGESTS, sk: sortablePlace(number) }),
  signed: (tenant: string): Key => ({ pk: AUDIT_SIGNED, sk: tenant }),
} as const;

/** A place in a chain as text that sorts like the number. */
export function sortablePlace(seq: number): string {
  return String(seq).padStart(PLACE_DIGITS, '0');
}
