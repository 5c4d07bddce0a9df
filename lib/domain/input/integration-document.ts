import { parseInstant } from '../event-input.ts';
import type { UrlLink } from '../fallback.ts';
import type { Integration } from '../integration.ts';
import { isJsonObject, type JsonObject, mergePatch } from '../merge-patch.ts';
import type { RetryPolicy } from '../retry.ts';
import { publicKeyOf } from '../secrets.ts';
import type { Signing } from '../signing.ts';
import { fallbackDocument, keptChain, type Secretive } from './fallback-document.ts';
import { withHeadersKept } from './kept-headers.ts';
import { orderingBase } from './ordering-input.ts';
import { withUrlsKept } from './shown-urls.ts';

/** How stored settings and a request's come together: what a patch changes, what a PUT keeps. */

/**
 * The body that a merge patch of an integration amounts to. Besides RFC 7396:
 * - `auth` keeps the secret values that the patch does not name, as long as its type stays;
 * - another `auth.type` or `signing.scheme` begins anew, with what the patch says of it;
 * - each link of `fallback` keeps the secret values of the stored link to the same URL, likewise;
 * - `retry.schedule` takes the place of `retry.backoff` and the other way round; without a
 *   `maxAttempts` of its own a schedule is played once through.
 */
export function patchedIntegration(stored: Integration, patch: JsonObject): unknown {
  const document = integrationDocument(stored);
  const changes = withoutShown(stored, patch);
  return mergePatch(
    {
      ...document,
      auth: baseFor(document.auth, changes.auth, 'type'),
      signing: baseFor(document.signing, changes.signing, 'scheme'),
      retry: retryBase(document.retry, changes.retry),
      ...orderingBase(stored, changes),
    },
    changes,
  );
}

/**
 * The body of a replacement, so that an answer can be sent back as it is: without what answers
 * add, with the secret values of `auth` that they leave out, if its type is the stored one, and
 * with those of headers where it has the text that stands for them.
 */
export function replacedIntegration(stored: Integration, body: JsonObject): JsonObject {
  return withSecretsKept(stored, withoutShown(stored, body));
}

function withSecretsKept({ auth: stored }: Secretive, given: JsonObject): JsonObject {
  const { auth } = given;
  if (!isJsonObject(auth) || auth.type !== stored.type) return given;
  return { ...given, auth: { ...secretsOf(stored), ...auth } };
}

/**
 * What `body` sets: the fields that only answers have are left out if they say what is stored, and
 * links have the secret values that answers leave out. `updatedAt` may be older, so that the same
 * answer can be sent back twice.
 */
function withoutShown(stored: Integration, body: JsonObject): JsonObject {
  const { id, status, disabledReason, createdAtMs, updatedAtMs } = stored;
  const isShown: Readonly<Record<string, (value: unknown) => boolean>> = {
    id: (value) => value === id,
    status: (value) => value === status,
    disabledReason: (value) => value === disabledReason,
    createdAt: (value) => instantOf(value) === createdAtMs,
    updatedAt: (value) => (instantOf(value) ?? Number.POSITIVE_INFINITY) <= updatedAtMs,
  };
  const given = Object.entries(withUrlsKept(stored, body)).filter(
    ([name, value]) => !(Object.hasOwn(isShown, name) && isShown[name]?.(value)),
  );
  const { request, fallback, ...settings } = withoutPublicKey(stored, Object.fromEntries(given));
  const keeping = (link: UrlLink, body: JsonObject) =>
    withSecretsKept(link, withHeadersKept(link, withoutPublicKey(link, body)));
  return {
    ...settings,
    ...(request !== undefined && {
      request: isJsonObject(request) ? withHeadersKept(stored.request, request) : request,
    }),
    ...(fallback !== undefined && { fallback: keptChain(stored.fallback, fallback, keeping) }),
  };
}

function withoutPublicKey({ signing: stored }: Secretive, given: JsonObject): JsonObject {
  const { signing } = given;
  if (stored === undefined || !isJsonObject(signing)) return given;
  if (signing.publicKey !== publicKeyShown(stored)) return given;
  const { publicKey: _, ...rest } = signing;
  return { ...given, signing: rest };
}

function instantOf(value: unknown): number | undefined {
  return typeof value === 'string' ? parseInstant(value) : undefined;
}

/** The public half of the key that signs now, where it has one. */
export function publicKeyShown(signing: Signing): string | undefined {
  if (signing.scheme !== 'standard-webhooks-ed25519') return undefined;
  const [current] = signing.secrets;
  return current && (current.publicKey ?? publicKeyOf(current.secret));
}

function integrationDocument(stored: Integration) {
  const { name, serviceType, endpoint, description, metadata, eventTypes, request, auth } = stored;
  const { filter, transform, breaker, limits, fallback, healthCheck } = stored;
  return {
    name,
    serviceType,
    endpoint,
    description,
    metadata,
    eventTypes,
    ...(filter !== undefined && { filter }),
    ...(transform !== undefined && { transform }),
    request,
    auth,
    signing: signingDocument(stored.signing),
    retry: retryDocument(stored.retry),
    breaker,
    limits,
    fallback: fallbackDocument(fallback, signingDocument),
    ...(healthCheck !== undefined && { healthCheck }),
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
    case 'oauth2ClientCredentials':
      return { clientSecret: auth.clientSecret };
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
