import middy from '@middy/core';
import type { APIGatewayRequestAuthorizerEventV2, Context } from 'aws-lambda';
import { type AuthorizeDeps, authorizer } from '../app/authorize.ts';
import type { Pepper } from '../app/ports.ts';
import type { LambdaTelemetry } from '../runtime/telemetry.ts';
import { isOutage } from './problem.ts';
import type { AuthorizerContext } from './request.ts';

export interface AuthorizerDeps extends Omit<AuthorizeDeps, 'pepper'> {
  readonly pepper: () => Promise<Pepper>;
  readonly telemetry: LambdaTelemetry;
}

export interface Authorized {
  /** Always: an HTTP API cannot answer 401 as the contract wants, so the functions do it. */
  readonly isAuthorized: true;
  readonly context: AuthorizerContext;
}

/**
 * The stack of the HTTP API's authorizer (payload format 2.0, simple response). It never lets
 * anybody in: it says who it is, or why it is nobody, and every keyed route refuses the latter.
 */
export function authorizerHandler(
  deps: AuthorizerDeps,
): (event: APIGatewayRequestAuthorizerEventV2, context: Context) => Promise<Authorized> {
  let check: ReturnType<typeof authorizer> | undefined;
  const contextOf = async (header: string | undefined): Promise<AuthorizerContext> => {
    try {
      check ??= authorizer({ ...deps, pepper: await deps.pepper() });
      const verdict = await check(header);
      if ('reason' in verdict) return verdict;
      return { principal: JSON.stringify(verdict.principal) };
    } catch (error) {
      deps.telemetry.error('authorize.failed', { error });
      // A bug must be seen as one: API Gateway answers 500 and its log has the reason.
      if (!isOutage(error)) throw error;
      return { reason: 'unavailable' };
    }
  };
  const authorize = async (event: APIGatewayRequestAuthorizerEventV2): Promise<Authorized> => {
    return { isAuthorized: true, context: await contextOf(event.headers?.authorization) };
  };
  return middy(authorize, { timeoutEarlyInMillis: 0 }).use([...deps.telemetry.middlewares]);
}
