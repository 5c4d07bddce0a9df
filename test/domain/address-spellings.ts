/** Every way in which an IPv4 address hides in a text that is not dotted decimal. */
import fc from 'fast-check';

export type Ipv4 = readonly [number, number, number, number];

/** The blocks of the policy, written down a second time so that the table is held to something. */
export const DENIED_IPV4 = [
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
  '168.63.129.16/32',
] as const;

/** Addresses of the denied blocks, each block as likely as any other, its ends included. */
export function deniedIpv4(): fc.Arbitrary<Ipv4> {
  return fc
    .tuple(fc.constantFrom(...DENIED_IPV4), fc.integer({ min: 0, max: 0xffff_ffff }))
    .map(([block, random]) => {
      const [base = '', length = ''] = block.split('/');
      const [a = 0, b = 0, c = 0, d = 0] = base.split('.').map(Number);
      const size = 2 ** (32 - Number(length));
      const value = ((a * 256 + b) * 256 + c) * 256 + d + (random % size);
      return bytesOf(value);
    });
}

function bytesOf(value: number): Ipv4 {
  return [value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];
}

/** Eight words, with `groups` put where the address goes. */
function words([a, b, c, d]: Ipv4): readonly [string, string] {
  return [((a << 8) | b).toString(16), ((c << 8) | d).toString(16)];
}

/** IPv6 addresses that mean, carry or tunnel to this IPv4 address. */
export function ipv6Spellings(bytes: Ipv4): readonly string[] {
  const dotted = bytes.join('.');
  const [high, low] = words(bytes);
  const [inverseHigh, inverseLow] = words(bytes.map((byte) => byte ^ 0xff) as unknown as Ipv4);
  return [
    `::ffff:${dotted}`, // mapped
    `::ffff:${high}:${low}`,
    `0:0:0:0:0:ffff:${high}:${low}`,
    `::${dotted}`, // compatible
    `::${high}:${low}`,
    `::ffff:0:${dotted}`, // SIIT
    `::ffff:0:${high}:${low}`,
    `64:ff9b::${dotted}`, // NAT64
    `64:ff9b::${high}:${low}`,
    `64:ff9b:1::${high}:${low}`,
    `64:ff9b:1:${high}:${low}::`,
    `2002:${high}:${low}::`, // 6to4
    `2002:${high}:${low}::1`,
    `2001:0:4136:e378:8000:63bf:${inverseHigh}:${inverseLow}`, // Teredo
    `2001::${inverseHigh}:${inverseLow}`,
    `::5efe:${dotted}`, // ISATAP
    `::200:5efe:${high}:${low}`,
    `fe80::5efe:${high}:${low}`,
    `fe80::200:5efe:${dotted}`,
    `2606:4700:10:20:0:5efe:${high}:${low}`,
  ];
}

/** Hosts of a URL that platform parsers read as this IPv4 address. */
export function hostSpellings(bytes: Ipv4): readonly string[] {
  const [a, b, c, d] = bytes;
  const number = ((a * 256 + b) * 256 + c) * 256 + d;
  const dotted = bytes.join('.');
  const hex = bytes.map((byte) => `0x${byte.toString(16)}`);
  const octal = bytes.map((byte) => `0${byte.toString(8)}`);
  return [
    dotted,
    `${dotted}.`,
    String(number),
    `0x${number.toString(16)}`,
    `0X${number.toString(16).toUpperCase()}`,
    `0${number.toString(8)}`,
    `0x${number.toString(16).padStart(12, '0')}`,
    hex.join('.'),
    octal.join('.'),
    `${a}.${(b * 256 + c) * 256 + d}`,
    `${a}.${b}.${c * 256 + d}`,
    `${hex[0]}.${octal[1]}.${c * 256 + d}`,
    bytes.map((byte) => String(byte).padStart(4, '0')).join('.'),
    dotted.replaceAll('.', '。'),
    dotted.replace(/\d/g, (digit) => String.fromCodePoint(0xff10 + Number(digit))),
    dotted.replace(/[1-9]/g, (digit) => String.fromCodePoint(0x245f + Number(digit))),
    dotted.replace(/^./, (digit) => `%3${digit}`),
    `${dotted.slice(0, 1)}\u00ad${dotted.slice(1)}`,
    ...ipv6Spellings(bytes).map((spelling) => `[${spelling}]`),
  ];
}
