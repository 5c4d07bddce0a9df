import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ADDRESSES_MAX,
  checkAddresses,
  checkUrl,
  type EgressPolicy,
  hostHeader,
} from '../../lib/domain/egress.ts';
import { deniedIpv4, hostSpellings } from './address-spellings.ts';

const STRICT: EgressPolicy = {
  mode: 'strict',
  ownHosts: ['hooks.breakwater.dev', '*.execute-api.eu-west-1.amazonaws.com'],
};
const LOOPBACK: EgressPolicy = { ...STRICT, mode: 'loopback' };

function verdict(url: string, policy = STRICT): string {
  const checked = checkUrl(url, policy);
  return checked.ok ? 'allowed' : checked.reason;
}

describe('URLs that may be called', () => {
  it.each([
    ['https://erp.example.com/hooks', 'erp.example.com', 443, '/hooks'],
    ['https://erp.example.com', 'erp.example.com', 443, '/'],
    ['HTTPS://ERP.Example.COM/A', 'erp.example.com', 443, '/A'],
    ['https://erp.example.com:443/a?b=c%20d', 'erp.example.com', 443, '/a?b=c%20d'],
    ['https://erp.example.com:80/', 'erp.example.com', 80, '/'],
    ['https://erp.example.com:8443/', 'erp.example.com', 8443, '/'],
    ['https://erp.example.com:65535/', 'erp.example.com', 65535, '/'],
    ['https://erp.example.com./a', 'erp.example.com', 443, '/a'],
    ['https://erp.example.com?x=1', 'erp.example.com', 443, '/?x=1'],
    ['https://a_b.example.com/', 'a_b.example.com', 443, '/'],
    ['https://bücher.example.com/ü', 'xn--bcher-kva.example.com', 443, '/%C3%BC'],
    ['https://xn--bcher-kva.example.com/', 'xn--bcher-kva.example.com', 443, '/'],
    ['https://例え.テスト.com/', 'xn--r8jz45g.xn--zckzah.com', 443, '/'],
    ['https://faß.de/', 'xn--fa-hia.de', 443, '/'],
    ['https://mañana.com/', 'xn--maana-pta.com', 443, '/'],
    ['https://8.8.8.8/', '8.8.8.8', 443, '/'],
    ['https://[2606:4700::1]:8443/x', '2606:4700::1', 8443, '/x'],
    ['https://[2606:4700::ABCD]/', '2606:4700::abcd', 443, '/'],
    ['https://localhost.example.com/', 'localhost.example.com', 443, '/'],
    ['https://con.test.com/', 'con.test.com', 443, '/'],
    [
      'https://execute-api.eu-west-1.amazonaws.com/',
      'execute-api.eu-west-1.amazonaws.com',
      443,
      '/',
    ],
    ['https://user.example.com/a@b', 'user.example.com', 443, '/a@b'],
  ])('%s', (text, host, port, path) => {
    const checked = checkUrl(text, STRICT);
    expect(checked).toMatchObject({
      ok: true,
      url: { scheme: 'https', host, port, path, reach: 'public' },
    });
  });
});

