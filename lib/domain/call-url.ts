import type { ServiceCall } from './call.ts';
import { shown } from './errors.ts';
import { URL_CHARS_MAX } from './url-text.ts';

/** Where a call goes: always below the endpoint, whatever the caller wrote. */

export const CALL_PATH_CHARS_MAX = 1_024;
/** RFC 3986 §3.3: what a path may hold as it is, and percent-encoded bytes. */
const PATH = /^(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*$/;
/** `%252e%252e` is `..` to whoever decodes twice; nobody needs more than this. */
const DECODED_MAX = 4;

/** Why a path may not be called, or undefined; quotes its beginning, no query and no password. */
export function callPathProblem(path: string): string | undefined {
  const allowed =
    "allowed: one that begins with a single /, of A–Z a–z 0–9 -._~!$&'()*+,;=:@ and %XX";
  if (path.length > CALL_PATH_CHARS_MAX) {
    return `${path.length} characters; allowed: at most ${CALL_PATH_CHARS_MAX}`;
  }
  const quoted = JSON.stringify(shown(quotable(path)));
  if (!path.startsWith('/') || path.startsWith('//')) return `${quoted} is not allowed; ${allowed}`;
  if (!PATH.test(path)) return `${quoted} is not allowed; ${allowed}; the query goes into query`;
  return isClimbing(path)
    ? `${quoted} is not allowed: it has . or .. as a segment, a backslash or a control character, percent-encoded or not`
    : undefined;
}

/** Of what is a whole URL by mistake nothing but its scheme: a password may stand anywhere in it. */
function quotable(path: string): string {
  const isUrl = !/^\/(?!\/)/.test(path) && /[:@]/.test(path);
  if (isUrl) return `${/^(?:[a-z][a-z0-9+.-]*:)?\/*/i.exec(path)?.[0]}…`;
  const [whole = ''] = path.split(/[?#]/, 1);
  return whole === path ? path : `${whole}?…`;
}

/** Whether any server might read a step upwards into it, however often it decodes. */
function isClimbing(path: string): boolean {
  let text = path;
  for (let times = 0; times < DECODED_MAX; times++) {
    if (hasForbiddenChar(text) || text.split('/').some(isDots)) return true;
    const decoded = text.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
    if (decoded === text) return false;
    text = decoded;
  }
  return true;
}

/** `..;v=1` is `..` to servers that cut parameters off. */
function isDots(segment: string): boolean {
  const [name] = segment.split(';', 1);
  return name === '.' || name === '..';
}

function hasForbiddenChar(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code < 0x20 || code === 0x7f || code === 0x5c) return true;
  }
  return false;
}

export type CallUrl =
  | { readonly ok: true; readonly url: string }
  | { readonly ok: false; readonly reason: string };

/**
 * The call's URL below an endpoint. Never one of another origin, nor outside of the endpoint's
 * path: what a URL parser makes of it is compared with what was meant.
 */
export function callUrl(
  endpoint: string,
  { path, query }: Pick<ServiceCall, 'path' | 'query'>,
): CallUrl {
  const base = URL.parse(endpoint);
  if (base === null) return { ok: false, reason: 'the endpoint is no URL' };
  if (callPathProblem(path) !== undefined) return { ok: false, reason: 'the path is not allowed' };
  const wanted = `${base.pathname.replace(/\/+$/, '')}${path}`;
  const pairs = [...(base.search === '' ? [] : [base.search.slice(1)]), ...query.map(pair)];
  const search = pairs.length === 0 ? '' : `?${pairs.join('&')}`;
  const text = `${base.origin}${wanted}${search}`;
  const url = URL.parse(text);
  const isMeant =
    url !== null &&
    url.origin === base.origin &&
    url.pathname === wanted &&
    url.hash === '' &&
    url.username === '' &&
    url.password === '';
  if (!isMeant) return { ok: false, reason: 'the path is not allowed' };
  if (text.length > URL_CHARS_MAX) {
    return {
      ok: false,
      reason: `the URL has ${text.length} characters; allowed: ${URL_CHARS_MAX}`,
    };
  }
  return { ok: true, url: text };
}

function pair([name, value]: readonly [string, string]): string {
  return `${encoded(name)}=${encoded(value)}`;
}

/** A lone surrogate, which UTF-8 has no bytes for, becomes U+FFFD. */
function encoded(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}

/** Names that the endpoint's own query string sets. */
export function endpointQueryNames(endpoint: string): ReadonlySet<string> {
  return new Set(URL.parse(endpoint)?.searchParams.keys() ?? []);
}
