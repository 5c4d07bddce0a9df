import {
  type AddressBlock,
  type IpAddress,
  isWithin,
  parseAddress,
  parseBlock,
} from './addresses.ts';

/** Blocks of addresses in one list. */
export const CIDRS_MAX = 50;

/** From where a key may be used, or webhooks come: `denyCidrs` wins; without `allowCidrs` from everywhere else. */
export interface AddressRule {
  readonly allowCidrs?: readonly string[];
  readonly denyCidrs?: readonly string[];
}

/** ::ffff:0:0/96, where IPv6 spells IPv4 addresses. */
const MAPPED: AddressBlock = {
  base: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 0, 0, 0, 0],
  bits: 96,
};
const NETWORK_BITS = 64;

/**
 * The one spelling of a block (IPv6 as RFC 5952 has it); undefined where bits behind the prefix are
 * set, and for blocks of mapped IPv4, which would look like a rule for addresses that never come.
 */
export function canonicalCidr(text: string): string | undefined {
  const block = parseBlock(text);
  if (block === undefined) return undefined;
  if (block.bits >= MAPPED.bits && isWithin(block.base, MAPPED)) return undefined;
  return `${textOf(block.base)}/${block.bits}`;
}

/** Whether a request from `sourceIp` is one the rule is for; no address at all passes no list. */
export function isAddressAllowed(rule: AddressRule, sourceIp: string): boolean {
  const { allowCidrs, denyCidrs = [] } = rule;
  if (allowCidrs === undefined && denyCidrs.length === 0) return true;
  const address = addressOf(sourceIp);
  if (address === undefined) return false;
  const isIn = (cidr: string) => isWithin(address, blockOf(cidr));
  return !denyCidrs.some(isIn) && (allowCidrs?.some(isIn) ?? true);
}

/** Whether one block of `outer` holds all of `inner`; what only several together hold is not. */
export function isCidrWithin(inner: string, outer: readonly string[]): boolean {
  const { base, bits } = blockOf(inner);
  return outer.map(blockOf).some((block) => block.bits <= bits && isWithin(base, block));
}

/** Who a source address stands for: an IPv4 address itself, of IPv6 its /64, which is one host's. */
export function networkOf(sourceIp: string): string {
  const address = addressOf(sourceIp);
  if (address === undefined) return 'unknown';
  if (address.length === 4) return textOf(address);
  const network = address.map((byte, at) => (at * 8 < NETWORK_BITS ? byte : 0));
  return `${textOf(network)}/${NETWORK_BITS}`;
}

/** A mapped IPv4 address is the IPv4 address. */
function addressOf(text: string): IpAddress | undefined {
  const address = parseAddress(text);
  return address && isWithin(address, MAPPED) ? address.slice(12) : address;
}

/** Of a stored rule: it was checked when it was made. */
function blockOf(cidr: string): AddressBlock {
  const block = parseBlock(cidr);
  if (block === undefined) throw new Error(`Not a block of addresses: ${cidr}`);
  return block;
}

function textOf(address: IpAddress): string {
  if (address.length === 4) return address.join('.');
  const groups = Array.from({ length: 8 }, (_, i) =>
    (((address[i * 2] ?? 0) << 8) | (address[i * 2 + 1] ?? 0)).toString(16),
  );
  const gap = longestZeros(groups);
  if (gap.length < 2) return groups.join(':');
  const [head, tail] = [groups.slice(0, gap.from), groups.slice(gap.from + gap.length)];
  return `${head.join(':')}::${tail.join(':')}`;
}

/** The first of the longest runs of groups that are 0. */
function longestZeros(groups: readonly string[]) {
  let best = { from: 0, length: 0 };
  let from = 0;
  for (const [at, group] of groups.entries()) {
    if (group !== '0') from = at + 1;
    else if (at + 1 - from > best.length) best = { from, length: at + 1 - from };
  }
  return best;
}
