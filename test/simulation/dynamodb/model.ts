import type { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { totalOf, type Units } from './capacity.ts';
import { notFound } from './errors.ts';
import { sendThrough } from './network.ts';
import { type Command, handlerOf } from './operations.ts';
import { modelTable, type Table, type Written } from './table.ts';
import type { TableSpec } from './table-spec.ts';
import { timeline } from './timeline.ts';
import { type Snapshot, snapshotOf, type TableView, viewOf } from './views.ts';
import {
  AWS_WEAKNESSES,
  diceOf,
  type Fault,
  type Random,
  type Request,
  type Weaknesses,
} from './weaknesses.ts';

export interface ModelOptions {
  readonly clock: { nowMs(): number };
  readonly random: Random;
  readonly tables: readonly TableSpec[];
  /** Those of AWS where nothing else is said. */
  readonly weaknesses?: Partial<Weaknesses>;
  /** Asked once for each request, retries too; nothing goes wrong where it is absent. */
  readonly fault?: (request: Request) => Fault;
  /** Passes virtual time; where it is absent an answer comes at once. */
  readonly sleep?: (ms: number) => Promise<void>;
  /** Told of every change of a row, when it is made. */
  readonly onWrite?: (written: Written) => void;
}

export interface ModelDynamoDb {
  /** Has `send` and nothing else of a client. */
  readonly client: DynamoDBClient;
  readonly tables: ReadonlyMap<string, TableView>;
  /** Puts a row as if it had always been there: nothing goes wrong, nothing is spent. */
  plant(row: PutItemCommand): void;
  /** Every row as it is now; equal for equal contents. */
  snapshot(): Snapshot;
  readonly size: Size;
  /** Since the beginning. */
  readonly spent: Readonly<Spent>;
}

export interface Size {
  readonly rows: number;
  /** Changes that have not arrived at their indexes. */
  readonly pending: number;
}

interface Spent {
  commands: number;
  requests: number;
  readUnits: number;
  writeUnits: number;
}

/** DynamoDB in memory, in virtual time. It is at most as strong as AWS: see `Weaknesses`. */
export function modelDynamoDb(options: ModelOptions): ModelDynamoDb {
  const { clock, random, onWrite } = options;
  const weaknesses = { ...AWS_WEAKNESSES, ...options.weaknesses };
  const dice = diceOf(random, weaknesses);
  const tables = new Map(
    options.tables.map((spec) => [spec.name, modelTable(spec, dice, onWrite)]),
  );
  const time = timeline(clock, tables);
  const spent: Spent = { commands: 0, requests: 0, readUnits: 0, writeUnits: 0 };
  const spend = (kind: 'read' | 'write', units: Units) => {
    spent[`${kind}Units`] += totalOf(units);
  };
  const network = {
    weaknesses,
    dice,
    sleep: options.sleep ?? (() => Promise.resolve()),
    later: time.later,
    fault(request: Request) {
      spent.requests++;
      return options.fault?.(request) ?? 'none';
    },
  };

  const tableOf = ({ input: { TableName = '' } }: Command) => {
    const table = tables.get(TableName);
    if (table === undefined) throw notFound();
    return table;
  };

  const send = async (command: Command) => {
    const { operation, run } = handlerOf(command);
    const { input } = command;
    const { TableName = '', IndexName, Key } = input;
    const request = { operation, table: TableName, index: IndexName, key: Key };
    return sendThrough(network, { ...request, command: spent.commands++ }, () => {
      const nowMs = time.settle();
      return run({ table: tableOf(command), nowMs, ageMs: dice.ageMs, spend }, input);
    });
  };

  return {
    // The adapters ask nothing else of a client.
    client: { send } as unknown as DynamoDBClient,
    plant(row) {
      const command = row as unknown as Command;
      const { run } = handlerOf(command);
      const about = { table: tableOf(command), nowMs: clock.nowMs(), ageMs: dice.ageMs };
      run({ ...about, spend: () => {} }, command.input);
    },
    tables: new Map([...tables].map(([name, table]) => [name, viewOf(table, time.settle)])),
    snapshot() {
      time.settle();
      return snapshotOf(tables.values());
    },
    get size() {
      return sizeOf([...tables.values()], time.settle());
    },
    spent,
  };
}

function sizeOf(tables: readonly Table[], nowMs: number): Size {
  const indexes = tables.flatMap((table) => [...table.indexes.values()]);
  for (const index of indexes) index.settle(nowMs);
  return {
    rows: tables.reduce((sum, { shelf }) => sum + shelf.size, 0),
    pending: indexes.reduce((sum, { pending }) => sum + pending.size, 0),
  };
}
