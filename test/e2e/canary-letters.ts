import {
  ListQueuesCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { CONTENTS, NAMES, SECRETS, type Walk } from './canary-flows.ts';
import { type Json, until } from './client.ts';
import { messagesOf } from './places.ts';

/** One more than are rung for at once: the others are the fan-out function's. */
const CROWD = 51;
/** Of each integration, while nobody listens. */
const EVENTS = 3;

/** So many integrations of one event type that it takes a message to ring for them. */
export async function crowd({ gateway, destination: { url } }: Walk): Promise<void> {
  const names = Array.from({ length: CROWD }, (_, n) => `crowd-${n}`).values();
  const one = async () => {
    for (const name of names) {
      await gateway.register({
        ...{ name, endpoint: `${url}/crowd?token=${SECRETS.query}` },
        ...{ eventTypes: ['crowd.*'], auth: { type: 'bearer', token: SECRETS.bearer } },
      });
    }
  };
  await Promise.all([one(), one(), one(), one()]);
}

/** Every kind of message, with nobody to hear it: the run's queues have no pollers. */
export async function leaveWaiting(walk: Walk): Promise<void> {
  const { call, gateway } = walk;
  await publish(walk, [...NAMES, 'crowd']);
  // Of what was accepted before: work by hand, and what the tick finds to be due.
  const { json } = await call('GET', '/v1/deliveries?status=failed');
  for (const { id } of json.data) await call('POST', `/v1/deliveries/${id}/retry`);
  const since = new Date(Date.now() - 3_600_000).toISOString();
  for (const name of NAMES) {
    await call('POST', `/v1/integrations/${name}/recover`, { body: { since } });
    await call('POST', `/v1/integrations/${name}/breaker/reset`, { body: {} });
  }
  await hold(walk, 'echo');
  await call('POST', '/v1/integrations/echo/resume');
  await gateway.run.tick();
}

/** Every kind of message, heard by functions that fail, until it is a dead letter. */
export async function letDie(walk: Walk): Promise<void> {
  const { call, gateway } = walk;
  await haste(walk);
  await publish(walk, ['echo', 'oauth', 'crowd']);
  await hold(walk, 'service');
  await call('POST', '/v1/integrations/service/resume');
  await poison(walk);
  const dead = () => {
    const { DeadLettersDelivery = [], DeadLettersBackground = [] } = messagesOf(gateway.run);
    const sources = [...DeadLettersDelivery, ...DeadLettersBackground].map(sourceOf);
    const count = (name: string) => sources.filter((source) => source === name).length;
    // More than was put there: our own too.
    const isOwn = ['Delivery', 'Drain', 'FanOut'].every((name) => count(name) > POISONS);
    return isOwn && ['Slow', 'Work'].every((name) => count(name) >= POISONS);
  };
  await until('dead letters of all', dead, 60_000);
}

/** Of which queue it was before it died: `Drain`. */
export function sourceOf(letter: string): string {
  return /"deadLetterSourceArn":"[^"]*:Queues([A-Za-z]+?)Queue[0-9A-F]{8}"/.exec(letter)?.[1] ?? '';
}

async function publish({ call }: Walk, names: readonly string[]): Promise<void> {
  const events = names.flatMap((name) => Array.from({ length: EVENTS }, () => eventOf(name)));
  await call('POST', '/v1/events/batch', { body: { events } });
}

const eventOf = (name: string): Json => ({
  ...{ type: `${name}.late`, data: CONTENTS.payload, orderingKey: CONTENTS.orderingKey },
});

/** Deliveries that wait for their integration to be resumed. */
async function hold(walk: Walk, name: string): Promise<void> {
  await walk.call('POST', `/v1/integrations/${name}/pause`);
  await publish(walk, [name]);
}

function clientOf({ gateway }: Walk): SQSClient {
  const { sqs, region } = gateway.run.aws;
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  return new SQSClient({ endpoint: sqs, region, credentials });
}

async function queuesOf(client: SQSClient): Promise<readonly string[]> {
  const { QueueUrls = [] } = await client.send(new ListQueuesCommand({}));
  return QueueUrls.filter((url) => /Queues(Delivery|Slow|Drain|FanOut|Work)/.test(url));
}

/** What was received and not deleted comes again after a second, not after minutes. */
async function haste(walk: Walk): Promise<void> {
  const client = clientOf(walk);
  for (const QueueUrl of await queuesOf(client)) {
    const Attributes = { VisibilityTimeout: '1' };
    await client.send(new SetQueueAttributesCommand({ QueueUrl, Attributes }));
  }
}

/** Of each queue. */
const POISONS = 2;

/** Messages that nobody of ours sent. */
export async function poison(walk: Walk): Promise<void> {
  const client = clientOf(walk);
  for (const QueueUrl of await queuesOf(client)) {
    for (const MessageBody of [CONTENTS.poison, JSON.stringify({ v: 1, ev: CONTENTS.poison })]) {
      await client.send(new SendMessageCommand({ QueueUrl, MessageBody }));
    }
  }
}
