import { describe, expect, it } from 'vitest';
import { QUEUED_CALL_TYPE, type ServiceCall } from '../../lib/domain/call.ts';
import { recordOf } from '../../lib/domain/event-record.ts';
import { outboundCall } from '../../lib/domain/outbound-call.ts';
import { queuedCallData } from '../../lib/domain/queued-call.ts';
import { integration, T0, ulidOf } from '../contracts/fixtures.ts';

const ERP = integration(1, {
  serviceType: 'rest_api',
  endpoint: 'https://erp.example.com/v1',
  signing: { scheme: 'none' },
});
const CALL: ServiceCall = {
  ...{ id: 'call_1', method: 'PATCH', path: '/items/7', query: [['q', 'ü']] },
  ...{ headers: { 'x-mine': '1', 'content-type': 'text/plain' }, body: 'raw' },
};

function sent(target = ERP, data: unknown = queuedCallData(ERP.id, CALL), type = QUEUED_CALL_TYPE) {
  const { body } = recordOf({ tenant: 'default', type, data }, [], T0, ulidOf(1));
  const message = {
    ...{ eventId: `evt_${ulidOf(1)}`, deliveryId: `dlv_${ulidOf(1)}` as const, attempt: 2 },
    body: Buffer.from(body),
  };
  return outboundCall(target, message, '1.0.0', T0);
}

describe('a queued call', () => {
  it('becomes the request that it was', () => {
    const made = sent();
    expect(made).toMatchObject({
      ...{ method: 'PATCH', url: 'https://erp.example.com/v1/items/7?q=%C3%BC' },
      headers: {
        ...{ 'content-type': 'text/plain', 'x-mine': '1', 'breakwater-call': 'call_1' },
        'breakwater-attempt': '2',
      },
    });
    expect(Buffer.from(made.body).toString()).toBe('raw');
    expect(made.unsendable).toBeUndefined();
  });

  it('goes to the place of its own integration where a chain says so', () => {
    const dr = { ...ERP, endpoint: 'https://dr.example.com/x', target: 1 };
    expect(sent(dr).url).toBe('https://dr.example.com/x/items/7?q=%C3%BC');
    const queue = { ...ERP, serviceType: 'sqs', endpoint: 'arn:aws:sqs:us-east-1:1:q' } as const;
    expect(sent(queue).unsendable).toBeUndefined();
    expect(Buffer.from(sent(queue).body).toString()).toContain('"path":"/items/7"');
  });

  it.each([
    ['another integration', { ...ERP, id: integration(2).id }],
    [
      'a queue of another',
      { ...ERP, id: integration(2).id, serviceType: 'sqs', endpoint: 'arn:a' },
    ],
    ['what is no service any more', { ...ERP, serviceType: 'webhook' }],
  ] as const)('is never sent to %s', (_, target) => {
    const made = sent(target);
    expect(made.unsendable).toMatch(/^call: /);
    expect(Buffer.from(made.body).toString()).toBe('');
  });

  it.each([
    [null],
    [{}],
    [{ ...queuedCallData(ERP.id, CALL), path: '/../admin' }],
    [{ ...queuedCallData(ERP.id, CALL), path: '//evil.example.net' }],
    [{ ...queuedCallData(ERP.id, CALL), method: 'TRACE' }],
    [{ ...queuedCallData(ERP.id, CALL), headers: { host: 'evil' } }],
    [{ ...queuedCallData(ERP.id, CALL), headers: { 'content-type': 'a\r\nb' } }],
    [{ ...queuedCallData(ERP.id, CALL), query: [['a']] }],
    [{ ...queuedCallData(ERP.id, CALL), body: { n: 1 } }],
    [{ ...queuedCallData(ERP.id, CALL), id: 'a b' }],
  ])('that somebody made up is not sent: %j', (data) => {
    expect(sent(ERP, data).unsendable).toMatch(/^call: /);
  });

  it('is told by its type alone: other events are sent as they are', () => {
    const other = sent(ERP, queuedCallData(ERP.id, CALL), 'breakwater.calls');
    expect([other.method, other.url]).toEqual(['POST', ERP.endpoint]);
  });
});
