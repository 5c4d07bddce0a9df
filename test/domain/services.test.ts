import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Integration, ServiceType } from '../../lib/domain/integration.ts';
import { outboundBody } from '../../lib/domain/outbound-body.ts';

/**
 * Limits and shapes as the services publish them: Slack docs.slack.dev/reference/block-kit (text
 * object 3,000, 50 blocks) and "Formatting text for app surfaces" (& < >); Discord's "Embed Limits"
 * and "Execute Webhook"; Microsoft's "Create incoming webhooks" and the Teams connector's limits
 * (28 KB, Adaptive Cards alone); PagerDuty/api-schema reference/events-v2/openapiv3.json.
 */
const KEY = 'e93facc04764012d7bfb002500d5d1a6';
const OPENED = {
  type: 'breakwater.breaker.opened',
  timestamp: '2026-01-15T12:00:00.000Z',
  data: {
    integration: { id: 'int_1', name: 'billing-erp' },
    breaker: {
      ...{ target: 'primary', from: 'closed', to: 'open', actor: 'breaker', version: 1 },
      reason: '10 of 10 calls failed within 60 s.',
      window: { calls: 10, failures: 10, slow: 0, failureRate: 1, slowRate: 0 },
      openUntil: '2026-01-15T12:00:30.000Z',
    },
  },
};
const TITLE =
  'billing-erp: circuit breaker opened — 10 of 10 calls failed within 60 s; next try 12:00:30 UTC';
const INVOICE = {
  type: 'invoice.paid',
  timestamp: '2026-01-15T12:00:00.000Z',
  data: {
    id: 'inv-1',
    amount: 120,
    customer: { name: 'A & B <!channel>', note: '' },
    lines: [{ sku: 'x', n: 1 }],
    tags: ['new', 'vip'],
  },
};

function sent(serviceType: ServiceType, event: object, more: Partial<Integration> = {}) {
  const auth: Integration['auth'] =
    serviceType === 'pagerduty' ? { type: 'bearer', token: KEY } : { type: 'none' };
  const integration = { serviceType, auth, tenant: 'default', ...more };
  return outboundBody(integration, 'evt-1', Buffer.from(JSON.stringify(event)));
}
function textOf(serviceType: ServiceType, event: object, more?: Partial<Integration>): string {
  const made = sent(serviceType, event, more);
  if (made.kind !== 'ready') throw new Error(made.reason);
  return new TextDecoder().decode(made.body);
}
const bodyOf = (serviceType: ServiceType, event: object) => JSON.parse(textOf(serviceType, event));

