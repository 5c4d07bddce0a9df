import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { serveSqs } from '../../lib/local/sqs-server.ts';
import { sqsService } from '../../lib/local/sqs-service.ts';
import { type Standin, sqsConformance } from './sqs.conformance.ts';

const PLACE = { region: 'us-east-1', account: '000000000000' };

sqsConformance('the queue model of the local run', () =>
  serveSqs(sqsService(PLACE), PLACE.account),
);

// A second opinion by somebody else: what both do the same is likelier to be what SQS does.
sqsConformance('fauxqs', startFauxqs, {
  'hands out queue URLs that lead back to itself': 'URLs name sqs.<region>.localhost',
  'moves dead letters back to where they died': 'no StartMessageMoveTask',
  'moves dead letters where it is told to, as new messages of their group':
    'no StartMessageMoveTask',
  'tells of the latest moves of dead letters, the newest first': 'no ListMessageMoveTasks',
  'moves no message that died in no queue, and says so': 'no StartMessageMoveTask',
  'refuses to move from a queue without dead letters, or from none': 'no StartMessageMoveTask',
  'names the queue that a dead letter came from': 'no DeadLetterQueueSourceArn',
  'keeps the message group of a standard queue': 'drops MessageGroupId',
  'lets a quiet group pass one that fills the queue': 'no fair queues',
  'refuses a delay above fifteen minutes': 'takes DelaySeconds 901',
  'refuses a receipt handle that it never gave': 'takes any handle',
  'refuses a redrive to a queue that does not exist': 'takes any ARN',
});

describe('the counts of the queue model', () => {
  it('tell a receive that found nothing from one that found something', async () => {
    const service = sqsService(PLACE);
    const queue = service.create('q', { ...SETTINGS });
    await service.receive(queue, { max: 10, waitMs: 0 });
    queue.put({ body: 'x' });
    await service.receive(queue, { max: 10, waitMs: 0 });
    expect(service.requests.totals()).toEqual({ ReceiveMessage: 1, 'ReceiveMessage (empty)': 1 });
  });
});

const SETTINGS = {
  visibilityTimeoutSeconds: 30,
  delaySeconds: 0,
  retentionSeconds: 60,
  messageBytesMax: 1024,
  receiveWaitSeconds: 0,
};

/** `startFauxqs` of the package listens on every address; its app is made here for loopback. */
async function startFauxqs(): Promise<Standin> {
  const { buildApp } = await import('fauxqs');
  const app = buildApp({ logger: false });
  app.server.listen(0, '127.0.0.1');
  await once(app.server, 'listening');
  await app.ready();
  const address = app.server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  return { url: `http://127.0.0.1:${port}`, ignoresQueueUrls: true, stop: () => app.close() };
}
