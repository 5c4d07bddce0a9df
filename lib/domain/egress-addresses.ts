/**
 * Which addresses may be called: the table of the policy.
 *
 * Platform helpers know the mapped forms of IPv4 in IPv6 but not NAT64, 6to4 or Teredo, so nothing
 * here relies on them.
 */
import {
  type AddressBlock,
  blocks,
  type IpAddress,
  isWithin,
  parseAddress,
  parseBlock,
} from './addresses.ts';

/** `reserved` is everything that is neither this machine nor part of the public internet. */
export type AddressKind = 'public' | 'loopback' | 'reserved';

const IPV4_DENIED = blocks([
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '168.63.129.16/32', // A public number, but Azure's host answers on it.
]);

/**
 * IPv6 is refused unless it is global unicast. That one rule covers every embedding of IPv4 below
 * ::/8, NAT64, ULA, link-local, site-local, multicast, and blocks not yet given out.
 */
const IPV6_ALLOWED = blocks(['2000::/3']);
const IPV6_DENIED = blocks([
  '2001::/23', // Teredo, ORCHID, benchmarking
  '2001:db8::/32',
  '2002::/16', // 6to4
  '3fff::/20',
]);

const LOOPBACK = blocks(['127.0.0.0/8', '::1/128']);

/** RFC 6052: what DNS64 makes of an IPv4 address, in its last four bytes. */
const NAT64 = blocks(['64:ff9b::/96']);

/**
 * What an operator may let be called: private networks, and no other reserved block. Loopback,
 * link-local, `0/8`, and whatever carries an IPv4 address inside an IPv6 one are never among them.
 */
const MAY_BE_ALLOWED = blocks([
  '10.0.0.0/8',
  '100.64.0.0/10',
  '172.16.0.0/12',
  '192.168.0.0/16',
  'fc00::/7',
]);
/** AWS's own services of an instance, its metadata among them. */
const NEVER_ALLOWED = blocks(['fd00:ec2::/32']);

/** What a deployment's network makes of addresses that are not public by themselves. */
export interface AddressRules {
  /** Private blocks that may be called all the same; each made by `parseAllowedBlock`. */
  readonly allowed: readonly AddressBlock[];
  /** `64:ff9b::/96` counts as the public IPv4 address inside: for IPv6-only subnets with DNS64. */
  readonly nat64: 'refuse' | 'decode';
}

const PUBLIC_ONLY: AddressRules = { allowed: [], nat64: 'refuse' };

/** What may be done with an address; text that is no canonical address is `reserved`. */
export function classifyAddress(text: string, rules: AddressRules = PUBLIC_ONLY): AddressKind {
  const address = parseAddress(text);
  if (address === undefined) return 'reserved';
  if (isIn(LOOPBACK, address)) return 'loopback';
  if (isPublic(address) || isAllowed(address, rules)) return 'public';
  const isDecoded = rules.nat64 === 'decode' && isIn(NAT64, address);
  return isDecoded && isPublic(address.slice(12)) ? 'public' : 'reserved';
}

/** A block that an operator may let be called: private, and written with no bit behind its length. */
export function parseAllowedBlock(text: string): AddressBlock | undefined {
  const block = parseBlock(text);
  if (block === undefined) return undefined;
  const { base, bits } = block;
  const isPrivate = MAY_BE_ALLOWED.some((one) => bits >= one.bits && isWithin(base, one));
  const isOverlapping = NEVER_ALLOWED.some(
    (never) => isWithin(base, never) || isWithin(never.base, block),
  );
  return isPrivate && !isOverlapping ? block : undefined;
}

/** Looks at the lists here too, so that no block made otherwise opens more. */
function isAllowed(address: IpAddress, { allowed }: AddressRules): boolean {
  return isIn(allowed, address) && isIn(MAY_BE_ALLOWED, address) && !isIn(NEVER_ALLOWED, address);
}

function isIn(list: readonly AddressBlock[], address: IpAddress): boolean {
  return list.some((block) => isWithin(address, block));
}

function isPublic(address: IpAddress): boolean {
  if (address.length === 4) return !isIn(IPV4_DENIED, address);
  return isIn(IPV6_ALLOWED, address) && !isIn(IPV6_DENIED, address) && !isIsatap(address);
}

/** ISATAP hides an IPv4 address behind the interface id `0:5efe` or `200:5efe` of any prefix. */
function isIsatap(address: IpAddress): boolean {
  const [high, low, ...marker] = address.slice(8, 12);
  return (high === 0 || high === 2) && low === 0 && marker[0] === 0x5e && marker[1] === 0xfe;
}
