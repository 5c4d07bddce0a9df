/**
 * IP addresses as numbers: our own parser and the table of what is public.
 *
 * Only the canonical textual forms parse. Platform helpers know the mapped forms but not NAT64,
 * 6to4 or Teredo, so nothing here relies on them.
 */

/** Four bytes for IPv4, sixteen for IPv6, network order. */
export type IpAddress = readonly number[];

/** A range of addresses: all that share the first `bits` bits with `base`. */
export interface AddressBlock {
  readonly base: IpAddress;
  readonly bits: number;
}

/** `reserved` is everything that is neither this machine nor part of the public internet. */
export type AddressKind = 'public' | 'loopback' | 'reserved';

const IPV6_CHARS_MAX = 45;
const IPV6_GROUPS = 8;

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

/** What may be done with an address; text that is no canonical address is `reserved`. */
export function classifyAddress(text: string): AddressKind {
  const address = parseAddress(text);
  if (address === undefined) return 'reserved';
  if (LOOPBACK.some((block) => isWithin(address, block))) return 'loopback';
  return isPublic(address) ? 'public' : 'reserved';
}

function isPublic(address: IpAddress): boolean {
  if (address.length === 4) return !IPV4_DENIED.some((block) => isWithin(address, block));
  return (
    IPV6_ALLOWED.some((block) => isWithin(address, block)) &&
    !IPV6_DENIED.some((block) => isWithin(address, block)) &&
    !isIsatap(address)
  );
}

/** ISATAP hides an IPv4 address behind the interface id `0:5efe` or `200:5efe` of any prefix. */
function isIsatap(address: IpAddress): boolean {
  const [high, low, ...marker] = address.slice(8, 12);
  return (high === 0 || high === 2) && low === 0 && marker[0] === 0x5e && marker[1] === 0xfe;
}

/** The address in `text`, or undefined: no zone, no brackets, no octal, hex or short IPv4. */
export function parseAddress(text: string): IpAddress | undefined {
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text);
}

/** The block in `text`, such as `10.0.0.0/8`; undefined unless the bits behind it are all zero. */
export function parseBlock(text: string): AddressBlock | undefined {
  const slash = text.lastIndexOf('/');
  const base = parseAddress(text.slice(0, Math.max(slash, 0)));
  const length = text.slice(slash + 1);
  if (base === undefined || !/^(0|[1-9]\d{0,2})$/.test(length)) return undefined;
  const bits = Number(length);
  if (bits > base.length * 8) return undefined;
  const clean = base.every((byte, at) => (byte & ~maskAt(at, bits)) === 0);
  return clean ? { base, bits } : undefined;
}

/** An IPv4 block holds no IPv6 address and the other way round. */
export function isWithin(address: IpAddress, { base, bits }: AddressBlock): boolean {
  if (address.length !== base.length) return false;
  for (let at = 0; at * 8 < bits; at++) {
    const differing = (address[at] ?? 0) ^ (base[at] ?? 0);
    if ((differing & maskAt(at, bits)) !== 0) return false;
  }
  return true;
}

/** Whether two spellings mean one address; false when either is no address. */
export function isSameAddress(a: string, b: string): boolean {
  const [left, right] = [parseAddress(a), parseAddress(b)];
  if (left === undefined || right === undefined || left.length !== right.length) return false;
  return left.every((byte, at) => byte === right[at]);
}

/** Which bits of byte `at` belong to a prefix of `bits` bits. */
function maskAt(at: number, bits: number): number {
  const covered = Math.min(Math.max(bits - at * 8, 0), 8);
  return (0xff << (8 - covered)) & 0xff;
}

function parseIpv4(text: string): IpAddress | undefined {
  const parts = text.split('.', 5);
  if (parts.length !== 4) return undefined;
  if (!parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part))) return undefined;
  const bytes = parts.map(Number);
  return bytes.every((byte) => byte <= 255) ? bytes : undefined;
}

function parseIpv6(text: string): IpAddress | undefined {
  if (text.length > IPV6_CHARS_MAX) return undefined;
  const plain = withoutDottedTail(text);
  const halves = plain?.split('::', 3);
  if (halves === undefined || halves.length > 2) return undefined;

  const [head = [], tail] = halves.map((half) => (half === '' ? [] : half.split(':')));
  const given = head.length + (tail?.length ?? 0);
  if (![...head, ...(tail ?? [])].every((group) => /^[0-9a-f]{1,4}$/i.test(group)))
    return undefined;
  // `::` stands for one group at least.
  if (tail === undefined ? given !== IPV6_GROUPS : given >= IPV6_GROUPS) return undefined;

  const zeros = Array.from({ length: IPV6_GROUPS - given }, () => '0');
  return [...head, ...zeros, ...(tail ?? [])].flatMap((group) => {
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
}

/** Rewrites a dotted IPv4 at the end into two groups. */
function withoutDottedTail(text: string): string | undefined {
  if (!text.includes('.')) return text;
  const colon = text.lastIndexOf(':');
  const bytes = parseIpv4(text.slice(colon + 1));
  if (bytes === undefined) return undefined;
  const [a = 0, b = 0, c = 0, d = 0] = bytes;
  return `${text.slice(0, colon + 1)}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
}

function blocks(texts: readonly string[]): readonly AddressBlock[] {
  return texts.map((text) => {
    const block = parseBlock(text);
    if (block === undefined) throw new Error(`Not a block of addresses: ${text}`);
    return block;
  });
}
