import type { Principal } from '../domain/api-key.ts';
import { invalidField, RequestError, shown } from '../domain/errors.ts';
import { DEFAULT_TENANT, TENANT } from '../domain/integration.ts';

/** Who asks, and which tenant the request names outside its body (`?tenant=`). */
export interface Caller {
  readonly principal: Principal;
  readonly tenant?: string | undefined;
}

/** The one tenant that the caller may see; undefined: all of them. Naming a foreign one is 403. */
export function tenantSeen({ principal, tenant }: Caller): string | undefined {
  if (principal.tenant === undefined) return tenant;
  requireTenant(principal, tenant);
  return principal.tenant;
}

/**
 * The tenant that something new is for: the one named, else the key's own, else the default. 422
 * where body and query name different ones.
 */
export function tenantOfNew(caller: Caller, named: string | undefined): string {
  requireTenant(caller.principal, named);
  if (named !== undefined && caller.tenant !== undefined && named !== caller.tenant) {
    const [given, asked] = [named, caller.tenant].map((tenant) => JSON.stringify(shown(tenant)));
    throw invalidField('tenant', `${given} is not the tenant of the query, ${asked}`);
  }
  return named ?? tenantSeen(caller) ?? DEFAULT_TENANT;
}

/** 403 when a key that is bound to one tenant names another. */
export function requireTenant(principal: Principal, named: string | undefined): void {
  if (principal.tenant === undefined || named === undefined || named === principal.tenant) return;
  const [given, own] = [named, principal.tenant].map((tenant) => JSON.stringify(shown(tenant)));
  throw new RequestError('forbidden', `tenant: ${given} is not allowed; this key is for ${own}.`);
}

/**
 * Who replaces something: by id whoever asks; by name within the tenant that the body names, as
 * far as it is one (any other is left to the parser to refuse).
 */
export function replacing(caller: Caller, named: unknown, byId: boolean): Caller {
  if (byId) return caller;
  const tenant = typeof named === 'string' && TENANT.test(named) ? named : undefined;
  return { ...caller, tenant: tenantOfNew(caller, tenant) };
}
