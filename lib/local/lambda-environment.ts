import { randomUUID } from 'node:crypto';
import { type MessagePort, Worker } from 'node:worker_threads';
import type {
  EnvironmentStart,
  FromEnvironment,
  FunctionError,
  Invocation,
} from './lambda-messages.ts';
import { lineBuffer } from './line-buffer.ts';
import type { Grant } from './permissions.ts';

/** A Lambda function as the template describes it. */
export interface FunctionSpec {
  readonly name: string;
  readonly arn: string;
  /** The module with the handler, absolute. */
  readonly file: string;
  readonly exportName: string;
  readonly timeoutMs: number;
  readonly memoryMb: number;
  readonly environment: Readonly<Record<string, string>>;
  /** Absent: as many as the local run allows. */
  readonly concurrencyMax?: number;
  /** All that its role grants; absent where the template has no role for it. */
  readonly grants?: readonly Grant[];
}

export type InvokeResult =
  | { readonly kind: 'answer'; readonly payload: string }
  | { readonly kind: 'error'; readonly error: FunctionError };

/** One execution environment: takes one invocation at a time, frozen in between. */
export interface Environment {
  /** Resolves undefined once the handler is loaded, or with what broke it. */
  readonly started: Promise<FunctionError | undefined>;
  /** False after a timeout or a crash: it is gone then. */
  readonly isAlive: boolean;
  run(requestId: string, event: string): Promise<InvokeResult>;
  /** The share of the time since it was last asked in which it computed or was frozen, 0 to 1. */
  computed(): number;
  kill(): Promise<void>;
}

/** What Lambda allows for loading a module; here also a cold machine's share of it. */
const INIT_MS_MAX = 30_000;

export function startEnvironment(
  spec: FunctionSpec,
  variables: Readonly<Record<string, string>>,
  onLine: (line: string) => void,
  faults?: MessagePort,
): Environment {
  const go = new Int32Array(new SharedArrayBuffer(4));
  const { file, exportName, grants } = spec;
  const start: EnvironmentStart = {
    ...{ file, exportName, go },
    ...(faults && { faults }),
    ...(grants && { grants }),
  };
  const logStreamName = `local/[$LATEST]${randomUUID().replaceAll('-', '')}`;
  const worker = new Worker(new URL('./lambda-worker.ts', import.meta.url), {
    workerData: start,
    transferList: faults === undefined ? [] : [faults],
    env: { ...variables, AWS_LAMBDA_LOG_STREAM_NAME: logStreamName },
    // A small nursery: a dozen environments side by side would else hold half a gigabyte.
    resourceLimits: { maxOldGenerationSizeMb: spec.memoryMb, maxYoungGenerationSizeMb: 12 },
  });
  const started = Promise.withResolvers<FunctionError | undefined>();
  const lines = lineBuffer(onLine);
  let running: ((result: InvokeResult) => void) | undefined;
  let isAlive = true;
  let looked = worker.performance.eventLoopUtilization();

  function fail(error: FunctionError) {
    isAlive = false;
    started.resolve(error);
    running?.({ kind: 'error', error });
  }
  worker.on('message', (message: FromEnvironment) => {
    switch (message.kind) {
      case 'ready':
        return started.resolve(undefined);
      case 'output':
        return lines.write(message.text);
      case 'answer':
        return running?.(message);
      case 'failure':
        return running?.({ kind: 'error', error: message.error });
      case 'broken':
      case 'crash':
        return fail(message.error);
    }
  });
  worker.on('error', (error) => fail({ errorType: error.name, errorMessage: error.message }));
  worker.on('exit', (code) => {
    const errorMessage = `Runtime exited with error: exit status ${code}`;
    fail({ errorType: 'Runtime.ExitError', errorMessage });
    lines.end();
  });

  async function run(requestId: string, event: string): Promise<InvokeResult> {
    const result = Promise.withResolvers<InvokeResult>();
    running = result.resolve;
    const timer = setTimeout(() => {
      fail(timedOut(requestId, spec.timeoutMs));
      void worker.terminate();
    }, spec.timeoutMs);
    worker.postMessage(invocationOf(spec, requestId, event, logStreamName));
    Atomics.store(go, 0, 1);
    Atomics.notify(go, 0);
    const outcome = isAlive ? await result.promise : GONE;
    clearTimeout(timer);
    running = undefined;
    return outcome;
  }

  const initTimer = setTimeout(() => {
    fail({ errorType: 'Sandbox.Timedout', errorMessage: 'The function took too long to load.' });
    void worker.terminate();
  }, INIT_MS_MAX);
  void started.promise.then(() => clearTimeout(initTimer));

  return {
    started: started.promise,
    get isAlive() {
      return isAlive;
    },
    run,
    computed() {
      const now = worker.performance.eventLoopUtilization();
      const { utilization } = worker.performance.eventLoopUtilization(now, looked);
      looked = now;
      return utilization;
    },
    async kill() {
      await worker.terminate();
    },
  };
}

const GONE: InvokeResult = {
  kind: 'error',
  error: { errorType: 'Runtime.ExitError', errorMessage: 'Runtime exited between invocations' },
};

function timedOut(requestId: string, timeoutMs: number): FunctionError {
  const seconds = (timeoutMs / 1000).toFixed(2);
  const errorMessage = `RequestId: ${requestId} Error: Task timed out after ${seconds} seconds`;
  return { errorType: 'Sandbox.Timedout', errorMessage };
}

function invocationOf(
  spec: FunctionSpec,
  requestId: string,
  event: string,
  logStreamName: string,
): Invocation {
  const id = requestId.replaceAll('-', '');
  const seconds = Math.floor(Date.now() / 1000).toString(16);
  return {
    requestId,
    event,
    deadlineMs: Date.now() + spec.timeoutMs,
    traceId: `Root=1-${seconds}-${id.slice(0, 24)};Parent=${id.slice(0, 16)};Sampled=0`,
    context: {
      functionName: spec.name,
      functionVersion: '$LATEST',
      invokedFunctionArn: spec.arn,
      memoryLimitInMB: `${spec.memoryMb}`,
      logGroupName: `/aws/lambda/${spec.name}`,
      logStreamName,
    },
  };
}
