import type { Item } from './values.ts';

/**
 * What AWS may do to us and the stand-ins never do. Every figure is a most; the dice say how much
 * of it. Zero, or `never`, switches one off.
 */
export interface Weaknesses {
  /**
   * An index follows its table this late, each row by itself, mostly far less: a query finds an
   * older version, a row that is gone or has moved, or does not find one that is there. The
   * changes of one row arrive in order.
   */
  readonly indexLagMs: number;
  /**
   * A read that is not consistent asks a replica that is this far behind, each request another
   * one: what was seen may be unseen again. A consistent read of a table is exact.
   */
  readonly staleReadMs: number;
  /** A row is deleted this long after its `ttl`; never before. */
  readonly ttlLateMs: number | 'never';
  /** A request takes up to this long, on the way there and back; it is applied in between. */
  readonly latencyMs: number;
  /**
   * A slow request takes up to this long. The client gives up after `timeoutMs` and asks again,
   * while the first request is still on its way and will be applied then, even after the second.
   */
  readonly slowMs: number;
  /** How long the adapters' client waits for an answer. */
  readonly timeoutMs: number;
  /** How often the adapters' client sends one command, also one that was applied already. */
  readonly attemptsMax: number;
}

/** What the product has to live with. */
export const AWS_WEAKNESSES: Weaknesses = {
  indexLagMs: 60_000,
  staleReadMs: 1_000,
  ttlLateMs: 48 * 3_600_000,
  latencyMs: 12,
  slowMs: 8_000,
  timeoutMs: 3_000,
  attemptsMax: 3,
};

/** As the stand-ins are: exact, at once, and nothing is ever deleted for its age. */
export const NO_WEAKNESSES: Weaknesses = {
  ...AWS_WEAKNESSES,
  indexLagMs: 0,
  staleReadMs: 0,
  ttlLateMs: 'never',
  latencyMs: 0,
};

/**
 * What goes wrong with one request. `throttle`: refused, nothing was done. `lost-before`: it never
 * arrived. `lost-after`: it was done, and the answer is an internal error or none. `slow`: see
 * `Weaknesses.slowMs`. The client retries each by itself.
 */
export type Fault = 'none' | 'throttle' | 'lost-before' | 'lost-after' | 'slow';

export type Operation = 'GetItem' | 'PutItem' | 'UpdateItem' | 'DeleteItem' | 'Query';

/** One request on its way: a command is sent again under the same `command` number. */
export interface Request {
  readonly operation: Operation;
  readonly table: string;
  readonly index: string | undefined;
  readonly key: Item | undefined;
  /** Counts the commands of this model from 0. */
  readonly command: number;
  /** From 1. */
  readonly attempt: number;
}

/** The seed's dice, each thrown for one weakness; a weakness that is off throws none. */
export interface Dice {
  readonly staleMs: number;
  unit(): number;
  lagMs(row: string): number;
  /** How far behind the replica is that answers. */
  ageMs(): number;
  /** Undefined: never. */
  ttlLateMs(row: string): number | undefined;
}

/** In [0, 1). It may tell the rows apart, so that what befalls one says nothing of the others. */
export interface Random {
  unit(row?: string): number;
}

/** The higher, the more of the throws are small: half of all are below a 64th of the most. */
const SKEW = 6;

export function diceOf(random: Random, { indexLagMs, staleReadMs, ttlLateMs }: Weaknesses): Dice {
  const upTo = (mostMs: number, row?: string) =>
    mostMs === 0 ? 0 : Math.round(mostMs * random.unit(row) ** SKEW);
  return {
    staleMs: staleReadMs,
    unit: () => random.unit(),
    lagMs: (row) => upTo(indexLagMs, row),
    ageMs: () => upTo(staleReadMs),
    ttlLateMs: (row) =>
      ttlLateMs === 'never' ? undefined : Math.round(ttlLateMs * random.unit(row)),
  };
}
