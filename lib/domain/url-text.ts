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
  if (hasForbiddenChar(text)) {
    return refuse('url_malformed', text, 'no space, control character or backslash');
  }
  const match = /^(https?):\/\/([^/?#]+)/i.exec(text);
  if (match === null) {
    return /^(?!https?:)[a-z][a-z0-9+.-]*:/i.test(text)
      ? refuse('scheme_not_allowed', text, 'https://host/path')
      : refuse('url_malformed', text, 'https://host/path');
  }
  const [, scheme = '', authority = ''] = match;
  // The value is not quoted in these two: it may hold a password.
  if (authority.includes('@')) return refuse('credentials_not_allowed', '', 'no user or password');
  if (text.includes('#')) return refuse('fragment_not_allowed', '', 'no fragment');

  const host = /^(\[[^\]]*\]|[^:[\]]+)(?::([^:]*))?$/.exec(authority);
  if (host === null) return refuse('host_not_canonical', authority, 'host or host:port');
  const [, typedHost = '', typedPort] = host;
  const port = typedPort === undefined ? undefined : readPort(typedPort);
  if (port === 'bad') return refuse('port_not_allowed', `:${typedPort}`, PORTS_ALLOWED);
  return { scheme: asciiLower(scheme) === 'https' ? 'https' : 'http', typedHost, port };
}

function readPort(text: string): number | 'bad' {
  const port = /^[1-9]\d{0,4}$/.test(text) ? Number(text) : PORT_MAX + 1;
  return port <= PORT_MAX ? port : 'bad';
}

function hasForbiddenChar(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code <= 0x20 || (code >= 0x7f && code <= 0x9f) || code === 0x5c) return true;
  }
  return false;
}
