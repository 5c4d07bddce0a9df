import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { Process, ProcessOptions } from '../kernel/process.ts';
import type { Simulation } from '../kernel/simulate.ts';
import type { Line } from '../product/log.ts';

/** What befell the product's instances, and what they said of it: the excuses there are. */
export interface Witness {
  /** By process. */
  readonly deaths: ReadonlyMap<string, Death>;
  /** Attempts that could not be recorded, or broke down before they were made. */
  readonly broken: readonly Broken[];
  /** When a doorbell was sent for a delivery, by `ringKey`; those of callers who ask again left out. */
  readonly rings: ReadonlyMap<string, readonly number[]>;
  /** Commands to the tables, by function. */
  readonly commands: ReadonlyMap<string, number>;
  hear(line: Line): void;
  /** The client, with the commands that go through it counted. */
  counting(process: Process, client: DynamoDBClient): DynamoDBClient;
  /** The client, with the doorbells that go through it noted. */
  ringing(process: Process, client: SQSClient): SQSClient;
  /** The simulation, with the deaths of all that is spawned in it noted. */
  watching(simulation: Simulation): Simulation;
}

export interface Death {
  readonly atMs: number;
  readonly why: string;
}

export interface Broken {
  readonly atMs: number;
  /** The process. */
  readonly by: string;
  readonly eventId: string;
  readonly integrationId: string;
}

/** A caller that gets no answer asks again, and each time rings: that is no loop of the product. */
const CALLERS = new Set(['publish', 'receive']);

export function ringKey(of: { readonly eventId: string; readonly integrationId: string }): string {
  return `${of.eventId} ${of.integrationId}`;
}

function functionOf({ name }: Process): string {
  return name.slice(0, name.lastIndexOf('/'));
}

export function newWitness(nowMs: () => number): Witness {
  const deaths = new Map<string, Death>();
  const broken: Broken[] = [];
  const rings = new Map<string, number[]>();
  const commands = new Map<string, number>();

  function noteRings({ Entries = [] }: SendMessageBatchCommand['input']) {
    for (const { MessageBody = '' } of Entries) {
      const { ev, in: integrationId } = JSON.parse(MessageBody);
      if (ev === undefined || integrationId === undefined) continue;
      const key = ringKey({ eventId: ev, integrationId });
      const list = rings.get(key) ?? [];
      list.push(nowMs());
      rings.set(key, list);
    }
  }

  return {
    ...{ deaths, broken, rings, commands },
    counting(process, client) {
      const name = functionOf(process);
      const send = (command: Parameters<DynamoDBClient['send']>[0]) => {
        commands.set(name, (commands.get(name) ?? 0) + 1);
        return client.send(command);
      };
      // The adapters ask nothing else of a client.
      return { send } as unknown as DynamoDBClient;
    },
    ringing(process, client) {
      const isCallers = CALLERS.has(functionOf(process));
      const send = (command: Parameters<SQSClient['send']>[0]) => {
        if (!isCallers && command instanceof SendMessageBatchCommand) noteRings(command.input);
        return client.send(command);
      };
      return { send } as unknown as SQSClient;
    },
    hear({ message, from, fields }) {
      if (message !== 'delivery.broke') return;
      const { eventId, integrationId } = fields;
      const ref = { eventId: String(eventId), integrationId: String(integrationId) };
      broken.push({ atMs: nowMs(), by: from, ...ref });
    },
    watching(simulation) {
      const spawn = (name: string, { onDeath, ...options }: ProcessOptions = {}) =>
        simulation.spawn(name, {
          ...options,
          // Who is not told of a death has no process that may die.
          ...(onDeath && {
            onDeath: (why: string) => {
              deaths.set(name, { atMs: simulation.nowMs(), why });
              onDeath(why);
            },
          }),
        });
      return { ...simulation, spawn };
    },
  };
}
