import type { Integration } from './integration.ts';

/** Shorter secrets are not looked for: they would strike out ordinary words. */
const CHARS_MIN = 6;
const STRUCK = '***';

/** Everything an integration's receiver must not be able to put into our records by echoing it. */
export function secretsOf({ auth, signing }: Pick<Integration, 'auth' | 'signing'>): string[] {
  const signed = signing.scheme === 'none' ? [] : signing.secrets.map(({ secret }) => secret);
  return [...credentials(auth), ...signed].filter((secret) => secret.length >= CHARS_MIN);
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
  }
}

/** The text without any of the secrets, as they are or as JSON writes them. */
export function redacted(text: string, secrets: readonly string[]): string {
  return secrets
    .flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1)])
    .reduce((rest, secret) => rest.replaceAll(secret, STRUCK), text);
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
