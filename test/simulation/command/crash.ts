import { played } from '../crash/crash-story.ts';
import { crashStories } from '../crash/stories.ts';
import type { Faults } from '../kernel/faults.ts';
import { everyKillPoint, everyPair } from '../kernel/kill-points.ts';
import { story } from '../kernel/simulate.ts';

/** What came of one flow whose every crash point was tried. */
export interface CrashCount {
  readonly name: string;
  readonly points: number;
  readonly runs: number;
  /** Told as they were, the first few. */
  readonly failures: readonly string[];
  readonly failed: number;
}

export const CRASH_STORIES = crashStories.length;
const TOLD_MAX = 3;
/** More than the longest flow needs with two kills. */
const RUNS_MAX = 2_000_000;

/**
 * Kills at every await of the flow in turn; or at every two, of those awaits that differ: see
 * `listing`.
 */
export async function crashed(
  { story: at, isPairs }: { readonly story: number; readonly isPairs: boolean },
  onRun: () => void,
): Promise<CrashCount> {
  const flow = crashStories[at];
  if (flow === undefined) throw new Error(`There is no crash story ${at}.`);
  const every = isPairs ? everyPair : everyKillPoint;
  const killed = (faults: Faults) => {
    onRun();
    return played(flow, faults, { isWhole: !isPairs });
  };
  const { points, runs, failures } = await every(killed, { runsMax: RUNS_MAX });
  const told = failures.slice(0, TOLD_MAX).map((report) => story(report));
  return { name: flow.name, points, runs, failures: told, failed: failures.length };
}
