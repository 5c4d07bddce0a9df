import { type Core, type Driven, makeCore } from './core.ts';
import { drain, watchMachine, watchRejections } from './drain.ts';
import { type Fault, type Faults, faultText, listedFaults } from './faults.ts';
import type { Process, ProcessOptions } from './process.ts';
import { spawn } from './spawn.ts';
import { type Trace, timeText, trace } from './trace.ts';

export interface SimulationOptions {
  readonly seed: number;
  /** Nothing goes wrong where it is absent. */
  readonly faults?: Faults;
  /** Ends then, if something is still to come. */
  readonly forMs: number;
  /** From then on nothing goes wrong any more. */
  readonly faultsForMs?: number;
  /** A request and its answer take up to this long, each. */
  readonly latencyMs?: number;
  readonly stepsMax?: number;
  /** Entries that are kept for the story. */
  readonly traceMax?: number;
  /** Lists every point at which a process can be killed. */
  readonly listsKillPoints?: boolean;
  /** Resources of the machine that may be made, as Node names them, because nobody awaits them. */
  readonly tolerates?: readonly string[];
}

/** The world of one run, as its scenario sees it. */
export interface Simulation
  extends Pick<Core, 'seed' | 'nowMs' | 'draws' | 'drawsByKey' | 'fault' | 'note' | 'fail'> {
  readonly startMs: number;
  /** Lives as long as the run: models wait in it. */
  readonly world: Process;
  spawn(name: string, options?: ProcessOptions): Process;
  /** Looked at after every step: a text is what is wrong. */
  always(check: Check): void;
  /** Looked at when the run is over. */
  atEnd(check: Check): void;
}

export type Check = () => string | undefined;

export interface Report {
  readonly seed: number;
  readonly failure: string | undefined;
  readonly faults: readonly Fault[];
  readonly killPoints: readonly string[];
  readonly steps: number;
  readonly ranMs: number;
  readonly trace: Trace;
}

export const START_MS = 1_800_000_000_000;
const LATENCY_MS = 8;
const STEPS_MAX = 20_000_000;
const TRACE_MAX = 2_000;

/** Runs the scenario to its end in virtual time, in one turn of the real event loop. */
export function simulate(
  options: SimulationOptions,
  scenario: (simulation: Simulation) => void,
): Promise<Report> {
  return new Promise((resolve, reject) => {
    setImmediate(() => {
      try {
        resolve(runNow(options, scenario));
      } catch (error) {
        reject(error);
      }
    });
  });
}

function runNow(options: SimulationOptions, scenario: (simulation: Simulation) => void): Report {
  const { seed, forMs, stepsMax = STEPS_MAX } = options;
  const faults = options.faults ?? listedFaults([]);
  const log = trace(options.traceMax ?? TRACE_MAX);
  const core = makeCore({
    seed,
    startMs: START_MS,
    latencyMs: options.latencyMs ?? LATENCY_MS,
    faults,
    faultsUntilMs: START_MS + (options.faultsForMs ?? forMs),
    listsKillPoints: options.listsKillPoints === true,
    log,
  });
  const world = spawn(core, 'world');
  const always: Check[] = [];
  const atEnd: Check[] = [];
  const simulation: Simulation = {
    ...{ seed, nowMs: core.nowMs, draws: core.draws, drawsByKey: core.drawsByKey },
    ...{ fault: core.fault, note: core.note, fail: core.fail, startMs: START_MS, world },
    spawn: (name, more) => spawn(core, name, more),
    always: (check) => always.push(check),
    atEnd: (check) => atEnd.push(check),
  };
  let steps = 0;
  watched(core, new Set(options.tolerates), () => {
    scenario(simulation);
    settle(core, always);
    while (core.failure === undefined) {
      const event = core.next(START_MS + forMs);
      if (event === undefined) break;
      if (++steps > stepsMax) core.fail(`not at rest after ${stepsMax} steps`);
      event.what();
      settle(core, always);
    }
    if (core.failure === undefined) look(core, atEnd);
  });
  const { failure, killPoints } = core;
  const ranMs = core.nowMs() - START_MS;
  return { seed, failure, faults: faults.happened, killPoints, steps, ranMs, trace: log };
}

function settle(core: Driven, always: readonly Check[]): void {
  drain();
  for (const process of core.touched) {
    if (process.isAstray()) core.fail(`${process.name} awaits what the kernel does not own`);
  }
  core.settled();
  look(core, always);
}

function look(core: Core, checks: readonly Check[]): void {
  for (const check of checks) {
    const wrong = check();
    if (wrong !== undefined) core.fail(wrong);
  }
}

/** Blames what is done to the real machine, and promises that fail unheard, on who last went on. */
function watched(core: Driven, tolerated: ReadonlySet<string>, run: () => void): void {
  const machine = watchMachine((resource) => {
    if (tolerated.has(resource)) return;
    const who = core.touched.at(-1)?.name ?? 'somebody';
    core.fail(`${who} uses what the kernel does not own: ${resource}`);
  });
  const rejections = watchRejections((error) => {
    const who = core.touched.at(-1);
    if (who === undefined) core.fail(`a promise failed unheard: ${error}`);
    else who.crash(error);
  });
  try {
    run();
  } finally {
    rejections.stop();
    machine.stop();
  }
}

/** What to print of a run that failed: how to get it again, what went wrong, how it came about. */
export function story({ seed, failure, faults, steps, ranMs, trace }: Report, lines = 60): string {
  return [
    `seed ${seed}: ${failure ?? 'nothing is wrong'} (${steps} steps, ${timeText(ranMs)})`,
    ...faults.map((fault) => `  ${faultText(fault)}`),
    ...trace.lines(lines),
  ].join('\n');
}
