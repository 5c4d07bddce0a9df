import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSameAddress, isWithin, parseAddress, parseBlock } from '../../lib/domain/addresses.ts';
import { classifyAddress } from '../../lib/domain/egress-addresses.ts';
import { DENIED_IPV4, deniedIpv4, ipv6Spellings } from './address-spellings.ts';

describe('telling public addresses from others', () => {
  it.each([
    '1.1.1.1',
    '8.8.8.8',
    '9.255.255.255',
    '11.0.0.0',
    '100.63.255.255',
    '100.128.0.0',
    '126.255.255.255',
    '128.0.0.0',
    '168.63.129.15',
    '169.253.255.255',
    '169.255.0.0',
    '172.15.255.255',
    '172.32.0.0',
    '191.255.255.255',
    '192.0.1.0',
    '192.0.3.0',
    '192.88.98.255',
    '192.88.100.0',
    '192.167.255.255',
    '192.169.0.0',
    '198.17.255.255',
    '198.20.0.0',
    '198.51.99.255',
    '198.51.101.0',
    '203.0.112.255',
    '203.0.114.0',
    '223.255.255.255',
    '2000::1',
    '2001:200::1',
    '2001:4860:4860::8888',
    '2001:db7:ffff::1',
    '2001:db9::1',
    '2003::1',
    '2606:4700::6810:84e5',
    '2a00:1450:4001:81b::200e',
    '3ffe:ffff::1',
    '3fff:1000::1',
  ])('lets %s be called', (address) => {
    expect(classifyAddress(address)).toBe('public');
  });

  it.each([
    '0.0.0.0',
    '0.255.255.255',
    '10.0.0.0',
    '10.255.255.255',
    '100.64.0.0',
    '100.127.255.255',
    '168.63.129.16',
    '169.254.0.0',
    '169.254.169.254',
    '169.254.255.255',
    '172.16.0.0',
    '172.31.255.255',
    '192.0.0.0',
    '192.0.0.255',
    '192.0.2.1',
    '192.88.99.1',
    '192.168.0.0',
    '192.168.255.255',
    '198.18.0.0',
    '198.19.255.255',
    '198.51.100.1',
    '203.0.113.1',
    '224.0.0.0',
    '239.255.255.255',
    '240.0.0.0',
    '255.255.255.255',
    '::',
    '::2',
    '::ffff:8.8.8.8',
    '64:ff9b::8.8.8.8',
    '64:ff9b:1::1',
    '100::1',
    '1fff:ffff::1',
    '2001::1',
    '2001:1ff:ffff::1',
    '2001:20::1',
    '2001:db8::1',
    '2002:808:808::1',
    '3fff:fff::1',
    '4000::1',
    '5f00::1',
    'fc00::1',
    'fd00:ec2::254',
    'fe80::1',
    'fec0::1',
    'ff02::1',
    '2606:4700::5efe:a00:1',
    '2606:4700::200:5efe:a00:1',
  ])('keeps %s from being called', (address) => {
    expect(classifyAddress(address)).toBe('reserved');
  });

  it.each(['127.0.0.0', '127.0.0.1', '127.255.255.255', '::1', '0:0:0:0:0:0:0:1'])(
    'knows %s as this machine',
    (address) => {
      expect(classifyAddress(address)).toBe('loopback');
    },
  );

  it.each([
    '',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.256',
    '01.2.3.4',
    '0x1.2.3.4',
    ' 1.2.3.4',
    '1.2.3.4 ',
    '1.2.3.-4',
    '1.2.3.4e0',
    '١.٢.٣.٤',
    ':',
    ':::',
    '1::2::3',
    '2606:4700',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7::8',
    '::1:2:3:4:5:6:7:8',
    '2606:4700::12345',
    '2606:4700::g',
    '2606:4700::1%eth0',
    '[2606:4700::1]',
    '2606:4700::1.2.3',
    '1.2.3.4::',
    `2606::${'0'.repeat(60)}`,
  ])('takes %j for no address at all', (text) => {
    expect(parseAddress(text)).toBeUndefined();
    expect(classifyAddress(text)).toBe('reserved');
  });
});

describe('IPv4 that nobody may call', () => {
  it('stays refused in every IPv6 spelling of it', () => {
    fc.assert(
      fc.property(deniedIpv4(), (bytes) => {
        for (const spelling of ipv6Spellings(bytes)) {
          if (classifyAddress(spelling) === 'public') throw new Error(`let through: ${spelling}`);
        }
      }),
      { numRuns: 12_000 },
    );
  });

  it('has a block of ours for each block of the test', () => {
    for (const block of DENIED_IPV4) expect(parseBlock(block)).toBeDefined();
  });
});

describe('parsing', () => {
  it('reads back every IPv4 address', () => {
    fc.assert(
      fc.property(fc.ipV4(), (text) => {
        expect(parseAddress(text)?.join('.')).toBe(text);
      }),
    );
  });

  it('reads every IPv6 address as the URL parser does', () => {
    fc.assert(
      fc.property(fc.ipV6(), (text) => {
        const canonical = new URL(`http://[${text}]`).hostname.slice(1, -1);
        expect(parseAddress(text)).toHaveLength(16);
        expect(isSameAddress(text, canonical)).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  it('compares addresses by value, never across families', () => {
    expect(isSameAddress('2606:4700:0:0::1', '2606:4700::0001')).toBe(true);
    expect(isSameAddress('2606:4700::1', '2606:4700::2')).toBe(false);
    expect(isSameAddress('1.2.3.4', '::ffff:1.2.3.4')).toBe(false);
    expect(isSameAddress('', '')).toBe(false);
  });
});

describe('blocks', () => {
  it.each([
    ['10.0.0.0/8', '10.255.0.1', true],
    ['10.0.0.0/8', '11.0.0.0', false],
    ['10.0.0.0/9', '10.128.0.0', false],
    ['0.0.0.0/0', '203.0.113.9', true],
    ['0.0.0.0/0', '::1', false],
    ['1.2.3.4/32', '1.2.3.4', true],
    ['1.2.3.4/32', '1.2.3.5', false],
    ['2606:4700::/33', '2606:4700:7fff::1', true],
    ['2606:4700::/33', '2606:4700:8000::1', false],
  ])('%s holds %s: %s', (block, address, expected) => {
    const [parsedBlock, parsed] = [parseBlock(block), parseAddress(address)];
    expect(parsedBlock && parsed && isWithin(parsed, parsedBlock)).toBe(expected);
  });

  it.each([
    '10.0.0.0',
    '10.0.0.0/',
    '10.0.0.0/33',
    '10.0.0.0/08',
    '10.0.0.1/8',
    '/8',
    '::/129',
    'a/8',
  ])('refuses %j', (text) => {
    expect(parseBlock(text)).toBeUndefined();
  });
});
