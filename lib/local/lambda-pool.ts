import { availableParallelism } from 'node:os';
import type { Environment } from './lambda-environment.ts';
import type { FunctionError } from './lambda-messages.ts';

/** The execution environments of one function: as many as it has invocations, up to a cap. */
export interface LambdaPool {
  /**
   * The warm environment used last, so that a quiet function needs only one; else the first to be
   * free, one started for it or another. Or what broke the one that was started. Whoever is
   * aborted waits no longer.
   */
  take(signal?: AbortSignal): Promise<Environment | FunctionError>;
  /** Gives an environment back, dead or alive. */
  give(environment: Environment): void;
  /** Who waits for one. */
  waiting(): number;
  stop(): Promise<void>;
}

/** Starting one takes a core for a tenth of a second: more at a time would only share it. */
const STARTING_MAX = 2;
/** So many are there as soon as they are asked for. */
const UNASKED_MAX = 4;
/**
 * More of them help while those that run wait for others, and only slow each other down where they
 * compute as much as the machine has cores.
 */
const COMPUTING_SHARE_MAX = 0.75;
const LOOK_MS = 50;
/** From so many busy ones on, the next is started before it is asked for, if the machine is idle. */
const BUSY_MIN = 2;
/** Whoever waits for so long gets one all the same, up to the cap. */
const PATIENCE_MS = 1_000;
/** Lambda keeps an idle environment for minutes; here it is memory of a person's machine. */
const IDLE_MS_MAX = 120_000;
const REAP_MS = 10_000;

export function lambdaPool(
  cap: number,
  start: () => Environment,
  cores = availableParallelism(),
): LambdaPool {
  const warm: { readonly environment: Environment; readonly sinceMs: number }[] = [];
  const all = new Set<Environment>();
  const busy = new Set<Environment>();
  const waiting: Waiting[] = [];
  let starting = 0;
  let look: NodeJS.Timeout | undefined;
  let isStopped = false;

  function warmest(): Environment | undefined {
    for (let found = warm.pop(); found !== undefined; found = warm.pop()) {
      if (found.environment.isAlive) return hired(found.environment);
      all.delete(found.environment);
    }
    return undefined;
  }
  function hired(environment: Environment): Environment {
    busy.add(environment);
    return environment;
  }
  const isShort = () =>
    starting < Math.min(waiting.length, STARTING_MAX) && all.size < cap && !isStopped;
  /** All are taken, and the next invocation would have to wait for a start. */
  const lacksSpare = () =>
    busy.size >= BUSY_MIN && busy.size === all.size && all.size < cap && !isStopped;

  /** Starts what those who wait are short of; beyond the first few only after a look or two. */
  function grow() {
    while (isShort() && all.size < UNASKED_MAX) open();
    if ((isShort() || lacksSpare()) && look === undefined) {
      computing();
      look = lookAgain();
    }
  }
  /** How many cores they took since the last time. */
  function computing(): number {
    return busy.values().reduce((sum, environment) => sum + environment.computed(), 0);
  }
  function lookAgain(): NodeJS.Timeout {
    return setTimeout(() => {
      const isIdle = computing() < cores * COMPUTING_SHARE_MAX;
      const isLong = performance.now() - (waiting[0]?.sinceMs ?? Infinity) >= PATIENCE_MS;
      while (isShort() && (isIdle || isLong)) open();
      if (lacksSpare() && isIdle) open();
      const isWanted = (waiting.length > 0 && all.size < cap) || lacksSpare();
      look = isWanted ? lookAgain() : undefined;
    }, LOOK_MS);
  }
  function open() {
    starting += 1;
    void settle(start());
  }
  async function settle(fresh: Environment) {
    all.add(fresh);
    const broken = await fresh.started;
    starting -= 1;
    if (broken === undefined) return give(fresh);
    all.delete(fresh);
    waiting.shift()?.resolve(broken);
    grow();
  }
  function give(environment: Environment) {
    busy.delete(environment);
    const next = environment.isAlive ? waiting.shift() : undefined;
    if (next !== undefined) next.resolve(hired(environment));
    else if (environment.isAlive) warm.push({ environment, sinceMs: performance.now() });
    else all.delete(environment);
    grow();
  }

  /** The longest idle are in front. */
  const reaper = setInterval(() => {
    while (warm[0] !== undefined && performance.now() - warm[0].sinceMs > IDLE_MS_MAX) {
      const idle = warm.shift()?.environment;
      if (idle === undefined) return;
      all.delete(idle);
      void idle.kill();
    }
  }, REAP_MS).unref();

  return {
    async take(signal) {
      if (isStopped) return STOPPED;
      const found = warmest();
      if (found !== undefined) {
        grow();
        return found;
      }
      return new Promise((resolve) => {
        const one: Waiting = { resolve, sinceMs: performance.now() };
        waiting.push(one);
        signal?.addEventListener('abort', () => {
          const place = waiting.indexOf(one);
          if (place < 0) return;
          waiting.splice(place, 1);
          resolve(GIVEN_UP);
        });
        grow();
      });
    },
    give,
    waiting: () => waiting.length,
    async stop() {
      isStopped = true;
      clearInterval(reaper);
      clearTimeout(look);
      for (const { resolve } of waiting.splice(0)) resolve(STOPPED);
      await Promise.all([...all].map((environment) => environment.kill()));
      all.clear();
      busy.clear();
    },
  };
}

interface Waiting {
  readonly sinceMs: number;
  resolve(found: Environment | FunctionError): void;
}

const GIVEN_UP: FunctionError = {
  errorType: 'Runtime.GivenUp',
  errorMessage: 'Nobody waits for the invocation any more',
};
const STOPPED: FunctionError = {
  errorType: 'Runtime.ExitError',
  errorMessage: 'The local run has stopped',
};
