import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { DEFAULT_SETTINGS } from '../../../lib/local/sqs-attributes.ts';
import type { NamedQueue } from '../../../lib/local/sqs-service.ts';
import { type Faults, listedFaults } from '../kernel/faults.ts';
import type { Process } from '../kernel/process.ts';
import { type Report, type Simulation, simulate } from '../kernel/simulate.ts';
import { type ModelSqs, modelSqs } from '../sqs/model.ts';
import { AWS_WEAKNESSES, type Weaknesses } from '../sqs/weaknesses.ts';
import { type FunctionSpec, type ModelFunction, modelFunction } from './function.ts';
import type { LambdaHandler } from './instance.ts';

/** What the tests of this room play on: a queue, its dead letters and functions. */
export interface Stage {
  readonly simulation: Simulation;
  readonly sqs: ModelSqs;
  readonly queue: NamedQueue;
  readonly dead: NamedQueue;
  /** A function of 10 seconds that runs in up to five instances where nothing else is said. */
  fn(handlerOf: (process: Process) => LambdaHandler, more?: Partial<FunctionSpec>): ModelFunction;
  put(...bodies: readonly string[]): void;
}

export interface StageOptions {
  readonly seed?: number;
  readonly faults?: Faults;
  readonly weaknesses?: Partial<Weaknesses>;
  readonly forMs?: number;
  readonly listsKillPoints?: boolean;
}

const DAY_MS = 86_400_000;
const RECEIVES_MAX = 5;

export function onStage(options: StageOptions, play: (stage: Stage) => void): Promise<Report> {
  const { seed = 1, faults = listedFaults([]), forMs = DAY_MS, listsKillPoints = false } = options;
  return simulate({ seed, faults, forMs, listsKillPoints }, (simulation) => {
    const sqs = modelSqs({
      clock: simulation.world.clock,
      random: { unit: simulation.drawsByKey('sqs') },
      ask: simulation.fault,
      weaknesses: { ...AWS_WEAKNESSES, ...options.weaknesses },
    });
    const dead = sqs.service.create('dead', DEFAULT_SETTINGS);
    const redrive = { deadLetterArn: dead.arn, maxReceiveCount: RECEIVES_MAX };
    const queue = sqs.service.create('q', { ...DEFAULT_SETTINGS, redrive });
    play({
      ...{ simulation, sqs, queue, dead },
      fn: (handlerOf, more) =>
        modelFunction(simulation, {
          ...{ name: 'f', timeoutMs: 10_000, concurrencyMax: 5 },
          compose: ({ process }) => handlerOf(process),
          ...more,
        }),
      put(...bodies) {
        const sender = simulation.spawn('sender');
        const client = sqs.clientOf(sender);
        const QueueUrl = sqs.urlOf(queue);
        sender.start(
          async () => {
            for (const MessageBody of bodies) {
              const command = new SendMessageCommand({ QueueUrl, MessageBody });
              await untilDone(() => client.send(command));
            }
          },
          () => {},
        );
      },
    });
  });
}

const TRIES_MAX = 20;

async function untilDone(send: () => Promise<unknown>): Promise<void> {
  for (let tries = 1; tries < TRIES_MAX; tries++) {
    const isSent = await send().then(
      () => true,
      () => false,
    );
    if (isSent) return;
  }
  await send();
}

export interface Batch {
  readonly Records: readonly { readonly messageId: string; readonly body: string }[];
}
