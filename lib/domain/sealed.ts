import type { UrlLink } from './fallback.ts';
import type { Auth, Integration } from './integration.ts';
import { isSecretHeader } from './secret-headers.ts';
import { publicKeyOf } from './secrets.ts';
import type { Signing, SigningSecret } from './signing.ts';
import type { Source } from './source.ts';
import { urlShown } from './url-shown.ts';

/**
 * What of an integration or a source is sealed where it is stored, and how it looks as long as
 * nobody has opened it: secret values are empty, and URLs end in `?…`.
 */

/** Secret values as they are stored: each sealed for itself, under one data key. */
export interface Sealed {
  /** The data key, encrypted by KMS; base64. */
  readonly key: string;
  /** By field, base64. */
  readonly values: Readonly<Record<string, string>>;
}

/** Secret values by field: `auth.token`, `request.headers.X-Api-Key`, `fallback.0.url`, `endpoint`. */
export type SecretValues = Readonly<Record<string, string>>;

/** Asked for every field that may hold a secret; what it returns takes the field's place. */
export type Visit = (field: string, value: string, holds: 'secret' | 'url' | 'header') => string;

export type Visited<T> = (resource: T, visit: Visit) => T;

/**
 * A resource without its secret values, and these; undefined where it has none. Which headers are
 * secrets is asked here alone: what has once been sealed is opened whatever the rule has become.
 */
export function withheld<T>(
  resource: T,
  visited: Visited<T>,
): { readonly rest: T; readonly secrets: SecretValues } | undefined {
  const secrets: Record<string, string> = {};
  const rest = visited(resource, (field, value, holds) => {
    // No header has a dot in its name.
    if (holds === 'header' && !isSecretHeader(field.slice(field.lastIndexOf('.') + 1)))
      return value;
    const shown = holds === 'url' ? urlShown(value) : '';
    if (shown !== value) secrets[field] = value;
    return shown;
  });
  return Object.keys(secrets).length === 0 ? undefined : { rest, secrets };
}

/** The resource with its secret values in their places again. */
export function restored<T>(rest: T, visited: Visited<T>, secrets: SecretValues): T {
  return visited(rest, (field, value) => secrets[field] ?? value);
}

/** Every field of an integration that may hold a secret. */
export function visitIntegration(integration: Integration, visit: Visit): Integration {
  const { endpoint, request, auth, signing, fallback, healthCheck } = integration;
  return {
    ...integration,
    endpoint: visit('endpoint', endpoint, 'url'),
    request: { ...request, headers: visitHeaders('request.headers', request.headers, visit) },
    auth: visitAuth('auth', auth, visit),
    signing: visitSigning('signing', signing, visit),
    fallback: fallback.map((link, i) =>
      link.type === 'url' ? visitLink(`fallback.${i}`, link, visit) : link,
    ),
    ...(healthCheck !== undefined && {
      healthCheck: { ...healthCheck, url: visit('healthCheck.url', healthCheck.url, 'url') },
    }),
  };
}

/** Every field of a source that holds a secret. */
export function visitSource(source: Source, visit: Visit): Source {
  const { verification } = source;
  if (!('secrets' in verification)) return source;
  const secrets = visitSecrets('verification', verification.secrets, visit);
  return { ...source, verification: { ...verification, secrets } };
}

function visitLink(field: string, link: UrlLink, visit: Visit): UrlLink {
  const { url, headers, auth, signing } = link;
  return {
    ...link,
    url: visit(`${field}.url`, url, 'url'),
    headers: visitHeaders(`${field}.headers`, headers, visit),
    auth: visitAuth(`${field}.auth`, auth, visit),
    ...(signing !== undefined && { signing: visitSigning(`${field}.signing`, signing, visit) }),
  };
}

function visitHeaders(field: string, headers: UrlLink['headers'], visit: Visit) {
  const visited = Object.entries(headers).map(([name, value]) => [
    name,
    visit(`${field}.${name}`, value, 'header'),
  ]);
  return Object.fromEntries(visited) as UrlLink['headers'];
}

function visitAuth(field: string, auth: Auth, visit: Visit): Auth {
  const secret = (name: string, value: string) => visit(`${field}.${name}`, value, 'secret');
  switch (auth.type) {
    case 'none':
      return auth;
    case 'bearer':
      return { ...auth, token: secret('token', auth.token) };
    case 'basic':
      return { ...auth, password: secret('password', auth.password) };
    case 'apiKey':
      return { ...auth, value: secret('value', auth.value) };
    case 'oauth2ClientCredentials':
      return {
        ...auth,
        tokenUrl: visit(`${field}.tokenUrl`, auth.tokenUrl, 'url'),
        clientSecret: secret('clientSecret', auth.clientSecret),
      };
  }
}

function visitSigning(field: string, signing: Signing, visit: Visit): Signing {
  if (signing.scheme === 'none') return signing;
  const { scheme } = signing;
  const known = scheme === 'standard-webhooks-ed25519' ? signing.secrets.map(withPublicKey) : null;
  return { ...signing, secrets: visitSecrets(field, known ?? signing.secrets, visit) };
}

/** Answers show it, and must not need the secret for that. */
function withPublicKey(one: SigningSecret): SigningSecret {
  return { ...one, publicKey: one.publicKey ?? publicKeyOf(one.secret) };
}

function visitSecrets(
  field: string,
  secrets: readonly SigningSecret[],
  visit: Visit,
): readonly SigningSecret[] {
  return secrets.map((one, i) => ({
    ...one,
    secret: visit(`${field}.secrets.${i}`, one.secret, 'secret'),
  }));
}
