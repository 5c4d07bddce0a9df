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
import type { ApiKeys } from './ports.ts';
import { type Caller, requireTenant, tenantSeen } from './tenancy.ts';

/** Who may do what with keys: a key makes, replaces and ends only what it could make itself. */

export interface KeyRightsDeps {
  readonly apiKeys: Pick<ApiKeys, 'byId'>;
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
  const key = isKeyId(id) ? await deps.apiKeys.byId(id) : undefined;
  if (key === undefined || (tenant !== undefined && key.tenant !== tenant)) {
    throw notFound('key', id);
  }
  first(key);
  requireMayGrant(caller.principal, key);
  const maker = await boundedMaker(deps, caller.principal);
  if (maker !== undefined && !couldHaveMade(maker, key)) {
    throw new RequestError(
      'forbidden',
      'This key has an end, addresses or a rate limit, and the other one has wider ones.',
    );
  }
  return key;
}

/** The caller's own key where it has bounds that are handed on; undefined: there are none. */
export async function boundedMaker(
  { apiKeys, defaultRateLimit }: KeyRightsDeps,
  principal: Principal,
): Promise<Maker | undefined> {
  const isHeld = defaultRateLimit !== undefined && !hasScope(principal, 'admin');
  if (principal.isBounded !== true && !isHeld) return undefined;
  const maker = await apiKeys.byId(principal.keyId);
  if (maker !== undefined) return heldTo(maker, defaultRateLimit);
  throw new RequestError('forbidden', 'This key was revoked.');
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
