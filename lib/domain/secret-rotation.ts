import { SECRETS_LIVE_MAX } from './secrets.ts';
import type { SigningSecret } from './signing.ts';

/**
 * The secrets with `next` in front. The others go on counting for `graceSeconds` at most, none
 * longer than it was promised before, so that a request may be repeated; at most ten in all are
 * kept. Rotating to the secret that is current already can only end a grace early.
 */
export function rotated(
  secrets: readonly SigningSecret[],
  next: string,
  graceSeconds: number,
  nowMs: number,
): readonly SigningSecret[] {
  const endsAtMs = nowMs + graceSeconds * 1_000;
  const others = secrets
    .filter(({ secret }) => secret !== next)
    .map(({ secret, expiresAtMs = endsAtMs }) => ({
      secret,
      expiresAtMs: Math.min(expiresAtMs, endsAtMs),
    }));
  return [{ secret: next }, ...unexpired(others, nowMs)].slice(0, SECRETS_LIVE_MAX);
}

/** Those that still count; one that expires now is gone. */
export function unexpired(
  secrets: readonly SigningSecret[],
  nowMs: number,
): readonly SigningSecret[] {
  return secrets.filter(({ expiresAtMs = Number.POSITIVE_INFINITY }) => expiresAtMs > nowMs);
}
