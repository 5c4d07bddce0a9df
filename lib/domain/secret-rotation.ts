import { RequestError } from './errors.ts';
import { SECRETS_LIVE_MAX } from './secrets.ts';
import type { SigningSecret } from './signing.ts';

/**
 * The secrets with `next` in front. The others go on counting for `graceSeconds` at most, none
 * longer than it was promised before, so that a request may be repeated. Rotating to the secret
 * that is current already can only end a grace early. No grace is ended by another secret's coming:
 * what would make more than ten is refused.
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
  const live = [{ secret: next }, ...unexpired(others, nowMs)];
  if (live.length > SECRETS_LIVE_MAX) throw tooMany(secrets, nowMs);
  return live;
}

function tooMany(secrets: readonly SigningSecret[], nowMs: number): RequestError {
  const ends = unexpired(secrets, nowMs).flatMap(({ expiresAtMs }) => expiresAtMs ?? []);
  const first = ends.length === 0 ? '' : ` The next of them ends at ${iso(Math.min(...ends))}.`;
  return new RequestError(
    'limit-reached',
    `secret: ${SECRETS_LIVE_MAX} secrets are in force, as many as may be at once.${first} ` +
      'Allowed: to wait for that, or "graceSeconds": 0, which ends all but the new one now.',
  );
}

function iso(atMs: number): string {
  return new Date(atMs).toISOString();
}

/** Those that still count; one that expires now is gone. */
export function unexpired(
  secrets: readonly SigningSecret[],
  nowMs: number,
): readonly SigningSecret[] {
  return secrets.filter(({ expiresAtMs = Number.POSITIVE_INFINITY }) => expiresAtMs > nowMs);
}
