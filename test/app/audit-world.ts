import { auditLog } from '../../lib/app/audit.ts';
import { signHeads } from '../../lib/app/audit-digests.ts';
import {
  type ChainVerified,
  type Noted,
  type VerifiedTo,
  verifyAudit,
} from '../../lib/app/audit-verify.ts';
import {
  type AuditEntry,
  endOf,
  entryAfter,
  entryText,
  parseEntry,
} from '../../lib/domain/audit.ts';
import type { DigestWalk } from '../../lib/domain/audit-digest-chain.ts';
import {
  fakeAuditDigests,
  fakeAuditIntents,
  fakeAuditTrail,
  fakeDigestKey,
} from '../fakes/stores-audit.ts';
import { fakeClock, fakeRandom, fakeTelemetry } from '../fakes/world.ts';

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const never = () => false;
const REQUESTS_MAX = 1_000;

const ADMIN = { keyId: 'key_1', name: 'admin', scopes: ['admin'] } as const;

/** The audit log and its digests in memory, a clock, and somebody who has all the tables. */
export function auditWorld() {
  const clock = fakeClock();
  const telemetry = fakeTelemetry();
  const key = fakeDigestKey(clock.nowMs());
  const trail = fakeAuditTrail();
  const digests = fakeAuditDigests();
  const deps = {
    ...{ auditTrail: trail, auditDigests: digests, auditIntents: fakeAuditIntents() },
    ...{ clock, telemetry, random: fakeRandom() },
    ...{ digestKey: key.digestKey, digestSigner: key.digestSigner },
    integrations: { tenants: async () => [] },
  };

  /** As many entries more. */
  const tell = async (tenant: string, count: number): Promise<void> => {
    for (let n = 0; n < count; n++) {
      await auditLog(deps).event({
        ...{ tenant, actor: { kind: 'system', name: 'test' }, action: 'test.told' },
        ...{ resource: { kind: 'test', id: `${n}`, name: null }, outcome: 'succeeded' },
      });
    }
  };
  const minutes = async (count: number): Promise<void> => {
    for (let n = 0; n < count; n++) {
      clock.advance(MINUTE_MS);
      await signHeads(deps, never);
    }
  };
  /** All pages of a verification. */
  const verify = async (noted: Noted = {}, tenant?: string) => {
    const chains: ChainVerified[] = [];
    const gaps: DigestWalk['gaps'][number][] = [];
    let from: VerifiedTo | undefined;
    for (let request = 1; request <= REQUESTS_MAX; request++) {
      const caller = { principal: { ...ADMIN, ...(tenant !== undefined && { tenant }) } };
      const seen = await verifyAudit(deps, caller, noted, from);
      chains.push(...seen.chains);
      gaps.push(...(seen.digests?.gaps ?? []));
      from = seen.next;
      if (from !== undefined) continue;
      const problem = seen.digests?.problem ?? null;
      const ok = problem === null && gaps.length === 0 && chains.every((one) => !one.problem);
      const end = seen.digests?.end ?? { number: 0, hash: '', atMs: 0 };
      return { ok, chains, digests: { gaps, problem, end }, requests: request };
    }
    throw new Error('The verification does not end.');
  };
  /** Makes the chain anew from an entry on, with its head: what somebody does who has the tables. */
  const rewrite = (tenant: string, fromSeq: number): void => {
    const rows = trail.rows(tenant);
    let last: AuditEntry | undefined;
    for (const [seq, text] of [...rows].sort(([a], [b]) => a - b)) {
      const entry = parseEntry(text) as AuditEntry;
      const isForged = seq >= fromSeq;
      const said = seq === fromSeq ? { ...entry, action: 'test.forged' } : entry;
      const before = last === undefined ? { seq: 0, hash: entry.prevHash, atMs: 0 } : endOf(last);
      last = isForged ? entryAfter(before, said, Date.parse(entry.at)) : entry;
      rows.set(seq, entryText(last));
    }
    if (last !== undefined) trail.anchors.set(tenant, { seq: last.seq, hash: last.hash });
  };
  return { deps, clock, telemetry, key, trail, digests, tell, minutes, verify, rewrite };
}
