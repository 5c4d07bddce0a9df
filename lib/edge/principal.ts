import type { Caller } from '../app/tenancy.ts';
import type { Principal, Scope } from '../domain/api-key.ts';
import { RequestError } from '../domain/errors.ts';
import { hasScope } from '../domain/keys.ts';
import { refusalOf } from './key-context.ts';
import { type Query, tenantParameter } from './query.ts';
import type { AuthorizerContext, KeyedRequest } from './request.ts';

/** The caller by the authorizer's word; the gateway lets every request through, so we refuse here. */
export function principalOf(context: AuthorizerContext | null | undefined): Principal {
  if (context?.principal !== undefined) return JSON.parse(context.principal) as Principal;
  throw refusalOf(context);
}

export function requireScope(principal: Principal, scope: Scope): void {
  if (hasScope(principal, scope)) return;
  throw new RequestError('forbidden', `This needs a key with the scope ${scope}.`);
}

/** Who asks, and the tenant that `?tenant=` names. */
export function callerOf(request: KeyedRequest, query: Query): Caller {
  return { principal: request.principal, tenant: tenantParameter(query) };
}
