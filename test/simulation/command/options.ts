import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';

/** What the command is asked to do. */
export type Command =
  | {
      readonly kind: 'seeds';
      readonly range: Range;
      readonly days: number;
      readonly workers: number;
    }
  | { readonly kind: 'seed'; readonly seed: number; readonly days: number }
  | { readonly kind: 'replay'; readonly file: string }
  | { readonly kind: 'crash'; readonly isPairs: boolean; readonly workers: number };

export interface Range {
  readonly from: number;
  readonly count: number;
}

export const DAYS = 7;
const SEEDS = 100;
const SEED_MAX = 2 ** 31 - 1;
const DAYS_MAX = 90;
const WORKERS_MAX = 64;

export const USAGE = `npm run simulate -- [options]
  --seeds N       how many seeds, from 1 to ${SEED_MAX} (${SEEDS})
  --from S        the first of them (1)
  --days D        virtual days with traffic and faults, from 1 to ${DAYS_MAX} (${DAYS})
  --workers W     processes, from 1 to ${WORKERS_MAX} (as many as there are cores)
  --seed X        this seed alone, with its trace
  --faults FILE   what a failing seed left in simulate-failures/, again
  --crash         every crash point of every flow, instead of seeds; with --pairs every two`;

const MODES = ['crash', 'faults', 'seed', 'seeds'] as const;

/** A mistake of whoever typed the command. */
export class UsageError extends Error {}

export function commandOf(args: readonly string[]): Command {
  const given = valuesOf(args);
  const [mode = 'seeds', other] = MODES.filter((name) => given[name] !== undefined);
  if (other !== undefined) {
    throw new UsageError(`--${mode} and --${other}: allowed is one of the two.`);
  }
  const days = natural('days', given.days, DAYS, DAYS_MAX);
  const workers = natural('workers', given.workers, availableParallelism(), WORKERS_MAX);
  if (given.pairs === true && given.crash !== true) {
    throw new UsageError('--pairs: allowed only with --crash.');
  }
  switch (mode) {
    case 'crash':
      return { kind: 'crash', isPairs: given.pairs === true, workers };
    case 'faults':
      return { kind: 'replay', file: given.faults ?? '' };
    case 'seed':
      return { kind: 'seed', seed: natural('seed', given.seed, 1, SEED_MAX), days };
    case 'seeds': {
      const count = natural('seeds', given.seeds, SEEDS, SEED_MAX);
      const range = { from: natural('from', given.from, 1, SEED_MAX), count };
      return { kind: 'seeds', range, days, workers };
    }
  }
}

function valuesOf(args: readonly string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  try {
    return parseArgs({
      args: [...args],
      options: {
        ...{ seeds: text, from: text, days: text, workers: text, seed: text, faults: text },
        ...{ crash: flag, pairs: flag },
      },
    }).values;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new UsageError(`${error.message}\n${USAGE}`, { cause: error });
  }
}

function natural(name: string, given: string | undefined, usual: number, most: number): number {
  if (given === undefined) return usual;
  const number = /^[1-9]\d{0,9}$/.test(given) ? Number(given) : Number.NaN;
  if (number <= most) return number;
  throw new UsageError(`--${name}=${given}: allowed are whole numbers from 1 to ${most}.`);
}
