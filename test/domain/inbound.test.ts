import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EVENT_TYPE, EVENT_TYPE_CHARS_MAX } from '../../lib/domain/event.ts';
import { inboundEvent, PROVIDERS } from '../../lib/domain/inbound.ts';
import { JSON_DEPTH_MAX } from '../../lib/domain/inbound-data.ts';
import type { Provider, Source, Verification } from '../../lib/domain/source.ts';
import { verify } from '../../lib/domain/verify.ts';
import { fixed, inbound, SLACK_TEMPLATE } from './verify-fixtures.ts';

type Read = Pick<Source, 'verification' | 'eventTypePrefix'>;

const secrets = [{ secret: 'sixteen-or-more-characters' }];
const VERIFICATIONS: Record<Provider, Verification> = {
  'standard-webhooks': fixed('standard-webhooks', []),
  svix: fixed('svix', []),
  github: fixed('github', []),
  stripe: fixed('stripe', []),
  hmac: { provider: 'hmac', secrets, hmac: SLACK_TEMPLATE, toleranceSeconds: 300 },
  token: { provider: 'token', secrets, header: 'x-token' },
  none: { provider: 'none' },
};
const source = (provider: Provider, eventTypePrefix: string = provider): Read => ({
  verification: VERIFICATIONS[provider],
  eventTypePrefix,
});
const json = (value: unknown, headers: Record<string, string> = {}) =>
  inbound({ 'content-type': 'application/json', ...headers }, JSON.stringify(value));
const verified = { kind: 'verified' } as const;
const typeOf = (read: Read, request = json({})) => inboundEvent(read, request, verified).type;
const dataOf = (body: string | Uint8Array, contentType?: string, provider: Provider = 'none') => {
  const headers = contentType === undefined ? {} : { 'content-type': contentType };
  return inboundEvent(source(provider), inbound(headers, body), verified).data;
};

describe('the type of an inbound event', () => {
  it.each(['standard-webhooks', 'svix', 'stripe', 'hmac', 'token', 'none'] as const)(
    'is for %s the body’s type behind the prefix',
    (provider) => {
      const request = json({ type: 'invoice.paid' }, { 'x-github-event': 'push' });
      expect(typeOf(source(provider, 'billing'), request)).toBe('billing.invoice.paid');
    },
  );

  it('is for GitHub the header, as it stands', () => {
    const request = json({ type: 'other', action: 'opened' }, { 'x-github-event': 'pull_request' });
    expect(typeOf(source('github'), request)).toBe('github.pull_request');
    expect(typeOf(source('github'), json({ type: 'other' }))).toBe('github.received');
    const ping = json({ zen: 'Design for failure.' }, { 'x-github-event': 'ping' });
    expect(typeOf(source('github'), ping)).toBe('github.ping');
  });

  it.each([
    ['no type', {}],
    ['a number', { type: 7 }],
    ['an object', { type: {} }],
    ['an empty one', { type: '' }],
    ['only dots', { type: '...' }],
    ['a list', ['type']],
    ['null', null],
    ['text', 'type'],
  ])('is “received” with %s', (_, body) => {
    expect(typeOf(source('none', 'in'), json(body))).toBe('in.received');
  });

  it.each([
    ['customer created', 'in.customer_created'],
    ['a/b:c', 'in.a_b_c'],
    ['.a..b.', 'in.a.b'],
    ['größe', 'in.gr__e'],
    ['😀.x', 'in._.x'],
    ['com.example.Thing-1', 'in.com.example.Thing-1'],
  ])('%j becomes %s', (said, type) => {
    expect(typeOf(source('none', 'in'), json({ type: said }))).toBe(type);
  });

  it('always fits the grammar, whatever is said', () => {
    const prefix = fc.stringMatching(/^[a-z0-9_-]{1,20}(\.[a-z0-9]{1,20}){0,6}$/);
    const said = fc.oneof(fc.string({ maxLength: 400 }), fc.string({ unit: 'binary' }));
    fc.assert(
      fc.property(fc.option(prefix, { nil: '' }), said, (before, type) => {
        fc.pre(before.length < EVENT_TYPE_CHARS_MAX);
        const made = typeOf(source('none', before), json({ type }));
        expect(made).toMatch(EVENT_TYPE);
        expect(made.length).toBeLessThanOrEqual(EVENT_TYPE_CHARS_MAX);
        expect(made.startsWith(before)).toBe(true);
      }),
    );
  });

  it('ends without a dot where it had to be cut', () => {
    const prefix = 'a'.repeat(EVENT_TYPE_CHARS_MAX - 1);
    expect(typeOf(source('none', prefix), json({ type: 'b' }))).toBe(prefix);
  });

  it('is only the provider’s own where the prefix is empty', () => {
    expect(typeOf(source('none', ''), json({ type: 'b' }))).toBe('b');
  });
});

