import {
  DeleteMessageCommand,
  type Message,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { describe, expect, it } from 'vitest';
import { sqsWorkQueue } from '../../../lib/adapters/sqs/queues.ts';
import type { WorkToken } from '../../../lib/app/ports-outage.ts';
import { DEFAULT_SETTINGS } from '../../../lib/local/sqs-attributes.ts';
import { fakeTelemetry } from '../../fakes/world.ts';
import { type Fault, listedFaults } from '../kernel/faults.ts';
import type { Process } from '../kernel/process.ts';
import { simulate } from '../kernel/simulate.ts';
import { type ModelSqs, modelSqs } from './model.ts';
import { NO_WEAKNESSES, type Weaknesses } from './weaknesses.ts';

const HOUR_MS = 3_600_000;

interface Scene {
  readonly client: SQSClient;
  readonly model: ModelSqs;
  readonly process: Process;
  readonly QueueUrl: string;
  send(...bodies: readonly string[]): Promise<void>;
  receive(): Promise<readonly Message[]>;
  bodies(): Promise<readonly (string | undefined)[]>;
}

/** Plays `act` in a process that uses a queue of the model. Rejects with what it throws. */
async function play<T>(
  act: (scene: Scene) => Promise<T>,
  { faults = [] as readonly Fault[], weaknesses = {} as Partial<Weaknesses>, seed = 1 } = {},
): Promise<T> {
  const ended = Promise.withResolvers<T>();
  const report = await simulate(
    { seed, faults: listedFaults(faults), forMs: 48 * HOUR_MS },
    (simulation) => {
      const model = modelSqs({
        clock: simulation.world.clock,
        random: simulation.draws('sqs'),
        ask: simulation.fault,
        weaknesses: { ...NO_WEAKNESSES, ...weaknesses },
      });
      const QueueUrl = model.urlOf(model.service.create('q', DEFAULT_SETTINGS));
      const process = simulation.spawn('p', { isMortal: true, onDeath: () => {} });
      const client = model.clientOf(process);
      const receive = async () => {
        const command = new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 });
        return (await client.send(command)).Messages ?? [];
      };
      const scene: Scene = {
        ...{ client, model, process, QueueUrl, receive },
        async send(...bodies) {
          for (const MessageBody of bodies) {
            await client.send(new SendMessageCommand({ QueueUrl, MessageBody }));
          }
        },
        bodies: async () => (await receive()).map(({ Body }) => Body),
      };
      process.start(
        () => act(scene),
        (outcome) => {
          if (outcome.kind === 'done') ended.resolve(outcome.value);
          else ended.reject(outcome.error);
        },
      );
    },
  );
  expect(report.failure).toBeUndefined();
  return ended.promise;
}

const fault = (at: string, kind: string, amount = 0.5): Fault => ({ at, kind, amount });
const sending = (kind: string, attempt = 1) => fault(`p sqs.SendMessage#${attempt}`, kind);

describe('a queue of the simulation', () => {
  it('hands out in another order than it was given', async () => {
    const sent = Array.from({ length: 10 }, (_, n) => `${n}`);
    const found = await play(
      async ({ client, QueueUrl, process, bodies }) => {
        const Entries = sent.map((MessageBody) => ({ Id: MessageBody, MessageBody }));
        await client.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
        await process.clock.sleep(100);
        return bodies();
      },
      { weaknesses: { jitterMs: 40 } },
    );
    expect(found).not.toEqual(sent);
    expect([...found].sort()).toEqual(sent);
  });

  it('brings a message back to one that still works on it when its visibility is over', async () => {
    const found = await play(async ({ send, receive, process, client, QueueUrl }) => {
      await send('slow');
      const [first] = await receive();
      await process.clock.sleep(30_001);
      const [second] = await receive();
      const { ReceiptHandle } = first ?? {};
      await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
      await process.clock.sleep(30_001);
      return [second?.Body, (await receive())[0]?.Body];
    });
    expect(found).toEqual(['slow', 'slow']);
  });

  it.each<[string, Fault, readonly [string[], string[], string[]]]>([
    ['a message long after its time', fault('sqs/q put#1', 'sqs-late'), [[], ['a'], []]],
    ['a message again after its delete', fault('sqs/q put#1', 'sqs-duplicate'), [['a'], ['a'], []]],
    [
      'a message once more than deleted',
      fault('sqs/q delete#1', 'sqs-undeleted'),
      [['a'], ['a'], []],
    ],
    ['no message', fault('sqs/q put#1', 'sqs-lost'), [[], [], []]],
    ['a message of a slow request', sending('sqs-slow'), [['a'], ['a'], []]],
  ])('may bring %s', async (_, one, [soon, late, atLast]) => {
    const found = await play(
      async ({ send, receive, client, process, QueueUrl }) => {
        await send('a');
        const rounds: unknown[] = [];
        for (let round = 0; round < 3; round++) {
          const messages = await receive();
          rounds.push(messages.map(({ Body }) => Body));
          for (const { ReceiptHandle } of messages) {
            await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
          }
          await process.clock.sleep(HOUR_MS);
        }
        return rounds;
      },
      { faults: [one] },
    );
    expect(found).toEqual([soon, late, atLast]);
  });

  it('may bring both copies of a message in one batch, under one id', async () => {
    const ids = await play(
      async ({ send, receive, process }) => {
        await send('a');
        await process.clock.sleep(100);
        return (await receive()).map(({ MessageId }) => MessageId);
      },
      { faults: [fault('sqs/q put#1', 'sqs-duplicate', 0.1)] },
    );
    expect(ids).toHaveLength(2);
    expect(new Set(ids).size).toBe(1);
  });

  it('may bring a message again while its visibility timeout still hides it', async () => {
    const found = await play(
      async ({ send, receive, bodies, process }) => {
        await send('a');
        await receive();
        await process.clock.sleep(9_000);
        const before = await bodies();
        await process.clock.sleep(1_001);
        return [before, await bodies()];
      },
      { faults: [fault('sqs/q take#1', 'sqs-early')] },
    );
    expect(found).toEqual([[], ['a']]);
  });

  it('gives the second copy of a message the id of the first', async () => {
    const ids = await play(
      async ({ send, receive, process }) => {
        await send('a');
        const [first] = await receive();
        await process.clock.sleep(HOUR_MS);
        const both = await receive();
        return [first, ...both].map((message) => message?.MessageId);
      },
      { faults: [fault('sqs/q put#1', 'sqs-duplicate')] },
    );
    expect(ids).toHaveLength(3);
    expect(new Set(ids).size).toBe(1);
  });

  it('takes what is sent during a purge along', async () => {
    const found = await play(
      async ({ client, QueueUrl, send, process, bodies }) => {
        await send('before');
        await client.send(new PurgeQueueCommand({ QueueUrl }));
        await send('meanwhile');
        await process.clock.sleep(60_000);
        await send('after');
        return bodies();
      },
      { weaknesses: { purgeMs: 60_000 } },
    );
    expect(found).toEqual(['after']);
  });
});

