import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deliveryId } from '../../lib/domain/ids.ts';
import type { Integration } from '../../lib/domain/integration.ts';
import { outboundCall } from '../../lib/domain/outbound-call.ts';
import { ENTRY_BYTES_MAX } from '../../lib/domain/services/eventbridge.ts';
import { SQS_MESSAGE_BYTES_MAX } from '../../lib/domain/services/sqs.ts';
import { queueTarget } from '../../lib/domain/target.ts';
import { integration, T0 } from '../contracts/fixtures.ts';

/**
 * Shapes and limits as AWS publishes them: SendMessage, MessageAttributeValue and the message quotas
 * of SQS (1,048,576 bytes with attributes, 10 attributes, characters, 128 for group and
 * deduplication id); PutEvents, PutEventsRequestEntry and "Calculating PutEvents event entry size"
 * of EventBridge (less than 1 MB; 14 bytes for the time).
 */
const QUEUE = 'arn:aws:sqs:eu-central-1:111122223333:orders';
const BUS = 'arn:aws:events:eu-central-1:111122223333:event-bus/orders';
const STORED =
  '{"type":"invoice.paid","timestamp":"2026-01-15T12:00:00.000Z","data":{"n":1.0, "x":12345678901234567890}}';
const NONE: Integration['signing'] = { scheme: 'none' };

interface Asked {
  readonly stored?: string;
  readonly orderingKey?: string;
}

function call(change: Partial<Integration>, { stored = STORED, orderingKey }: Asked = {}) {
  const its = integration(1, { signing: NONE, ...change });
  const message = {
    eventId: 'evt-1',
    deliveryId: deliveryId('evt-1', T0, its.id),
    attempt: 2,
    body: Buffer.from(stored),
    ...(orderingKey !== undefined && { orderingKey }),
  };
  return outboundCall(its, message, '1.0', T0);
}
const toQueue = (change: Partial<Integration> = {}, asked?: Asked) =>
  call({ serviceType: 'sqs', endpoint: QUEUE, ...change }, asked);
const toBus = (change: Partial<Integration> = {}, asked?: Asked) =>
  call({ serviceType: 'eventbridge', endpoint: BUS, ...change }, asked);
const bodyOf = ({ body }: { body: Uint8Array }) => new TextDecoder().decode(body);
const jmespath = (expression: string) => ({
  transform: { language: 'jmespath' as const, expression },
});
/** An event of so many bytes as stored. */
const sized = (bytes: number) => {
  const [head, tail] = ['{"type":"a.b","timestamp":"2026-01-15T12:00:00.000Z","data":"', '"}'];
  return `${head}${'x'.repeat(bytes - head.length - tail.length)}${tail}`;
};

describe('a queue', () => {
  it('gets the event byte for byte, and who sends it as attributes', () => {
    const sent = toQueue();
    expect(bodyOf(sent)).toBe(STORED);
    expect(sent).toMatchObject({
      url: QUEUE,
      method: 'SendMessage',
      envelope: { kind: 'sqs' },
      timeoutMs: 15_000,
      headers: {
        'webhook-id': 'evt-1',
        'webhook-timestamp': String(T0 / 1000),
        'breakwater-delivery': deliveryId('evt-1', T0, integration(1).id),
        'breakwater-attempt': '2',
        'breakwater-type': 'invoice.paid',
      },
    });
    expect(Object.keys(sent.headers)).toHaveLength(5);
    expect(sent.unsendable).toBeUndefined();
  });

  it('gets the signature where one is asked for, and never more than ten attributes', () => {
    const signings: readonly Integration['signing'][] = [
      {
        scheme: 'standard-webhooks',
        secrets: [{ secret: `whsec_${Buffer.alloc(24, 7).toString('base64')}` }],
      },
      { scheme: 'github', secrets: [{ secret: 's'.repeat(16) }] },
      { scheme: 'stripe', secrets: [{ secret: 'whsec_stripe_secret' }] },
      {
        scheme: 'hmac',
        secrets: [{ secret: 's'.repeat(16) }],
        hmac: {
          algorithm: 'sha256',
          encoding: 'hex',
          header: 'X-Signature',
          prefix: '',
          content: '{id}.{timestamp}.{body}',
          timestampHeader: 'X-Time',
          idHeader: 'X-Id',
        },
      },
    ];
    const names = signings.map((signing) => Object.keys(toQueue({ signing }).headers));
    expect(names.map((each) => each.some((name) => name.includes('signature')))).toEqual(
      signings.map(() => true),
    );
    for (const each of names) expect(each.length).toBeLessThanOrEqual(10);
  });

  it('gets no header, credential or media type that is of HTTP', () => {
    const { headers } = toQueue({
      auth: { type: 'bearer', token: 'secret-token' },
      request: { ...integration(1).request, headers: { 'X-Env': 'prod' } },
    });
    expect(JSON.stringify(headers)).not.toMatch(/secret-token|prod|content-type|user-agent/);
  });

  it('has no group, so that it stays an ordinary queue', () => {
    expect(toQueue({}, { orderingKey: 'k' }).envelope).toEqual({ kind: 'sqs' });
  });

  it('gets what a transform makes, a text as it is', () => {
    expect(bodyOf(toQueue(jmespath('{of: id}')))).toBe('{"of":"evt-1"}');
    expect(bodyOf(toQueue(jmespath('type')))).toBe('invoice.paid');
  });

  it.each([
    ['empty', jmespath("''"), /empty/],
    ['a control character', jmespath('`"\\u0001"`'), /U\+0001/],
  ])('gets no body that SQS refuses: %s', (_, change, reason) => {
    expect(toQueue(change).unsendable).toMatch(reason);
  });

  it('gets no character that SQS refuses, which is named', () => {
    const stored = STORED.replace('"n"', '"\uffff"');
    expect(toQueue({}, { stored }).unsendable).toContain('U+FFFF');
    expect(toQueue({}, { stored: STORED.replace('"n"', '"😀\ufffd"') }).unsendable).toBeUndefined();
  });

  it('gets what fits with its attributes into 1 MiB, to the byte', () => {
    const { headers } = toQueue({}, { stored: sized(100) });
    const own = Object.entries(headers)
      .map(([name, value]) => name.length + 'String'.length + value.length)
      .reduce((sum, bytes) => sum + bytes);
    const fits = SQS_MESSAGE_BYTES_MAX - own;
    expect(toQueue({}, { stored: sized(fits) }).unsendable).toBeUndefined();
    expect(toQueue({}, { stored: sized(fits + 1) }).unsendable).toBe(
      'sqs: body and attributes take 1048577 bytes; allowed are 1048576',
    );
  });

  it('that stands in a fallback gets the event, unsigned, whatever the integration gets', () => {
    const its = integration(1, { serviceType: 'slack', ...jmespath('type') });
    const link = { type: 'queue', arn: QUEUE, on: ['exhausted'] } as const;
    const sent = call(queueTarget(its, { number: 2, link }));
    expect(bodyOf(sent)).toBe(STORED);
    expect(sent.method).toBe('SendMessage');
  });
});

