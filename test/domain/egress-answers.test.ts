import { describe, expect, it } from 'vitest';
import { type AddressBlock, parseBlock } from '../../lib/domain/addresses.ts';
import {
  ALIASES_MAX,
  checkAddresses,
  checkAnswer,
  checkUrl,
  type EgressPolicy,
} from '../../lib/domain/egress.ts';
import { type AddressRules, classifyAddress } from '../../lib/domain/egress-addresses.ts';

const STRICT: EgressPolicy = { mode: 'strict', ownHosts: ['hooks.breakwater.dev', '*.api.bw.dev'] };
const PUBLIC = ['8.8.8.8'];

function verdict(aliases: readonly string[], addresses = PUBLIC, policy = STRICT) {
  const checked = checkAnswer({ addresses, aliases }, 'public', policy);
  return checked.ok ? 'allowed' : checked.reason;
}

describe('the names that a name is an alias of', () => {
  it('may be any in the public DNS', () => {
    const aliases = ['a1.b.akadns.net', '_x.example.com', 'lb-1.eu-west-1.elb.amazonaws.com'];
    expect(verdict(aliases)).toBe('allowed');
    expect(verdict([])).toBe('allowed');
  });

  it.each([
    ['alias_not_public', 'db.internal'],
    ['alias_not_public', 'localhost'],
    ['alias_not_public', 'backend'],
    ['alias_not_public', 'metadata.google.internal'],
    ['alias_not_public', 'metadata.goog'],
    ['alias_not_public', 'x.svc'],
    ['alias_not_public', 'api.default.svc.cluster.local'],
    ['alias_not_public', '1.0.0.127.in-addr.arpa'],
    ['alias_not_public', ''],
    ['alias_not_public', 'a b.com'],
    ['alias_not_public', `${'a.'.repeat(127)}com`],
    ['self_delivery', 'hooks.breakwater.dev'],
    ['self_delivery', 'x.api.bw.dev'],
  ])('are %s where one is %j, whatever its address', (reason, alias) => {
    expect(verdict(['a.example.net', alias, 'b.example.net'])).toBe(reason);
  });

  it('are so many at most', () => {
    const chain = (count: number) => Array.from({ length: count }, (_, at) => `a${at}.example.net`);
    expect(verdict(chain(ALIASES_MAX))).toBe('allowed');
    expect(verdict(chain(ALIASES_MAX + 1))).toBe('too_many_aliases');
  });

  it('make no address good', () => {
    expect(verdict(['a.example.net'], ['8.8.8.8', '10.0.0.1'])).toBe('address_not_public');
    expect(verdict(['a.example.net'], [])).toBe('no_addresses');
  });
});

const block = (text: string) => parseBlock(text) as AddressBlock;
const kindBy = (rules: Partial<AddressRules>, address: string) =>
  classifyAddress(address, { allowed: [], nat64: 'refuse', ...rules });

describe('the blocks that an operator lets be called', () => {
  const rules = { allowed: [block('10.20.0.0/16'), block('fd12:3456::/32')] };

  it.each(['10.20.0.1', '10.20.255.255', 'fd12:3456::1', '8.8.8.8'])('hold %s', (address) => {
    expect(kindBy(rules, address)).toBe('public');
  });

  it.each([
    ...['10.21.0.0', '10.19.255.255', 'fd12:3457::1', '192.168.0.1'],
    ...['::ffff:10.20.0.1', '64:ff9b::a14:1', '2002:a14:1::1'],
  ])('do not hold %s', (address) => {
    expect(kindBy(rules, address)).toBe('reserved');
  });

  it.each([
    ...['127.0.0.1', '::1', '0.0.0.0', '169.254.169.254', '168.63.129.16', '224.0.0.1'],
    ...['fe80::1', 'fd00:ec2::254', '::ffff:10.0.0.1', '64:ff9b::1', '2002:a00:1::'],
  ])('never hold %s, even where somebody got everything on the list', (address) => {
    const everything = { allowed: [block('0.0.0.0/0'), block('::/0')] };
    expect(kindBy(everything, address)).not.toBe('public');
  });

  it('count at registration and at dial alike, and change nothing about names and ports', () => {
    const policy: EgressPolicy = { ...STRICT, addresses: { ...rules, nat64: 'refuse' } };
    const reason = (url: string) => {
      const checked = checkUrl(url, policy);
      return checked.ok ? 'allowed' : checked.reason;
    };
    expect(reason('https://10.20.0.1/')).toBe('allowed');
    expect(reason('http://10.20.0.1/')).toBe('scheme_not_allowed');
    expect(reason('https://10.20.0.1:6379/')).toBe('port_not_allowed');
    expect(reason('https://10.0.0.1/')).toBe('address_not_public');
    expect(reason('https://db.internal/')).toBe('name_not_public');
    expect(verdict([], ['10.20.0.1'], policy)).toBe('allowed');
    expect(verdict([], ['10.20.0.1', '10.0.0.1'], policy)).toBe('address_not_public');
    expect(checkAddresses(['10.20.0.1'], 'public').ok).toBe(false);
  });
});

describe('NAT64, where the network has it', () => {
  it.each([
    ['64:ff9b::8.8.8.8', 'public'],
    ['64:ff9b::808:808', 'public'],
    ['64:ff9b::10.0.0.1', 'reserved'],
    ['64:ff9b::127.0.0.1', 'reserved'],
    ['64:ff9b::a9fe:a9fe', 'reserved'],
    ['64:ff9b:1::8.8.8.8', 'reserved'],
    ['64:ff9b::1:808:808', 'reserved'],
    ['::ffff:8.8.8.8', 'reserved'],
  ])('%s counts as what is inside: %s', (address, kind) => {
    expect(kindBy({ nat64: 'decode' }, address)).toBe(kind);
    expect(kindBy({}, address)).toBe('reserved');
    const opened = { nat64: 'decode', allowed: [block('10.0.0.0/8')] } as const;
    expect(kindBy(opened, address)).toBe(kind);
  });
});
