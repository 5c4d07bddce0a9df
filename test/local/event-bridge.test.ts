import {
  EventBridgeClient,
  PutEventsCommand,
  type PutEventsRequestEntry,
} from '@aws-sdk/client-eventbridge';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EventBridge, serveEventBridge } from '../../lib/local/event-bridge.ts';
import { sqsService } from '../../lib/local/sqs-service.ts';
import { createTargets } from '../../lib/local/targets.ts';
import { ENV } from '../../lib/names.ts';

const PLACE = { region: 'us-east-1', account: '000000000000', stackName: 'Test' };
const GOOD: PutEventsRequestEntry = { Source: 'a', DetailType: 'b', Detail: '{"n":1}' };

let bridge: EventBridge;
let client: EventBridgeClient;
beforeAll(async () => {
  bridge = await serveEventBridge(PLACE);
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  client = new EventBridgeClient({ endpoint: bridge.url, region: PLACE.region, credentials });
});
afterAll(() => bridge.stop());

const put = (entries: readonly PutEventsRequestEntry[]) =>
  client.send(new PutEventsCommand({ Entries: [...entries] }));

describe('EventBridge of the local run', () => {
  it('keeps what is put, as a rule would see it', async () => {
    const { FailedEntryCount, Entries } = await put([
      { ...GOOD, EventBusName: 'orders', Time: new Date('2026-01-15T12:00:00Z'), Resources: ['r'] },
    ]);
    expect(FailedEntryCount).toBe(0);
    const kept = {
      id: Entries?.[0]?.EventId,
      bus: 'orders',
      source: 'a',
      'detail-type': 'b',
      time: '2026-01-15T12:00:00.000Z',
      account: PLACE.account,
      region: PLACE.region,
      resources: ['r'],
      detail: { n: 1 },
    };
    expect(bridge.entries().at(-1)).toEqual(kept);
    const answer = await fetch(bridge.url, {
      method: 'POST',
      headers: { 'x-amz-target': 'AWSEvents.LocalEntries' },
      body: '{}',
    });
    expect(await answer.json()).toEqual({ Entries: [kept] });
  });

  it('refuses entries one by one, with the codes of the real one', async () => {
    const { FailedEntryCount, Entries } = await put([
      GOOD,
      { ...GOOD, Detail: '[1]' },
      { ...GOOD, Detail: '{' },
      { DetailType: 'b', Detail: '{}' },
      { Source: 'a', DetailType: 'b' },
    ]);
    expect(FailedEntryCount).toBe(4);
    expect(Entries?.map(({ ErrorCode = '' }) => ErrorCode)).toEqual([
      '',
      'MalformedDetail',
      'MalformedDetail',
      'InvalidArgument',
      'InvalidArgument',
    ]);
  });

  it('refuses too many entries, none, and too much', async () => {
    const refused = { name: 'ValidationException' };
    await expect(put([])).rejects.toMatchObject(refused);
    await expect(put(Array.from({ length: 11 }, () => GOOD))).rejects.toMatchObject(refused);
    const big = { ...GOOD, Detail: JSON.stringify({ x: 'x'.repeat(600_000) }) };
    await expect(put([big, big])).rejects.toMatchObject(refused);
    expect((await put([big])).FailedEntryCount).toBe(0);
  });

  it('keeps the last thousand', async () => {
    for (let i = 0; i < 101; i++) await put(Array.from({ length: 10 }, () => GOOD));
    expect(bridge.entries()).toHaveLength(1_000);
    expect(bridge.entries().every(({ source }) => source === 'a')).toBe(true);
  });
});

describe('the targets of the local run', () => {
  const made = (arns: string) => {
    const service = sqsService(PLACE);
    const functions = [{ environment: { [ENV.targetArns]: arns } }, { environment: {} }];
    createTargets(functions, service, PLACE);
    return service.all().map(({ arn }) => arn);
  };
  const QUEUE = 'arn:aws:sqs:us-east-1:000000000000:orders';

  it('are queues that are made as AWS would have them', () => {
    const bus = 'arn:aws:events:us-east-1:000000000000:event-bus/orders';
    expect(made(`${QUEUE},${bus}`)).toEqual([QUEUE]);
    expect(made('')).toEqual([]);
  });

  it.each([
    ['arn:aws:sqs:eu-central-1:000000000000:orders', /here it is us-east-1:000000000000/],
    ['arn:aws:sqs:us-east-1:111122223333:orders', /is not of this machine/],
    [`${QUEUE}.fifo`, /no FIFO queues run here/],
    ['orders', /is no ARN/],
  ])('%s could not be here, and is refused by name', (arn, message) => {
    expect(() => made(arn)).toThrow(message);
    expect(() => made(arn)).toThrow(arn);
  });
});