describe('URLs that may not be called', () => {
  it.each([
    [`https://a.com/${'x'.repeat(2_048)}`, 'url_too_long'],
    ['', 'url_malformed'],
    ['a.com', 'url_malformed'],
    ['//a.com/', 'url_malformed'],
    ['https:a.com', 'url_malformed'],
    ['https:/a.com', 'url_malformed'],
    ['https:///a.com', 'url_malformed'],
    ['https:\\\\a.com', 'url_malformed'],
    ['https://a.com\\@b.com/', 'url_malformed'],
    [' https://a.com', 'url_malformed'],
    ['https://a.com/ ', 'url_malformed'],
    ['https://a.c\tom/', 'url_malformed'],
    ['ht\ntps://a.com/', 'url_malformed'],
    ['https://a.com/\u0000', 'url_malformed'],
    ['https://a.com/\u007f', 'url_malformed'],
    ['https://a.com/\u0085', 'url_malformed'],
    ['https://?a', 'url_malformed'],
    ['https://user:pass@a.com/', 'credentials_not_allowed'],
    ['https://@a.com/', 'credentials_not_allowed'],
    ['https://a.com@10.0.0.1/', 'credentials_not_allowed'],
    ['https://a.com/#x', 'fragment_not_allowed'],
    ['https://a.com/#', 'fragment_not_allowed'],
    ['http://a.com/', 'scheme_not_allowed'],
    ['ftp://a.com/', 'scheme_not_allowed'],
    ['file:///proc/self/environ', 'scheme_not_allowed'],
    ['javascript:alert(1)', 'scheme_not_allowed'],
    ['https://0x7f000001/', 'host_not_canonical'],
    ['https://2130706433/', 'host_not_canonical'],
    ['https://127.1/', 'host_not_canonical'],
    ['https://0177.0.0.1/', 'host_not_canonical'],
    ['https://8.8.8.8./', 'host_not_canonical'],
    ['https://0x08080808/', 'host_not_canonical'],
    ['https://256.1.1.1/', 'host_not_canonical'],
    ['https://1.2.3.4.5/', 'host_not_canonical'],
    ['https://a.0x1/', 'host_not_canonical'],
    ['https://１.１.１.１/', 'host_not_canonical'],
    ['https://ｅxample.com/', 'host_not_canonical'],
    ['https://ex\u00adample.com/', 'host_not_canonical'],
    ['https://bü\u00adcher.com/', 'host_not_canonical'],
    ['https://BÜCHER.com/', 'host_not_canonical'],
    ['https://bu\u0308cher.com/', 'host_not_canonical'],
    ['https://a。com/', 'host_not_canonical'],
    ['https://\u212aelvin.com/', 'host_not_canonical'],
    ['https://%61.com/', 'host_not_canonical'],
    ['https://a..com/', 'host_not_canonical'],
    ['https://a.com../', 'host_not_canonical'],
    ['https://.a.com/', 'host_not_canonical'],
    ['https://a!b.com/', 'host_not_canonical'],
    [`https://${'a'.repeat(64)}.com/`, 'host_not_canonical'],
    [`https://${'a.'.repeat(127)}com/`, 'host_not_canonical'],
    ['https://[2606:4700:0:0:0:0:0:1]/', 'host_not_canonical'],
    ['https://[2606:4700::1%25eth0]/', 'host_not_canonical'],
    ['https://[2606:4700::1/', 'host_not_canonical'],
    ['https://[::ffff:127.0.0.1]/', 'host_not_canonical'],
    ['https://2606:4700::1/', 'host_not_canonical'],
    ['https://[a.com]/', 'host_not_canonical'],
    ['https://hooks.breakwater.dev/in/x', 'self_delivery'],
    ['https://HOOKS.Breakwater.dev./in/x', 'self_delivery'],
    ['https://abc.execute-api.eu-west-1.amazonaws.com/', 'self_delivery'],
    ['https://localhost/', 'name_not_public'],
    ['https://x.localhost/', 'name_not_public'],
    ['https://intranet/', 'name_not_public'],
    ['https://db.internal/', 'name_not_public'],
    ['https://printer.local./', 'name_not_public'],
    ['https://x.cluster.local/', 'name_not_public'],
    ['https://sandbox.localdomain/', 'name_not_public'],
    ['https://metadata.google.internal/', 'name_not_public'],
    ['https://metadata.goog/', 'name_not_public'],
    ['https://router.home.arpa/', 'name_not_public'],
    ['https://1.0.0.127.in-addr.arpa/', 'name_not_public'],
    ['https://x.onion/', 'name_not_public'],
    ['https://a.test/', 'name_not_public'],
    ['https://a.example/', 'name_not_public'],
    ['https://a.com:0/', 'port_not_allowed'],
    ['https://a.com:/', 'port_not_allowed'],
    ['https://a.com:0443/', 'port_not_allowed'],
    ['https://a.com:65536/', 'port_not_allowed'],
    ['https://a.com:4x43/', 'port_not_allowed'],
    ['https://a.com:22/', 'port_not_allowed'],
    ['https://a.com:444/', 'port_not_allowed'],
    ['https://a.com:1023/', 'port_not_allowed'],
    ['https://a.com:6379/', 'port_not_allowed'],
    ['https://a.com:11211/', 'port_not_allowed'],
    ['https://a.com:6667/', 'port_not_allowed'],
    ['https://127.0.0.1/', 'address_not_public'],
    ['https://127.0.0.1:9001/2018-06-01/runtime/invocation/next', 'address_not_public'],
    ['https://169.254.169.254/latest/meta-data/', 'address_not_public'],
    ['https://[::1]/', 'address_not_public'],
    ['https://[::]/', 'address_not_public'],
    ['https://[::ffff:7f00:1]/', 'address_not_public'],
    ['https://[64:ff9b::808:808]/', 'address_not_public'],
    ['https://[fd00:ec2::254]/', 'address_not_public'],
  ])('%j: %s', (text, reason) => {
    expect(verdict(text)).toBe(reason);
  });

  it('hides in none of the spellings of an inner address', () => {
    fc.assert(
      fc.property(deniedIpv4(), (bytes) => {
        for (const host of hostSpellings(bytes)) {
          if (verdict(`https://${host}/`) === 'allowed') throw new Error(`let through: ${host}`);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('says what was given and what is allowed, but never a password', () => {
    const message = (url: string) => {
      const checked = checkUrl(url, STRICT);
      return checked.ok ? '' : checked.message;
    };
    expect(message('https://10.0.0.1/')).toContain('10.0.0.1');
    expect(message('https://a.com:22/')).toMatch(/22.*443, 80/);
    expect(message('https://u:hunter2@a.com/')).not.toContain('hunter2');
    expect(message('https://a.com/#hunter2')).not.toContain('hunter2');
    expect(message('ftp://u:hunter2@a.com/')).toMatch(/"ftp:": this scheme/);
    expect(message('https://a.com/ ?t=hunter2')).toMatch(/"U\+0020 as character 15": .* no space/);
  });
});

describe('a URL that is refused', () => {
  it.each([
    'ftp://user:CANARY@example.org/',
    'ftp://hooks.slack.com/services/T0/CANARY',
    'https://user:CANARY@exam ple.org/',
    'https://user:CANARY@example.org/',
    'https://user:CANARY@[::1/',
    'https://user:CANARY%40example.org/',
    'https://user:x:CANARY%40example.org/',
    'https://user%3ACANARY%40example.org/',
    'https://[::1%CANARY]/',
    'https:\\\\user:CANARY@example.org/',
    'https:/user:CANARY@example.org/',
    ' https://user:CANARY@example.org/',
    'user:CANARY@example.org',
    'https://example.org/ ?t=CANARY',
    'https://example.org/#CANARY',
    'https://hooks.slack.com/services/T0/B0/CANARY ',
    'https://hooks.slack.com:22/services/T0/B0/CANARY',
    'https://127.0.0.1/?t=CANARY',
    'http://example.org/?t=CANARY',
    `https://example.org/?t=CANARY${'x'.repeat(3_000)}`,
  ])('is quoted without what may be a secret: %s', (text) => {
    const checked = checkUrl(text, STRICT);
    expect(checked.ok ? 'allowed' : checked.message).toMatch(/; allowed: /);
    expect(checked.ok ? '' : checked.message).not.toContain('CANARY');
  });
});

describe('the loopback mode', () => {
  it.each([
    'http://127.0.0.1:8080/hook',
    'https://127.0.0.1:8443/',
    'http://127.9.9.9:1024/',
    'http://localhost:9999/',
    'http://LOCALHOST:6379/',
    'http://[::1]:3000/',
  ])('lets %s be called, for the local run', (url) => {
    expect(checkUrl(url, LOOPBACK)).toMatchObject({ ok: true, url: { reach: 'loopback' } });
    expect(verdict(url, STRICT)).not.toBe('allowed');
  });

  it.each([
    ['http://127.0.0.1/', 'scheme_not_allowed'],
    ['https://127.0.0.1:443/', 'address_not_public'],
    ['http://localhost:1023/', 'scheme_not_allowed'],
    ['https://localhost/', 'name_not_public'],
    ['http://x.localhost:8080/', 'scheme_not_allowed'],
    ['http://0.0.0.0:8080/', 'scheme_not_allowed'],
    ['http://127.1:8080/', 'host_not_canonical'],
    ['http://[::ffff:7f00:1]:8080/', 'scheme_not_allowed'],
    ['http://10.0.0.1:8080/', 'scheme_not_allowed'],
    ['https://10.0.0.1:8080/', 'address_not_public'],
    ['http://a.com:8080/', 'scheme_not_allowed'],
    ['http://u@localhost:8080/', 'credentials_not_allowed'],
  ])('changes nothing else: %s is %s', (url, reason) => {
    expect(verdict(url, LOOPBACK)).toBe(reason);
  });

  it('keeps own hosts out even on this machine', () => {
    const own: EgressPolicy = { mode: 'loopback', ownHosts: ['Localhost'] };
    expect(verdict('http://localhost:8787/', own)).toBe('self_delivery');
  });
});

describe('the addresses of a host', () => {
  it('pass only all together, each once', () => {
    expect(checkAddresses(['8.8.8.8', '2606:4700::1', '8.8.8.8'], 'public')).toEqual({
      ok: true,
      addresses: ['8.8.8.8', '2606:4700::1'],
    });
    for (const bad of ['10.0.0.1', '::1', '::ffff:8.8.8.8', 'nonsense', '']) {
      const checked = checkAddresses(['8.8.8.8', bad], 'public');
      expect(checked).toMatchObject({ ok: false, reason: 'address_not_public' });
    }
  });

  it('stay of the kind that the name stands for', () => {
    expect(checkAddresses(['127.0.0.1', '::1'], 'loopback').ok).toBe(true);
    expect(checkAddresses(['127.0.0.1'], 'public').ok).toBe(false);
    expect(checkAddresses(['127.0.0.1', '8.8.8.8'], 'loopback').ok).toBe(false);
    expect(checkAddresses(['10.0.0.1'], 'loopback').ok).toBe(false);
  });

  it('are one at least and so many at most', () => {
    const many = (count: number) => Array.from({ length: count }, (_, at) => `8.8.8.${at}`);
    expect(checkAddresses([], 'public')).toMatchObject({ reason: 'no_addresses' });
    expect(checkAddresses(many(ADDRESSES_MAX), 'public').ok).toBe(true);
    expect(checkAddresses(many(ADDRESSES_MAX + 1), 'public')).toMatchObject({
      reason: 'too_many_addresses',
    });
  });
});

it.each([
  ['https://a.com/', 'a.com'],
  ['https://a.com./', 'a.com'],
  ['https://a.com:443/', 'a.com'],
  ['https://a.com:80/', 'a.com:80'],
  ['https://[2606:4700::1]/', '[2606:4700::1]'],
  ['https://[2606:4700::1]:8443/', '[2606:4700::1]:8443'],
])('%s is asked for as Host %s', (text, expected) => {
  const checked = checkUrl(text, STRICT);
  expect(checked.ok && hostHeader(checked.url)).toBe(expected);
});
