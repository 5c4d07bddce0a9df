import { createHash } from 'node:crypto';
import type { Auth } from './integration.ts';
import { isJsonObject } from './merge-patch.ts';

/** Access tokens by client credentials (RFC 6749 §4.4): what is asked, and what an answer says. */

export type OAuth2Auth = Extract<Auth, { readonly type: 'oauth2ClientCredentials' }>;

/** Room for the longest token that is taken, and for what comes with it. */
export const TOKEN_ANSWER_BYTES_MAX = 16_384;
/** With `Bearer ` before it, what a header may carry. */
export const ACCESS_TOKEN_CHARS_MAX = 8_185;
/** RFC 6749 §5.1 leaves it to each server what an answer without `expires_in` means. */
const LIFETIME_SECONDS_DEFAULT = 300;
/** Whatever a server says, a token is asked for anew each day. */
const LIFETIME_SECONDS_MAX = 86_400;
const REFRESH_SECONDS = 60;
const REFRESH_SHARE = 0.8;

/**
 * The codes of RFC 6749 §5.2, of RFC 8707, and two that servers borrow from §4.1.2.1. No other text
 * of an answer is shown: a server could put our own secret into it.
 */
const ERROR_CODES: ReadonlySet<unknown> = new Set([
  'invalid_request',
  'invalid_client',
  'invalid_grant',
  'unauthorized_client',
  'unsupported_grant_type',
  'invalid_scope',
  'invalid_target',
  'server_error',
  'temporarily_unavailable',
]);

/** The request for a token. Its headers or its body hold the secret. */
export function tokenRequest(auth: OAuth2Auth, version: string) {
  const { clientId, clientSecret, scope, audience, resource } = auth;
  const isBasic = auth.clientAuthentication === 'basic';
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    ...(scope !== undefined && { scope }),
    ...(audience !== undefined && { audience }),
    ...(resource !== undefined && { resource }),
    ...(!isBasic && { client_id: clientId, client_secret: clientSecret }),
  });
  return {
    url: auth.tokenUrl,
    method: 'POST',
    headers: {
      'user-agent': `Breakwater/${version}`,
      'content-type': 'application/x-www-form-urlencoded',
      accept: 'application/json',
      ...(isBasic && { authorization: `Basic ${basicPair(auth)}` }),
    },
    body: new TextEncoder().encode(form.toString()),
  };
}

/** Equal for equal settings alone, the secret included; tells nothing of them. */
export function tokenKey(auth: OAuth2Auth): string {
  const { tokenUrl, clientId, clientSecret, clientAuthentication } = auth;
  const asked = [auth.scope ?? null, auth.audience ?? null, auth.resource ?? null];
  const settings = [tokenUrl, clientId, clientSecret, clientAuthentication, ...asked];
  return createHash('sha256').update(JSON.stringify(settings)).digest('base64url');
}

export type TokenAnswer =
  | { readonly kind: 'token'; readonly accessToken: string; readonly lifetimeSeconds: number }
  /** `reason` may be shown: it holds nothing that the server wrote but a `code` of the RFC. */
  | { readonly kind: 'refused'; readonly reason: string; readonly code?: string };

/** Reads a whole answer of a token endpoint. */
export function readTokenAnswer(statusCode: number, body: string): TokenAnswer {
  const content = jsonObject(body);
  const given = content.error;
  const code = typeof given === 'string' && ERROR_CODES.has(given) ? given : undefined;
  if (statusCode < 200 || statusCode > 299 || code !== undefined) {
    const reason = `answered ${statusCode}${code === undefined ? '' : `: ${code}`}`;
    return { kind: 'refused', reason, ...(code !== undefined && { code }) };
  }
  const { access_token: accessToken, token_type: type } = content;
  if (typeof accessToken !== 'string' || !isAccessToken(accessToken)) {
    return { kind: 'refused', reason: 'answered without an access_token that a header can carry' };
  }
  // RFC 6749 §7.1: a token of a type that is not understood is not to be used.
  if (typeof type !== 'string' || type.toLowerCase() !== 'bearer') {
    return { kind: 'refused', reason: 'answered with a token_type that is not Bearer' };
  }
  return { kind: 'token', accessToken, lifetimeSeconds: lifetimeOf(content.expires_in) };
}

/** From when on a token is asked for anew: a minute before its end, or at 80 % of a short life. */
export function refreshAtMs(obtainedAtMs: number, lifetimeSeconds: number): number {
  const seconds = Math.max(lifetimeSeconds - REFRESH_SECONDS, lifetimeSeconds * REFRESH_SHARE);
  return obtainedAtMs + seconds * 1_000;
}

/** Whatever an echo of the request for a token would show. */
export function clientSecrets(auth: OAuth2Auth): readonly string[] {
  return [...new Set([auth.clientSecret, formEncoded(auth.clientSecret), basicPair(auth)])];
}

/** RFC 6749 §2.3.1: both parts are form-encoded first, so that the colon between them is alone. */
function basicPair({ clientId, clientSecret }: OAuth2Auth): string {
  const pair = `${formEncoded(clientId)}:${formEncoded(clientSecret)}`;
  return Buffer.from(pair, 'utf8').toString('base64');
}

function formEncoded(text: string): string {
  return new URLSearchParams({ '': text }).toString().slice(1);
}

function isAccessToken(text: string): boolean {
  return text.length <= ACCESS_TOKEN_CHARS_MAX && /^[\x21-\x7e]+$/.test(text);
}

/** Some servers write the number as a text. What is neither says nothing. */
function lifetimeOf(given: unknown): number {
  const isWritten = typeof given === 'string' && /^\d{1,10}$/.test(given);
  const seconds = isWritten ? Number(given) : given;
  if (typeof seconds !== 'number' || !(seconds >= 0)) return LIFETIME_SECONDS_DEFAULT;
  return Math.min(seconds, LIFETIME_SECONDS_MAX);
}

/** Empty where the text is no JSON object. */
function jsonObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : {};
  } catch {
    return {};
  }
}
