/**
 * Which headers of a tenant's own are credentials: by their names alone, since values look like
 * anything. Whose name is in doubt is one, for that costs its owner little.
 */

/** What stands for a value that is not shown; no header that is sent can be this. */
export const HIDDEN_VALUE = '…';

/** By name. */
export type Headers = Readonly<Record<string, string>>;

/** A word of a name that says so by itself, or by how it ends; digits behind it do not count. */
const CREDENTIAL: readonly RegExp[] = [
  /^([ox]?auth|authentication|authori[sz]ation|bearer|hmac|keys?|pass|pat|pwd|session(id)?|sig)$/,
  /(credential|passphrase|password|passwd|secret|signature)s?$/,
  /(cookie|jwt|token)$/,
  /(access|account|admin|api|app|auth|client|encryption|license|master|private|service)keys?$/,
  /(session|shared|signing|subscription|webhook)keys?$/,
];
const KEY = /^keys?$/;
/** A key that these stand before opens nothing. */
const HARMLESS_KEY =
  /^(cache|dedup|dedupe|deduplication|group|idempotency|message|order|ordering|partition|public|sort|surrogate)$/;
/** At the end of a name: what is said of a credential, not the credential. */
const SAID_OF_ONE = /^(alg|algorithm|expires|expiry|format|name|scheme|ttl|type|url|version)$/;
/** Credentials of well-known services, whose names do not say so. */
const KNOWN: ReadonlySet<string> = new Set(['x-honeycomb-team', 'x-vercel-protection-bypass']);

/** Whether the value of a header of this name is treated as a secret; in any spelling of its case. */
export function isSecretHeader(name: string): boolean {
  const lower = name.toLowerCase();
  const words = lower.split('-').map((word) => word.replace(/\d+$/, ''));
  if (SAID_OF_ONE.test(words.at(-1) ?? '')) return false;
  const isCredential = (word: string, i: number) =>
    CREDENTIAL.some((one) => one.test(word)) &&
    !(KEY.test(word) && HARMLESS_KEY.test(words[i - 1] ?? ''));
  return KNOWN.has(lower) || words.some(isCredential);
}

/** Headers as answers show them. */
export function headersShown(headers: Headers): Headers {
  const shown = Object.entries(headers).map(([name, value]) => [
    name,
    isSecretHeader(name) ? HIDDEN_VALUE : value,
  ]);
  return Object.fromEntries(shown);
}

/** The headers that are credentials. */
export function secretHeaders(headers: Headers): readonly (readonly [string, string])[] {
  return Object.entries(headers).filter(([name]) => isSecretHeader(name));
}

/** What a receiver could echo of them: whole values, and what follows a word such as `Token`. */
export function headerSecrets(headers: Headers): readonly string[] {
  return secretHeaders(headers).flatMap(([, value]) => [
    value,
    value.slice(value.lastIndexOf(' ') + 1),
  ]);
}
