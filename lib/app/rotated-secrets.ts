import { hasScope } from '../domain/keys.ts';
import type { SigningSecret } from '../domain/signing.ts';
import type { Caller } from './tenancy.ts';
import { secretsView } from './views-registry.ts';

/**
 * What a rotation answers: the new secret, and until when the old ones are good. Those themselves
 * are for whoever may read secrets: who may only write has not seen them.
 */
export function rotatedSecrets(
  { principal }: Caller,
  secrets: readonly SigningSecret[],
  nowMs: number,
) {
  const { current, previous } = secretsView(secrets, nowMs);
  if (hasScope(principal, 'secrets:read')) return { current, previous };
  return { current, previous: previous.map(({ expiresAt }) => ({ expiresAt })) };
}