describe('what a service is sent', () => {
  it.each(['webhook', 'rest_api'] as const)('%s: the event, byte for byte', (serviceType) => {
    const stored = '{"type":"a","timestamp":"b","data":{"n":1.0, "x":  12345678901234567890}}';
    const made = outboundBody(
      { serviceType, auth: { type: 'none' }, tenant: 'default' },
      'evt-1',
      Buffer.from(stored),
    );
    expect(made).toEqual({ kind: 'ready', body: Buffer.from(stored) });
  });

  it('slack: a text for the notification, blocks to read', () => {
    const mrkdwn = (text: string) => ({ type: 'mrkdwn', text, verbatim: true });
    expect(bodyOf('slack', INVOICE)).toEqual({
      text: 'invoice.paid',
      blocks: [
        { type: 'section', text: mrkdwn('*invoice.paid*') },
        {
          type: 'section',
          text: mrkdwn(
            [
              '*id:* inv-1',
              '*amount:* 120',
              '*customer.name:* A &amp; B &lt;!channel&gt;',
              '*customer.note:* —',
              '*lines[0].sku:* x',
              '*lines[0].n:* 1',
              '*tags:* new, vip',
            ].join('\n'),
          ),
        },
        {
          type: 'context',
          elements: [mrkdwn('invoice.paid · evt-1 · 2026-01-15T12:00:00.000Z')],
        },
      ],
      unfurl_links: false,
      unfurl_media: false,
    });
  });

  it('discord: an embed, and nobody mentioned', () => {
    const field = (name: string, value: string) => ({ name, value, inline: true });
    expect(bodyOf('discord', INVOICE)).toEqual({
      embeds: [
        {
          title: 'invoice.paid',
          color: 0x2e90fa,
          fields: [
            field('id', 'inv-1'),
            field('amount', '120'),
            field('customer.name', 'A & B <!channel>'),
            field('customer.note', '—'),
            field('lines[0].sku', 'x'),
            field('lines[0].n', '1'),
            field('tags', 'new, vip'),
          ],
          footer: { text: 'invoice.paid · evt-1' },
          timestamp: '2026-01-15T12:00:00.000Z',
        },
      ],
      allowed_mentions: { parse: [] },
    });
  });

  it('teams: an Adaptive Card in a message', () => {
    expect(bodyOf('teams', OPENED)).toEqual({
      type: 'message',
      attachments: [
        {
          contentType: 'application/vnd.microsoft.card.adaptive',
          contentUrl: null,
          content: {
            $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
            type: 'AdaptiveCard',
            version: '1.4',
            body: [
              {
                ...{ type: 'TextBlock', text: TITLE, wrap: true },
                ...{ size: 'Medium', weight: 'Bolder', color: 'Attention' },
              },
              {
                type: 'FactSet',
                facts: [
                  { title: 'State', value: 'closed → open' },
                  { title: 'Calls', value: '10, of which 10 failed and 0 were slow' },
                  { title: 'By', value: 'breaker' },
                ],
              },
              {
                type: 'TextBlock',
                text: 'breakwater.breaker.opened · evt-1 · 2026-01-15T12:00:00.000Z',
                ...{ wrap: true, size: 'Small', isSubtle: true },
              },
            ],
            msteams: { width: 'Full' },
          },
        },
      ],
    });
  });

  it('pagerduty: a trigger with a key that makes one alert of what is sent twice', () => {
    expect(bodyOf('pagerduty', INVOICE)).toEqual({
      routing_key: KEY,
      event_action: 'trigger',
      dedup_key: 'evt-1',
      payload: {
        summary: 'invoice.paid',
        severity: 'error',
        source: 'breakwater/default',
        timestamp: '2026-01-15T12:00:00.000Z',
        class: 'invoice.paid',
        custom_details: {
          event: 'evt-1',
          ...{ id: 'inv-1', amount: '120' },
          ...{ 'customer.name': 'A & B <!channel>', 'customer.note': '—' },
          ...{ 'lines[0].sku': 'x', 'lines[0].n': '1', tags: 'new, vip' },
        },
      },
      client: 'Breakwater',
    });
  });

  it('pagerduty: a breaker that closes resolves the alert of its opening', () => {
    const opened = bodyOf('pagerduty', OPENED);
    const closed = bodyOf('pagerduty', { ...OPENED, type: 'breakwater.breaker.closed' });
    expect(opened).toMatchObject({ event_action: 'trigger', payload: { summary: TITLE } });
    expect(closed).toMatchObject({ event_action: 'resolve', dedup_key: opened.dedup_key });
    const breaker = { ...OPENED.data.breaker, target: 'fallback:1' };
    const other = bodyOf('pagerduty', { ...OPENED, data: { ...OPENED.data, breaker } });
    expect([opened.dedup_key, other.dedup_key]).toEqual(['breaker-int_1-0', 'breaker-int_1-1']);
    expect(opened.payload).toMatchObject({ source: 'billing-erp', severity: 'error' });
  });

  const breaker = { ...OPENED.data.breaker, openUntil: null };
  it.each([
    ['opened', { openUntil: '2026-01-16T00:00:05.000Z' }, /next try 2026-01-16 00:00:05 UTC$/],
    ['opened', { target: 'fallback:2' }, /^billing-erp: circuit breaker of fallback 2 opened — 10/],
    [
      'half-opened',
      { reason: 'Its open period is over.' },
      /is half-open — Its open period is over$/,
    ],
    ['closed', { reason: '3 of 3 probes went well.' }, /breaker closed — 3 of 3 probes went well$/],
    ['tripped', { reason: 'Tripped by hand.' }, /was tripped by hand — Tripped by hand$/],
    ['disabled', { reason: 'Disabled by hand.' }, /was disabled — Disabled by hand$/],
  ])('a breaker that %s with %j says %s', (move, more, title) => {
    const data = { ...OPENED.data, breaker: { ...breaker, ...more } };
    const body = bodyOf('slack', { ...OPENED, type: `breakwater.breaker.${move}`, data });
    expect(body.text).toMatch(title);
  });

  it('a title and a severity of the data’s own are used', () => {
    const event = { ...INVOICE, data: { title: ' Card\ndeclined ', severity: 'critical' } };
    expect(bodyOf('slack', event).text).toBe('invoice.paid: Card declined');
    expect(bodyOf('pagerduty', event).payload.severity).toBe('critical');
  });

  it('no link of the data shows one address and leads to another', () => {
    const event = { ...INVOICE, data: { a: '[bank](https://evil.example.com)' } };
    for (const service of ['discord', 'teams'] as const) {
      expect(textOf(service, event)).not.toContain('](');
      const transform = { language: 'jmespath' as const, expression: 'data.a' };
      expect(textOf(service, event, { transform })).not.toContain('](');
    }
  });
});

