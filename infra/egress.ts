import { isIP } from 'node:net';
import { ENV } from '../lib/names.ts';

/** Where deliveries may go: public https only, or http on loopback as well. */
export type Egress = 'strict' | 'loopback';

/** No real account has this number; local stands-in and emulators use it. */
export const NO_ACCOUNT = '000000000000';

/** The setting as the functions get it; `loopback` is refused wherever it could do harm. */
export function egressOf(setting: unknown, account: string): Egress {
  if (setting === 'strict') return setting;
  if (setting !== 'loopback') {
    throw new Error(`Context "egress" is ${JSON.stringify(setting)}; allowed: strict, loopback`);
  }
  if (account !== NO_ACCOUNT) {
    throw new Error(
      `Egress "loopback" lets deliveries reach inner addresses; only account ${NO_ACCOUNT} may have it`,
    );
  }
  return setting;
}

/**
 * What may be opened: private networks, without AWS's own services of an instance.
 * `parseAllowedBlock` says the same at run time, and test/infra/egress.test.ts holds them together.
 */
const PRIVATE = ['10.0.0.0/8', '100.64.0.0/10', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'];
const NEVER = ['fd00:ec2::/32'];

/** The settings of addresses as the functions get them; none where nothing is set. */
export function egressAddresses(settings: {
  readonly egressAllow?: readonly string[];
  readonly egressNat64?: 'decode';
}): Readonly<Record<string, string>> {
  const { egressAllow = [], egressNat64 } = settings;
  for (const text of egressAllow) requirePrivate(text);
  return {
    ...(egressAllow.length > 0 && { [ENV.egressAllow]: egressAllow.join(',') }),
    ...(egressNat64 !== undefined && { [ENV.egressNat64]: egressNat64 }),
  };
}

function requirePrivate(text: string): void {
  const block = blockOf(text);
  const isPrivate = block !== undefined && PRIVATE.some((one) => contains(blockOf(one), block));
  const isNever = NEVER.some((one) => {
    const never = blockOf(one);
    return contains(never, block) || contains(block, never);
  });
  if (isPrivate && !isNever) return;
  throw new Error(`"egressAllow" has ${JSON.stringify(text)}; allowed: private CIDR blocks`);
}

interface Block {
  readonly base: bigint;
  readonly bits: number;
  readonly width: number;
}

function blockOf(text: string): Block | undefined {
  const [address = '', length = '', ...more] = text.split('/');
  const version = isIP(address);
  if (version === 0 || address.includes('%')) return undefined;
  if (more.length > 0 || !/^(0|[1-9]\d{0,2})$/.test(length)) return undefined;
  const [bits, width] = [Number(length), version === 4 ? 32 : 128];
  const base = version === 4 ? numberOf(address.split('.'), 8, 10) : ipv6Of(address);
  if (bits > width || base === undefined) return undefined;
  const isClean = BigInt.asUintN(width - bits, base) === 0n;
  return isClean ? { base, bits, width } : undefined;
}

function contains(outer: Block | undefined, inner: Block | undefined): boolean {
  if (outer === undefined || inner === undefined || outer.width !== inner.width) return false;
  const rest = BigInt(outer.width - outer.bits);
  return inner.bits >= outer.bits && inner.base >> rest === outer.base >> rest;
}

/** A block of ours is written in groups alone. */
function ipv6Of(address: string): bigint | undefined {
  if (address.includes('.')) return undefined;
  const [head = [], tail = []] = address
    .split('::')
    .map((half) => half.split(':').filter((group) => group !== ''));
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => '0');
  return numberOf([...head, ...zeros, ...tail], 16, 16);
}

function numberOf(parts: readonly string[], bitsEach: number, radix: number): bigint {
  return parts.reduce(
    (number, part) => (number << BigInt(bitsEach)) | BigInt(Number.parseInt(part, radix)),
    0n,
  );
}
