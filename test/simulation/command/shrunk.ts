import type { Fault } from '../kernel/faults.ts';
import { shrink } from '../kernel/shrink.ts';
import type { Report } from '../kernel/simulate.ts';
import { countsOf } from './tally.ts';
import { type Trial, tried } from './tried.ts';

/** A seed that fails, with no fault more than it needs for it. */
export interface Shrunk {
  readonly seed: number;
  readonly days: number;
  /** Which check found it, and what it said of the shrunk run. */
  readonly check: string;
  readonly failure: string;
  readonly faults: readonly Fault[];
  /** Of how many faults these are what is left, and how many runs that took. */
  readonly of: number;
  readonly runs: number;
}

export interface ShrinkOptions {
  readonly runsMax?: number;
  /** @default the seed's run, to its end */
  readonly run?: (trial: Trial) => Promise<Pick<Report, 'failure' | 'faults'>>;
  /** Told before each run. */
  readonly onRun?: () => void;
}

const RUNS_MAX = 500;

/**
 * Leaves faults of a failing seed out: first whole kinds, then ever smaller parts of what is left.
 * Undefined if it does not fail. Out of runs, it is what was found by then.
 */
export async function shrunk(
  trial: Trial,
  options: ShrinkOptions = {},
): Promise<Shrunk | undefined> {
  const { runsMax = RUNS_MAX, run = reportOf, onRun } = options;
  const { seed, days } = trial;
  const report = await run(trial);
  if (report.failure === undefined) return undefined;
  const check = checkOf(report.failure);
  let runs = 0;
  /** How it still fails with these alone; undefined: not any more, or otherwise. */
  const failureWith = async (faults: readonly Fault[]) => {
    if (runs >= runsMax) return undefined;
    runs += 1;
    onRun?.();
    const { failure } = await run({ seed, days, faults });
    return failure !== undefined && checkOf(failure) === check ? failure : undefined;
  };

  const found = { seed, days, check, of: report.faults.length };
  const bare = await failureWith([]);
  if (bare !== undefined) return { ...found, failure: bare, faults: [], runs };
  let [faults, failure] = [report.faults, report.failure];
  const kinds = Object.entries(countsOf(faults)).toSorted(([, a], [, b]) => b - a);
  for (const [kind] of kinds) {
    const left = faults.filter((fault) => fault.kind !== kind);
    const without = await failureWith(left);
    if (without !== undefined) [faults, failure] = [left, without];
  }
  const fewest = (await shrink(failureWith, faults)) ?? { faults, failure };
  return { ...found, failure: fewest.failure, faults: fewest.faults, runs };
}

async function reportOf(trial: Trial): Promise<Report> {
  return (await tried(trial)).report;
}

/** The check that found a failure: its name stands before the colon, numbers in it are none of it. */
export function checkOf(failure: string): string {
  return (failure.split(': ')[0] ?? failure).replaceAll(/\d+/g, '#');
}
