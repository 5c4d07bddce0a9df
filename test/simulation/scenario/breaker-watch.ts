import { type DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { breakerOf, signOf } from '../../../lib/adapters/dynamodb/breaker-item.ts';
import type { Breaker, BreakerSign } from '../../../lib/domain/breaker.ts';
import { TABLES } from '../../../lib/names.ts';
import type { Written } from '../dynamodb/table.ts';
import type { Item } from '../dynamodb/values.ts';
import type { Process } from '../kernel/process.ts';
import type { Line } from '../product/log.ts';
import { TABLE_NAMES } from '../product/settings.ts';

/** One stored change of a breaker. */
export interface BreakerChange {
  readonly atMs: number;
  readonly before: Breaker | undefined;
  /** Absent: the row is gone, which it never should be. */
  readonly after: Breaker | undefined;
  readonly isOnBoard: boolean;
}

/** An instance asks for the board, or hears of it; or its own request tells it of one breaker. */
export type Look = {
  readonly atMs: number;
  /** By the instance's own clock. */
  readonly ownMs: number;
} & (
  | { readonly kind: 'asked' | 'failed' }
  /** By breaker id; absent where it was not the whole board. */
  | { readonly kind: 'shown'; readonly signs: ReadonlyMap<string, BreakerSign> | undefined }
  | { readonly kind: 'told'; readonly id: string; readonly sign: BreakerSign }
);

/** Everything that was ever stored of breakers, and what each instance was shown of it. */
export interface BreakerWatch {
  /** By breaker id (`int_…~0`): every change in order. */
  readonly changes: ReadonlyMap<string, readonly BreakerChange[]>;
  /** By process: its looks at the board, in order. */
  readonly looks: ReadonlyMap<string, readonly Look[]>;
  /** Transitions that could not be told of, as the log says: they are not in the history. */
  readonly untold: number;
  see(written: Written): void;
  hear(line: Pick<Line, 'message'>): void;
  /** The client, with its answers about the board noted. */
  through(process: Process, client: DynamoDBClient): DynamoDBClient;
}

const PREFIX = 'B#';
const BOARD = TABLES.state.indexes.troubled.name;

/** `nowMs`: the true time, whatever the instances' clocks say. */
export function newBreakerWatch(nowMs: () => number): BreakerWatch {
  const changes = new Map<string, BreakerChange[]>();
  const looks = new Map<string, Look[]>();
  let untold = 0;

  return {
    changes,
    looks,
    get untold() {
      return untold;
    },
    hear({ message }) {
      if (message === 'breaker.untold') untold += 1;
    },
    see({ table, before, after, atMs }) {
      const id = table === TABLE_NAMES.state ? breakerIdOf(after ?? before) : undefined;
      if (id === undefined) return;
      const list = changes.get(id) ?? [];
      list.push({
        ...{ atMs, before: breakerIn(before), after: breakerIn(after) },
        isOnBoard: after?.tbPk !== undefined,
      });
      changes.set(id, list);
    },
    through(process, client) {
      const list: Look[] = [];
      looks.set(process.name, list);
      const timesNow = () => ({ atMs: nowMs(), ownMs: process.clock.nowMs() });
      return watched(client, timesNow, (look) => list.push(look));
    },
  };
}

/** The breaker whose row it is; undefined: it is none's. */
function breakerIdOf(row: Item | undefined): string | undefined {
  const pk = row?.pk?.S ?? '';
  return row?.sk?.S === 'S' && pk.startsWith(PREFIX) ? pk.slice(PREFIX.length) : undefined;
}

function breakerIn(item: Item | undefined): Breaker | undefined {
  return item === undefined ? undefined : breakerOf(unmarshall({ ...item }));
}

/** The same client; who asks for the board is noted, with the answer, and what else is learned. */
function watched(
  client: DynamoDBClient,
  timesNow: () => Pick<Look, 'atMs' | 'ownMs'>,
  note: (look: Look) => void,
): DynamoDBClient {
  const asked = async (command: QueryCommand) => {
    note({ ...timesNow(), kind: 'asked' });
    try {
      const answer = await client.send(command);
      const isWhole =
        command.input.ExclusiveStartKey === undefined && answer.LastEvaluatedKey === undefined;
      const signs = isWhole ? signsIn(answer.Items ?? []) : undefined;
      note({ ...timesNow(), kind: 'shown', signs });
      return answer;
    } catch (error) {
      note({ ...timesNow(), kind: 'failed' });
      throw error;
    }
  };
  const send = async (command: Parameters<DynamoDBClient['send']>[0]) => {
    if (command instanceof QueryCommand && command.input.IndexName === BOARD) {
      return await asked(command);
    }
    const answer = await client.send(command);
    const { Item: read, Attributes: made } = answer as { Item?: Item; Attributes?: Item };
    const id = breakerIdOf(read ?? made);
    const sign = id === undefined ? undefined : breakerIn(read ?? made);
    if (id !== undefined && sign !== undefined) note({ ...timesNow(), kind: 'told', id, sign });
    return answer;
  };
  // The adapters ask nothing else of a client.
  return { send } as unknown as DynamoDBClient;
}

function signsIn(items: readonly Item[]): ReadonlyMap<string, BreakerSign> {
  return new Map(
    items.map((item) => {
      const row = unmarshall({ ...item });
      return [String(row.tbSk), signOf(row)] as const;
    }),
  );
}
