import { shown } from './errors.ts';

/** Stable codes: they stand in logs, and docs/security.md says what each means. */
export type EgressReason =
  | 'url_too_long'
  | 'url_malformed'
  | 'credentials_not_allowed'
  | 'fragment_not_allowed'
  | 'scheme_not_allowed'
  | 'host_not_canonical'
  | 'name_not_public'
  | 'port_not_allowed'
  | 'self_delivery'
  | 'alias_not_public'
  | 'too_many_aliases'
  | 'address_not_public'
  | 'no_addresses'
  | 'too_many_addresses';

export interface Refusal {
  readonly ok: false;
  readonly reason: EgressReason;
  /** Names the value and what is allowed; may be shown to the owner of the URL, and only there. */
  readonly message: string;
}

/** `value` is quoted, shortened; give none where it may hold a secret. */
export function refuse(reason: EgressReason, value: string, allowed: string): Refusal {
  const quoted = value === '' ? '' : `${JSON.stringify(shown(value))}: `;
  return { ok: false, reason, message: `${quoted}${WORDS[reason]}; allowed: ${allowed}` };
}

const WORDS: Readonly<Record<EgressReason, string>> = {
  url_too_long: 'the URL is too long',
  url_malformed: 'this is no URL that may be called',
  credentials_not_allowed: 'the URL carries credentials',
  fragment_not_allowed: 'the URL carries a fragment',
  scheme_not_allowed: 'this scheme is not allowed',
  host_not_canonical: 'the host is not written in its canonical form',
  name_not_public: 'this name is not public',
  port_not_allowed: 'this port is not allowed',
  self_delivery: 'the host is this deployment itself',
  alias_not_public: 'the name is an alias of one that is not public',
  too_many_aliases: 'the name is an alias of too many others',
  address_not_public: 'this address is not public',
  no_addresses: 'the host has no address',
  too_many_addresses: 'the host has too many addresses',
};
