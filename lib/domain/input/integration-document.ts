import type { Integration } from '../integration.ts';
import { isJsonObject, type JsonObject, mergePatch } from '../merge-patch.ts';
import type { RetryPolicy } from '../retry.ts';
import type { Signing } from '../signing.ts';

/** How stored settings and a request's come together: what a patch changes, what a PUT keeps. */

/**
 * The body that a merge patch of an integration amounts to. Besides RFC 7396:
 * - `auth` keeps the secret values that the patch does not name, as long as its type stays;
 * - another `auth.type` or `signing.scheme` begins anew, with what the patch says of it;
 * - `retry.schedule` takes the place of `retry.backoff` and the other way round; without a
 *   `maxAttempts` of its own a schedule is played once through.
 */
export function patchedIntegration(stored: Integration, patch: JsonObject): unknown {
  const document = integrationDocument(stored);
  return mergePatch(
    {
      ...document,
      auth: baseFor(document.auth, patch.auth, 'type'),
      signing: baseFor(document.signing, patch.signing, 'scheme'),
      retry: retryBase(document.retry, patch.retry),
    },
    patch,
  );
}

/**
 * The body of a replacement with the secret values of `auth` filled in that it leaves out, if
 * its type is the stored one: an answer, which has none, can be sent back as it is.
 */
export function withStoredCredentials(stored: Integration, body: JsonObject): JsonObject {
  const { auth } = body;
  if (!isJsonObject(auth) || auth.type !== stored.auth.type) return body;
  return { ...body, auth: { ...secretsOf(stored.auth), ...auth } };
}

function integrationDocument(stored: Integration) {
  const { name, serviceType, endpoint, description, metadata, eventTypes, request, auth } = stored;
  return {
    name,
    serviceType,
    endpoint,
    description,
    metadata,
    eventTypes,
    request,
    auth,
    signing: signingDocument(stored.signing),
    retry: retryDocument(stored.retry),
  };
}

function secretsOf(auth: Integration['auth']): JsonObject {
  switch (auth.type) {
    case 'none':
      return {};
    case 'bearer':
      return { token: auth.token };
    case 'basic':
      return { password: auth.password };
    case 'apiKey':
      return { value: auth.value };
  }
}

/** Signing without its secrets. */
export function signingDocument(signing: Signing): JsonObject {
  return signing.scheme === 'hmac'
    ? { scheme: signing.scheme, hmac: signing.hmac }
    : { scheme: signing.scheme };
}

/** A retry policy as requests and answers spell it. */
export function retryDocument({ timing, ...policy }: RetryPolicy): JsonObject {
  if (timing.kind === 'schedule') return { ...policy, schedule: timing.seconds };
  const { kind: _, ...backoff } = timing;
  return { ...policy, backoff };
}

function baseFor(stored: JsonObject, patch: unknown, discriminator: string): JsonObject {
  if (!isJsonObject(patch)) return stored;
  const wanted = patch[discriminator];
  return wanted === undefined || wanted === stored[discriminator] ? stored : {};
}

function retryBase(stored: JsonObject, patch: unknown): JsonObject {
  if (!isJsonObject(patch)) return stored;
  const { schedule, backoff, maxAttempts, ...rest } = stored;
  const played = Array.isArray(schedule) && maxAttempts === schedule.length + 1;
  return {
    ...rest,
    ...(!played && { maxAttempts }),
    ...(schedule !== undefined && !isJsonObject(patch.backoff) && { schedule }),
    ...(backoff !== undefined && !Array.isArray(patch.schedule) && { backoff }),
  };
}
