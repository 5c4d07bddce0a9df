/**
 * IP addresses as numbers, by a parser of our own: platform parsers read octal, hex and short
 * spellings as well. Only the canonical textual forms parse here.
 */

/** Four bytes for IPv4, sixteen for IPv6, network order. */
export type IpAddress = readonly number[];

/** A range of addresses: all that share the first `bits` bits with `base`. */
export interface AddressBlock {
  readonly base: IpAddress;
  readonly bits: number;
}

const IPV6_CHARS_MAX = 45;
const IPV6_GROUPS = 8;

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

/** Blocks written down in the code; one that cannot be read is a mistake there. */
export function blocks(texts: readonly string[]): readonly AddressBlock[] {
  return texts.map((text) => {
    const block = parseBlock(text);
    if (block === undefined) throw new Error(`Not a block of addresses: ${text}`);
    return block;
  });
}
