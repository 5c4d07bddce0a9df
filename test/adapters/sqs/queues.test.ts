import type { SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sqsClient } from '../../../lib/adapters/sqs/client.ts';
import { sqsDeliveryQueue, sqsWorkQueue } from '../../../lib/adapters/sqs/queues.ts';
import type { DeliveryTask, Lane } from '../../../lib/domain/delivery.ts';
import { parseDoorbell, parseWork } from '../../../lib/domain/messages.ts';
import { DEFAULT_SETTINGS } from '../../../lib/local/sqs-attributes.ts';
import { type SqsServer, serveSqs } from '../../../lib/local/sqs-server.ts';
import { type NamedQueue, sqsService } from '../../../lib/local/sqs-service.ts';
import { fakeTelemetry } from '../../fakes/world.ts';

const ACCOUNT = '000000000000';
const ID = 'int_01hzxk5v0000000000000000ab';
const task: DeliveryTask = {
  tenant: 'acme',
  eventId: 'my-event',
  integrationId: ID,
  type: 'invoice.paid',
  acceptedAtMs: 1_800_000_000_000,
  attempt: 1,
};

const service = sqsService({ region: 'us-east-1', account: ACCOUNT });
const LANES = ['fast', 'slow', 'drain'] as const satisfies readonly Lane[];
let server: SqsServer;
let sqs: SQSClient;
let urls: Record<Lane | 'work', string>;

beforeAll(async () => {
  server = await serveSqs(service, ACCOUNT);
  process.env.AWS_ENDPOINT_URL_SQS = server.url;
  sqs = sqsClient();
  const urlOf = (name: string) => server.urlOf(service.create(name, DEFAULT_SETTINGS));
  urls = {
    fast: urlOf('fast'),
    slow: urlOf('slow'),
    drain: urlOf('drain'),
    work: urlOf('work'),
  };
});
afterAll(async () => {
  delete process.env.AWS_ENDPOINT_URL_SQS;
  sqs.destroy();
  await server.stop();
});
beforeEach(() => {
  for (const queue of service.all()) queue.purge();
  service.requests.reset();
});

const queueOf = (name: string) => service.byName(name) as NamedQueue;
const taken = (name: string) => queueOf(name).take(100).messages;
const deliveries = () => sqsDeliveryQueue(sqs, urls, fakeTelemetry());
const works = () => sqsWorkQueue(sqs, urls.work, fakeTelemetry());

describe('the delivery queues', () => {
  it('get each doorbell in the lane that it says, the fast one where it says none', async () => {
    const doorbells = ['fast', 'slow', 'drain', undefined].map((lane, i) => ({
      task: { ...task, eventId: `e${i}`, ...(lane !== undefined && { lane: lane as Lane }) },
      delaySeconds: 0,
    }));
    expect(await deliveries().ring(doorbells)).toEqual({ failed: 0 });
    const found = LANES.map((lane) =>
      taken(lane).map(({ body, groupId }) => [parseDoorbell(body).eventId, groupId]),
    );
    expect(found).toEqual([
      [
        ['e0', ID],
        ['e3', ID],
      ],
      [['e1', ID]],
      [['e2', ID]],
    ]);
  });

  it('are sent to in tens, lane by lane', async () => {
    const doorbells = Array.from({ length: 21 }, (_, i) => ({
      task: { ...task, ...(i % 3 === 0 && { lane: 'slow' as const }) },
      delaySeconds: 0,
    }));
    await deliveries().ring(doorbells);
    expect(service.requests.ofQueue('fast')).toEqual({ SendMessageBatch: 2 });
    expect(service.requests.ofQueue('slow')).toEqual({ SendMessageBatch: 1 });
    expect([taken('fast').length, taken('slow').length]).toEqual([14, 7]);
  });

  it('say and count how many doorbells were not taken, of those lanes alone that failed', async () => {
    const telemetry = fakeTelemetry();
    const queue = sqsDeliveryQueue(sqs, { ...urls, slow: `${urls.slow}-gone` }, telemetry);
    const doorbells = LANES.map((lane) => ({ task: { ...task, lane }, delaySeconds: 0 }));
    expect(await queue.ring(doorbells)).toEqual({ failed: 1 });
    expect([taken('fast').length, taken('drain').length]).toEqual([1, 1]);
    expect(telemetry.counts.get('DoorbellsFailed')).toBe(1);
  });

  it('count what SQS refused of a batch that it took', async () => {
    const telemetry = fakeTelemetry();
    const refusing = { send: async () => ({ Failed: [{ Id: '1', Code: 'InternalError' }] }) };
    const queue = sqsDeliveryQueue(refusing as unknown as SQSClient, urls, telemetry);
    const doorbells = [1, 2, 3].map(() => ({ task, delaySeconds: 0 }));
    expect(await queue.ring(doorbells)).toEqual({ failed: 1 });
    expect(telemetry.counts.get('DoorbellsFailed')).toBe(1);
  });
});

describe('the work queue', () => {
  const drain = { kind: 'drain', tenant: 'acme', integrationId: ID, step: 3 } as const;
  const job = { kind: 'job', jobId: 'job_01hzxk5v0000000000000000ab' } as const;

  it('gets tokens as they are, each in the group of what it is for', async () => {
    const tokens = [drain, job].map((of) => ({ task: of, delaySeconds: 0 }));
    expect(await works().ring(tokens)).toEqual({ failed: 0 });
    const found = taken('work').map(({ body, groupId }) => [parseWork(body), groupId]);
    expect(found).toEqual([
      [drain, ID],
      [job, job.jobId],
    ]);
  });

  it.each([
    [5, 5],
    [900, 900],
    [100_000, 900],
  ])('keeps back for %i s what SQS can keep back: %i s', async (asked, kept) => {
    const before = Date.now();
    await works().ring([{ task: drain, delaySeconds: asked }]);
    expect(taken('work')).toEqual([]);
    const atMs = queueOf('work').nextVisibleAtMs() ?? 0;
    expect(Math.round((atMs - before) / 1000)).toBe(kept);
  });

  it('fails nobody while SQS is down, and says what was not rung', async () => {
    service.outage = true;
    const tokens = Array.from({ length: 11 }, () => ({ task: drain, delaySeconds: 0 }));
    expect(await works().ring(tokens)).toEqual({ failed: 11 });
    service.outage = false;
  });
});
