import type { InvokeResult } from '../../../lib/local/lambda-environment.ts';
import type { Outcome, Process } from '../kernel/process.ts';
import type { Simulation } from '../kernel/simulate.ts';
import type { Chain } from './chain.ts';
import { type Compose, errorOf } from './function.ts';

/** Any handler: what it is given is what Lambda would give it. */
export type LambdaHandler = (event: never, context: never) => unknown;

/** What a module is loaded with. */
export interface Started {
  readonly process: Process;
  /** The chain of the invocation that runs, for the messages it sends. */
  readonly chainOf: () => Chain;
}

/** One execution environment: one invocation at a time, frozen in between. */
export interface Instance {
  isUsable(): boolean;
  isFree(): boolean;
  retire(why: string): void;
  run(event: unknown, chain: Chain, onResult: (result: InvokeResult) => void): void;
}

export interface InstanceOptions {
  readonly name: string;
  readonly timeoutMs: number;
  readonly compose: Compose;
}

const INIT_MS_MAX = 1_500;
const IDLE_MS_MIN = 5 * 60_000;
const IDLE_MS_MAX = 60 * 60_000;

interface Running {
  readonly deadlineMs: number;
  readonly end: (result: InvokeResult) => void;
}

export function startInstance(simulation: Simulation, options: InstanceOptions): Instance {
  const { name, timeoutMs, compose } = options;
  const draws = simulation.draws(`${name} life`);
  const { clock } = simulation.world;
  let handler: LambdaHandler | undefined;
  let running: Running | undefined;
  let chain: Chain;
  let requests = 0;
  let idleUntilMs = Number.POSITIVE_INFINITY;

  const process = simulation.spawn(name, {
    isMortal: true,
    onDeath(why) {
      if (running === undefined) return;
      const { end, deadlineMs } = running;
      const result = errorOf('Runtime.ExitError', `${name} ended: ${why}`);
      const isNoticed = why === TIMED_OUT || draws.chance(0.5);
      clock.after(isNoticed ? 0 : deadlineMs - clock.nowMs(), () => end(result));
    },
  });
  const started = { process, chainOf: () => chain };

  /** Loads the module in the first invocation, and hands on to `then` when that is done. */
  function load(then: () => void) {
    clock.after(draws.unit() * INIT_MS_MAX, () => {
      process.start(
        () => compose(started),
        (outcome) => {
          if (outcome.kind === 'failed') return fail(outcome.error);
          handler = outcome.value;
          then();
        },
      );
    });
  }
  function fail(error: unknown) {
    const end = running?.end;
    running = undefined;
    process.kill(`did not load: ${error}`);
    end?.(errorOf('Runtime.ImportModuleError', String(error)));
  }
  function call(event: unknown) {
    const deadlineMs = running?.deadlineMs ?? 0;
    requests += 1;
    const context = contextOf(name, requests, () => deadlineMs - process.clock.nowMs());
    // The event goes through JSON on its way: nothing of the caller's is shared.
    const given = JSON.parse(JSON.stringify(event));
    process.start(
      () => handler?.(given as never, context as never),
      (outcome) => running?.end(resultOf(outcome)),
    );
  }

  return {
    isUsable: () => process.life !== 'dead' && clock.nowMs() < idleUntilMs,
    isFree: () => running === undefined,
    retire: (why) => process.kill(why),
    run(event, itsChain, onResult) {
      chain = itsChain;
      idleUntilMs = Number.POSITIVE_INFINITY;
      const begin = () => {
        const cancel = clock.after(timeoutMs, () => process.kill(TIMED_OUT));
        const end = (result: InvokeResult) => {
          cancel();
          running = undefined;
          idleUntilMs = clock.nowMs() + IDLE_MS_MIN + draws.unit() * (IDLE_MS_MAX - IDLE_MS_MIN);
          process.freeze();
          onResult(result);
        };
        running = { deadlineMs: clock.nowMs() + timeoutMs, end };
        call(event);
      };
      process.thaw();
      if (handler !== undefined) return begin();
      running = { deadlineMs: clock.nowMs() + timeoutMs, end: onResult };
      load(begin);
    },
  };
}

const TIMED_OUT = 'timed out';

function resultOf(outcome: Outcome<unknown>): InvokeResult {
  if (outcome.kind === 'failed') {
    const { error } = outcome;
    return errorOf(error instanceof Error ? error.name : 'Error', String(error));
  }
  return { kind: 'answer', payload: JSON.stringify(outcome.value) ?? 'null' };
}

/**
 * Lambda says when the time is over; what is left is reckoned by the instance's own clock, which
 * may be wrong.
 */
function contextOf(name: string, request: number, getRemainingTimeInMillis: () => number) {
  const functionName = name.split('/').at(0) ?? name;
  return {
    awsRequestId: `${name}-${request}`,
    functionName,
    functionVersion: '$LATEST',
    invokedFunctionArn: `arn:aws:lambda:us-east-1:000000000000:function:${functionName}`,
    memoryLimitInMB: '256',
    logGroupName: `/aws/lambda/${functionName}`,
    logStreamName: name,
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis,
  };
}
