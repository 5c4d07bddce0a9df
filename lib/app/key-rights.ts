import type { ApiKey, Principal, RateLimit } from '../domain/api-key.ts';
import {
  type Bounds,
  boundsWithin,
  couldHaveMade,
  heldTo,
  type Maker,
} from '../domain/api-key-bounds.ts';
import { notFound, RequestError } from '../domain/errors.ts';
import { isKeyId } from '../domain/ids.ts';
import type { KeyInput } from '../domain/input/key-input.ts';
import { hasScope } from '../domain/keys.ts';
import type { ApiKeys, Clock } from './ports.ts';
import { type Caller, requireTenant, tenantSeen } from './tenancy.ts';

/** Who may do what with keys: a key makes, replaces and ends only what it could make itself. */

export interface KeyRightsDeps {
  readonly apiKeys: Pick<ApiKeys, 'byId'>;
  readonly clock: Pick<Clock, 'nowMs'>;
  /** Of keys that have none of their own. */
  readonly defaultRateLimit?: RateLimit | undefined;
}

/** The key, for a caller that could have made it; `first` is asked before that is looked at. */
export async function keyToRule(
  deps: KeyRightsDeps,
  caller: Caller,
  id: string,
  first: (key: ApiKey) => void = () => {},
): Promise<ApiKey> {
  const tenant = tenantSeen(caller);
  const maker = await makerOf(deps, caller.principal);
  const key = isKeyId(id) ? await deps.apiKeys.byId(id) : undefined;
  if (key === undefined || (tenant !== undefined && key.tenant !== tenant)) {
    throw notFound('key', id);
  }
  first(key);
  requireMayGrant(caller.principal, key);
  if (!couldHaveMade(maker, key)) {
    throw new RequestError(
      'forbidden',
      'This key has an end, addresses or a rate limit, and the other one has wider ones.',
    );
  }
  return key;
}

/**
 * The caller's own key as it is stored now. A revoked one may be believed for a while yet, and must
 * not use that while to make another that nobody has revoked.
 */
export async function makerOf(
  { apiKeys, clock, defaultRateLimit }: KeyRightsDeps,
  principal: Principal,
): Promise<Maker> {
  const maker = await apiKeys.byId(principal.keyId);
  if (maker === undefined) throw new RequestError('forbidden', 'This key was revoked.');
  if (maker.expiresAtMs !== undefined && maker.expiresAtMs <= clock.nowMs()) {
    throw new RequestError('forbidden', 'This key has expired.');
  }
  return heldTo(maker, defaultRateLimit);
}

export function boundsOf(maker: Maker, wanted: Bounds): Bounds {
  const bounded = boundsWithin(maker, wanted);
  if (bounded.kind === 'bounded') return bounded.bounds;
  const field = bounded.field === 'expiresAtMs' ? 'expiresAt' : bounded.field;
  throw new RequestError('forbidden', `${field}: ${bounded.message}.`);
}

/** 403 unless the principal itself has every scope, in every tenant that is asked for. */
export function requireMayGrant(
  principal: Principal,
  wanted: Pick<KeyInput, 'scopes' | 'tenant'>,
): void {
  requireTenant(principal, wanted.tenant);
  const beyond = wanted.scopes.filter((scope) => !hasScope(principal, scope));
  if (beyond.length === 0) return;
  throw new RequestError(
    'forbidden',
    `scopes: this key does not have ${beyond.join(', ')} itself.`,
  );
}
