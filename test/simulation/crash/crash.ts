import { type Fault, faultText } from '../kernel/faults.ts';
import { everyKillPoint, everyPair } from '../kernel/kill-points.ts';
import { KILL_AFTER } from '../kernel/process.ts';
import type { Report } from '../kernel/simulate.ts';
import { type CrashStory, played } from './crash-story.ts';

export interface CrashOptions {
  /** Kills once, or once more at every later point of what the first kill led to. */
  readonly kills: 'one' | 'two';
  /** Every await of every function, and not only those with an effect: see `listing`. */
  readonly isWhole: boolean;
  /** Each kill takes what is in the queues along: see `PlayOptions`. */
  readonly isPurged?: boolean;
  /** Only after each effect: before the next one is nearly the same. */
  readonly isAfterOnly?: boolean;
  /** Told of each story when it is done. */
  readonly onStory?: (tried: Tried) => void;
}

/** One story, killed everywhere. */
export interface Tried {
  readonly story: CrashStory;
  /** Where it was killed, before and after; of two kills, the first. */
  readonly points: number;
  readonly runs: number;
  readonly seconds: number;
  readonly failures: readonly Report[];
}

export interface Tally extends Omit<Tried, 'story'> {
  readonly stories: number;
}

/** More than the longest story needs with two kills. */
const RUNS_MAX = 2_000_000;

/** Kills in every story at every point. */
export async function killEverywhere(
  stories: readonly CrashStory[],
  options: CrashOptions,
): Promise<Tally> {
  let tally: Tally = { stories: 0, points: 0, runs: 0, seconds: 0, failures: [] };
  for (const story of stories) {
    const tried = await killedIn(story, options);
    options.onStory?.(tried);
    tally = {
      stories: tally.stories + 1,
      points: tally.points + tried.points,
      runs: tally.runs + tried.runs,
      seconds: tally.seconds + tried.seconds,
      failures: [...tally.failures, ...tried.failures],
    };
  }
  return tally;
}

async function killedIn(story: CrashStory, options: CrashOptions): Promise<Tried> {
  const { kills, isWhole, isPurged = false, isAfterOnly = false } = options;
  const began = performance.now();
  const every = kills === 'one' ? everyKillPoint : everyPair;
  const killed = await every((faults) => played(story, faults, { isWhole, isPurged }), {
    runsMax: RUNS_MAX,
    ...(isAfterOnly && { sides: [KILL_AFTER] }),
  });
  return { story, ...killed, seconds: (performance.now() - began) / 1_000 };
}

/** One line for a story that was tried, and one for each way in which it failed. */
export function linesOf({ story, points, runs, seconds, failures }: Tried): readonly string[] {
  const verdict = failures.length === 0 ? 'ok' : `${failures.length} FAILED`;
  return [
    `${story.name}: ${points} points, ${runs} runs, ${seconds.toFixed(1)} s, ${verdict}`,
    ...failures.map(failureText),
  ];
}

export function failureText({ failure, faults }: Report): string {
  return `  ${failure} | ${faults.map(killText).join(', then ') || 'nobody was killed'}`;
}

function killText(fault: Fault): string {
  return faultText(fault).replace(/ \(.*/, '');
}
