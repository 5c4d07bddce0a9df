import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { TABLES } from '../../../lib/names.ts';
import { type ModelDynamoDb, modelDynamoDb } from '../dynamodb/model.ts';
import type { Written } from '../dynamodb/table.ts';
import type { TableSpec } from '../dynamodb/table-spec.ts';
import { AWS_WEAKNESSES, type Request, type Weaknesses } from '../dynamodb/weaknesses.ts';
import type { Process } from '../kernel/process.ts';
import type { Simulation } from '../kernel/simulate.ts';

export interface DynamoDb {
  readonly model: ModelDynamoDb;
  /**
   * `down`: every request fails in the end, some after a long wait. `denied`: every request is
   * refused at once, as while the key of the tables cannot be used; nobody sends it again.
   */
  outage: 'none' | 'down' | 'denied';
  /** A client in a process: has `send` and nothing else. */
  clientOf(process: Process): DynamoDBClient;
}

export interface DynamoDbOptions extends Partial<Weaknesses> {
  /** Told of every change of a row, when it is made. */
  readonly onWrite?: (written: Written) => void;
}

/** Each is what the model calls so, with `dynamodb-` before it. */
const FAULTS = {
  'dynamodb-throttle': 'throttle',
  'dynamodb-lost-before': 'lost-before',
  'dynamodb-lost-after': 'lost-after',
  'dynamodb-slow': 'slow',
  /** Only of requests about breakers. */
  'breakers-down': 'lost-before',
} as const;
const OF_BREAKERS = Object.keys(FAULTS) as (keyof typeof FAULTS)[];
const KINDS = OF_BREAKERS.filter((kind) => kind !== 'breakers-down');

/** What the SDK sends again. */
const TRANSIENT = new Set([
  'ProvisionedThroughputExceededException',
  'ThrottlingException',
  'InternalServerError',
  'TimeoutError',
]);
const RETRY_BASE_MS = 50;

/**
 * The model of DynamoDB in a simulation. Each attempt of a command is a step of the process that
 * sends it: one that dies sends no other, which the model by itself would do.
 */
export function dynamoDb(
  simulation: Simulation,
  tables: readonly TableSpec[],
  { onWrite, ...weaknesses }: DynamoDbOptions = {},
): DynamoDb {
  const { attemptsMax } = { ...AWS_WEAKNESSES, ...weaknesses };
  const { clock } = simulation.world;
  const draw = simulation.drawsByKey('dynamodb');
  let sender = '';
  const model = modelDynamoDb({
    clock,
    random: { unit: (row) => draw(row ?? sender) },
    tables,
    ...(onWrite && { onWrite }),
    // The way there and back is the kernel's, and so are the attempts.
    weaknesses: { ...weaknesses, latencyMs: 0, attemptsMax: 1 },
    sleep: (ms) => clock.sleep(ms),
    fault(request) {
      if (db.outage === 'down') return 'lost-before';
      const place = `${sender} dynamodb.${request.operation}`;
      const kind = simulation.fault(place, isOfBreakers(request) ? OF_BREAKERS : KINDS)?.kind;
      return kind === undefined ? 'none' : FAULTS[kind as keyof typeof FAULTS];
    },
  });

  function clientOf(process: Process): DynamoDBClient {
    const draws = simulation.draws(`${process.name} dynamodb`);
    const send = async (command: Parameters<DynamoDBClient['send']>[0]) => {
      const what = stepOf(command.constructor.name);
      for (let attempt = 1; ; attempt++) {
        try {
          return await process.step(what, () => {
            sender = process.name;
            if (db.outage === 'denied') throw denied();
            return model.client.send(command);
          });
        } catch (error) {
          const isTransient = error instanceof Error && TRANSIENT.has(error.name);
          if (!isTransient || attempt >= attemptsMax) throw error;
        }
        await process.clock.sleep(RETRY_BASE_MS * 2 ** (attempt - 1) * draws.unit());
      }
    };
    // The adapters ask nothing else of a client.
    return { send } as unknown as DynamoDBClient;
  }
  const db: DynamoDb = { model, outage: 'none', clientOf };
  return db;
}

const steps = new Map<string, string>();

/** As it stands in the trace; made once for each command of the SDK. */
function stepOf(command: string): string {
  const known = steps.get(command) ?? `dynamodb.${command.replace('Command', '')}`;
  steps.set(command, known);
  return known;
}

function isOfBreakers({ index, key }: Request): boolean {
  return index === TABLES.state.indexes.troubled.name || key?.pk?.S?.startsWith('B#') === true;
}

function denied(): Error {
  const message = 'The KMS key of the table cannot be used.';
  return Object.assign(new Error(message), { name: 'AccessDeniedException', $fault: 'client' });
}