interface Counted {
  readonly title: string;
  readonly description?: string;
  readonly fields: readonly { readonly name: string; readonly value: string }[];
  readonly footer: { readonly text: string };
}

describe('for any event at all', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.constantFrom('<!channel>', '&'.repeat(5_000), '\ud83d\ude00'.repeat(3_000), '\ud800', ' '),
    fc.constantFrom('"'.repeat(5_000), '@everyone', '\u202etxt', '__proto__', 'title', 'severity'),
  );
  const value = fc.letrec((again) => ({
    json: fc.oneof(
      { maxDepth: 5 },
      fc.oneof(text, fc.double(), fc.boolean(), fc.constant(null)),
      fc.array(again('json'), { maxLength: 60 }),
      fc.dictionary(text, again('json'), { maxKeys: 60 }),
    ),
  })).json;
  const event = fc.record({
    type: fc.constantFrom('a', 'invoice.paid', 'breakwater.breaker.opened', 'x'.repeat(128)),
    timestamp: fc.constant('2026-01-15T12:00:00.000Z'),
    data: fc.oneof(
      value,
      fc.record({ integration: value, breaker: value }),
      fc.record({
        integration: fc.dictionary(fc.constantFrom('id', 'name'), value),
        breaker: fc.dictionary(fc.constantFrom('reason', 'target', 'openUntil', 'window'), value),
      }),
    ),
  });
  const runs = { numRuns: 150 };

  it('slack: no text object is empty or beyond 3,000 characters, and no mention is left', () => {
    fc.assert(
      fc.property(event, (given) => {
        const body = bodyOf('slack', given);
        expect(body.blocks.length).toBeLessThanOrEqual(50);
        const texts = body.blocks.flatMap(
          (block: { text?: { text: string }; elements?: { text: string }[] }) =>
            block.elements ?? [block.text],
        );
        for (const { text: shown } of [...texts, { text: body.text }]) {
          expect(shown.length).toBeGreaterThan(0);
          expect(shown.length).toBeLessThanOrEqual(3_000);
          expect(shown).not.toMatch(/[<>]|&(?!amp;|lt;|gt;)/);
          expect(shown.isWellFormed()).toBe(true);
        }
      }),
      runs,
    );
  });

  it('discord: within every limit of an embed', () => {
    fc.assert(
      fc.property(event, (given) => {
        const { embeds, allowed_mentions } = bodyOf('discord', given);
        expect(allowed_mentions).toEqual({ parse: [] });
        const { title, description = '', fields, footer } = embeds[0] as Counted;
        expect(title.length).toBeGreaterThan(0);
        expect(title.length).toBeLessThanOrEqual(256);
        expect(description.length).toBeLessThanOrEqual(4_096);
        expect(fields.length).toBeLessThanOrEqual(25);
        const sizes = fields.map(({ name, value: shown }) => {
          expect([name.trim(), shown.trim()]).not.toContain('');
          expect(name.length).toBeLessThanOrEqual(256);
          expect(shown.length).toBeLessThanOrEqual(1_024);
          return name.length + shown.length;
        });
        const chars = title.length + description.length + footer.text.length;
        expect(sizes.reduce((sum, size) => sum + size, chars)).toBeLessThanOrEqual(6_000);
      }),
      runs,
    );
  });

  it('teams: within 20 of its 28 KB', () => {
    fc.assert(
      fc.property(event, (given) => {
        expect(Buffer.byteLength(textOf('teams', given))).toBeLessThanOrEqual(20_000);
      }),
      runs,
    );
  });

  it('teams: also with forty long fields of characters that take three bytes', () => {
    const long = Array.from({ length: 60 }, (_, i) => [`n${i}`, '界'.repeat(900)]);
    const whole = textOf('teams', { ...INVOICE, data: Object.fromEntries(long) });
    expect(Buffer.byteLength(whole)).toBeLessThanOrEqual(20_000);
    expect(whole).toContain('and more');
  });

  it('pagerduty: a breaker that is told of in things that are no texts', () => {
    const thing = JSON.parse('{"toString":1}');
    const breaker = { ...{ reason: thing, from: thing, to: thing, actor: thing }, window: thing };
    const data = { integration: { id: thing, name: thing }, breaker };
    const timestamp = '2026-01-15T12:00:00.000Z';
    const whole = textOf('pagerduty', { type: 'breakwater.breaker.opened', timestamp, data });
    expect(JSON.parse(whole).payload.source).toBe('—');
  });

  it('pagerduty: what it requires, within its limits', () => {
    fc.assert(
      fc.property(event, (given) => {
        const whole = textOf('pagerduty', given);
        expect(Buffer.byteLength(whole)).toBeLessThanOrEqual(512_000);
        const { event_action, dedup_key, payload } = JSON.parse(whole);
        expect(['trigger', 'resolve']).toContain(event_action);
        expect(dedup_key.length).toBeLessThanOrEqual(255);
        expect(payload.summary.length).toBeGreaterThan(0);
        expect(payload.summary.length).toBeLessThanOrEqual(1_024);
        expect(payload.source).not.toBe('');
        expect(['critical', 'error', 'warning', 'info']).toContain(payload.severity);
      }),
      runs,
    );
  });
});

