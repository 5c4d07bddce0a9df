import type { Audit, AuditEvent } from './audit.ts';
import type { Clock, Telemetry } from './ports.ts';
import { within } from './within.ts';

export interface LockOutAuditDeps {
  /** Left out: nobody is told. */
  readonly audit?: Audit;
  readonly clock: Pick<Clock, 'nowMs' | 'after'>;
  readonly telemetry: Pick<Telemetry, 'warn'>;
}

/** Entries in one minute, of each function instance: whoever has no key must not fill the log. */
export const LOCK_OUTS_PER_MINUTE_MAX = 10;
const MINUTE_MS = 60_000;
/** Nobody waits longer for an entry: the answer is a refusal with it or without. */
const WAIT_MS = 2_000;

/**
 * Makes what tells the audit log that a source may not try keys for now; those beyond what a minute
 * may have are counted in one entry, when the next comes after that minute. It never throws: a
 * source is locked out whether or not this can be written, and the metric tells of each.
 */
export function lockOutEntries(deps: LockOutAuditDeps) {
  let minute = 0;
  let count = 0;
  let untold = 0;

  const late = (error: unknown) => deps.telemetry.warn('audit.deferred', { error });
  const add = async (event: AuditEvent): Promise<void> => {
    if (deps.audit !== undefined) await within(deps.clock, WAIT_MS, deps.audit.event(event), late);
  };
  const tell = async (sourceIp: string, waitMs: number): Promise<void> => {
    await add({
      ...{ actor: { kind: 'address', address: sourceIp }, action: 'auth.locked-out' },
      ...{ resource: { kind: 'address', id: sourceIp, name: null }, outcome: 'refused' },
      ...{ sourceIp, after: { seconds: Math.ceil(waitMs / 1_000) } },
    });
  };
  const tellRest = async (): Promise<void> => {
    if (untold === 0) return;
    const others = untold;
    untold = 0;
    await add({
      ...{ actor: { kind: 'system', name: 'authorize' }, action: 'auth.locked-out' },
      ...{ resource: { kind: 'address', id: null, name: null }, outcome: 'refused' },
      after: { others },
    });
  };
  return async (sourceIp: string, waitMs: number): Promise<void> => {
    const now = Math.floor(deps.clock.nowMs() / MINUTE_MS);
    count = now === minute ? count + 1 : 1;
    const isNewMinute = now !== minute;
    minute = now;
    if (count > LOCK_OUTS_PER_MINUTE_MAX) {
      untold += 1;
      return;
    }
    try {
      if (isNewMinute) await tellRest();
      await tell(sourceIp, waitMs);
    } catch (error) {
      late(error);
    }
  };
}
