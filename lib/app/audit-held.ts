import { type ChainHead, endAt } from '../domain/audit.ts';
import type { SignedHead } from '../domain/audit-digest-chain.ts';
import { concurrently } from './concurrently.ts';
import type { Clock, Telemetry } from './ports.ts';
import type { AuditTrail } from './ports-audit.ts';
import { turned } from './turns.ts';

export interface HeldDeps {
  readonly auditTrail: Pick<AuditTrail, 'read'>;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly telemetry: Pick<Telemetry, 'error' | 'count'>;
}

/** Whether the chain has exactly this entry at its place. */
export async function isHeld(
  auditTrail: Pick<AuditTrail, 'read'>,
  tenant: string,
  { seq, hash }: ChainHead,
): Promise<boolean> {
  const [row] = await auditTrail.read(tenant, seq, 1);
  return row?.place === seq && endAt(row).hash === hash;
}

/** What somebody did to the log: the line says where, the figure raises the alarm. */
export function tellBroken(
  telemetry: HeldDeps['telemetry'],
  where: Readonly<Record<string, unknown>>,
): void {
  telemetry.error('audit.broken', where);
  telemetry.count('AuditChainsBroken');
}

/** Chains looked at in one minute. */
export const LOOKED_MAX = 500;
const WIDTH = 20;

/**
 * Whether chains still have the last entry that is signed of them, a read for each. Where there are
 * more than one minute may have, each minute begins elsewhere: every one has its turn.
 */
export async function lookAtSigned(
  deps: HeldDeps,
  signed: readonly SignedHead[],
  outOfTime: () => boolean,
): Promise<void> {
  const { auditTrail, clock, telemetry } = deps;
  const some = turned(signed, clock.nowMs()).slice(0, LOOKED_MAX);
  await concurrently(some, WIDTH, async ({ tenant, seq, hash }) => {
    if (outOfTime() || (await isHeld(auditTrail, tenant, { seq, hash }))) return;
    tellBroken(telemetry, { tenant, seq, hash });
  });
}
