import { type CrashStory, played } from '../crash/crash-story.ts';
import { crashStories } from '../crash/stories.ts';
import { flows } from '../flows/all.ts';
import { type Fault, listedFaults } from '../kernel/faults.ts';
import { KILL_AFTER, KILL_BEFORE } from '../kernel/process.ts';
import type { Report } from '../kernel/simulate.ts';
import { runSeed } from '../scenario/run.ts';

/** One run that may find something, named so that another process can make the very same. */
export interface Trial {
  readonly name: string;
  run(): Promise<Report>;
}

export interface Bound {
  /** Seeds with faults. */
  readonly seeds: number;
  /** Kill points of each story, spread over it evenly. */
  readonly kills: number;
  /** Seeds alone, and no flow that somebody thought of. */
  readonly isRandom?: boolean;
}

/** Seeds without any fault: what goes wrong there is nobody's fault but the code's. */
const QUIET_SEEDS = 5;
/** Seeds that are tried before the flows are killed, which takes as long as forty seeds. */
const FIRST_SEEDS = 20;

/** What to try, in this order; the same for every defect. */
export async function* trialsOf({ seeds, kills, isRandom }: Bound): AsyncGenerator<Trial> {
  const first = Math.min(FIRST_SEEDS, seeds);
  if (isRandom !== true) {
    yield* flows;
    for (const story of crashStories) yield playing(story);
    for (let seed = 1; seed <= Math.min(QUIET_SEEDS, seeds); seed++) yield quietSeed(seed);
  }
  for (let seed = 1; seed <= first; seed++) yield withSeed(seed);
  if (isRandom !== true) for (const story of crashStories) yield* killing(story, kills);
  for (let seed = first + 1; seed <= seeds; seed++) yield withSeed(seed);
}

const QUIET = /^seed (\d+) without faults$/;
const SEED = /^seed (\d+)$/;
const KILLED = /^(.+), (kill-\S+) at (\S+)$/;

/** The trial of this name. */
export function trialNamed(name: string): Trial {
  const [, quiet] = QUIET.exec(name) ?? [];
  if (quiet !== undefined) return quietSeed(Number(quiet));
  const [, seed] = SEED.exec(name) ?? [];
  if (seed !== undefined) return withSeed(Number(seed));
  const flow = flows.find((one) => one.name === name);
  if (flow !== undefined) return flow;
  const [, killed = name, kind = '', at = ''] = KILLED.exec(name) ?? [];
  const story = crashStories.find((one) => one.name === killed);
  if (story === undefined) throw new Error(`There is no trial ${JSON.stringify(name)}.`);
  return kind === '' ? playing(story) : playing(story, { at, kind, amount: 0 });
}

function quietSeed(seed: number): Trial {
  const run = () => runSeed({ seed, faults: listedFaults([]) });
  return { name: `seed ${seed} without faults`, run };
}

function withSeed(seed: number): Trial {
  return { name: `seed ${seed}`, run: () => runSeed({ seed }) };
}

function playing(story: CrashStory, kill?: Fault): Trial {
  return {
    name: kill === undefined ? story.name : `${story.name}, ${kill.kind} at ${kill.at}`,
    run: () => played(story, listedFaults(kill === undefined ? [] : [kill])),
  };
}

async function* killing(story: CrashStory, most: number): AsyncGenerator<Trial> {
  if (most === 0) return;
  const { killPoints } = await played(story, listedFaults([]));
  const every = Math.max(Math.ceil(killPoints.length / most), 1);
  for (const at of killPoints.filter((_, n) => n % every === 0)) {
    for (const kind of [KILL_BEFORE, KILL_AFTER]) yield playing(story, { at, kind, amount: 0 });
  }
}
