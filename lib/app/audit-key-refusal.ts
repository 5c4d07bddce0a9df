import type { ApiKey } from '../domain/api-key.ts';
import { NO_TENANT } from '../domain/audit.ts';
import type { Audit } from './audit.ts';
import { fewAMinute } from './few-a-minute.ts';
import type { AuthRequest } from './key-credentials.ts';
import type { Clock, Telemetry } from './ports.ts';
import { within } from './within.ts';

export interface KeyRefusalDeps {
  /** Left out: nobody is told. */
  readonly audit?: Audit;
  readonly clock: Clock;
  readonly telemetry: Pick<Telemetry, 'warn'>;
}

/**
 * What a key that was proved may not: `forbidden` what its scopes do not cover, the others what
 * its use does not.
 */
export type KeyRefusal = 'forbidden' | 'address' | 'expired' | 'stale' | 'replayed';

/** Entries of one key in one minute, of each function instance; what is beyond is counted. */
export const KEY_REFUSALS_PER_MINUTE_MAX = 5;
/** Nobody waits longer for an entry: the answer is a refusal with it or without. */
const WAIT_MS = 2_000;

/** Makes what tells the audit log of keys that are refused. It never throws. */
export function keyRefusals(deps: KeyRefusalDeps) {
  const isOneOfFew = fewAMinute(deps.clock, KEY_REFUSALS_PER_MINUTE_MAX);
  return async (key: ApiKey, request: AuthRequest, reason: KeyRefusal): Promise<void> => {
    const { audit, clock, telemetry } = deps;
    const { id: keyId, name, tenant = NO_TENANT } = key;
    if (audit === undefined || !isOneOfFew(keyId)) return;
    const late = (error: unknown) => telemetry.warn('audit.deferred', { keyId, error });
    const { requestId, sourceIp, route = null } = request;
    try {
      const entry = audit.event({
        ...{ tenant, actor: { kind: 'key', keyId, name }, action: 'auth.forbidden' },
        resource: { kind: 'route', id: null, name: route },
        ...{ outcome: 'refused', requestId, sourceIp, after: { reason } },
      });
      await within(clock, WAIT_MS, entry, late);
    } catch (error) {
      late(error);
    }
  };
}
