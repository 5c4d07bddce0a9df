import { describe, expect, it } from 'vitest';
import {
  type AddressRule,
  canonicalCidr,
  isAddressAllowed,
  isCidrWithin,
  networkOf,
} from '../../lib/domain/cidr.ts';

describe('a block of addresses', () => {
  it.each([
    ['192.0.2.0/24', '192.0.2.0/24'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['10.0.0.1/32', '10.0.0.1/32'],
    ['2001:DB8::/32', '2001:db8::/32'],
    ['2001:0db8:0000:0000:0000:0000:0000:0001/128', '2001:db8::1/128'],
    ['2001:db8:0:1:0:0:0:0/64', '2001:db8:0:1::/64'],
    ['2001:db8:0:0:1:0:0:0/80', '2001:db8:0:0:1::/80'],
    ['2001:0:0:1:0:0:0:1/128', '2001:0:0:1::1/128'],
    ['2001:db8:0:1:1:1:1:1/128', '2001:db8:0:1:1:1:1:1/128'],
    ['::/0', '::/0'],
  ])('%s is written %s', (text, canonical) => {
    expect(canonicalCidr(text)).toBe(canonical);
  });

  it.each([
    ['no prefix', '192.0.2.1'],
    ['bits behind the prefix', '192.0.2.1/24'],
    ['a prefix too long', '192.0.2.0/33'],
    ['a padded prefix', '192.0.2.0/024'],
    ['an octal', '010.0.0.0/8'],
    ['a short form', '10/8'],
    ['mapped IPv4', '::ffff:192.0.2.0/120'],
    ['a zone', 'fe80::1%eth0/128'],
    ['a range', '192.0.2.0-192.0.2.9'],
    ['nothing', ''],
  ])('is not %s', (_, text) => {
    expect(canonicalCidr(text)).toBeUndefined();
  });
});

describe('an address rule', () => {
  const OFFICE: AddressRule = {
    allowCidrs: ['192.0.2.0/24', '2001:db8::/32'],
    denyCidrs: ['192.0.2.128/25'],
  };

  it.each([
    [{}, 'not an address', true],
    [OFFICE, '192.0.2.127', true],
    [OFFICE, '192.0.2.128', false],
    [OFFICE, '192.0.3.1', false],
    [OFFICE, '2001:db8:ffff::1', true],
    [OFFICE, '2001:db9::1', false],
    [OFFICE, '::ffff:192.0.2.1', true],
    [OFFICE, '::ffff:192.0.2.200', false],
    [OFFICE, '', false],
    [OFFICE, '192.0.2.1, 203.0.113.1', false],
    [{ denyCidrs: ['203.0.113.0/24'] }, '203.0.113.9', false],
    [{ denyCidrs: ['203.0.113.0/24'] }, '198.51.100.9', true],
    [{ denyCidrs: ['203.0.113.0/24'] }, 'who knows', false],
    [{ allowCidrs: ['::/0'] }, '192.0.2.1', false],
    [{ allowCidrs: ['0.0.0.0/0'], denyCidrs: ['0.0.0.0/0'] }, '192.0.2.1', false],
  ] as const)('%j says of %j: %j', (rule, address, allowed) => {
    expect(isAddressAllowed(rule, address)).toBe(allowed);
  });

  it.each([
    ['192.0.2.0/25', ['192.0.2.0/24'], true],
    ['192.0.2.0/24', ['192.0.2.0/24'], true],
    ['192.0.2.0/23', ['192.0.2.0/24'], false],
    ['192.0.2.0/24', ['192.0.2.0/25', '192.0.2.128/25'], false],
    ['2001:db8:1::/48', ['192.0.2.0/24', '2001:db8::/32'], true],
    ['0.0.0.0/0', ['::/0'], false],
    ['192.0.2.0/24', [], false],
  ])('%s lies within %j: %j', (inner, outer, within) => {
    expect(isCidrWithin(inner, outer)).toBe(within);
  });

  it('takes the addresses of one IPv6 host for one', () => {
    expect(networkOf('2001:db8:1:2:3:4:5:6')).toBe('2001:db8:1:2::/64');
    expect(networkOf('2001:db8:1:2:ffff::1')).toBe('2001:db8:1:2::/64');
    expect(networkOf('2001:db8:1:3::1')).toBe('2001:db8:1:3::/64');
    expect(networkOf('192.0.2.7')).toBe('192.0.2.7');
    expect(networkOf('::ffff:192.0.2.7')).toBe('192.0.2.7');
    expect(networkOf('x'.repeat(99))).toBe('unknown');
  });
});
