import type { Integration } from './integration.ts';
import { clientSecrets } from './oauth2.ts';
import { type Headers, headerSecrets } from './secret-headers.ts';

/** Shorter secrets are not looked for: they would strike out ordinary words. */
export const SECRET_CHARS_MIN = 6;
const STRUCK = '***';

/** Where something is sent, and to what kind of service. */
export type Addressed = Pick<Integration, 'serviceType' | 'endpoint'>;

interface Sent {
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
  const query = endpoint?.split('?', 2)[1] ?? '';
  const values = [...new URLSearchParams(query).values(), ...query.split(/[&=]/)];
  const path = pathSecret({ serviceType, endpoint: endpoint ?? '' }) ?? '';
  const headers = [...headerSecrets(request?.headers ?? {}), ...headerSecrets(callers)];
  return [...credentials(auth), ...headers, ...signed, ...values, path].filter(
    (secret) => secret.length >= SECRET_CHARS_MIN,
  );
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
 * The text without any of the secrets, as they are or as JSON writes them; nor with the beginning
 * of one at its end, where an answer was cut off.
 */
export function redacted(text: string, secrets: readonly string[]): string {
  const spellings = secrets.flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1)]);
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
