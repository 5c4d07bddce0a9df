import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TARGETS } from './assembly.ts';
import { until } from './client.ts';
import { type Gateway, startGateway } from './gateway.ts';

const EVENT = {
  id: 'order-7',
  type: 'order.paid',
  timestamp: '2026-01-15T12:00:00.000Z',
  data: { amount: 12.5, of: 'ü' },
};
const { id, ...stored } = EVENT;

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway();
  await gateway.register({ name: 'queue', serviceType: 'sqs', endpoint: TARGETS.queue });
  await gateway.register({ name: 'bus', serviceType: 'eventbridge', endpoint: TARGETS.bus });
  await gateway.publish(EVENT);
});
afterAll(() => gateway.stop());

describe('an event', () => {
  it('comes to a queue as its body, with who sends it in the attributes', async () => {
    const { sqs, region } = gateway.run.aws;
    const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
    const client = new SQSClient({ endpoint: sqs, region, credentials });
    const message = await until('the message', async () => {
      const receive = new ReceiveMessageCommand({
        QueueUrl: `${sqs}/000000000000/orders`,
        MessageAttributeNames: ['All'],
        WaitTimeSeconds: 1,
      });
      return (await client.send(receive)).Messages?.[0];
    });
    client.destroy();
    expect(JSON.parse(message.Body ?? '')).toEqual(stored);
    const attributes = Object.entries(message.MessageAttributes ?? {}).map(
      ([name, { StringValue }]) => [name, StringValue],
    );
    expect(Object.fromEntries(attributes)).toEqual({
      'webhook-id': id,
      'webhook-timestamp': expect.stringMatching(/^\d{10}$/),
      'breakwater-delivery': expect.stringMatching(/^dlv_/),
      'breakwater-attempt': '1',
      'breakwater-type': EVENT.type,
    });
  });

  it('comes to an event bus as one entry that rules can match', async () => {
    const entry = await until('the entry', async () => gateway.run.busEvents()[0]);
    expect(entry).toMatchObject({
      bus: TARGETS.bus,
      source: 'breakwater.default',
      'detail-type': EVENT.type,
      time: EVENT.timestamp,
      detail: EVENT,
    });
  });

  it.each(['queue', 'bus'])('is delivered to the %s, with the id it got there', async (name) => {
    const delivery = await until('the delivery', async () => {
      const list = await gateway.call('GET', `/v1/deliveries?integration=${name}`);
      const [first] = list.json.data.filter(
        ({ status }: { status: string }) => status === 'delivered',
      );
      return first && (await gateway.call('GET', `/v1/deliveries/${first.id}`)).json;
    });
    const [attempt] = delivery.attempts;
    expect(attempt).toMatchObject({ outcome: 'success', statusCode: 200 });
    expect(JSON.parse(attempt.responseBody)).toEqual({
      [name === 'bus' ? 'eventId' : 'messageId']: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
  });
});

describe('a target', () => {
  it('can be tried by a test call, which says what was asked of AWS', async () => {
    const { json } = await gateway.call('POST', '/v1/integrations/bus/test', { body: {} });
    expect(json).toMatchObject({
      ok: true,
      statusCode: 200,
      request: { method: 'PutEvents', url: TARGETS.bus, headers: {} },
    });
  });

  it('that the deployment does not list is refused with its ARN', async () => {
    const endpoint = `${TARGETS.queue}-2`;
    const body = { name: 'other', serviceType: 'sqs', endpoint };
    const answer = await gateway.call('POST', '/v1/integrations', { body });
    const message = `"${endpoint}" must be listed in the setting "targetArns" of the deployment`;
    expect(answer.status).toBe(422);
    expect(answer.json.errors).toEqual([{ path: 'endpoint', message }]);
  });
});
