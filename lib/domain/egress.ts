/**
 * Where Breakwater may send: the whole policy, used when an integration is registered and again
 * each time a connection is opened, so that the two cannot differ.
 */
import { parseAddress } from './addresses.ts';
import type { HostAnswer } from './dns-message.ts';
import { type AddressRules, classifyAddress } from './egress-addresses.ts';
import { type Refusal, refuse } from './egress-refusal.ts';
import { asciiLower, isCanonicalHost, isWellFormedName } from './host-name.ts';
import { hostShown, PORTS_ALLOWED, readUrlText } from './url-text.ts';

export interface EgressPolicy {
  /** `loopback` adds http and https to this machine on ports from 1024; for the local run only. */
  readonly mode: 'strict' | 'loopback';
  /** Hosts of this deployment's own API: a name, or `*.suffix` for every name below it. */
  readonly ownHosts: readonly string[];
  /** Queues and event buses that may be sent to, by exact ARN; absent is none. */
  readonly targetArns?: readonly string[];
  /** What this deployment's network makes of addresses; absent: the public internet alone. */
  readonly addresses?: AddressRules;
}

/** Which addresses the host may turn out to have: a name of one kind never leads to the other. */
export type Reach = 'public' | 'loopback';

export interface CheckedUrl {
  readonly scheme: 'http' | 'https';
  /** Lower case, A-labels, no dot at the end, no brackets: fit for DNS, SNI and `connect`. */
  readonly host: string;
  readonly port: number;
  /** Path and query as they go on the wire; begins with `/`. */
  readonly path: string;
  /** The host is an address: there is nothing to look up. */
  readonly isAddress: boolean;
  readonly reach: Reach;
}

export const ADDRESSES_MAX = 32;
export const ALIASES_MAX = 16;

const LOCAL_PORT_MIN = 1_024;
const LOW_PORTS_ALLOWED: ReadonlySet<number> = new Set([80, 443]);
/** From 1024 up: the bad ports of the fetch standard, then Redis and memcached. */
const HIGH_PORTS_DENIED: ReadonlySet<number> = new Set([
  1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669,
  6679, 6697, 10080, 6379, 11211,
]);
/** Names that never lead to a public service, each with all names below it. */
const NAMES_DENIED: readonly string[] = [
  'localhost',
  'localdomain',
  'local',
  'internal',
  'lan',
  'home',
  'corp',
  'intranet',
  'private',
  'home.arpa',
  'arpa',
  'onion',
  'test',
  'invalid',
  'example',
  'svc',
  'cluster.local',
  'metadata.goog',
];

/** The URL taken apart, or why nothing may be sent there. */
export function checkUrl(
  text: string,
  policy: EgressPolicy,
): { readonly ok: true; readonly url: CheckedUrl } | Refusal {
  const parts = readUrlText(text);
  if ('reason' in parts) return parts;

  const parsed = URL.parse(text);
  if (parsed === null || !isCanonicalHost(parts.typedHost, parsed.hostname)) {
    return refuse(
      'host_not_canonical',
      hostShown(parts.typedHost),
      'the host as it is looked up: no other spelling of a name or an address',
    );
  }
  const { host, isAddress } = bareHost(parsed.hostname);
  const port = parts.port ?? (parts.scheme === 'https' ? 443 : 80);
  const path = `${parsed.pathname}${parsed.search}`;
  const url = { scheme: parts.scheme, host, port, path, isAddress };

  if (isOwnHost(host, policy)) {
    return refuse('self_delivery', host, 'a host other than those of this deployment');
  }
  if (policy.mode === 'loopback' && port >= LOCAL_PORT_MIN && isThisMachine(host)) {
    return { ok: true, url: { ...url, reach: 'loopback' } };
  }
  return publicProblem(url, policy) ?? { ok: true, url: { ...url, reach: 'public' } };
}

