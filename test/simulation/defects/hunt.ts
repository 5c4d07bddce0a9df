import { writeSync } from 'node:fs';
import { type Bound, type Trial, trialNamed, trialsOf } from './trials.ts';

/**
 * The child's program: tries until something is found or the bound is reached, and prints what
 * came of it as one line of JSON. With `--import plant.ts` and a defect in the environment.
 */

/** What a hunt is told, as JSON in its one argument. */
export interface HuntOptions extends Bound {
  readonly mostMs: number;
  /** Trials that fail without the defect too: they are left out. */
  readonly without: readonly string[];
  /** This trial alone. */
  readonly only?: string;
  /** Goes on after the first that fails, as a hunt does that is to list them all. */
  readonly isWhole?: boolean;
}

export interface Find {
  readonly trial: string;
  readonly failure: string;
}

export interface Hunted {
  /** The trials that failed, and how: the first one, where a hunt is not whole. */
  readonly finds: readonly Find[];
  readonly trials: number;
  /** Seeds among them, the failing one too. */
  readonly seeds: number;
  readonly seconds: number;
}

const options = JSON.parse(process.argv[2] ?? '{}') as HuntOptions;
writeSync(1, `${JSON.stringify(await hunt(options))}\n`);

async function hunt({ mostMs, without, only, isWhole, ...bound }: HuntOptions): Promise<Hunted> {
  const fromMs = performance.now();
  const secondsNow = () => Math.round((performance.now() - fromMs) / 100) / 10;
  const left = new Set(without);
  const trials = only === undefined ? trialsOf(bound) : [trialNamed(only)];
  const done = { trials: 0, seeds: 0 };
  const finds: Find[] = [];
  for await (const trial of trials) {
    if (left.has(trial.name)) continue;
    if (performance.now() - fromMs > mostMs) break;
    done.trials += 1;
    if (trial.name.startsWith('seed ')) done.seeds += 1;
    const failure = await failureOf(trial);
    if (failure === undefined) continue;
    finds.push({ trial: trial.name, failure });
    if (isWhole !== true) break;
  }
  return { ...done, finds, seconds: secondsNow() };
}

async function failureOf(trial: Trial): Promise<string | undefined> {
  try {
    return (await trial.run()).failure;
  } catch (error) {
    // Of the run itself, which no check had foreseen.
    return `the run broke: ${error}`;
  }
}
