import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Attempt, Delivery } from '../../lib/domain/delivery.ts';
import { CHAIN_ROUNDS_MAX, exhausted, roundOver } from '../../lib/domain/delivery-chain.ts';
import { attemptsMade, isPending, newDelivery } from '../../lib/domain/delivery-transitions.ts';
import {
  callLinks,
  deliveryLinks,
  FALLBACK_LINKS_MAX,
  FALLBACK_TRIGGERS,
  type FallbackLink,
} from '../../lib/domain/fallback.ts';
import { settleFallback } from '../../lib/domain/settlement.ts';

const NOW = 1_800_000_000_000;
const CHANCE = { nowMs: NOW, dice: 0 };
const BOTH = FALLBACK_TRIGGERS;
const url = { type: 'url', url: 'https://a.example.com/', auth: { type: 'none' }, headers: {} };
const LINKS: Readonly<Record<string, FallbackLink>> = {
  url: { ...url, type: 'url', auth: { type: 'none' }, on: BOTH },
  open: { ...url, type: 'url', auth: { type: 'none' }, on: ['breaker-open'] },
  other: { type: 'integration', integration: 'ops', integrationId: 'int_1', on: ['exhausted'] },
  queue: { type: 'queue', arn: 'arn:aws:sqs:eu-west-1:111122223333:q', on: ['exhausted'] },
  later: { type: 'queue', on: BOTH },
  hold: { type: 'hold', on: ['breaker-open'] },
  cache: { type: 'cache', maxAgeSeconds: 60, on: BOTH },
  static: { type: 'static', statusCode: 200, headers: {}, body: '', on: BOTH },
};
const chainOf = (...names: readonly string[]) => names.flatMap((name) => LINKS[name] ?? []);

describe('links of a chain', () => {
  it.each([
    ['breaker-open', ['open', 'url'], [1, 2]],
    ['exhausted', ['open', 'url', 'other', 'queue'], [2, 3, 4]],
    ['breaker-open', ['hold', 'url'], []],
    ['exhausted', ['hold', 'url'], [2]],
    ['breaker-open', ['cache', 'static', 'later', 'url'], [4]],
  ] as const)('for deliveries on %s, %j: %j', (trigger, names, numbers) => {
    const links = deliveryLinks(chainOf(...names), trigger);
    expect(links.map(({ number }) => number)).toEqual(numbers);
  });

  it.each([
    ['breaker-open', ['url', 'cache', 'static', 'later'], [1, 2, 3, 4]],
    ['exhausted', ['other', 'queue', 'later', 'hold'], [3]],
  ] as const)('for calls on %s, %j: %j', (trigger, names, numbers) => {
    const links = callLinks(chainOf(...names), trigger);
    expect(links.map(({ number }) => number)).toEqual(numbers);
  });
});

const anyChain = fc
  .array(fc.constantFrom(...Object.keys(LINKS)), { maxLength: FALLBACK_LINKS_MAX })
  .map((names) => chainOf(...names));
const attempt = (number: number): Attempt => ({
  ...{ id: 'att_1', number, startedAtMs: NOW, latencyMs: 1, target: 'https://a.example.com/' },
  ...{ outcome: 'retryable', error: 'http', statusCode: 500, responseHeaders: {} },
  ...{ responseBody: '', retryAfterSeconds: null },
});

describe('a delivery along any chain', () => {
  it('ends, after each link that takes it was tried once in each round', () => {
    const seed = { tenant: 't', eventId: 'e', integrationId: 'int_1', type: 'a' } as const;
    fc.assert(
      fc.property(anyChain, fc.array(fc.boolean(), { minLength: 40 }), (fallback, isShut) => {
        const began: Delivery = newDelivery(
          { ...seed, acceptedAtMs: NOW },
          { status: 'delivering', leaseUntilMs: NOW },
        );
        let now: Delivery = exhausted(began, fallback, NOW);
        const tried: number[] = [];
        let steps = 0;
        while (isPending(now)) {
          expect(steps++).toBeLessThanOrEqual(CHAIN_ROUNDS_MAX * (FALLBACK_LINKS_MAX + 1));
          const links = deliveryLinks(fallback, 'exhausted', now.chain?.link);
          // Some have their breaker open just now, and are passed over.
          const next = isShut[steps % isShut.length] ? links[1] : links[0];
          if (next === undefined) {
            now = roundOver(now, fallback, CHANCE);
            continue;
          }
          tried.push(next.number);
          const { number } = next;
          const made = attempt(attemptsMade(now) + 1);
          now = settleFallback(now, made, { outcome: 'retryable' }, { fallback, number }, CHANCE);
        }
        expect(now.state.status).toBe('failed');
        expect(now.chain).toBeUndefined();
        const often = Math.max(0, ...tried.map((one) => tried.filter((x) => x === one).length));
        expect(often).toBeLessThanOrEqual(CHAIN_ROUNDS_MAX);
        expect(now.scheduleBase).toBe(tried.length);
      }),
    );
  });
});