describe('a template of one’s own', () => {
  const transform = (expression: string) => ({
    transform: { language: 'jmespath' as const, expression },
  });

  it.each([
    [
      'webhook',
      '{n: data.amount, id: id, at: timestamp, of: type}',
      '{"n":120,"id":"evt-1","at":"2026-01-15T12:00:00.000Z","of":"invoice.paid"}',
    ],
    ['webhook', "join(' ', [type, data.id])", 'invoice.paid inv-1'],
    ['webhook', 'data.amount', '120'],
    ['rest_api', 'data.tags', '["new","vip"]'],
    ['slack', '{text: data.id, channel: `"#x"`}', '{"text":"inv-1","channel":"#x"}'],
    [
      'slack',
      "join(' ', ['<!here>', data.id])",
      '{"text":"&lt;!here&gt; inv-1","unfurl_links":false,"unfurl_media":false}',
    ],
    [
      'discord',
      "join('', ['Paid: ', data.id])",
      '{"content":"Paid: inv-1","allowed_mentions":{"parse":[]}}',
    ],
    [
      'pagerduty',
      '{event_action: `"trigger"`, payload: {summary: data.id}}',
      `{"routing_key":"${KEY}","event_action":"trigger","payload":{"summary":"inv-1"}}`,
    ],
  ] as const)('%s: %s sends %s', (service, expression, expected) => {
    expect(textOf(service, INVOICE, transform(expression))).toBe(expected);
  });

  it('a text is a card in Teams and a summary in PagerDuty', () => {
    const [card] = JSON.parse(textOf('teams', INVOICE, transform('data.id'))).attachments;
    expect(card.content.body).toEqual([{ type: 'TextBlock', text: 'inv-1', wrap: true }]);
    const alert = JSON.parse(textOf('pagerduty', INVOICE, transform('data.id')));
    expect(alert).toMatchObject({ routing_key: KEY, payload: { summary: 'inv-1' } });
  });

  it('keeps a number that a double cannot hold', () => {
    const made = outboundBody(
      {
        serviceType: 'webhook',
        auth: { type: 'none' },
        tenant: 'default',
        ...transform('{id: data.id}'),
      },
      'evt-1',
      Buffer.from('{"type":"a","timestamp":"b","data":{"id":12345678901234567890}}'),
    );
    const { body } = made as { body: Uint8Array };
    expect(new TextDecoder().decode(body)).toBe('{"id":12345678901234567890}');
  });

  it.each([
    ['data.missing', 'transform: its result is null'],
    ['sum(data.tags)', 'transform: sum() takes a list of numbers as argument 1, not another list'],
    [`@${' | [@, @]'.repeat(40)}`, 'transform: it takes more than 500000 steps'],
    [`data${' | [@, @]'.repeat(12)}`, 'transform: its result is larger than 262144 bytes'],
  ])('%s cannot be sent: %s', (expression, reason) => {
    expect(sent('webhook', INVOICE, transform(expression))).toEqual({ kind: 'unsendable', reason });
  });
});
