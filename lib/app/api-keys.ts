import type { ApiKey } from '../domain/api-key.ts';
import { bucketOf } from '../domain/api-key-bounds.ts';
import { notFound, RequestError } from '../domain/errors.ts';
import { ID_RANDOM_BYTES, ulid } from '../domain/ids.ts';
import { type KeyInput, parseKeyInput, parseKeyRotation } from '../domain/input/key-input.ts';
import { hashSecret, KEY_RANDOM_BYTES, type KeyParts, keyText, makeKey } from '../domain/keys.ts';
import { SEAL_NONCE_BYTES, sealSigningKey, signingKeyOf } from '../domain/request-signature.ts';
import { boundsOf, type KeyRightsDeps, keyToRule, makerOf, requireMayGrant } from './key-rights.ts';
import type { ApiKeys, Clock, Page, Pepper, Random } from './ports.ts';
import { type Caller, tenantSeen } from './tenancy.ts';
import { keyView } from './views-registry.ts';

export interface KeyDeps extends Pick<KeyRightsDeps, 'defaultRateLimit'> {
  readonly apiKeys: ApiKeys;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly random: Pick<Random, 'bytes'>;
  readonly pepper: Pepper;
}

export type KeyView = ReturnType<typeof keyView>;

/** What is asked for, and what follows from who asks. */
export type NewKey = KeyInput & Pick<ApiKey, 'bucket' | 'rotatedFrom'>;

/** How often a key is made whose public part somebody has already: once would do for ever. */
const COLLISIONS_MAX = 3;

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
  const maker = await makerOf(deps, caller.principal);
  const bound = tenant ?? tenantSeen(caller);
  return await issue(deps, {
    ...rest,
    ...boundsOf(maker, rest),
    ...(bound !== undefined && { tenant: bound }),
  });
}

/**
 * Makes a key with the very rights of another, which ends when the grace does. Killed in between it
 * leaves a key that nobody has been given (`rotatedFrom` tells it), and the old one as it was.
 */
export async function rotateKey(
  deps: KeyDeps,
  caller: Caller,
  id: string,
  body: unknown,
): Promise<KeyView & { readonly key: string; readonly previous: KeyView }> {
  const { graceSeconds } = parseKeyRotation(body);
  const nowMs = deps.clock.nowMs();
  const old = await keyToRule(deps, caller, id);
  if (old.expiresAtMs !== undefined && old.expiresAtMs <= nowMs) {
    throw new RequestError('invalid-state', 'The key has expired; make a new one.');
  }
  const made = await issue(deps, { ...rightsOf(deps, old), rotatedFrom: old.id });
  const previous = await deps.apiKeys.expire(old, nowMs + graceSeconds * 1000);
  if (previous === 'gone') throw notFound('key', id);
  return { ...made, previous: keyView(previous) };
}

/** Stores a new key and gives it out; every right of it is the caller's to have checked. */
export async function issue(
  deps: KeyDeps,
  input: NewKey,
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

/** The record of a key: of its secret only the hash, and sealed what its requests are signed by. */
export function keyOf(
  deps: Pick<KeyDeps, 'clock' | 'random' | 'pepper'>,
  input: NewKey,
  { lookup, secret }: KeyParts,
): ApiKey {
  const nowMs = deps.clock.nowMs();
  const signingKey = signingKeyOf(keyText({ lookup, secret }));
  const nonce = deps.random.bytes(SEAL_NONCE_BYTES);
  return {
    ...input,
    signing: sealSigningKey(deps.pepper, lookup, signingKey, nonce),
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
 * Revokes a key; it may be honoured for up to 30 s more where it was just used, but makes and ends
 * no key from now on. A key revokes neither itself nor one that it could not have made: so one that
 * can do everything always remains.
 */
export async function deleteKey(
  deps: KeyRightsDeps & Pick<KeyDeps, 'apiKeys'>,
  caller: Caller,
  id: string,
): Promise<void> {
  const key = await keyToRule(deps, caller, id, (found) => {
    if (found.id !== caller.principal.keyId) return;
    throw new RequestError('invalid-state', 'A key cannot delete itself; use another key.');
  });
  await deps.apiKeys.remove(key);
}

/** Everything that a key may do, and nothing that tells it from another of the same rights. */
function rightsOf({ defaultRateLimit }: Pick<KeyDeps, 'defaultRateLimit'>, key: ApiKey): NewKey {
  const { name, scopes, tenant, allowCidrs, denyCidrs, rateLimit, expiresAtMs } = key;
  const isLimited = (rateLimit ?? defaultRateLimit ?? key.bucket) !== undefined;
  return {
    name,
    scopes,
    ...(tenant !== undefined && { tenant }),
    ...(allowCidrs !== undefined && { allowCidrs }),
    ...(denyCidrs !== undefined && { denyCidrs }),
    // One bucket for both, or the grace would double the rate.
    ...(rateLimit !== undefined && { rateLimit }),
    ...(isLimited && { bucket: bucketOf(key) }),
    ...(expiresAtMs !== undefined && { expiresAtMs }),
  };
}
