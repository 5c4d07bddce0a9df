import { EvaluationProblem } from './syntax.ts';

/** Steps that one evaluation may take: each node of the tree at each value is one. */
export const STEPS_MAX = 500_000;
/** Characters that are read or made cost less than steps. */
const CHARS_PER_STEP = 16;

/**
 * Counts work before it is done, so that it bounds time and memory alike: JMESPath has no loops,
 * but `[@, @][]` a hundred times over is a list of 2^100.
 */
export interface Meter {
  spend(steps: number): void;
  spendText(chars: number): void;
}

export function newMeter(stepsMax = STEPS_MAX): Meter {
  let left = stepsMax;
  const spend = (steps: number) => {
    left -= steps;
    if (left < 0) throw new EvaluationProblem(`it takes more than ${stepsMax} steps`);
  };
  return { spend, spendText: (chars) => spend(Math.ceil(chars / CHARS_PER_STEP)) };
}
