import {
  type AuditDraft,
  type AuditEntry,
  type ChainEnd,
  type ChainHead,
  EMPTY_CHAIN,
  endOf,
  entryAfter,
  entryText,
  placeInTime,
  type StoredEntry,
} from '../../lib/domain/audit.ts';
import { WALK_BEGUN, type Walk, walkEnded, walkOn } from '../../lib/domain/audit-chain.ts';

/** Chains of audit entries for tests, and everything that may be done to them. */

export const TENANT = 'acme';
const T0 = Date.UTC(2026, 0, 15, 12);

export function draft(n: number, change: Partial<AuditDraft> = {}): AuditDraft {
  return {
    id: `aud_${String(n).padStart(26, '0')}`,
    tenant: TENANT,
    actor: { kind: 'key', keyId: `key_${n % 7}`, name: 'somebody' },
    action: n % 3 === 0 ? 'integration.update' : 'breaker.trip',
    resource: { kind: 'integration', id: `int_${n % 50}`, name: `billing-${n % 50}` },
    outcome: 'succeeded',
    requestId: `request-${n}`,
    sourceIp: '203.0.113.7',
    before: { status: 'active', version: n },
    after: { status: 'paused', version: n + 1 },
    ...change,
  };
}

export function chainOf(length: number): AuditEntry[] {
  const entries: AuditEntry[] = [];
  let end: ChainEnd = EMPTY_CHAIN;
  for (let n = 1; n <= length; n++) {
    const entry = entryAfter(end, draft(n), T0 + n * 1_000);
    end = endOf(entry);
    entries.push(entry);
  }
  return entries;
}

export function rowsOf(entries: readonly AuditEntry[]): StoredEntry[] {
  return entries.map((entry) => ({
    ...{ place: entry.seq, text: entryText(entry), inTime: placeInTime(entry) },
  }));
}

export function headOf(entries: readonly AuditEntry[]): ChainHead {
  const { seq, hash } = entries.at(-1) ?? EMPTY_CHAIN;
  return { seq, hash };
}

/** The verdict on a whole chain whose head was noted. */
export function verdict(
  rows: readonly StoredEntry[],
  anchor: ChainHead | undefined,
  begun: Walk = WALK_BEGUN,
): Walk {
  const heads = anchor === undefined ? [] : [anchor];
  const walk = walkOn(begun, TENANT, rows, heads);
  return walkEnded(walk, heads, { anchor, last: rows.at(-1), isOld: () => true });
}
