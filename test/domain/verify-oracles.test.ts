import { sign as octokitSign, verify as octokitVerify } from '@octokit/webhooks-methods';
import fc from 'fast-check';
import { Webhook as StandardWebhook } from 'standardwebhooks';
import Stripe from 'stripe';
import { Webhook as SvixWebhook } from 'svix';
import { describe, expect, it } from 'vitest';
import { verifySignature } from '../../examples/verify-signature.ts';
import { newSecret, publicKeyOf } from '../../lib/domain/secrets.ts';
import { signatureHeaders } from '../../lib/domain/signature.ts';
import { verify } from '../../lib/domain/verify.ts';
import { bytes, fixed, inbound } from './verify-fixtures.ts';

/** The libraries that receivers and senders really use, which read the clock of this machine. */
const nowSeconds = Math.floor(Date.now() / 1000);
const nowMs = nowSeconds * 1000;
const stripe = new Stripe('sk_test_unused');

const random32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
const id = fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/);
const text = fc.json().map((json) => `{"data":${json},"emoji":"😀"}`);
const runs = { numRuns: 50 };

describe.each([
  ['standardwebhooks', StandardWebhook, 'standard-webhooks'],
  ['svix', SvixWebhook, 'svix'],
] as const)('the %s library', (_, Webhook, provider) => {
  it('accepts what we sign, with each secret of a rotation', () => {
    fc.assert(
      fc.property(random32, random32, id, text, (newer, older, sentId, body) => {
        const secrets = [newer, older].map((r) => ({ secret: newSecret('standard-webhooks', r) }));
        const headers = signatureHeaders(
          { scheme: 'standard-webhooks', secrets },
          { id: sentId, timestampSeconds: nowSeconds, body: bytes(body) },
          nowMs,
        );
        for (const { secret } of secrets) {
          expect(() => new Webhook(secret).verify(body, headers)).not.toThrow();
        }
      }),
      runs,
    );
  });

  it('signs what we accept', () => {
    fc.assert(
      fc.property(random32, id, text, (random, sentId, body) => {
        const secret = newSecret('standard-webhooks', random);
        const signature = new Webhook(secret).sign(sentId, new Date(nowMs), body);
        const prefix = provider === 'svix' ? 'svix' : 'webhook';
        const headers = {
          [`${prefix}-id`]: sentId,
          [`${prefix}-timestamp`]: String(nowSeconds),
          [`${prefix}-signature`]: signature,
        };
        expect(verify(fixed(provider, [secret]), inbound(headers, body), nowMs)).toEqual({
          kind: 'verified',
          deliveryId: sentId,
        });
      }),
      runs,
    );
  });
});

describe('the stripe library', () => {
  it('accepts what we sign, with each secret of a rotation', () => {
    fc.assert(
      fc.property(random32, random32, text, (newer, older, body) => {
        const secrets = [newer, older].map((r) => ({ secret: newSecret('stripe', r) }));
        const headers = signatureHeaders(
          { scheme: 'stripe', secrets },
          { id: 'evt_1', timestampSeconds: nowSeconds, body: bytes(body) },
          nowMs,
        );
        for (const { secret } of secrets) {
          const header = headers['stripe-signature'] ?? '';
          expect(() => stripe.webhooks.constructEvent(body, header, secret)).not.toThrow();
        }
      }),
      runs,
    );
  });

  it('signs what we accept', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^whsec_[A-Za-z0-9]{32}$/), text, (secret, payload) => {
        const header = stripe.webhooks.generateTestHeaderString({
          payload,
          secret,
          timestamp: nowSeconds,
        });
        const request = inbound({ 'stripe-signature': header }, payload);
        expect(verify(fixed('stripe', [secret]), request, nowMs)).toMatchObject({
          kind: 'verified',
        });
      }),
      runs,
    );
  });
});

describe('the octokit library', () => {
  it('accepts what we sign, and signs what we accept', async () => {
    await fc.assert(
      fc.asyncProperty(random32, text, async (random, body) => {
        const secret = newSecret('github', random);
        const headers = signatureHeaders(
          { scheme: 'github', secrets: [{ secret }] },
          { id: 'evt_1', timestampSeconds: nowSeconds, body: bytes(body) },
          nowMs,
        );
        const ours = headers['x-hub-signature-256'] ?? '';
        expect(await octokitVerify(secret, body, ours)).toBe(true);
        const theirs = { 'x-hub-signature-256': await octokitSign(secret, body) };
        expect(verify(fixed('github', [secret]), inbound(theirs, body), nowMs)).toEqual({
          kind: 'verified',
        });
      }),
      runs,
    );
  });
});

describe('the receiver in examples/', () => {
  it('accepts what we sign, by secret and by public key, any bytes', () => {
    fc.assert(
      fc.property(random32, id, fc.uint8Array(), (random, sentId, body) => {
        const message = { id: sentId, timestampSeconds: nowSeconds, body };
        for (const scheme of ['standard-webhooks', 'standard-webhooks-ed25519'] as const) {
          const secret = newSecret(scheme, random);
          const headers = signatureHeaders({ scheme, secrets: [{ secret }] }, message, nowMs);
          const key = scheme === 'standard-webhooks' ? secret : publicKeyOf(secret);
          expect(verifySignature([key], headers, body, nowSeconds)).toBe(true);
          expect(verifySignature([key], headers, bytes('x'), nowSeconds)).toBe(false);
        }
      }),
      runs,
    );
  });
});
