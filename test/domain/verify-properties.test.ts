import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { templateProblems } from '../../lib/domain/hmac-template.ts';
import { newSecret } from '../../lib/domain/secrets.ts';
import { signatureHeaders } from '../../lib/domain/signature.ts';
import type { HmacTemplate, SigningSecret } from '../../lib/domain/signing.ts';
import type { InboundRequest } from '../../lib/domain/source.ts';
import { verify } from '../../lib/domain/verify.ts';
import { inbound, NOW_MS, NOW_SECONDS } from './verify-fixtures.ts';
import { SCHEMES, type Scheme, TEMPLATE } from './verify-schemes.ts';

const body = fc.uint8Array({ minLength: 1, maxLength: 200 });
const id = fc.stringMatching(/^[A-Za-z0-9_-]{1,40}$/);
const timestampSeconds = fc.integer({ min: NOW_SECONDS - 300, max: NOW_SECONDS + 300 });
const random32 = fc.uint8Array({ minLength: 32, maxLength: 32 });

function signedRequest(
  scheme: Scheme,
  secrets: readonly SigningSecret[],
  message: { id: string; timestampSeconds: number; body: Uint8Array },
): InboundRequest {
  return inbound(signatureHeaders(scheme.signing(secrets), message, NOW_MS), message.body);
}

function flipped(text: string, at: number, bit: number): string {
  const i = at % text.length;
  return text.slice(0, i) + String.fromCharCode(text.charCodeAt(i) ^ bit) + text.slice(i + 1);
}

describe.each(Object.entries(SCHEMES))('%s', (_, scheme) => {
  const message = fc.record({ id, timestampSeconds, body });

  it('verifies whatever it signed, any bytes within the tolerance', () => {
    fc.assert(
      fc.property(message, random32, (sent, random) => {
        const secrets = [{ secret: newSecret(scheme.kind, random) }];
        const request = signedRequest(scheme, secrets, sent);
        expect(verify(scheme.verification(secrets), request, NOW_MS).kind).toBe('verified');
      }),
    );
  });

  it('refuses a body with any bit flipped, cut or lengthened', () => {
    fc.assert(
      fc.property(message, random32, fc.nat(), fc.nat(7), (sent, random, at, bit) => {
        const secrets = [{ secret: newSecret(scheme.kind, random) }];
        const request = signedRequest(scheme, secrets, sent);
        const turned = Uint8Array.from(sent.body);
        const i = at % turned.length;
        turned[i] = (turned[i] ?? 0) ^ (1 << bit);
        for (const changed of [turned, sent.body.subarray(1), Buffer.concat([sent.body, turned])]) {
          expect(
            verify(scheme.verification(secrets), { ...request, body: changed }, NOW_MS),
          ).toEqual({ kind: 'rejected', reason: 'bad-signature' });
        }
      }),
    );
  });

  it.each(scheme.covered)('refuses %s with any bit flipped', (name) => {
    fc.assert(
      fc.property(message, random32, fc.nat(), fc.nat(6), (sent, random, at, bit) => {
        const secrets = [{ secret: newSecret(scheme.kind, random) }];
        const request = signedRequest(scheme, secrets, sent);
        const value = flipped(request.headers[name] ?? '', at, 1 << bit);
        const changed = { ...request, headers: { ...request.headers, [name]: value } };
        expect(verify(scheme.verification(secrets), changed, NOW_MS).kind).toBe('rejected');
      }),
      { numRuns: 300 },
    );
  });

  it.each(scheme.covered)('refuses %s twice, joined by a comma', (name) => {
    fc.assert(
      fc.property(message, random32, fc.constantFrom(',', ', '), (sent, random, comma) => {
        const secrets = [{ secret: newSecret(scheme.kind, random) }];
        const request = signedRequest(scheme, secrets, sent);
        const value = request.headers[name] ?? '';
        const changed = {
          ...request,
          headers: { ...request.headers, [name]: value + comma + value },
        };
        expect(verify(scheme.verification(secrets), changed, NOW_MS).kind).toBe('rejected');
      }),
      { numRuns: 20 },
    );
  });

  it('refuses any other secret', () => {
    fc.assert(
      fc.property(message, random32, random32, (sent, ours, theirs) => {
        fc.pre(!Buffer.from(ours).equals(theirs));
        const request = signedRequest(scheme, [{ secret: newSecret(scheme.kind, ours) }], sent);
        const other = [{ secret: newSecret(scheme.kind, theirs) }];
        expect(verify(scheme.verification(other), request, NOW_MS)).toEqual({
          kind: 'rejected',
          reason: 'bad-signature',
        });
      }),
    );
  });
});

