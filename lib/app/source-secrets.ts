import { invalidField, RequestError } from '../domain/errors.ts';
import { isSourceId } from '../domain/ids.ts';
import { parseRotationInput } from '../domain/input/rotation-input.ts';
import type { SourceInput } from '../domain/input/source-input.ts';
import { keptSecrets, takesOurSecret } from '../domain/input/verification-input.ts';
import { rotated } from '../domain/secret-rotation.ts';
import { newSecret, RANDOM_BYTES } from '../domain/secrets.ts';
import type { SigningSecret } from '../domain/signing.ts';
import type { Source, Verification } from '../domain/source.ts';
import { change, find, opening, type Registry } from './named-registry.ts';
import type { Clock, Random, Sources } from './ports.ts';
import { rotatedSecrets } from './rotated-secrets.ts';
import type { Caller } from './tenancy.ts';

export interface SourceSecretDeps {
  readonly sources: Pick<Sources, 'create' | 'byId' | 'byName' | 'save' | 'remove' | 'open'>;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly random: Pick<Random, 'bytes'>;
}

type KeyedVerification = Exclude<Verification, { provider: 'none' }>;
type KeyedProvider = KeyedVerification['provider'];

/** The sources as a registry of named things. */
export function sourceRegistry(deps: Pick<SourceSecretDeps, 'sources'>): Registry<Source> {
  return { kind: 'source', store: deps.sources, isId: isSourceId };
}

/** Puts a new secret in front; what is signed with an old one is accepted until the grace ends. */
export async function rotateSourceSecret(
  deps: SourceSecretDeps,
  caller: Caller,
  ref: string,
  body: unknown,
) {
  const registry = opening(sourceRegistry(deps));
  const nowMs = deps.clock.nowMs();
  const random = deps.random.bytes(RANDOM_BYTES);
  const changed = await change(
    registry,
    () => find(registry, caller, ref),
    (stored) => {
      const verification = keyed(stored.verification);
      const { provider } = verification;
      const { graceSeconds, secret } = parseRotationInput(body, provider, 'source');
      const next = secret ?? made(provider, random);
      const secrets = rotated(verification.secrets, next, graceSeconds, nowMs);
      return { ...stored, verification: { ...verification, secrets }, updatedAtMs: nowMs };
    },
  );
  return rotatedSecrets(caller, keyed(changed.verification).secrets, nowMs);
}

/**
 * The verification that a request asks for, with the secrets given, else those there are, else a
 * new one where the provider takes it: then `made` is that secret, to be shown once.
 */
export function verificationFor(
  { verification, secrets: given }: SourceInput,
  stored: Verification | undefined,
  random: Pick<Random, 'bytes'>,
): { readonly verification: Verification; readonly made?: string } {
  if (verification.provider === 'none') return { verification };
  const { provider } = verification;
  const kept = keptSecrets(provider, stored);
  if (given !== undefined) return { verification: { ...verification, secrets: over(kept, given) } };
  const keyGiven = 'publicKey' in verification;
  if (kept.length > 0 || keyGiven) return { verification: { ...verification, secrets: kept } };
  const secret = made(provider, random.bytes(RANDOM_BYTES));
  return { verification: { ...verification, secrets: [{ secret }] }, made: secret };
}

/** What is given counts alone; given as it is already, it leaves a running rotation be. */
function over(kept: readonly SigningSecret[], given: readonly string[]): readonly SigningSecret[] {
  const same = given.every((secret, i) => secret === kept[i]?.secret);
  return same ? kept : given.map((secret) => ({ secret }));
}

function made(provider: KeyedProvider, random: Uint8Array): string {
  if (takesOurSecret(provider)) return newSecret(provider, random);
  throw invalidField('secret', `is required: the secret that ${provider} signs with`);
}

function keyed(verification: Verification): KeyedVerification {
  if (verification.provider === 'none') {
    throw new RequestError(
      'invalid-state',
      'provider: "none" checks nothing and has no secret; set another provider first.',
    );
  }
  // A secret beside the public key would rotate nothing: what the old key signs would still pass.
  if ('publicKey' in verification && verification.secrets.length === 0) {
    throw new RequestError(
      'invalid-state',
      'publicKey: this source has no secret, a key pair of the sender signs; give its new public key by PATCH.',
    );
  }
  return verification;
}
