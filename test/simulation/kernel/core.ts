import { agenda, type Entry } from './agenda.ts';
import { type Draws, drawsByKey, drawsOf } from './draws.ts';
import { type Fault, type Faults, faultText } from './faults.ts';
import { type Inside, KILL_BEFORE, type Outcome } from './process.ts';
import type { Trace } from './trace.ts';

/** What processes are made on. */
export interface Core {
  readonly seed: number;
  /** A request and its answer take up to this long, each. */
  readonly latencyMs: number;
  nowMs(): number;
  plan(inMs: number, tie: number, what: () => void): void;
  draws(name: string): Draws;
  /** Draws by a key each, so that one draw less leaves all others as they were. */
  drawsByKey(name: string): (key: string) => number;
  fault(place: string, kinds: readonly string[]): Fault | undefined;
  note(who: string, what: string): void;
  /** The first failure is the run's. */
  fail(message: string): void;
  /** The process may have gone on: it is looked at when the promises have settled. */
  touch(process: Inside): void;
  /** Has the effect; one that takes time goes on with it, whoever dies meanwhile. */
  perform<T>(effect: () => T | Promise<T>, onEnd: (outcome: Outcome<T>) => void): void;
}

/** The core as the loop drives it. */
export interface Driven extends Core {
  readonly failure: string | undefined;
  readonly killPoints: readonly string[];
  /** In the order in which they were touched since the last look. */
  readonly touched: readonly Inside[];
  settled(): void;
  /** Moves time to the next event and takes it; undefined when none is left until then. */
  next(untilMs: number): Entry | undefined;
}

export interface CoreOptions {
  readonly seed: number;
  readonly startMs: number;
  readonly latencyMs: number;
  readonly faults: Faults;
  readonly faultsUntilMs: number;
  readonly listsKillPoints: boolean;
  readonly log: Trace;
}

export function makeCore(options: CoreOptions): Driven {
  const { seed, startMs, latencyMs, faults, faultsUntilMs, listsKillPoints, log } = options;
  const events = agenda();
  const killPoints: string[] = [];
  const times = new Map<string, number>();
  let touched: Inside[] = [];
  let nowMs = startMs;
  let failure: string | undefined;

  function listKillPoint(place: string) {
    const n = (times.get(place) ?? 0) + 1;
    times.set(place, n);
    killPoints.push(`${place}#${n}`);
  }

  const core: Driven = {
    seed,
    latencyMs,
    killPoints,
    get failure() {
      return failure;
    },
    get touched() {
      return touched;
    },
    nowMs: () => nowMs,
    plan(inMs, tie, what) {
      events.plan({ atMs: nowMs + Math.max(0, Math.round(inMs)), tie, what });
    },
    draws: (name) => drawsOf(seed, name),
    drawsByKey: (name) => drawsByKey(seed, name),
    fault(place, kinds) {
      if (nowMs >= faultsUntilMs) return undefined;
      // One question about the place goes with each step, so this counts as the faults do.
      if (listsKillPoints && kinds.includes(KILL_BEFORE)) listKillPoint(place);
      const fault = faults.ask(place, kinds);
      if (fault !== undefined) core.note('fault', faultText(fault));
      return fault;
    },
    note: (who, what) => log.add(nowMs - startMs, who, what),
    fail(message) {
      if (failure !== undefined) return;
      failure = message;
      core.note('failure', message);
    },
    touch: (process) => touched.push(process),
    settled() {
      touched = [];
    },
    perform,
    next(untilMs) {
      const event = events.take();
      if (event === undefined || event.atMs > untilMs) return undefined;
      nowMs = event.atMs;
      return event;
    },
  };
  return core;
}

function perform<T>(effect: () => T | Promise<T>, onEnd: (outcome: Outcome<T>) => void): void {
  let result: T | Promise<T>;
  try {
    result = effect();
  } catch (error) {
    onEnd({ kind: 'failed', error });
    return;
  }
  if (!(result instanceof Promise)) {
    onEnd({ kind: 'done', value: result });
    return;
  }
  result.then(
    (value) => onEnd({ kind: 'done', value }),
    (error: unknown) => onEnd({ kind: 'failed', error }),
  );
}
