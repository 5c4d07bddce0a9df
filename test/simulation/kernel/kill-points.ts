import { type Fault, type Faults, listedFaults } from './faults.ts';
import { KILL_AFTER, KILL_BEFORE } from './process.ts';
import type { Report } from './simulate.ts';

/** Runs a scenario with these faults, and lists the kill points it came by. */
export type Scenario = (faults: Faults) => Promise<Report>;

export interface Killed {
  readonly points: number;
  readonly runs: number;
  readonly failures: readonly Report[];
}

export interface KillOptions {
  /** At most this many runs; a scenario that needs more throws, so that none is left out unseen. */
  readonly runsMax?: number;
  /** Which points are meant; all, where it is absent. */
  readonly picks?: (point: string) => boolean;
  /** Before the effect of a point, after it, or (where it is absent) each in turn. */
  readonly sides?: readonly string[];
}

const RUNS_MAX = 100_000;

/** Kills at every point of the scenario in turn, before the effect and after it. */
export async function everyKillPoint(
  scenario: Scenario,
  options: KillOptions = {},
): Promise<Killed> {
  const tally = counted(scenario, options);
  const bare = await tally.run([]);
  for (const first of killsOf(bare.killPoints, options)) await tally.run([first]);
  const { runs, failures } = tally;
  return { points: pointsOf(bare.killPoints, options).length, runs, failures };
}

/**
 * Kills at every point, and then again at every later point of what the first kill led to: a
 * recovery that dies itself.
 */
export async function everyPair(scenario: Scenario, options: KillOptions = {}): Promise<Killed> {
  const tally = counted(scenario, options);
  const bare = await tally.run([]);
  for (const first of killsOf(bare.killPoints, options)) {
    const { killPoints } = await tally.run([first]);
    const later = killPoints.slice(killPoints.indexOf(first.at) + 1);
    for (const second of killsOf(later, options)) await tally.run([first, second]);
  }
  const { runs, failures } = tally;
  return { points: pointsOf(bare.killPoints, options).length, runs, failures };
}

function pointsOf(points: readonly string[], { picks = () => true }: KillOptions) {
  return points.filter(picks);
}

function killsOf(points: readonly string[], options: KillOptions): readonly Fault[] {
  return pointsOf(points, options).flatMap((at) =>
    (options.sides ?? [KILL_BEFORE, KILL_AFTER]).map((kind) => ({ at, kind, amount: 0 })),
  );
}

function counted(scenario: Scenario, { runsMax = RUNS_MAX }: KillOptions) {
  const failures: Report[] = [];
  const tally = {
    runs: 0,
    failures,
    async run(list: readonly Fault[]): Promise<Report> {
      tally.runs += 1;
      if (tally.runs > runsMax) throw new Error(`More than ${runsMax} runs.`);
      const report = await scenario(listedFaults(list));
      if (report.failure !== undefined) failures.push(report);
      return report;
    },
  };
  return tally;
}
