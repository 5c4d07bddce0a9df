/**
 * Spellings of denied addresses, fast enough for a million of them in a test: plain loops and a
 * small generator of random numbers, whose seed a failing test names.
 */
import { DENIED_IPV4, type Ipv4, ipv6Spellings } from './address-spellings.ts';

/** Marsaglia's xorshift: 32 random bits each time, the same for the same seed. */
export function dice(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state;
  };
}

type Dice = () => number;

const BLOCKS = DENIED_IPV4.map((block) => {
  const [base = '', bits = ''] = block.split('/');
  const value = base.split('.').reduce((number, byte) => number * 256 + Number(byte), 0);
  return { value, size: 2 ** (32 - Number(bits)) };
});

function bytesOf(value: number): Ipv4 {
  return [(value >>> 24) & 0xff, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];
}

/** Every block as likely as any other; of each its ends more often than what is between. */
export function deniedAddress(roll: Dice): Ipv4 {
  const block = BLOCKS[roll() % BLOCKS.length] ?? { value: 0, size: 1 };
  const within = [0, block.size - 1, roll() % block.size, roll() % block.size];
  return bytesOf(block.value + (within[roll() % 4] ?? 0));
}

export function isDenied([a, b, c, d]: Ipv4): boolean {
  const value = ((a * 256 + b) * 256 + c) * 256 + d;
  return BLOCKS.some((block) => value >= block.value && value < block.value + block.size);
}

export function anyAddress(roll: Dice): Ipv4 {
  return bytesOf(roll());
}

const pick = <T>(roll: Dice, from: readonly T[]): T => from[roll() % from.length] as T;

/** IPv6 that is denied without an IPv4 address in it: eight random groups under its prefix. */
const IPV6_DENIED: readonly (readonly [prefix: readonly number[], mask: readonly number[]])[] = [
  [[0x0000], [0xff00]],
  [
    [0x0064, 0xff9b],
    [0xffff, 0xffff],
  ],
  [[0x0100], [0xffff]],
  [[0x1fff], [0xf000]],
  [
    [0x2001, 0x0000],
    [0xffff, 0xfe00],
  ],
  [
    [0x2001, 0x0db8],
    [0xffff, 0xffff],
  ],
  [[0x2002], [0xffff]],
  [
    [0x3fff, 0x0000],
    [0xffff, 0xf000],
  ],
  [[0x4000], [0xe000]],
  [[0x5f00], [0xff00]],
  [[0x8000], [0x8000]],
  [[0xfc00], [0xfe00]],
  [
    [0xfd00, 0x0ec2],
    [0xffff, 0xffff],
  ],
  [[0xfe80], [0xffc0]],
  [[0xfec0], [0xffc0]],
  [[0xff00], [0xff00]],
];

export function deniedIpv6Groups(roll: Dice): readonly number[] {
  const [prefix, mask] = pick(roll, IPV6_DENIED);
  const sparse = roll() % 3;
  return Array.from({ length: 8 }, (_, at) => {
    const random = sparse === 0 ? roll() & 0xffff : roll() % 3 === 0 ? roll() & 0xffff : 0;
    const [bits = 0, fixed = 0] = [prefix[at], mask[at]];
    return (bits & fixed) | (random & ~fixed & 0xffff);
  });
}

/** One of the ways in which these groups may be written: any case, zeros before, any run as `::`. */
export function ipv6Text(roll: Dice, groups: readonly number[]): string {
  const written = groups.map((group) => {
    const text = group.toString(16);
    const padded = roll() % 4 === 0 ? text.padStart(1 + (roll() % 4), '0') : text;
    return roll() % 4 === 0 ? padded.toUpperCase() : padded;
  });
  const starts = [...groups.keys()].filter((at) => groups[at] === 0);
  if (starts.length === 0 || roll() % 5 === 0) return written.join(':');
  const from = pick(roll, starts);
  let until = from;
  while (until < 8 && groups[until] === 0 && (until === from || roll() % 4 !== 0)) until++;
  return `${written.slice(0, from).join(':')}::${written.slice(until).join(':')}`;
}

