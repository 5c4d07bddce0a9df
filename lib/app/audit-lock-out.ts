import type { Audit } from './audit.ts';
import type { Telemetry } from './ports.ts';

export interface LockOutAuditDeps {
  /** Left out: nobody is told. */
  readonly audit?: Audit;
  readonly telemetry: Pick<Telemetry, 'warn'>;
}

/**
 * Tells the audit log that a source may not try keys for now. Never throws: it is locked out whether
 * or not this can be written, and the metric tells of it too.
 */
export async function tellLockOut(
  { audit, telemetry }: LockOutAuditDeps,
  sourceIp: string,
  waitMs: number,
): Promise<void> {
  try {
    await audit?.event({
      ...{ actor: { kind: 'address', address: sourceIp }, action: 'auth.locked-out' },
      ...{ resource: { kind: 'address', id: sourceIp, name: null }, outcome: 'refused' },
      ...{ sourceIp, after: { seconds: Math.ceil(waitMs / 1_000) } },
    });
  } catch (error) {
    telemetry.warn('audit.deferred', { error });
  }
}
