import { describe, expect, it } from 'vitest';
import { egressAddresses } from '../../infra/egress.ts';
import { parseAllowedBlock } from '../../lib/domain/egress-addresses.ts';
import { ENV } from '../../lib/names.ts';
import { readEgress } from '../../lib/runtime/config.ts';

const ALLOWED = [
  '10.0.0.0/8',
  '10.20.30.40/32',
  '100.64.0.0/10',
  '172.16.0.0/12',
  '172.31.255.0/24',
  '192.168.1.0/24',
  'fc00::/8',
  'fd12:3456:789a::/48',
  'fd00:ec3::/32',
];
const NOT_ALLOWED = [
  ...['', '10.0.0.0', '10.0.0.0/', '10.0.0.0/33', '10.0.0.0/08', '10.0.0.1/8', '10.0.0.0/8/9'],
  ...['0.0.0.0/0', '0.0.0.0/8', '127.0.0.0/8', '127.0.0.1/32', '169.254.0.0/16', '8.8.8.8/32'],
  ...['169.254.169.254/32', '10.0.0.0/7', '172.16.0.0/11', '192.168.0.0/15', '224.0.0.0/4'],
  ...['168.63.129.16/32', '198.18.0.0/15', '::/0', '::1/128', '::ffff:10.0.0.0/104'],
  ...['fe80::/10', 'fec0::/10', '64:ff9b::/96', '2002::/16', 'ff00::/8', '2606:4700::/32'],
  ...['fc00::/7', 'fd00::/8', 'fd00:ec2::/32', 'fd00:ec2::254/128', 'fd00:ec0::/28', 'a/8'],
  ...['fd00::1%eth0/128', '10.0.0.0/8,11.0.0.0/8', ' 10.0.0.0/8'],
];

const OWN = { [ENV.ownHosts]: 'api.example.com' };

describe('what an operator lets be called', () => {
  it.each(ALLOWED)('may be %s, for the stack and at run time alike', (block) => {
    const variables = egressAddresses({ egressAllow: [block], egressNat64: 'decode' });
    expect(variables).toEqual({ [ENV.egressAllow]: block, [ENV.egressNat64]: 'decode' });
    expect(readEgress({ ...OWN, ...variables }).addresses).toMatchObject({
      allowed: [{ bits: Number(block.split('/')[1]) }],
      nat64: 'decode',
    });
  });

  it.each(NOT_ALLOWED)('is never %j, for the stack and at run time alike', (block) => {
    expect(() => egressAddresses({ egressAllow: ['10.0.0.0/8', block] })).toThrow(/egressAllow/);
    expect(parseAllowedBlock(block)).toBeUndefined();
  });

  it('is nothing where nothing is set', () => {
    expect(egressAddresses({})).toEqual({});
    expect(readEgress(OWN).addresses).toEqual({ allowed: [], nat64: 'refuse' });
  });
});

describe('a function that sends', () => {
  it('does not start with TLS checks switched off', () => {
    expect(() => readEgress({ NODE_TLS_REJECT_UNAUTHORIZED: '0' })).toThrow(/remove it/);
    expect(readEgress({ ...OWN, NODE_TLS_REJECT_UNAUTHORIZED: '1' }).mode).toBe('strict');
  });

  it.each([{}, { [ENV.ownHosts]: '' }])('does not start without its own hosts: %j', (env) => {
    expect(() => readEgress(env)).toThrow(`lacks environment variables: ${ENV.ownHosts}.`);
  });

  it('does not start with a block that may not be opened', () => {
    for (const block of ['127.0.0.0/8', 'fd00:ec2::/32', 'nonsense']) {
      const env = { ...OWN, [ENV.egressAllow]: `10.0.0.0/8, ${block}` };
      expect(() => readEgress(env)).toThrow(block);
    }
  });
});