/** The groups of a plain IPv6 text, a dotted tail among them. */
export function groupsOf(text: string): readonly number[] {
  const plain = text.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, a, b, c, d) =>
    [Number(a) * 256 + Number(b), Number(c) * 256 + Number(d)]
      .map((group) => group.toString(16))
      .join(':'),
  );
  const [head = [], tail = []] = plain
    .split('::')
    .map((half) => half.split(':').filter((group) => group !== ''));
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => '0');
  return [...head, ...zeros, ...tail].map((group) => Number.parseInt(group, 16));
}

/** Every embedding of the address once as it stands and once in another writing of the same. */
export function embeddings(roll: Dice, bytes: Ipv4): readonly string[] {
  const plain = ipv6Spellings(bytes);
  return [...plain, ...plain.map((text) => ipv6Text(roll, groupsOf(text)))];
}

function embedding(roll: Dice, bytes: Ipv4): string {
  const plain = pick(roll, ipv6Spellings(bytes));
  return roll() % 2 === 0 ? plain : ipv6Text(roll, groupsOf(plain));
}

const CIRCLED = '⓪①②③④⑤⑥⑦⑧⑨';
const MATHEMATICAL = [...'𝟘𝟙𝟚𝟛𝟜𝟝𝟞𝟟𝟠𝟡'];
const DOTS = ['.', '。', '．', '｡', '%2e', '%E3%80%82'];

/** One part of an IPv4 address, as some parser somewhere reads it. */
function part(roll: Dice, value: number): string {
  const radix = roll() % 5;
  if (radix === 0) return `0x${'0'.repeat(roll() % 6)}${value.toString(16)}`;
  if (radix === 1) return `0X${value.toString(16).toUpperCase()}`;
  if (radix === 2) return `0${'0'.repeat(roll() % 4)}${value.toString(8)}`;
  if (radix === 3) return String(value).padStart(4, '0');
  return String(value);
}

/** The address in one to four parts, each in a number system of its own; never the plain form. */
function oddIpv4(roll: Dice, [a, b, c, d]: Ipv4): string {
  const shapes = [
    [((a * 256 + b) * 256 + c) * 256 + d],
    [a, (b * 256 + c) * 256 + d],
    [a, b, c * 256 + d],
    [a, b, c, d],
  ];
  return pick(roll, shapes)
    .map((value) => part(roll, value))
    .join('.');
}

function disguised(roll: Dice, text: string): string {
  const at = roll() % text.length;
  const char = text[at] ?? '';
  const digit = /\d/.test(char) ? Number(char) : undefined;
  const forms = [
    `%${(char.codePointAt(0) ?? 0).toString(16)}`,
    `${char}\u00ad`,
    `\u200b${char}`,
    char.replace(/[0-9a-z.]/i, (one) => String.fromCodePoint(0xfee0 + (one.codePointAt(0) ?? 0))),
    ...(digit === undefined ? [] : [CIRCLED[digit] ?? '', MATHEMATICAL[digit] ?? '']),
    ...(char === '.' ? DOTS : []),
  ];
  return text.slice(0, at) + pick(roll, forms) + text.slice(at + 1);
}

const PREFIXES = [
  'https://',
  'HTTPS://',
  'https:/',
  'https:\\\\',
  'https:',
  '\thttps://',
  'http://',
];
const USERS = ['', '', '', '', 'user@', 'a:b@', '@', 'example.com@', 'example.com%40', 'a.com\\@'];
const PORTS = ['', '', ':443', ':8443', ':', ':0443'];
const ENDS = ['/', '', '?x', '/latest/meta-data/', '#x', '/@a.com', '\\@a.com/', '. /'];

/** A URL whose host means this address to some parser; some of its parts are spelled oddly too. */
export function deniedUrl(roll: Dice, bytes: Ipv4): string {
  const dotted = bytes.join('.');
  const plain = pick(roll, [dotted, dotted, oddIpv4(roll, bytes), oddIpv4(roll, bytes)]);
  const v6 = roll() % 2 === 0 ? embedding(roll, bytes) : undefined;
  const host = v6 === undefined ? plain : `[${v6}]`;
  const odd = roll() % 3 === 0 ? disguised(roll, host) : host;
  const dot = roll() % 8 === 0 ? pick(roll, DOTS) : '';
  const simple = roll() % 2 === 0;
  const prefix = simple ? 'https://' : pick(roll, PREFIXES);
  const user = simple ? '' : pick(roll, USERS);
  return `${prefix}${user}${odd}${dot}${simple ? '' : pick(roll, PORTS)}${simple ? '/' : pick(roll, ENDS)}`;
}
