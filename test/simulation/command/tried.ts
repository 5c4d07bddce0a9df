import { hashOf } from '../../../lib/local/faults/dice.ts';
import { type Fault, listedFaults } from '../kernel/faults.ts';
import type { Report } from '../kernel/simulate.ts';
import { RATES } from '../scenario/rates.ts';
import { type Run, runSeed } from '../scenario/run.ts';
import { storyOf } from '../scenario/story.ts';
import { type Tally, tallyOf } from './tally.ts';

const DAY_MS = 86_400_000;

export interface Trial {
  readonly seed: number;
  /** With traffic and faults; the calm comes after them. */
  readonly days: number;
  /** Those of the seed where it is absent. */
  readonly faults?: readonly Fault[];
  readonly traceMax?: number;
}

export interface Tried {
  readonly report: Report;
  readonly tally: Tally;
}

/** Runs a seed to its end. What it throws itself, which no check foresees, is its failure. */
export async function tried({ seed, days, faults, traceMax }: Trial): Promise<Tried> {
  let run: Run | undefined;
  const report = await runSeed({
    ...{ seed, troubledMs: days * DAY_MS },
    ...(faults !== undefined && { faults: listedFaults(faults) }),
    ...(traceMax !== undefined && { traceMax }),
    onRun: (begun) => {
      run = begun;
    },
  });
  if (run === undefined) throw new Error(`Seed ${seed} did not begin.`);
  return { report, tally: tallyOf(run, report) };
}

/** The seeds that are told along with the rates. */
const TOLD = 20;

/**
 * Which stories and rates these are, whatever else has changed: a seed is the same run only under
 * the same version, and may still be another one after a change of the product.
 */
export function storyVersion(days: number): string {
  const stories = Array.from({ length: TOLD }, (_, n) => storyOf(n + 1, days * DAY_MS));
  return hashOf(JSON.stringify([RATES, stories]))
    .toString(16)
    .padStart(8, '0');
}
