import type { InvokeResult } from '../../../lib/local/lambda-environment.ts';
import type { Simulation } from '../kernel/simulate.ts';
import { type Chain, chainWith, HOPS_MAX, hopsOf } from './chain.ts';
import { type Instance, type LambdaHandler, type Started, startInstance } from './instance.ts';

export interface FunctionSpec {
  readonly name: string;
  readonly timeoutMs: number;
  /** Instances at the same time; an invocation that finds none free is throttled. */
  readonly concurrencyMax: number;
  /** As in the template; what is left out is stopped in a loop. */
  readonly recursiveLoop?: 'Allow';
  readonly compose: Compose;
}

/** Loads the module: called once for each instance, what it returns stays until that is gone. */
export type Compose = (started: Started) => LambdaHandler;

export type Result = InvokeResult | { readonly kind: 'throttled' };

export interface Counts {
  readonly invocations: number;
  readonly coldStarts: number;
  readonly throttles: number;
  readonly errors: number;
  /** Invocations that were not run because the chain behind them was too long. */
  readonly stopped: number;
}

export interface ModelFunction {
  readonly spec: FunctionSpec;
  /** `onResult` is told once, and of every invocation. */
  invoke(event: unknown, chain: Chain, onResult: (result: Result) => void): void;
  /** New instances run this; those that are there go on with what they are. */
  deploy(compose: Compose): void;
  /** Ends every instance where it stands, also in the middle of an invocation. */
  killAll(why: string): void;
  /** Refuses every invocation while it is throttled, as with a reserved concurrency of zero. */
  isThrottled: boolean;
  readonly counts: Counts;
}

/**
 * A function of Lambda. Faults: `lambda-throttled`; `lambda-cold`, a new instance though another
 * was free. An instance is frozen between invocations and gone some time after the last one; a
 * crash is told at once or at the end of the timeout.
 */
export function modelFunction(simulation: Simulation, spec: FunctionSpec): ModelFunction {
  const { name, concurrencyMax } = spec;
  const draws = simulation.draws(`lambda/${name}`);
  const counts = { invocations: 0, coldStarts: 0, throttles: 0, errors: 0, stopped: 0 };
  let compose = spec.compose;
  let instances: readonly Instance[] = [];

  /** An instance that is free, or a new one, or none. */
  function place(isCold: boolean): Instance | undefined {
    instances = instances.filter((one) => one.isUsable());
    const free = instances.filter((one) => one.isFree());
    const known = isCold ? undefined : free[draws.below(free.length)];
    if (known !== undefined) return known;
    if (instances.length >= concurrencyMax) {
      const [oldest] = free;
      if (oldest === undefined) return undefined;
      oldest.retire('retired');
      instances = instances.filter((one) => one !== oldest);
    }
    counts.coldStarts += 1;
    const fresh = startInstance(simulation, {
      name: `${name}/${counts.coldStarts}`,
      ...{ timeoutMs: spec.timeoutMs, compose },
    });
    instances = [...instances, fresh];
    return fresh;
  }

  const fn: ModelFunction = {
    spec,
    counts,
    isThrottled: false,
    deploy(next) {
      compose = next;
    },
    killAll(why) {
      for (const one of instances) one.retire(why);
      instances = [];
    },
    invoke(event, chain, onResult) {
      const kinds = ['lambda-throttled', 'lambda-cold'];
      const fault = simulation.fault(`lambda/${name} invoke`, kinds)?.kind;
      if (spec.recursiveLoop !== 'Allow' && hopsOf(chain, name) >= HOPS_MAX) {
        counts.stopped += 1;
        onResult(errorOf('RecursiveInvocation', 'The chain of invocations is too long.'));
        return;
      }
      const isThrottled = fn.isThrottled || fault === 'lambda-throttled';
      const instance = isThrottled ? undefined : place(fault === 'lambda-cold');
      if (instance === undefined) {
        counts.throttles += 1;
        onResult({ kind: 'throttled' });
        return;
      }
      counts.invocations += 1;
      instance.run(event, chainWith(chain, name), (result) => {
        if (result.kind === 'error') counts.errors += 1;
        onResult(result);
      });
    },
  };
  return fn;
}

export function errorOf(errorType: string, errorMessage: string): InvokeResult {
  return { kind: 'error', error: { errorType, errorMessage } };
}
