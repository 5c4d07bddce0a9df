/** What a function's execution environment and its host say to each other. */
import type { MessagePort } from 'node:worker_threads';
import type { Grant } from './permissions.ts';

/** What the host gives an environment when it starts. */
export interface EnvironmentStart {
  readonly file: string;
  readonly exportName: string;
  /** 0: frozen, 1: go on. The environment sleeps on it whenever no invocation runs. */
  readonly go: Int32Array;
  /** Where to ask what goes wrong, in a drill. */
  readonly faults?: MessagePort;
  /** All that the function's role grants; absent: nothing is refused. */
  readonly grants?: readonly Grant[];
}

export interface Invocation {
  readonly requestId: string;
  /** JSON. */
  readonly event: string;
  readonly deadlineMs: number;
  readonly traceId: string;
  readonly context: {
    readonly functionName: string;
    readonly functionVersion: string;
    readonly invokedFunctionArn: string;
    readonly memoryLimitInMB: string;
    readonly logGroupName: string;
    readonly logStreamName: string;
  };
}

/** An error as Lambda answers it. */
export interface FunctionError {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace?: readonly string[];
}

export type FromEnvironment =
  | { readonly kind: 'ready' }
  /** The module did not load, or has no such handler. The environment ends. */
  | { readonly kind: 'broken'; readonly error: FunctionError }
  | { readonly kind: 'output'; readonly text: string }
  /** JSON of what the handler returned; `null` for nothing. */
  | { readonly kind: 'answer'; readonly payload: string }
  | { readonly kind: 'failure'; readonly error: FunctionError }
  /** Something escaped the handler. The environment ends. */
  | { readonly kind: 'crash'; readonly error: FunctionError };
