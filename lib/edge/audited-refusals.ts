import type { Context } from 'aws-lambda';
import { type AuditDeps, auditLog } from '../app/audit.ts';
import { KEY_REFUSALS_PER_MINUTE_MAX } from '../app/audit-key-refusal.ts';
import { fewAMinute } from '../app/few-a-minute.ts';
import type { Telemetry } from '../app/ports.ts';
import type { Principal } from '../domain/api-key.ts';
import type { WireAnswer } from './reply.ts';
import type { HttpEvent } from './request.ts';

type Handler = (event: HttpEvent, context: Context) => Promise<WireAnswer>;

export interface RefusalDeps extends AuditDeps {
  readonly telemetry: AuditDeps['telemetry'] & Pick<Telemetry, 'warn'>;
}

/** With less time than this the answer goes out and the entry does not. */
const APPEND_MS = 2_000;

/** The same handler; a known key that is refused with 403 is told of in the audit log. */
export function withRefusalsAudited(deps: RefusalDeps, handler: Handler): Handler {
  const isOneOfFew = fewAMinute(deps.clock, KEY_REFUSALS_PER_MINUTE_MAX);
  return async (event, context) => {
    const answer = await handler(event, context);
    const principal = event.requestContext.authorizer?.lambda?.principal;
    if (answer.statusCode !== 403 || principal === undefined) return answer;
    const { keyId, name, tenant } = JSON.parse(principal) as Principal;
    if (!isOneOfFew(keyId) || context.getRemainingTimeInMillis() < APPEND_MS) return answer;
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
