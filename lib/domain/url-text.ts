import { type Refusal, refuse } from './egress-refusal.ts';
import { asciiLower } from './host-name.ts';

export const URL_CHARS_MAX = 2_048;
/** How a refusal words what ports there are. */
export const PORTS_ALLOWED = '443, 80 or one from 1024 that belongs to no other protocol';
const PORT_MAX = 65_535;

/** What stands before the path, as typed. */
export interface TypedUrl {
  readonly scheme: 'http' | 'https';
  readonly typedHost: string;
  readonly port: number | undefined;
}

/**
 * Reads the text itself before any parser may repair it: `https:\\a`, `https:/a`, a tab inside,
 * an empty user name all parse, and mean something else than they seem to.
 */
export function readUrlText(text: string): TypedUrl | Refusal {
  if (text.length > URL_CHARS_MAX) {
    return refuse('url_too_long', `${text.length} characters`, `at most ${URL_CHARS_MAX}`);
  }
  // No text is quoted that may hold a password, or a query or path that is one.
  const at = forbiddenCharAt(text);
  if (at !== undefined) {
    const char = `U+${text.charCodeAt(at).toString(16).toUpperCase().padStart(4, '0')}`;
    const allowed = 'no space, control character or backslash';
    return refuse('url_malformed', `${char} as character ${at + 1}`, allowed);
  }
  const match = /^(https?):\/\/([^/?#]+)/i.exec(text);
  if (match === null) {
    const [other] = /^(?!https?:)[a-z][a-z0-9+.-]*:/i.exec(text) ?? [];
    const reason = other === undefined ? 'url_malformed' : 'scheme_not_allowed';
    return refuse(reason, other ?? '', 'https://host/path');
  }
  const [, scheme = '', authority = ''] = match;
  if (authority.includes('@')) return refuse('credentials_not_allowed', '', 'no user or password');
  if (text.includes('#')) return refuse('fragment_not_allowed', '', 'no fragment');

  const host = /^(\[[^\]]*\]|[^:[\]]+)(?::([^:]*))?$/.exec(authority);
  if (host === null) return refuse('host_not_canonical', hostShown(authority), 'host or host:port');
  const [, typedHost = '', typedPort] = host;
  const port = typedPort === undefined ? undefined : readPort(typedPort);
  if (port === 'bad') {
    const quotable = /^\d+$/.test(typedPort ?? '') ? `:${typedPort}` : '';
    return refuse('port_not_allowed', quotable, PORTS_ALLOWED);
  }
  return { scheme: asciiLower(scheme) === 'https' ? 'https' : 'http', typedHost, port };
}

function readPort(text: string): number | 'bad' {
  const port = /^[1-9]\d{0,4}$/.test(text) ? Number(text) : PORT_MAX + 1;
  return port <= PORT_MAX ? port : 'bad';
}

function forbiddenCharAt(text: string): number | undefined {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code <= 0x20 || (code >= 0x7f && code <= 0x9f) || code === 0x5c) return at;
  }
  return undefined;
}

/** What a refusal may quote of a host: `user:password%40host` is written as one, too. */
export function hostShown(typed: string): string {
  return /^\[[^\]%]*\]?|^[^:%]*/.exec(typed)?.[0] ?? '';
}
