import type { APIGatewayRequestAuthorizerEventV2, Context } from 'aws-lambda';
import { type AuthorizeDeps, authorizer } from '../app/authorize.ts';
import type { AuthRequest } from '../app/key-credentials.ts';
import type { Pepper } from '../app/ports.ts';
import type { Scope } from '../domain/api-key.ts';
import type { RouteOf } from '../names.ts';
import type { LambdaTelemetry } from '../runtime/telemetry.ts';
import { contextOf } from './key-context.ts';
import { isOutage } from './problem.ts';
import type { AuthorizerContext } from './request.ts';
import { stack } from './stack.ts';

export interface AuthorizerDeps extends Omit<AuthorizeDeps, 'pepper' | 'telemetry'> {
  readonly pepper: () => Promise<Pepper>;
  readonly telemetry: LambdaTelemetry;
}

export interface Authorized {
  /** Always: an HTTP API cannot answer 401 as the contract wants, so the functions do it. */
  readonly isAuthorized: true;
  readonly context: AuthorizerContext;
}

/** The routes of functions that have no right to the audit log: what they refuse is told of here. */
export const TOLD_HERE: Readonly<Record<RouteOf<'publish' | 'call'>, Scope>> = {
  'POST /v1/events': 'events:publish',
  'POST /v1/events/batch': 'events:publish',
  'POST /v1/integrations/{integration}/call': 'integrations:call',
};

/**
 * The stack of the HTTP API's authorizer (payload format 2.0, simple response). It never lets
 * anybody in: it says who it is, or why it is nobody, and every keyed route refuses the latter.
 */
export function authorizerHandler(
  deps: AuthorizerDeps,
): (event: APIGatewayRequestAuthorizerEventV2, context: Context) => Promise<Authorized> {
  let check: ReturnType<typeof authorizer> | undefined;
  const contextFor = async (request: AuthRequest): Promise<AuthorizerContext> => {
    try {
      check ??= authorizer({ ...deps, pepper: await deps.pepper() });
      const verdict = await check(request);
      if ('reason' in verdict) deps.telemetry.count('AuthFailures', 1, verdict.reason);
      return contextOf(verdict);
    } catch (error) {
      deps.telemetry.error('authorize.failed', { error });
      // A bug must be seen as one: API Gateway answers 500 and its log has the reason.
      if (!isOutage(error)) throw error;
      return { reason: 'unavailable' };
    }
  };
  const authorize = async (event: APIGatewayRequestAuthorizerEventV2): Promise<Authorized> => {
    return { isAuthorized: true, context: await contextFor(requestOf(event)) };
  };
  return stack(deps.telemetry, authorize);
}

/** The address is the gateway's word for its peer: `X-Forwarded-For` is anybody's. */
function requestOf(event: APIGatewayRequestAuthorizerEventV2): AuthRequest {
  const { http, requestId } = event.requestContext;
  const { method, sourceIp } = http;
  const { headers = {}, rawPath: path, rawQueryString: rawQuery, routeKey: route } = event;
  const scope = (TOLD_HERE as Readonly<Record<string, Scope | undefined>>)[route];
  return {
    ...{ headers, method, path, rawQuery, sourceIp, route, requestId },
    ...(scope !== undefined && { scope }),
  };
}
