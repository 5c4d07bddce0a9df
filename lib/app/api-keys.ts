import type { ApiKey, Principal } from '../domain/api-key.ts';
import { notFound, RequestError } from '../domain/errors.ts';
import { ID_RANDOM_BYTES, type KeyId, ulid } from '../domain/ids.ts';
import { type KeyInput, parseKeyInput } from '../domain/input/key-input.ts';
import { hashSecret, hasScope, KEY_RANDOM_BYTES, makeKey } from '../domain/keys.ts';
import type { ApiKeys, Clock, Page, Pepper, Random } from './ports.ts';
import { type Caller, requireTenant, tenantSeen } from './tenancy.ts';
import { keyView } from './views-registry.ts';

export interface KeyDeps {
  readonly apiKeys: ApiKeys;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly random: Pick<Random, 'bytes'>;
  readonly pepper: Pepper;
}

export type KeyView = ReturnType<typeof keyView>;

/** How often a key is made whose public part somebody has already: once would do for ever. */
const COLLISIONS_MAX = 3;
const KEY_ID = /^key_[0-9a-hjkmnp-tv-z]{26}$/;

/** Issues a key that can do nothing its maker cannot; only this answer shows it. */
export async function createKey(
  deps: KeyDeps,
  caller: Caller,
  body: unknown,
): Promise<KeyView & { readonly key: string }> {
  const nowMs = deps.clock.nowMs();
  const input = parseKeyInput(body, nowMs);
  const { tenant, ...rest } = input;
  requireMayGrant(caller.principal, input);
  const bound = tenant ?? tenantSeen(caller);
  return await issue(deps, { ...rest, ...(bound !== undefined && { tenant: bound }) });
}

/** Stores a new key and gives it out; every right of it is the caller's to have checked. */
export async function issue(
  deps: KeyDeps,
  input: KeyInput,
): Promise<KeyView & { readonly key: string }> {
  for (let tries = 0; tries < COLLISIONS_MAX; tries++) {
    const { lookup, secret, text } = makeKey(
      deps.random.bytes(KEY_RANDOM_BYTES.lookup),
      deps.random.bytes(KEY_RANDOM_BYTES.secret),
    );
    const stored = keyOf(deps, input, { lookup, secret });
    if ((await deps.apiKeys.create(stored)) === 'created') return { ...keyView(stored), key: text };
  }
  throw new Error(`No free key was found in ${COLLISIONS_MAX} tries.`);
}

/** The record of a key: of its secret only the hash. */
export function keyOf(
  deps: Pick<KeyDeps, 'clock' | 'random' | 'pepper'>,
  input: KeyInput,
  { lookup, secret }: { readonly lookup: string; readonly secret: string },
): ApiKey {
  const nowMs = deps.clock.nowMs();
  return {
    ...input,
    id: `key_${ulid(nowMs, deps.random.bytes(ID_RANDOM_BYTES))}`,
    lookup,
    hash: hashSecret(deps.pepper, secret),
    createdAtMs: nowMs,
  };
}

/** Newest first; a key that is bound to a tenant sees that tenant's keys only. */
export async function listKeys(
  deps: Pick<KeyDeps, 'apiKeys'>,
  caller: Caller,
  query: { readonly after?: string | undefined; readonly limit: number },
): Promise<Page<KeyView>> {
  const tenant = tenantSeen(caller);
  const { items, next } = await deps.apiKeys.list({
    limit: query.limit,
    ...(tenant !== undefined && { tenant }),
    ...(query.after !== undefined && { after: query.after }),
  });
  return { items: items.map(keyView), next };
}

/**
 * Revokes a key; it may be honoured for up to 30 s more where it was just used. A key revokes
 * neither itself nor one that can do more than it: so one that can do everything always remains.
 */
export async function deleteKey(
  deps: Pick<KeyDeps, 'apiKeys'>,
  caller: Caller,
  id: string,
): Promise<void> {
  const tenant = tenantSeen(caller);
  const key = isKeyId(id) ? await deps.apiKeys.byId(id) : undefined;
  if (key === undefined || (tenant !== undefined && key.tenant !== tenant)) {
    throw notFound('key', id);
  }
  if (key.id === caller.principal.keyId) {
    throw new RequestError('invalid-state', 'A key cannot delete itself; use another key.');
  }
  requireMayGrant(caller.principal, key);
  await deps.apiKeys.remove(key);
}

/** 403 unless the principal itself has every scope, in every tenant that is asked for. */
function requireMayGrant(principal: Principal, wanted: Pick<KeyInput, 'scopes' | 'tenant'>): void {
  requireTenant(principal, wanted.tenant);
  const beyond = wanted.scopes.filter((scope) => !hasScope(principal, scope));
  if (beyond.length === 0) return;
  throw new RequestError(
    'forbidden',
    `scopes: this key does not have ${beyond.join(', ')} itself.`,
  );
}

function isKeyId(text: string): text is KeyId {
  return KEY_ID.test(text);
}
