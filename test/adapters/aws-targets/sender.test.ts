import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { awsTargetSender, routedSender } from '../../../lib/adapters/aws-targets/sender.ts';
import type { CallResult, OutboundCall, Sender } from '../../../lib/app/ports-sending.ts';
import { judge, RETRY_DEFAULTS } from '../../../lib/domain/retry.ts';
import { type EventBridge, serveEventBridge } from '../../../lib/local/event-bridge.ts';
import { DEFAULT_SETTINGS } from '../../../lib/local/sqs-attributes.ts';
import { type SqsServer, serveSqs } from '../../../lib/local/sqs-server.ts';
import { sqsService } from '../../../lib/local/sqs-service.ts';
import { type Answering, answering } from './answering.ts';

const PLACE = { region: 'us-east-1', account: '000000000000', stackName: 'Test' };
const ARN = {
  queue: 'arn:aws:sqs:us-east-1:000000000000:orders',
  gone: 'arn:aws:sqs:us-east-1:000000000000:gone',
  bus: 'arn:aws:events:us-east-1:000000000000:event-bus/orders',
};
const POLICY = { targetArns: Object.values(ARN) };
const ENDPOINTS = ['AWS_ENDPOINT_URL_SQS', 'AWS_ENDPOINT_URL_EVENTBRIDGE'] as const;
const CREDENTIALS = { AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local' };

const service = sqsService(PLACE);
let sqs: SqsServer;
let bus: EventBridge;
let other: Answering;

beforeAll(async () => {
  Object.assign(process.env, CREDENTIALS);
  sqs = await serveSqs(service, PLACE.account);
  bus = await serveEventBridge(PLACE);
  other = await answering();
  service.create('orders', DEFAULT_SETTINGS);
});
beforeEach(() => reach(sqs.url, bus.url));
afterAll(async () => {
  for (const name of [...ENDPOINTS, ...Object.keys(CREDENTIALS)]) delete process.env[name];
  await Promise.all([sqs.stop(), bus.stop(), other.stop()]);
});

function reach(sqsUrl: string, busUrl: string) {
  process.env.AWS_ENDPOINT_URL_SQS = sqsUrl;
  process.env.AWS_ENDPOINT_URL_EVENTBRIDGE = busUrl;
}

const toQueue = (change: Partial<OutboundCall> = {}): OutboundCall => ({
  url: ARN.queue,
  method: 'SendMessage',
  headers: { 'webhook-id': 'evt-1', 'breakwater-type': 'invoice.paid' },
  body: Buffer.from('{"type":"invoice.paid","data":"ü"}'),
  timeoutMs: 5_000,
  envelope: { kind: 'sqs' },
  ...change,
});
const toBus = (change: Partial<OutboundCall> = {}): OutboundCall => ({
  url: ARN.bus,
  method: 'PutEvents',
  headers: {},
  body: Buffer.from('{"id":"evt-1","data":"ü"}'),
  timeoutMs: 5_000,
  envelope: {
    kind: 'eventbridge',
    source: 'breakwater.acme',
    detailType: 'invoice.paid',
    timeMs: Date.parse('2026-01-15T12:00:00.123Z'),
  },
  ...change,
});
const send = (call: OutboundCall, policy: { targetArns?: readonly string[] } = POLICY) =>
  awsTargetSender(policy).send(call);
const bodyOf = ({ responseBody }: CallResult) => JSON.parse(responseBody);

describe('a call to a queue', () => {
  it('is one message with its attributes, and answers its id', async () => {
    const result = await send(toQueue());
    expect(result).toMatchObject({ statusCode: 200, error: null, responseHeaders: {} });
    const [message] = service.byName('orders')?.take(10).messages ?? [];
    expect(bodyOf(result)).toEqual({ messageId: message?.id });
    expect(message?.body).toBe('{"type":"invoice.paid","data":"ü"}');
    expect(message?.attributes).toEqual({
      'webhook-id': { DataType: 'String', StringValue: 'evt-1' },
      'breakwater-type': { DataType: 'String', StringValue: 'invoice.paid' },
    });
    expect(message).not.toHaveProperty('groupId');
  });

  it('to a queue that is not there is 404, which disables nothing', async () => {
    const result = await send(toQueue({ url: ARN.gone }));
    expect(result).toMatchObject({ statusCode: 404, error: null });
    expect(bodyOf(result).message).toBe('There is no such target in its account and region.');
    expect(judge(result, RETRY_DEFAULTS, Date.now())).toMatchObject({ disable: false });
  });

  it('is made once, whatever the answer: the schedule of the delivery tries again', async () => {
    service.outage = true;
    service.requests.reset();
    const result = await send(toQueue());
    service.outage = false;
    expect(result).toMatchObject({ statusCode: 503, error: null });
    expect(service.requests.totals()).toEqual({ SendMessage: 1 });
  });

  it('names the queue by the URL that AWS gives it, in every partition, with group and id', async () => {
    reach(other.url, other.url);
    const urls = {
      'arn:aws:sqs:us-east-1:111122223333:q.fifo':
        'https://sqs.us-east-1.amazonaws.com/111122223333/q.fifo',
      'arn:aws-cn:sqs:cn-north-1:111122223333:q.fifo':
        'https://sqs.cn-north-1.amazonaws.com.cn/111122223333/q.fifo',
      'arn:aws-us-gov:sqs:us-gov-west-1:111122223333:q.fifo':
        'https://sqs.us-gov-west-1.amazonaws.com/111122223333/q.fifo',
      'arn:aws-eusc:sqs:eusc-de-east-1:111122223333:q.fifo':
        'https://sqs.eusc-de-east-1.amazonaws.eu/111122223333/q.fifo',
    };
    for (const [url, queueUrl] of Object.entries(urls)) {
      other.next({ status: 200, body: { MessageId: 'm', SequenceNumber: '18' } });
      const envelope = { kind: 'sqs', groupId: 'customer:7', deduplicationId: 'evt-1' } as const;
      await send(toQueue({ url, envelope }), { targetArns: [url] });
      expect(other.asked()).toMatchObject({
        target: 'AmazonSQS.SendMessage',
        region: url.split(':')[3],
        body: {
          QueueUrl: queueUrl,
          MessageGroupId: 'customer:7',
          MessageDeduplicationId: 'evt-1',
        },
      });
    }
  });
});

describe('a call to an event bus', () => {
  it('is one entry, and answers its id', async () => {
    const result = await send(toBus());
    const entry = bus.entries().at(-1);
    expect(result).toMatchObject({ statusCode: 200, error: null });
    expect(bodyOf(result)).toEqual({ eventId: entry?.id });
    expect(entry).toMatchObject({
      bus: ARN.bus,
      source: 'breakwater.acme',
      'detail-type': 'invoice.paid',
      time: '2026-01-15T12:00:00.123Z',
      resources: [],
      detail: { id: 'evt-1', data: 'ü' },
    });
  });

  it('that the bus refuses is a failure, although PutEvents answers 200', async () => {
    const result = await send(toBus({ body: Buffer.from('[]') }));
    expect(result).toMatchObject({ statusCode: 400, error: null, detail: 'aws_refused' });
    expect(bodyOf(result)).toEqual({ error: 'MalformedDetail', message: 'Detail is malformed.' });
  });

  it.each([
    ['InternalFailure', 500],
    ['InternalException', 500],
    ['ThrottlingException', 429],
    ['AccessDeniedException', 403],
    ['NotAuthorizedForSourceException', 403],
    ['InvalidArgument', 400],
  ])('whose entry is refused with %s is %i', async (ErrorCode, statusCode) => {
    reach(other.url, other.url);
    const Entries = [{ ErrorCode, ErrorMessage: 'why' }];
    other.next({ status: 200, body: { FailedEntryCount: 1, Entries } });
    expect(await send(toBus())).toMatchObject({ statusCode, error: null });
  });
});

describe('what AWS refuses', () => {
  beforeEach(() => reach(other.url, other.url));

  it.each([
    ['AccessDenied', 403, 403],
    ['AccessDeniedException', 400, 403],
    ['KmsAccessDenied', 400, 403],
    ['QueueDoesNotExist', 400, 404],
    ['RequestThrottled', 400, 429],
    ['KmsThrottled', 400, 429],
    ['ThrottlingException', 400, 429],
    ['ExpiredToken', 403, 503],
    ['InvalidSignatureException', 403, 503],
    ['UnrecognizedClientException', 400, 503],
    ['InvalidMessageContents', 400, 400],
    ['InternalError', 500, 500],
    ['ServiceUnavailable', 503, 503],
    ['Anything', 410, 404],
  ])('%s with %i is %i', async (code, status, statusCode) => {
    other.next({ status, body: { __type: `com.amazonaws.sqs#${code}`, message: 'why' } });
    const result = await send(toQueue());
    expect(result).toMatchObject({ statusCode, error: null });
    expect(bodyOf(result).error).toBe(code);
    expect(judge(result, RETRY_DEFAULTS, Date.now()).disable).toBe(false);
  });

  it('says which right is missing, and nothing of roles and accounts', async () => {
    const message =
      'User: arn:aws:sts::111122223333:assumed-role/Deliver/x is not authorized to perform: sqs:sendmessage';
    other.next({ status: 403, body: { __type: 'AccessDenied', message } });
    const { responseBody } = await send(toQueue());
    expect(responseBody).toMatch(/lack sqs:SendMessage on this target.*targetArns.*kms:Decrypt/);
    expect(responseBody).not.toMatch(/111122223333|assumed-role/);
    other.next({ status: 400, body: { __type: 'InvalidParameterValueException', message } });
    expect((await send(toQueue())).responseBody).not.toMatch(/111122223333|assumed-role/);
  });
});

describe('no answer', () => {
  it('within the deadline is a timeout, at the deadline', async () => {
    reach(other.url, other.url);
    for (const call of [toQueue({ timeoutMs: 150 }), toBus({ timeoutMs: 150 })]) {
      other.next('silence');
      const result = await send(call);
      expect(result).toMatchObject({ statusCode: null, error: 'timeout' });
      expect(result.latencyMs).toBeGreaterThanOrEqual(140);
      expect(result.latencyMs).toBeLessThan(2_000);
    }
  });

  it('because the connection was cut is a reset', async () => {
    reach(other.url, other.url);
    other.next('cut');
    expect(await send(toQueue())).toMatchObject({ statusCode: null, error: 'reset' });
  });

  it('that can be read is a reset', async () => {
    reach(other.url, other.url);
    other.next({ status: 200, body: 'not json' });
    expect(await send(toBus())).toMatchObject({ statusCode: null, error: 'reset' });
  });

  it('because nobody listens is refused; because there is no such host, dns', async () => {
    reach('http://127.0.0.1:1', 'http://breakwater.invalid');
    expect(await send(toQueue())).toMatchObject({ statusCode: null, error: 'refused' });
    expect(await send(toBus())).toMatchObject({ statusCode: null, error: 'dns' });
  });
});

describe('a target that is not listed', () => {
  it('gets nothing, and its owner reads why', async () => {
    service.requests.reset();
    const result = await send(toQueue(), { targetArns: [] });
    expect(result).toMatchObject({ statusCode: null, error: 'blocked', detail: 'arn_not_listed' });
    expect(result.responseBody).toContain(`Not sent. "${ARN.queue}" must be listed`);
    expect(service.requests.totals()).toEqual({});
  });

  it('and what is no queue or bus, gets nothing', async () => {
    for (const call of [toQueue({ url: 'arn:aws:sqs:x' }), toQueue({ url: ARN.bus })]) {
      expect(await send(call)).toMatchObject({ statusCode: null, error: 'blocked' });
    }
    const { envelope: _, ...bare } = toQueue();
    expect(await send(bare)).toMatchObject({ error: 'blocked', detail: 'arn_malformed' });
  });
});

it('ARNs go to AWS, and everything else over HTTP', async () => {
  const named = (name: string): Sender => ({
    send: async () => ({ ...(await send(toQueue(), {})), detail: name }),
  });
  const sender = routedSender(named('aws'), named('http'));
  expect((await sender.send(toQueue())).detail).toBe('aws');
  for (const url of ['https://erp.example.com/arn:aws:sqs', 'ARN:aws:sqs', ' arn:', 'http://a/']) {
    expect((await sender.send(toQueue({ url }))).detail).toBe('http');
  }
});
