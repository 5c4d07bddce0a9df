import type { Context } from 'aws-lambda';
import { type AuditDeps, auditLog } from '../app/audit.ts';
import type { Telemetry } from '../app/ports.ts';
import type { Principal } from '../domain/api-key.ts';
import { rememberIn } from '../domain/remember.ts';
import type { WireAnswer } from './reply.ts';
import type { HttpEvent } from './request.ts';

type Handler = (event: HttpEvent, context: Context) => Promise<WireAnswer>;

export interface RefusalDeps extends AuditDeps {
  readonly telemetry: AuditDeps['telemetry'] & Pick<Telemetry, 'warn'>;
}

/** Entries of one key in one minute, of each function instance; what is beyond is in its log. */
export const FORBIDDEN_PER_MINUTE_MAX = 5;
const MINUTE_MS = 60_000;
const KEYS_REMEMBERED_MAX = 1_000;
/** With less time than this the answer goes out and the entry does not. */
const APPEND_MS = 2_000;

/** The same handler; a known key that is refused with 403 is told of in the audit log. */
export function withRefusalsAudited(deps: RefusalDeps, handler: Handler): Handler {
  const told = new Map<string, { readonly minute: number; readonly count: number }>();
  const isTooMany = (keyId: string): boolean => {
    const minute = Math.floor(deps.clock.nowMs() / MINUTE_MS);
    const known = told.get(keyId);
    const count = (known?.minute === minute ? known.count : 0) + 1;
    rememberIn(told, keyId, { minute, count }, KEYS_REMEMBERED_MAX);
    return count > FORBIDDEN_PER_MINUTE_MAX;
  };
  return async (event, context) => {
    const answer = await handler(event, context);
    const principal = event.requestContext.authorizer?.lambda?.principal;
    if (answer.statusCode !== 403 || principal === undefined) return answer;
    const { keyId, name, tenant } = JSON.parse(principal) as Principal;
    if (isTooMany(keyId) || context.getRemainingTimeInMillis() < APPEND_MS) return answer;
    const { requestId, http } = event.requestContext;
    try {
      await auditLog(deps).event({
        ...{ tenant, actor: { kind: 'key', keyId, name }, action: 'auth.forbidden' },
        resource: { kind: 'route', id: null, name: event.routeKey },
        ...{ outcome: 'refused', requestId, sourceIp: http.sourceIp },
      });
    } catch (error) {
      deps.telemetry.warn('audit.deferred', { requestId, keyId, error });
    }
    return answer;
  };
}