describe('a FIFO queue', () => {
  const envelope = (asked: Asked) => toQueue({ endpoint: `${QUEUE}.fifo` }, asked).envelope;

  it('keeps events of one key in order, and takes an event once in five minutes', () => {
    expect(envelope({ orderingKey: 'customer:7' })).toEqual({
      kind: 'sqs',
      groupId: 'customer:7',
      deduplicationId: expect.stringMatching(/^[\w-]{43}$/),
    });
    expect(envelope({ orderingKey: 'customer:7' })).toEqual(
      envelope({ orderingKey: 'customer:7' }),
    );
    const others = toQueue(
      { endpoint: `${QUEUE}.fifo`, id: 'int_2' },
      { orderingKey: 'customer:7' },
    );
    expect(others.envelope).not.toEqual(envelope({ orderingKey: 'customer:7' }));
  });

  it('keeps all events of the integration in order where they have no key', () => {
    expect(envelope({})).toMatchObject({ groupId: integration(1).id });
  });

  it('gets a group that SQS takes for any key, the same for the same key', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), (orderingKey) => {
        const [first, second] = [envelope({ orderingKey }), envelope({ orderingKey })];
        expect(first).toMatchObject({ groupId: expect.stringMatching(/^[\x21-\x7e]{1,128}$/) });
        expect(second).toEqual(first);
      }),
    );
  });
});

describe('an event bus', () => {
  it('gets the event as detail, its id in front, every number as it was given', () => {
    const sent = toBus();
    expect(bodyOf(sent)).toBe(`{"id":"evt-1",${STORED.slice(1)}`);
    expect(sent).toMatchObject({
      url: BUS,
      method: 'PutEvents',
      headers: {},
      envelope: {
        kind: 'eventbridge',
        source: 'breakwater.default',
        detailType: 'invoice.paid',
        timeMs: Date.parse('2026-01-15T12:00:00.000Z'),
      },
    });
  });

  it('is told the tenant by the source, which no event can set', () => {
    const stored = STORED.replace('{"n"', '{"source":"breakwater.other","n"');
    expect(toBus({ tenant: 'acme' }, { stored }).envelope).toMatchObject({
      source: 'breakwater.acme',
    });
  });

  it('gets the object that a transform makes, and nothing where it makes none', () => {
    expect(bodyOf(toBus(jmespath('{n: data.n}')))).toBe('{"n":1}');
    for (const expression of ['type', 'data.n', 'data.x', '[id]', '`true`']) {
      expect(toBus(jmespath(expression)).unsendable).toMatch(/must be one/);
    }
  });

  it('gets what is within its limit, to the byte', () => {
    const { envelope } = toBus({}, { stored: sized(100) });
    const { source, detailType } = envelope as { source: string; detailType: string };
    const own = 14 + source.length + detailType.length + '"id":"evt-1",'.length;
    expect(toBus({}, { stored: sized(ENTRY_BYTES_MAX - own) }).unsendable).toBeUndefined();
    expect(toBus({}, { stored: sized(ENTRY_BYTES_MAX - own + 1) }).unsendable).toBe(
      'eventbridge: the entry takes 1000001 bytes; allowed are 1000000',
    );
  });
});

describe('the same service at a URL', () => {
  const endpoint = 'https://erp.example.com/hooks';

  it.each([
    ['sqs', STORED],
    ['eventbridge', `{"id":"evt-1",${STORED.slice(1)}`],
  ] as const)('%s: the same body, over HTTP', (serviceType, body) => {
    const sent = call({ serviceType, endpoint });
    expect(bodyOf(sent)).toBe(body);
    expect(sent).toMatchObject({ url: endpoint, method: 'POST' });
    expect(sent).not.toHaveProperty('envelope');
  });
});
