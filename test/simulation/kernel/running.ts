import type { Process } from './process.ts';
import { type Simulation, type SimulationOptions, simulate } from './simulate.ts';

/** How the tests of the kernel run something small. */

const HOUR_MS = 3_600_000;

export function run(
  scenario: (simulation: Simulation) => void,
  options: Partial<SimulationOptions> = {},
) {
  return simulate({ seed: 1, forMs: HOUR_MS, ...options }, scenario);
}

/** Runs work in a mortal process and notes how it ended. */
export function begin(
  simulation: Simulation,
  work: (process: Process) => Promise<unknown>,
  name = 'p',
) {
  const ended: unknown[] = [];
  const process = simulation.spawn(name, { isMortal: true, onDeath: (why) => ended.push(why) });
  process.start(
    () => work(process),
    (outcome) => ended.push(outcome),
  );
  return { process, ended };
}
