import { RequestError } from '../domain/errors.ts';
import { isIntegrationId } from '../domain/ids.ts';
import { parseRotationInput } from '../domain/input/rotation-input.ts';
import type { SigningInput } from '../domain/input/signing-input.ts';
import type { Integration } from '../domain/integration.ts';
import { rotated } from '../domain/secret-rotation.ts';
import { newSecret, RANDOM_BYTES, type SecretKind } from '../domain/secrets.ts';
import type { Signing, SigningSecret } from '../domain/signing.ts';
import { change, find, opening, type Registry } from './named-registry.ts';
import type { Clock, Integrations, Random } from './ports.ts';
import { rotatedSecrets } from './rotated-secrets.ts';
import type { Caller } from './tenancy.ts';
import { secretsView } from './views-registry.ts';

export interface SecretDeps {
  readonly integrations: Pick<
    Integrations,
    'create' | 'byId' | 'byName' | 'save' | 'remove' | 'open'
  >;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly random: Pick<Random, 'bytes'>;
}

/** The integrations as a registry of named things. */
export function integrationRegistry(deps: Pick<SecretDeps, 'integrations'>): Registry<Integration> {
  return { kind: 'integration', store: deps.integrations, isId: isIntegrationId };
}

/**
 * The current secret, and those that still sign beside it; in `fallback` those of links with a
 * signing of their own, by their place: "1" is the first link.
 */
export async function readSecrets(deps: SecretDeps, caller: Caller, ref: string) {
  const { signing, fallback } = await find(opening(integrationRegistry(deps)), caller, ref);
  const nowMs = deps.clock.nowMs();
  const links = fallback.flatMap((link, i) => {
    if (link.type !== 'url' || link.signing === undefined) return [];
    if (link.signing.scheme === 'none') return [];
    return [[String(i + 1), secretsView(link.signing.secrets, nowMs)] as const];
  });
  if (links.length === 0) return secretsView(keyed(signing).secrets, nowMs);
  const own = signing.scheme === 'none' ? [] : signing.secrets;
  return { ...secretsView(own, nowMs), fallback: Object.fromEntries(links) };
}

/** Puts a new secret in front; the old ones go on signing until the grace ends. */
export async function rotateSecret(deps: SecretDeps, caller: Caller, ref: string, body: unknown) {
  const registry = opening(integrationRegistry(deps));
  const nowMs = deps.clock.nowMs();
  const random = deps.random.bytes(RANDOM_BYTES);
  const changed = await change(
    registry,
    () => find(registry, caller, ref),
    (stored) => {
      const signing = keyed(stored.signing);
      const { graceSeconds, secret } = parseRotationInput(body, signing.scheme, 'integration');
      const next = secret ?? newSecret(signing.scheme, random);
      const secrets = rotated(signing.secrets, next, graceSeconds, nowMs);
      return { ...stored, signing: { ...signing, secrets }, updatedAtMs: nowMs };
    },
  );
  return rotatedSecrets(caller, keyed(changed.signing).secrets, nowMs);
}

/**
 * The signing that a request asks for: the secrets there are, as long as the scheme stays and no
 * other secret is given. A secret given here counts alone and at once; rotating overlaps.
 */
export function signingFor(
  input: SigningInput,
  stored: Signing | undefined,
  random: Pick<Random, 'bytes'>,
): Signing {
  if (input.scheme === 'none') return { scheme: 'none' };
  const kept = stored?.scheme === input.scheme ? keyed(stored).secrets : [];
  const secrets = secretsFor(input, kept, random);
  return input.scheme === 'hmac'
    ? { scheme: input.scheme, hmac: input.hmac, secrets }
    : { scheme: input.scheme, secrets };
}

function secretsFor(
  { scheme, secret }: { readonly scheme: SecretKind; readonly secret?: string | undefined },
  kept: readonly SigningSecret[],
  random: Pick<Random, 'bytes'>,
): readonly SigningSecret[] {
  if (secret !== undefined) return kept[0]?.secret === secret ? kept : [{ secret }];
  return kept.length > 0 ? kept : [{ secret: newSecret(scheme, random.bytes(RANDOM_BYTES)) }];
}

function keyed(signing: Signing): Exclude<Signing, { scheme: 'none' }> {
  if (signing.scheme !== 'none') return signing;
  throw new RequestError(
    'invalid-state',
    'signing.scheme: "none" has no secret; set another scheme first.',
  );
}
