import { rootCertificates } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { isPeer } from '../../../lib/adapters/http/dial.ts';
import { selfSigned, testAuthority } from '../../fakes/certificates.ts';
import { answer } from '../../fakes/destination.ts';
import { call, destination, expectReleased, localSender, verdict } from './calls.ts';

const DAY_MS = 86_400_000;
const authority = testAuthority();
const good = authority.issue(['localhost', '127.0.0.1']);

function trusting() {
  return localSender({ ca: authority.ca });
}

describe('TLS', () => {
  it('carries a request to a name and to an address, and is used again', async () => {
    const servernames: (string | false | null)[] = [];
    const tls = {
      ...good,
      SNICallback: (name: string, done: (error: null) => void) => {
        servernames.push(name);
        done(null);
      },
    };
    const sink = await destination({ tls, script: () => answer(200, 'safe') });
    const sender = trusting();
    const byName = sink.url.replace('127.0.0.1', 'localhost');
    for (const url of [byName, byName, sink.url, sink.url]) {
      expect(await sender.send(call(url))).toMatchObject({ statusCode: 200, responseBody: 'safe' });
    }
    expect(sink.connections()).toBe(2);
    expect(servernames).toEqual(['localhost']);
    expect(sink.requests[0]?.headers.host).toBe(`localhost:${sink.port}`);
  });

  it.each([
    ['tls_self_signed', selfSigned(['localhost', '127.0.0.1'])],
    ['tls_wrong_name', authority.issue(['other.example.com', '127.0.0.9'])],
    [
      'tls_expired',
      authority.issue(['localhost', '127.0.0.1'], {
        fromMs: Date.now() - 2 * DAY_MS,
        untilMs: Date.now() - DAY_MS,
      }),
    ],
    [
      'tls_not_yet_valid',
      authority.issue(['localhost', '127.0.0.1'], {
        fromMs: Date.now() + DAY_MS,
        untilMs: Date.now() + 2 * DAY_MS,
      }),
    ],
    ['tls_untrusted', testAuthority().issue(['localhost', '127.0.0.1'])],
  ])('that is %s carries nothing, by name and by address', async (detail, identity) => {
    const sink = await destination({ tls: identity });
    for (const host of ['localhost', '127.0.0.1']) {
      const result = await trusting().send(call(sink.url.replace('127.0.0.1', host)));
      expect(verdict(result)).toEqual({ error: 'tls', statusCode: null, detail });
    }
    expect(sink.requests).toEqual([]);
    await expectReleased(sink);
  });

  it('trusts the public authorities and no other, unless a test says so', async () => {
    const sink = await destination({ tls: good });
    const result = await localSender().send(call(sink.url));
    expect(verdict(result)).toMatchObject({ error: 'tls', detail: 'tls_untrusted' });
    expect(rootCertificates.length).toBeGreaterThan(100);
  });

  it.each(['TLSv1', 'TLSv1.1'] as const)('is not spoken in version %s', async (version) => {
    const tls = {
      ...good,
      minVersion: version,
      maxVersion: version,
      ciphers: 'DEFAULT@SECLEVEL=0',
    };
    const sink = await destination({ tls });
    const result = await trusting().send(call(sink.url));
    expect(verdict(result)).toMatchObject({ error: 'tls', detail: 'tls_protocol' });
    expect(sink.requests).toEqual([]);
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)('is spoken in version %s', async (version) => {
    const sink = await destination({ tls: { ...good, minVersion: version, maxVersion: version } });
    const sender = trusting();
    for (let at = 0; at < 3; at++) expect((await sender.send(call(sink.url))).statusCode).toBe(200);
    expect(sink.connections()).toBe(1);
  });

  it('is never replaced by plain text', async () => {
    const sink = await destination({ onConnect: answer(200, 'plain') });
    const result = await trusting().send(call(`https://127.0.0.1:${sink.port}/`));
    expect(verdict(result)).toMatchObject({ error: 'tls', detail: 'tls_protocol' });
    expect(sink.requests).toEqual([]);
  });

  it('that is broken off is a failure', async () => {
    const sink = await destination({ onConnect: [{ kind: 'end' }] });
    const result = await trusting().send(call(`https://127.0.0.1:${sink.port}/`));
    expect(verdict(result)).toMatchObject({ error: 'tls', detail: 'tls_closed' });
  });

  it('that is reset is a failure, wherever the reset overtakes it', async () => {
    const sink = await destination({ onConnect: [{ kind: 'reset' }] });
    const result = await trusting().send(call(`https://127.0.0.1:${sink.port}/`));
    expect(result.error).toMatch(/^(tls|refused)$/);
    expect(result.statusCode).toBeNull();
  });
});

it.each([
  ['127.0.0.1', '127.0.0.1', true],
  ['2606:4700:0::1', '2606:4700::1', true],
  ['127.0.0.2', '127.0.0.1', false],
  ['::ffff:127.0.0.1', '127.0.0.1', false],
  [undefined, '127.0.0.1', false],
])('the peer %s is the vetted address %s: %s', (remoteAddress, address, expected) => {
  expect(isPeer({ remoteAddress }, address)).toBe(expected);
});