describe('a request to it', () => {
  it.each<[string, readonly Fault[], readonly string[]]>([
    ['is sent again when it was throttled', [sending('sqs-throttled')], ['a']],
    ['is sent again when it did not arrive', [sending('sqs-lost-before')], ['a']],
    ['is sent again when only its answer was lost', [sending('sqs-lost-after')], ['a', 'a']],
  ])('%s', async (_, faults, expected) => {
    const found = await play(
      async ({ send, bodies }) => {
        await send('a');
        return bodies();
      },
      { faults },
    );
    expect(found).toEqual(expected);
  });

  it('fails as the SDK fails after its last try, and may have been done', async () => {
    const faults = [sending('sqs-lost-after'), sending('sqs-lost-after', 2)];
    const found = await play(
      async ({ send, bodies, process }) => {
        const error = await send('a').catch((thrown: Error) => thrown);
        return [error?.name, process.clock.nowMs() % 1_800_000_000_000 > 3_000, await bodies()];
      },
      { faults },
    );
    expect(found).toEqual(['TimeoutError', true, ['a', 'a']]);
  });

  it('is refused by name while SQS is down, and by name for what SQS refuses', async () => {
    const names = await play(async ({ model, send, client }) => {
      const nameOf = (refused: Promise<unknown>) =>
        refused.then(String, (error: Error) => error.name);
      model.service.outage = true;
      const down = await nameOf(send('a'));
      model.service.outage = false;
      const command = new SendMessageCommand({ QueueUrl: 'https://x/no', MessageBody: 'a' });
      return [down, await nameOf(client.send(command))];
    });
    expect(names).toEqual(['ServiceUnavailable', 'QueueDoesNotExist']);
  });

  it('may be taken in part, which the adapter counts', async () => {
    const at = 'p sqs.SendMessageBatch#1';
    const tokens: readonly WorkToken[] = ['int_1', 'int_2', 'int_3'].map((integrationId) => ({
      task: {
        kind: 'drain',
        tenant: 't',
        integrationId: integrationId as `int_${string}`,
        step: 0,
      },
      delaySeconds: 0,
    }));
    const found = await play(
      async ({ client, QueueUrl, bodies }) => {
        const queue = sqsWorkQueue(client, QueueUrl, fakeTelemetry());
        const { failed } = await queue.ring(tokens);
        return [failed, (await bodies()).length];
      },
      { faults: [fault(at, 'sqs-partial', 0.1)] },
    );
    expect(found).toEqual([1, 2]);
  });

  it('is done though its sender died before the answer', async () => {
    const left = Promise.withResolvers<number>();
    await simulate(
      { seed: 1, faults: listedFaults([fault('p#1', 'kill-after')]), forMs: HOUR_MS },
      (simulation) => {
        const random = simulation.draws('sqs');
        const model = modelSqs({ clock: simulation.world.clock, random });
        const queue = model.service.create('q', DEFAULT_SETTINGS);
        const process = simulation.spawn('p', { isMortal: true, onDeath: () => {} });
        const command = new SendMessageCommand({ QueueUrl: model.urlOf(queue), MessageBody: 'a' });
        process.start(
          () => model.clientOf(process).send(command),
          () => left.reject(new Error('it lived')),
        );
        simulation.world.clock.after(1_000, () => left.resolve(queue.counts().visible));
      },
    );
    expect(await left.promise).toBe(1);
  });
});
