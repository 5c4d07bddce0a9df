import type { Integration } from './integration.ts';
import { clientSecrets } from './oauth2.ts';
import { type Headers, headerSecrets, isSecretHeader } from './secret-headers.ts';
import { spellingsOf } from './spellings.ts';

/** Shorter secrets are not looked for: they would strike out ordinary words. */
export const SECRET_CHARS_MIN = 6;
const STRUCK = '***';

/** Where something is sent, and to what kind of service. */
export type Addressed = Pick<Integration, 'serviceType' | 'endpoint'>;

/** With which headers. */
export interface Sent {
  readonly request: { readonly headers: Headers };
}

/** The end of the path of a Slack or Discord webhook: who has it may write there. */
export function pathSecret({ serviceType, endpoint }: Addressed): string | undefined {
  if (serviceType !== 'slack' && serviceType !== 'discord') return undefined;
  const [path = ''] = endpoint.split(/[?#]/, 1);
  return path.split('/').filter(Boolean).slice(2).at(-1);
}

/**
 * Everything an integration's receiver must not be able to put into our records by echoing it;
 * `callers` are headers that whoever calls it has added.
 */
export function secretsOf(
  integration: Pick<Integration, 'auth' | 'signing'> & Partial<Addressed & Sent>,
  callers: Headers = {},
): string[] {
  const { auth, signing, endpoint, request, serviceType = 'webhook' } = integration;
  const signed = signing.scheme === 'none' ? [] : signing.secrets.map(({ secret }) => secret);
  const query = queryOf(endpoint ?? '');
  const values = [...new URLSearchParams(query).values(), ...query.split(/[&=]/)];
  const path = pathSecret({ serviceType, endpoint: endpoint ?? '' }) ?? '';
  const headers = [...headerSecrets(request?.headers ?? {}), ...headerSecrets(callers)];
  return [...credentials(auth), ...headers, ...signed, ...values, path].filter(
    (secret) => secret.length >= SECRET_CHARS_MIN,
  );
}

/**
 * Credentials in the query of where something is sent, by the names of its parameters: the rest of
 * a query are words that an answer may well hold.
 */
export function querySecrets(endpoint: string): readonly string[] {
  const isSecret = (name: string) =>
    QUERY_CREDENTIALS.has(name.toLowerCase()) || isSecretHeader(name.replace(/[_.[\]]+/g, '-'));
  return queryOf(endpoint)
    .split(/[&?]/)
    .flatMap((pair) => {
      const [[name = '', value = ''] = []] = [...new URLSearchParams(pair)];
      return isSecret(name) ? [value, pair.slice(pair.indexOf('=') + 1)] : [];
    });
}

/** Of Azure Functions and OpenWeather: names that do not say so. */
const QUERY_CREDENTIALS: ReadonlySet<string> = new Set(['code', 'appid']);

/** All that stands behind the first question mark. */
function queryOf(endpoint: string): string {
  const [whole = ''] = endpoint.split('#', 1);
  const at = whole.indexOf('?');
  return at < 0 ? '' : whole.slice(at + 1);
}

function credentials(auth: Integration['auth']): string[] {
  switch (auth.type) {
    case 'none':
      return [];
    case 'bearer':
      return [auth.token];
    case 'basic':
      return [
        Buffer.from(`${auth.username}:${auth.password}`, 'utf8').toString('base64'),
        auth.password,
      ];
    case 'apiKey':
      return [auth.value];
    case 'oauth2ClientCredentials':
      return [...clientSecrets(auth)];
  }
}

/**
 * The text without any of the secrets, however they are spelt; nor with the beginning of one at its
 * end, where an answer was cut off.
 */
export function redacted(text: string, secrets: readonly string[]): string {
  const spellings = secrets.flatMap(spellingsOf).toSorted((a, b) => b.length - a.length);
  const whole = spellings.reduce((rest, secret) => rest.replaceAll(secret, STRUCK), text);
  return spellings.reduce(withoutCutOff, whole);
}

function withoutCutOff(text: string, secret: string): string {
  for (let chars = Math.min(secret.length - 1, text.length); chars >= SECRET_CHARS_MIN; chars--) {
    if (text.endsWith(secret.slice(0, chars))) return `${text.slice(0, -chars)}${STRUCK}`;
  }
  return text;
}

/** The same for header values. */
export function redactedHeaders(
  headers: Readonly<Record<string, string>>,
  secrets: readonly string[],
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, redacted(value, secrets)]),
  );
}
