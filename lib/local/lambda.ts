import { randomUUID } from 'node:crypto';
import type { MessagePort } from 'node:worker_threads';
import {
  type Environment,
  type FunctionSpec,
  type InvokeResult,
  startEnvironment,
} from './lambda-environment.ts';
import type { FunctionError } from './lambda-messages.ts';
import { lambdaPool } from './lambda-pool.ts';

/** A function with as many execution environments as it has invocations, up to a cap. */
export interface LambdaFunction {
  readonly spec: FunctionSpec;
  /**
   * Above the cap invocations wait; above `WAITING_MAX` of those it answers `throttled`. One that is
   * aborted while it waits is not made.
   */
  invoke(
    event: unknown,
    signal?: AbortSignal,
  ): Promise<InvokeResult | { readonly kind: 'throttled' }>;
  /** Since the start, cold starts among them. */
  counts(): { readonly invocations: number; readonly errors: number; readonly coldStarts: number };
  /** Resolves when nothing runs any more. */
  idle(): Promise<void>;
  stop(): Promise<void>;
}

export interface LambdaHost {
  readonly region: string;
  /** Endpoints of the stand-ins, as `AWS_ENDPOINT_URL_…`. */
  readonly variables: Readonly<Record<string, string>>;
  readonly concurrencyMax: number;
  onLine(spec: FunctionSpec, line: string): void;
  /** A failed invocation: thrown, timed out, crashed. */
  onFailure?(spec: FunctionSpec, error: FunctionError): void;
  /** In a drill: where a new environment asks what goes wrong. */
  faultsOf?(spec: FunctionSpec): MessagePort | undefined;
}

/** What Lambda takes and gives at most in one synchronous invocation. */
export const PAYLOAD_BYTES_MAX = 6 * 1024 * 1024 + 100;
const WAITING_MAX = 1000;

export function lambdaFunction(spec: FunctionSpec, host: LambdaHost): LambdaFunction {
  const variables = { ...baseVariables(spec, host.region), ...host.variables, ...spec.environment };
  const cap = Math.min(spec.concurrencyMax ?? host.concurrencyMax, host.concurrencyMax);
  const running = new Set<Promise<unknown>>();
  const tally = { invocations: 0, errors: 0, coldStarts: 0 };
  const pool = lambdaPool(cap, () => {
    tally.coldStarts += 1;
    const onLine = (line: string) => host.onLine(spec, line);
    return startEnvironment(spec, variables, onLine, host.faultsOf?.(spec));
  });

  async function run(event: string, signal: AbortSignal | undefined): Promise<InvokeResult> {
    tally.invocations += 1;
    const result = await runIn(await pool.take(signal), event);
    if (result.kind === 'error') {
      tally.errors += 1;
      host.onFailure?.(spec, result.error);
    }
    return result;
  }
  async function runIn(place: Environment | FunctionError, event: string): Promise<InvokeResult> {
    if ('errorType' in place) return failed(place);
    try {
      return checked(await place.run(randomUUID(), event));
    } finally {
      pool.give(place);
    }
  }

  return {
    spec,
    async invoke(event, signal) {
      const payload = JSON.stringify(event) ?? 'null';
      if (Buffer.byteLength(payload) > PAYLOAD_BYTES_MAX) return failed(REQUEST_TOO_LARGE);
      if (pool.waiting() >= WAITING_MAX) return { kind: 'throttled' };
      const invocation = run(payload, signal);
      running.add(invocation);
      const forget = () => running.delete(invocation);
      invocation.then(forget, forget);
      return invocation;
    },
    counts: () => ({ ...tally }),
    async idle() {
      await Promise.allSettled(running);
    },
    stop: () => pool.stop(),
  };
}

const REQUEST_TOO_LARGE: FunctionError = {
  errorType: 'RequestEntityTooLargeException',
  errorMessage: `Request must be smaller than ${PAYLOAD_BYTES_MAX} bytes for the Invoke operation`,
};

function failed(error: {
  readonly errorType: string;
  readonly errorMessage: string;
}): InvokeResult {
  return { kind: 'error', error };
}

function checked(result: InvokeResult): InvokeResult {
  if (result.kind === 'error' || Buffer.byteLength(result.payload) <= PAYLOAD_BYTES_MAX)
    return result;
  const errorMessage = `Response payload size exceeded maximum allowed payload size (${PAYLOAD_BYTES_MAX} bytes).`;
  return failed({ errorType: 'Function.ResponseSizeTooLarge', errorMessage });
}

/** What Lambda itself puts into the environment; of the host's own nothing gets through. */
function baseVariables(spec: FunctionSpec, region: string): Readonly<Record<string, string>> {
  return {
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_LAMBDA_FUNCTION_NAME: spec.name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: `${spec.memoryMb}`,
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${spec.name}`,
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
  };
}