describe('rotation', () => {
  const slot = fc.record({ random: random32, expiresInMs: fc.constantFrom(-1, 0, 1, undefined) });

  it.each(['standard-webhooks', 'stripe', 'github', 'hmac'] as const)(
    '%s verifies exactly what a secret that both sides still hold has signed',
    (name) => {
      const scheme = SCHEMES[name];
      if (scheme === undefined) throw new Error(`no scheme ${name}`);
      fc.assert(
        fc.property(fc.array(slot, { minLength: 1, maxLength: 6 }), fc.nat(), (slots, pick) => {
          const secrets = slots.map(({ random, expiresInMs }) => ({
            secret: newSecret(scheme.kind, random),
            ...(expiresInMs !== undefined && { expiresAtMs: NOW_MS + expiresInMs }),
          }));
          const signer = secrets[pick % secrets.length];
          const sent = { id: 'evt_1', timestampSeconds: NOW_SECONDS, body: Buffer.from('{}') };
          const request = signedRequest(scheme, [{ secret: signer?.secret ?? '' }], sent);
          const live = secrets.some(
            ({ secret, expiresAtMs }) =>
              secret === signer?.secret && (expiresAtMs ?? Number.POSITIVE_INFINITY) > NOW_MS,
          );
          expect(verify(scheme.verification(secrets), request, NOW_MS).kind).toBe(
            live ? 'verified' : 'rejected',
          );
        }),
      );
    },
  );
});

describe('a template that names the id', () => {
  const bare = { ...TEMPLATE, prefix: '', encoding: 'hex' } as const;
  const { timestampHeader: _, ...untimed } = bare;

  it.each(['{id}.{body}', '{body}.{id}', '{body}::{id}'])(
    'lets one signature stand for one id and one body only: %s',
    (content) => {
      const hmac: HmacTemplate = { ...untimed, content };
      expect(templateProblems(hmac)).toEqual([]);
      const secrets = [{ secret: 'sixteen-or-more-characters' }];
      const delimiter = content.replace('{id}', '').replace('{body}', '');
      const text = fc.string({ unit: fc.constantFrom('a', 'b', '.', ':'), maxLength: 12 });
      fc.assert(
        fc.property(fc.stringMatching(/^[ab]{1,4}$/), text, (sentId, sentBody) => {
          const message = {
            id: sentId,
            timestampSeconds: NOW_SECONDS,
            body: Buffer.from(sentBody),
          };
          const { headers } = inbound(
            signatureHeaders({ scheme: 'hmac', secrets, hmac }, message, NOW_MS),
            '',
          );
          const whole = content.replace('{id}', sentId).replace('{body}', sentBody);
          const cuts = [...whole].keys().filter((i) => whole.startsWith(delimiter, i));
          const accepted = [...cuts].filter((i) => {
            const ends = [whole.slice(0, i), whole.slice(i + delimiter.length)];
            const [cutId = '', cutBody = ''] = content.startsWith('{id}') ? ends : ends.reverse();
            const request = inbound({ ...headers, 'x-id': cutId }, cutBody);
            const settings = { provider: 'hmac', secrets, hmac, toleranceSeconds: 0 } as const;
            return verify(settings, request, NOW_MS).kind === 'verified';
          });
          expect(accepted).toHaveLength(1);
        }),
      );
    },
  );
});