describe('the data of an inbound event', () => {
  it.each([
    ['application/json', '{"a":[1,"😀",null]}', { a: [1, '😀', null] }],
    ['application/json; charset=utf-8', '"text"', 'text'],
    ['Application/JSON', ' null ', null],
    ['application/vnd.api+json', '3', 3],
    ['text/plain', ' {"a":1}', { a: 1 }],
    [undefined, '[1]', [1]],
    ['application/json', '\uFEFF{"a":1}', { a: 1 }],
  ])('%s %j is JSON', (contentType, body, data) => {
    expect(dataOf(body, contentType)).toEqual(data);
  });

  it.each([
    ['text/plain', 'hello'],
    ['text/plain', '3'],
    ['text/plain', '{not json}'],
    ['application/json', '{"a":'],
    ['application/json', ''],
    ['application/xml', '<a/>'],
    ['application/x-www-form-urlencoded', 'payload={"a":1}'],
    ['text/plain', '\uFEFFhello'],
    [undefined, ''],
  ])('%s %j is kept as text', (contentType, body) => {
    expect(dataOf(body, contentType)).toEqual({ contentType: contentType ?? null, body });
  });

  it('that is no UTF-8 is kept byte by byte', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const all = Uint8Array.from([0xff, ...bytes]);
        expect(dataOf(all, 'application/json')).toEqual({
          contentType: 'application/json',
          bodyBase64: Buffer.from(all).toString('base64'),
        });
      }),
    );
  });

  it('comes back from any JSON as it was', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const text = JSON.stringify(value);
        expect(JSON.stringify(dataOf(text, 'application/json'))).toBe(text);
      }),
    );
  });

  it('keeps __proto__ as a name like any other, which changes no object', () => {
    const body = '{"__proto__":{"type":"evil"},"constructor":1}';
    const data = dataOf(body, 'application/json');
    expect(JSON.stringify(data)).toBe(body);
    expect(Object.getPrototypeOf(data)).toBe(Object.prototype);
    expect(typeOf(source('none', 'in'), inbound({}, body))).toBe('in.received');
  });

  it('nested too deep to be written again is kept as text', () => {
    const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
    expect(JSON.stringify(dataOf(nested(JSON_DEPTH_MAX)))).toBe(nested(JSON_DEPTH_MAX));
    for (const depth of [JSON_DEPTH_MAX + 1, 200_000]) {
      expect(dataOf(nested(depth))).toEqual({ contentType: null, body: nested(depth) });
    }
  });

  it('counts only brackets outside of texts as nesting', () => {
    const value = { '{[{["': '[{\\"'.repeat(200), many: Array.from({ length: 200 }, () => [{}]) };
    expect(dataOf(JSON.stringify(value))).toEqual(value);
  });

  it('is the payload field of the form that GitHub sends to hooks set up so', () => {
    const form = `payload=${encodeURIComponent('{"zen":"Keep it + simple & small"}')}`;
    const type = 'application/x-www-form-urlencoded';
    expect(dataOf(form, type, 'github')).toEqual({ zen: 'Keep it + simple & small' });
    for (const body of ['other=1', 'payload=%7B']) {
      expect(dataOf(body, type, 'github')).toEqual({ contentType: type, body });
    }
  });
});

describe('the delivery id', () => {
  it('is the one that was verified', () => {
    for (const provider of ['standard-webhooks', 'svix', 'github', 'hmac'] as const) {
      const event = inboundEvent(source(provider), json({ id: 'of-body' }), {
        kind: 'verified',
        deliveryId: 'of-header',
      });
      expect(event.deliveryId).toBe('of-header');
    }
  });

  it('is Stripe’s event id, which is signed as part of the body', () => {
    const event = inboundEvent(source('stripe'), json({ id: 'evt_1', type: 'a.b' }), verified);
    expect(event).toEqual({
      type: 'stripe.a.b',
      data: { id: 'evt_1', type: 'a.b' },
      deliveryId: 'evt_1',
    });
  });

  it.each([{}, { id: 7 }, { id: '' }, { id: 'a b' }, { id: 'x'.repeat(257) }])(
    'is absent where Stripe’s body has no fit one: %o',
    (body) => {
      expect(inboundEvent(source('stripe'), json(body), verified)).not.toHaveProperty('deliveryId');
    },
  );

  it.each(['token', 'none'] as const)('is absent for %s: every request is an event', (provider) => {
    const headers = { 'webhook-id': 'msg_1', 'x-token': secrets[0]?.secret ?? '' };
    const request = json({ id: 'a' }, headers);
    const verdict = verify(VERIFICATIONS[provider], request, 0);
    if (verdict.kind !== 'verified') throw new Error(verdict.reason);
    expect(inboundEvent(source(provider), request, verdict)).not.toHaveProperty('deliveryId');
  });
});

describe('the list of providers', () => {
  it('names every verifier once', () => {
    expect(PROVIDERS.map(({ id }) => id).sort()).toEqual(Object.keys(VERIFICATIONS).sort());
  });

  it('says that what has no tolerance signs no time, and what has no id is never a repetition', () => {
    for (const { id, toleranceSeconds, deduplicatesBy } of PROVIDERS) {
      expect([id, toleranceSeconds]).toEqual([
        id,
        'toleranceSeconds' in VERIFICATIONS[id] && id !== 'github' ? 300 : null,
      ]);
      expect([id, deduplicatesBy === null]).toEqual([id, id === 'token' || id === 'none']);
    }
  });
});
