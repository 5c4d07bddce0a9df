import { describe, expect, it } from 'vitest';
import { checkUrl, type EgressPolicy } from '../../lib/domain/egress.ts';
import { dice, isDenied } from './egress-spellings.ts';

const URLS = 300_000;
const SEED = Date.now() >>> 0;
const STRICT: EgressPolicy = { mode: 'strict', ownHosts: [] };

interface Place {
  readonly scheme: string;
  readonly host: string;
  readonly port: number;
}

/**
 * RFC 3986 to the letter up to where the path begins: section 3.2, no userinfo, which nobody needs.
 * What it does not know (non-ASCII hosts among it) is undefined.
 */
function byRfc3986(text: string): Place | undefined {
  const [, scheme = '', authority = ''] =
    /^([A-Za-z][A-Za-z0-9+.-]*):\/\/([^/?#]*)(?:[/?#]|$)/.exec(text) ?? [];
  const [, ipv6, regName, port] =
    /^(?:\[([0-9A-Fa-f:.]+)\]|((?:[A-Za-z0-9\-._~!$&'()*+,;=]|%[0-9A-Fa-f]{2})+))(?::(\d*))?$/.exec(
      authority,
    ) ?? [];
  const host = ipv6 ?? regName;
  if (host === undefined) return undefined;
  const number = port === undefined || port === '' ? 443 : Number(port);
  return { scheme: scheme.toLowerCase(), host: bare(host.toLowerCase()), port: number };
}

function byWhatwg(text: string): Place | undefined {
  const url = URL.parse(text);
  if (url === null || url.username !== '' || url.password !== '' || url.hash !== '') {
    return undefined;
  }
  const host = bare(url.hostname.replace(/^\[|\]$/g, ''));
  const port = url.port === '' ? 443 : Number(url.port);
  return { scheme: url.protocol.slice(0, -1), host, port };
}

function bare(host: string): string {
  return host.replace(/\.$/, '');
}

const HOSTS = [
  ...['a.com', 'A.Com', 'xn--bcher-kva.de', 'bücher.de', '8.8.8.8', '[2606:4700::1]', '1.1.1.1'],
  ...['10.0.0.1', '127.0.0.1', '[::1]', '[::ffff:7f00:1]', 'localhost', 'db.internal', '0x7f.1'],
];
const PIECES = [
  ...['/', '\\', ':', '@', '#', '?', '[', ']', '%', '.', '..', ',', ';', '=', '&', '|', '^', '"'],
  ...['%2e', '%40', '%2f', '%00', '%61', '\t', '\n', ' ', '\u0000', '\u00ad', '\u200b', '\ufeff'],
  ...[
    '。',
    '．',
    '／',
    '：',
    '＠',
    '？',
    '＃',
    '①',
    'ß',
    'ſ',
    'K',
    'İ',
    'é',
    'e\u0301',
    '😀',
    '{',
    '}',
  ],
  ...['0', '1', '443', ':443', ':80', ':8443', ':22', ':0', ':65536', 'a', '-', '_', '~', '!', '$'],
  ...['//', 'https:', 'https://', 'user', 'user@', 'a:b@', '.com', '127.0.0.1', '10.0.0.1', '0x7f'],
];

/** Mostly a URL as it should be, with some of the pieces that parsers disagree about put in. */
function text(roll: () => number): string {
  const pick = (from: readonly string[]) => from[roll() % from.length] ?? '';
  const begin = roll() % 12 === 0 ? pick(PIECES) : 'https://';
  const end = roll() % 3 === 0 ? '' : `/${roll() % 3 === 0 ? pick(PIECES) : 'hook'}`;
  let made = `${begin}${pick(HOSTS)}${roll() % 4 === 0 ? ':8443' : ''}${end}`;
  for (let pieces = roll() % 4; pieces > 0; pieces--) {
    const at = roll() % (made.length + 1);
    const cut = roll() % 5 === 0 ? 1 : 0;
    made = made.slice(0, at) + pick(PIECES) + made.slice(at + cut);
  }
  return made;
}

describe(`with seed ${SEED}`, () => {
  it(`no two parsers disagree about any of ${URLS} URLs that may be called`, {
    timeout: 300_000,
  }, () => {
    const roll = dice(SEED);
    const wrong: string[] = [];
    let [allowed, disagreed] = [0, 0];
    for (let at = 0; at < URLS; at++) {
      const url = text(roll);
      const [whatwg, rfc] = [byWhatwg(url), byRfc3986(url)];
      const isAscii = /^[\x20-\x7e]*$/.test(url.split('/', 3).join('/'));
      const isOneMind = isAscii ? same(whatwg, rfc) : whatwg !== undefined;
      if (!isOneMind) disagreed++;
      const checked = checkUrl(url, STRICT);
      if (!checked.ok) continue;
      allowed++;
      const { scheme, host, port } = checked.url;
      if (!isOneMind || !same(whatwg, { scheme, host, port }) || isInner(host)) wrong.push(url);
    }
    expect(wrong).toEqual([]);
    // Neither of the two is empty, or the test would show nothing.
    expect(Math.min(allowed, disagreed)).toBeGreaterThan(URLS / 50);
    process.stdout.write(
      `${URLS} URLs: ${allowed} allowed, ${disagreed} about which WHATWG and RFC 3986 disagree, all refused\n`,
    );
  });
});

function same(a: Place | undefined, b: Place | undefined): boolean {
  return a !== undefined && b !== undefined && JSON.stringify(a) === JSON.stringify(b);
}

function isInner(host: string): boolean {
  const [a = 0, b = 0, c = 0, d = 0] = host.split('.').map(Number);
  const isIpv4 = /^\d+(\.\d+){3}$/.test(host);
  return isIpv4 ? isDenied([a, b, c, d]) : /^localhost$|\.internal$|^::/.test(host);
}
