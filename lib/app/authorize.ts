import type { ApiKey, Principal } from '../domain/api-key.ts';
import { isBounded } from '../domain/api-key-bounds.ts';
import type { RateFigures } from '../domain/api-key-rate.ts';
import { isAddressAllowed } from '../domain/cidr.ts';
import { hasScope, isSecretOf } from '../domain/keys.ts';
import {
  isSignatureOf,
  isTimely,
  SIGNATURE_TOLERANCE_SECONDS,
  signatureId,
} from '../domain/request-signature.ts';
import { type KeyRefusal, type KeyRefusalDeps, keyRefusals } from './audit-key-refusal.ts';
import { type LockOutAuditDeps, lockOutEntries } from './audit-lock-out.ts';
import { type AuthRequest, type Credentials, readCredentials } from './key-credentials.ts';
import { keyLockOuts, type LockOutDeps } from './key-lock-outs.ts';
import { type KnownKey, keyMemory } from './key-memory.ts';
import { type KeyRateDeps, keyRates } from './key-rates.ts';
import type { ApiKeys, Pepper } from './ports.ts';
import type { SignaturesSeen } from './ports-keys.ts';

export interface AuthorizeDeps extends KeyRateDeps, LockOutDeps, Pick<LockOutAuditDeps, 'audit'> {
  readonly clock: KeyRateDeps['clock'] & KeyRefusalDeps['clock'];
  readonly apiKeys: Pick<ApiKeys, 'byLookup' | 'used'>;
  readonly signaturesSeen: SignaturesSeen;
  readonly pepper: Pepper;
}

/** Why somebody is nobody. */
export type AuthRefusal =
  | 'missing'
  | 'malformed'
  | 'ambiguous'
  | 'unknown'
  | 'unsigned'
  | 'expired'
  | 'stale'
  | 'replayed'
  | 'address'
  | 'locked'
  | 'limited';

export type Authorization =
  | {
      readonly principal: Principal;
      /** Of a key with a limit. */
      readonly rate?: RateFigures;
      /** Of a signed request: the body must have this `Content-Digest`; empty: there is none. */
      readonly digest?: string;
    }
  | {
      readonly reason: AuthRefusal;
      readonly rate?: RateFigures;
      /** When another try may go well. */
      readonly waitMs?: number;
    };

type Proof = Exclude<Credentials, { kind: 'none' }>;
/** Methods that change nothing: the same signed request may be made again. */
const SAFE_METHODS: readonly string[] = ['GET', 'HEAD'];
/** Beside the tolerance: clocks of instances are not one clock. */
const SEEN_MARGIN_MS = 60_000;

/**
 * Makes the check of who makes a request, with a memory of its own. In this order: what never was a
 * key, and who is locked out, is refused without a read or a hash; a wrong key is counted; where
 * from, and how often, is asked of good keys only.
 */
export function authorizer(deps: AuthorizeDeps): (request: AuthRequest) => Promise<Authorization> {
  const memory = keyMemory(deps);
  const lockOuts = keyLockOuts(deps);
  const rateOf = keyRates(deps);
  const tell = keyRefusals(deps);
  const tellLockOut = lockOutEntries(deps);

  const wrong = async (reason: AuthRefusal, { sourceIp }: AuthRequest, lookup: string) => {
    const waitMs = await lockOuts.failed(sourceIp, lookup, deps.clock.nowMs());
    if (waitMs === undefined) return { reason };
    deps.telemetry.count('AuthLockOuts');
    await tellLockOut(sourceIp, waitMs);
    return { reason: 'locked', waitMs } as const;
  };

  const admit = async (known: KnownKey, proof: Proof, request: AuthRequest) => {
    const nowMs = deps.clock.nowMs();
    const refusal = await refusalOf(deps, known.key, proof, request);
    if (refusal !== undefined) {
      await tell(known.key, request, refusal);
      return { reason: refusal };
    }
    memory.keep(known, nowMs);
    const verdict = await rateOf(known.key);
    if (verdict.kind === 'refused') {
      return { reason: 'limited', rate: verdict.rate, waitMs: verdict.waitMs } as const;
    }
    await deps.apiKeys.used(known.key, nowMs);
    const { scope } = request;
    // It is refused behind us all the same.
    if (scope !== undefined && !hasScope(known.key, scope)) {
      await tell(known.key, request, 'forbidden');
    }
    return {
      principal: principalOf(known.key),
      ...(verdict.kind === 'granted' && { rate: verdict.rate }),
      ...(proof.kind === 'signed' && { digest: proof.given.digest }),
    };
  };

  return async (request) => {
    const proof = readCredentials(request);
    if (proof.kind === 'none') return { reason: proof.reason };
    const nowMs = deps.clock.nowMs();
    const wasGood = memory.wasGood(proof.lookup);
    const lockedMs = lockOuts.lockedMs(request.sourceIp, proof.lookup, nowMs, wasGood);
    if (lockedMs !== undefined) return { reason: 'locked', waitMs: lockedMs };
    const known = await memory.find(proof.lookup, nowMs);
    if (known === undefined) return wrong('unknown', request, proof.lookup);
    const result = proved(known, proof, deps.pepper);
    return result === 'proved'
      ? admit(known, proof, request)
      : wrong(result, request, proof.lookup);
  };
}

function proved(known: KnownKey, proof: Proof, pepper: Pepper): 'proved' | 'unknown' | 'unsigned' {
  switch (proof.kind) {
    case 'bearer':
      return isSecretOf(known.key, pepper, proof.secret) ? 'proved' : 'unknown';
    case 'signed': {
      const signingKey = known.signingKey();
      if (signingKey === undefined) return 'unsigned';
      const { text, given } = proof;
      return isSignatureOf(signingKey, text, given.signature) ? 'proved' : 'unknown';
    }
  }
}

/** Why a key that was proved may not be used for this; undefined: it may. */
async function refusalOf(
  { clock, signaturesSeen }: AuthorizeDeps,
  key: ApiKey,
  proof: Proof,
  { method, sourceIp }: AuthRequest,
): Promise<Exclude<KeyRefusal, 'forbidden'> | undefined> {
  const nowMs = clock.nowMs();
  if (key.expiresAtMs !== undefined && key.expiresAtMs <= nowMs) return 'expired';
  if (!isAddressAllowed(key, sourceIp)) return 'address';
  if (proof.kind === 'bearer') return undefined;
  const { timestamp, nonce } = proof.given;
  if (!isTimely(timestamp, nowMs)) return 'stale';
  // Two equal reads in one second are normal, and tell nothing new; a nonce makes them differ.
  if (SAFE_METHODS.includes(method) && nonce === '') return undefined;
  const untilMs = (Number(timestamp) + SIGNATURE_TOLERANCE_SECONDS) * 1000 + SEEN_MARGIN_MS;
  const seen = await signaturesSeen.note(signatureId(proof.given), untilMs, nowMs);
  return seen === 'first' ? undefined : 'replayed';
}

function principalOf(key: ApiKey): Principal {
  const { id, name, scopes, tenant } = key;
  return {
    keyId: id,
    name,
    scopes,
    ...(tenant !== undefined && { tenant }),
    ...(isBounded(key) && { isBounded: true }),
  };
}
