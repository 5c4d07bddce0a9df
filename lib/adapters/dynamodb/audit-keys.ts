import { sortablePlace } from '../../domain/audit.ts';
import type { Item } from './store.ts';
import type { Key } from './table.ts';

/** Where the audit log is: its chains in a table of their own, the rest in that of states. */
export interface AuditTables {
  readonly audit: string;
  readonly state: string;
}

/** Partitions that are read whole; `infra/storage.ts` grants by these names. */
export const AUDIT_HEADS = 'AUDIT-HEADS';
export const AUDIT_INTENTS = 'AUDIT-INTENTS';
/** One partition takes a thousand writes a second: who has requests refused must not fill it up. */
const INTENT_SHARDS = 8;
/** Where intents are; in the first, which has no number, those of earlier versions. */
export const INTENT_PARTITIONS: readonly string[] = [
  AUDIT_INTENTS,
  ...Array.from({ length: INTENT_SHARDS }, (_, shard) => `${AUDIT_INTENTS}#${shard}`),
];
export const AUDIT_SIGNED = 'AUDIT-SIGNED';
/** In the table of the chains, beside them. */
export const AUDIT_DIGESTS = 'AUDIT-DIGESTS';

/** Between these, both among them, is every place that an entry or a digest may have. */
export const FIRST_PLACE = '000000000001';
export const LAST_PLACE = '999999999999';

const CHAIN = 'AUDIT#';

export const auditKeys = {
  entry: (tenant: string, seq: number): Key => ({
    pk: `${CHAIN}${tenant}`,
    sk: sortablePlace(seq),
  }),
  head: (tenant: string): Key => ({ pk: AUDIT_HEADS, sk: tenant }),
  intent: (id: string): Key => ({ pk: `${AUDIT_INTENTS}#${shardOf(id)}`, sk: id }),
  oldIntent: (id: string): Key => ({ pk: AUDIT_INTENTS, sk: id }),
  digest: (number: number): Key => ({ pk: AUDIT_DIGESTS, sk: sortablePlace(number) }),
  signed: (tenant: string): Key => ({ pk: AUDIT_SIGNED, sk: tenant }),
} as const;

/** The place that a row's sort key names; not a number where it names none. */
export function placeOf({ sk }: Item): number {
  return /^\d{12}$/.test(String(sk)) ? Number(sk) : Number.NaN;
}

/** Whose chain a row is in by its key; undefined: it is in none. */
export function chainOf({ pk }: Item): string | undefined {
  const partition = String(pk);
  const isChain = partition.startsWith(CHAIN) && partition !== CHAIN;
  return isChain ? partition.slice(CHAIN.length) : undefined;
}

/** By the last character of an id: its random end. */
function shardOf(id: string): number {
  return (id.codePointAt(id.length - 1) ?? 0) % INTENT_SHARDS;
}