/**
 * What a name was found to be, if all of it may be connected to: every name that it is an alias
 * of, and every address. One that is bad refuses all.
 */
export function checkAnswer(
  { addresses, aliases }: HostAnswer,
  reach: Reach,
  policy: EgressPolicy,
): { readonly ok: true; readonly addresses: readonly string[] } | Refusal {
  if (aliases.length > ALIASES_MAX) {
    return refuse('too_many_aliases', String(aliases.length), `at most ${ALIASES_MAX}`);
  }
  if (aliases.some((alias) => isOwnHost(alias, policy))) {
    return refuse('self_delivery', '', 'a host other than those of this deployment');
  }
  const bad = aliases.find((alias) => !isWellFormedName(alias) || !isPublicName(alias));
  if (bad !== undefined) return refuse('alias_not_public', bad, 'names in the public DNS');
  return checkAddresses(addresses, reach, policy.addresses);
}

/** All of them, each once, if every single one may be connected to: one bad address refuses all. */
export function checkAddresses(
  addresses: readonly string[],
  reach: Reach,
  rules?: AddressRules,
): { readonly ok: true; readonly addresses: readonly string[] } | Refusal {
  const distinct = [...new Set(addresses)];
  if (distinct.length === 0) return refuse('no_addresses', '', 'at least one address');
  if (distinct.length > ADDRESSES_MAX) {
    return refuse('too_many_addresses', String(distinct.length), `at most ${ADDRESSES_MAX}`);
  }
  const bad = distinct.find((address) => classifyAddress(address, rules) !== reach);
  if (bad !== undefined) return refuse('address_not_public', bad, `${reach} addresses only`);
  return { ok: true, addresses: distinct };
}

/** The `Host` header: brackets around IPv6, the port only where it is not the scheme's own. */
export function hostHeader({ scheme, host, port }: CheckedUrl): string {
  const name = host.includes(':') ? `[${host}]` : host;
  return port === (scheme === 'https' ? 443 : 80) ? name : `${name}:${port}`;
}

function bareHost(hostname: string): { readonly host: string; readonly isAddress: boolean } {
  const bare = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
  if (parseAddress(bare) !== undefined) return { host: bare, isAddress: true };
  return { host: bare.replace(/\.$/, ''), isAddress: false };
}

function publicProblem(url: Omit<CheckedUrl, 'reach'>, policy: EgressPolicy): Refusal | undefined {
  const { scheme, host, port, isAddress } = url;
  if (scheme !== 'https') return refuse('scheme_not_allowed', `${scheme}:`, 'https');
  if (isAddress) {
    const checked = checkAddresses([host], 'public', policy.addresses);
    if (!checked.ok) return checked;
  } else if (!isWellFormedName(host)) {
    return refuse('host_not_canonical', host, 'labels of a–z, 0–9, - and _');
  } else if (!isPublicName(host)) {
    return refuse('name_not_public', host, 'a name in the public DNS');
  }
  const portOk =
    LOW_PORTS_ALLOWED.has(port) || (port >= LOCAL_PORT_MIN && !HIGH_PORTS_DENIED.has(port));
  return portOk ? undefined : refuse('port_not_allowed', String(port), PORTS_ALLOWED);
}

function isThisMachine(host: string): boolean {
  return host === 'localhost' || classifyAddress(host) === 'loopback';
}

/** The name itself or any name under it. */
function isBelow(host: string, name: string): boolean {
  return host === name || host.endsWith(`.${name}`);
}

function isPublicName(host: string): boolean {
  return host.includes('.') && !NAMES_DENIED.some((name) => isBelow(host, name));
}

function isOwnHost(host: string, { ownHosts }: EgressPolicy): boolean {
  return ownHosts.some((own) => isOwn(host, asciiLower(own)));
}

function isOwn(host: string, own: string): boolean {
  return own.startsWith('*.') ? host.endsWith(own.slice(1)) : host === own.replace(/\.$/, '');
}
