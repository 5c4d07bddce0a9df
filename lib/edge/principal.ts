import type { Caller } from '../app/tenancy.ts';
import type { Principal, Scope } from '../domain/api-key.ts';
import { RequestError } from '../domain/errors.ts';
import { type Query, tenantParameter } from './query.ts';
import type { AuthorizerContext, KeyedRequest } from './request.ts';

/** Says no more than that a key is needed: which part was wrong is for the log alone. */
const UNAUTHORIZED = 'Give a valid key in the header `Authorization: Bearer bwk_…`.';

/** The caller by the authorizer's word; the gateway lets every request through, so we refuse here. */
export function principalOf(context: AuthorizerContext | null | undefined): Principal {
  if (context?.principal !== undefined) return JSON.parse(context.principal) as Principal;
  if (context?.reason === 'unavailable') {
    throw new RequestError('unavailable', 'Keys cannot be checked now; try again shortly.');
  }
  throw new RequestError('unauthorized', UNAUTHORIZED);
}

export function requireScope(principal: Principal, scope: Scope): void {
  if (principal.scopes.includes(scope) || principal.scopes.includes('admin')) return;
  throw new RequestError('forbidden', `This needs a key with the scope ${scope}.`);
}

/** Who asks, and the tenant that `?tenant=` names. */
export function callerOf(request: KeyedRequest, query: Query): Caller {
  return { principal: request.principal, tenant: tenantParameter(query) };
}
