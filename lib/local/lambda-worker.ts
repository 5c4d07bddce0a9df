/** One execution environment of a Lambda function: a thread that sleeps between invocations. */
import { pathToFileURL } from 'node:url';
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import type {
  EnvironmentStart,
  FromEnvironment,
  FunctionError,
  Invocation,
} from './lambda-messages.ts';

type Handler = (event: unknown, context: object) => unknown;

const { file, exportName, go, faults, grants } = workerData as EnvironmentStart;
if (parentPort === null) throw new Error('This file is the body of a worker thread.');
const port = parentPort;
const post = (message: FromEnvironment) => port.postMessage(message);

// The streams of a worker reach the host only when its own event loop turns; a line written just
// before the freeze would come with the next invocation, and one before a kill never.
for (const stream of [process.stdout, process.stderr]) {
  stream.write = (chunk: unknown, encoding?: unknown, callback?: unknown) => {
    post({ kind: 'output', text: Buffer.isBuffer(chunk) ? chunk.toString('utf8') : String(chunk) });
    const done = typeof encoding === 'function' ? encoding : callback;
    if (typeof done === 'function') queueMicrotask(() => done());
    return true;
  };
}

process.on('uncaughtException', (error) => end(toFunctionError(error), 129));
process.on('unhandledRejection', (reason) => {
  const { errorMessage, errorType, trace = [] } = toFunctionError(reason);
  const message = `${errorType}: ${errorMessage}`;
  end({ errorType: 'Runtime.UnhandledPromiseRejection', errorMessage: message, trace }, 128);
});

// Not awaited: a handler that waits for nothing then ends its thread, as it ends a real runtime.
void load().then((handler) => {
  if (handler === undefined) return;
  post({ kind: 'ready' });
  return serve(handler);
});

async function load(): Promise<Handler | undefined> {
  try {
    if (grants !== undefined) (await import('./role.ts')).holdToRole(grants);
    if (faults !== undefined) (await import('./faults/inject.ts')).injectFaults(faults);
    const loaded = (await import(pathToFileURL(file).href)) as Record<string, unknown>;
    const candidates = [loaded, loaded.default as Record<string, unknown> | undefined];
    const found = candidates.map((module) => module?.[exportName]).find(Boolean);
    if (typeof found !== 'function') {
      const errorMessage = `${file} does not export a function ${exportName}`;
      throw Object.assign(new Error(errorMessage), { name: 'Runtime.HandlerNotFound' });
    }
    if (found.length > 2) {
      const errorMessage = 'Handlers with a callback are not supported since Node.js 24.';
      throw Object.assign(new Error(errorMessage), { name: 'Runtime.CallbackHandlerDeprecated' });
    }
    return found as Handler;
  } catch (error) {
    post({ kind: 'broken', error: toFunctionError(error) });
    return undefined;
  }
}

/** Ends only with its thread. */
async function serve(handle: Handler): Promise<never> {
  for (;;) {
    // The whole thread stops here, as Lambda stops the process: timers, sockets, promises.
    Atomics.wait(go, 0, 0);
    Atomics.store(go, 0, 0);
    const invocation = receiveMessageOnPort(port)?.message as Invocation | undefined;
    if (invocation !== undefined) post(await run(handle, invocation));
  }
}

async function run(handle: Handler, invocation: Invocation): Promise<FromEnvironment> {
  process.env._X_AMZN_TRACE_ID = invocation.traceId;
  try {
    const context = {
      ...invocation.context,
      awsRequestId: invocation.requestId,
      callbackWaitsForEmptyEventLoop: true,
      getRemainingTimeInMillis: () => Math.max(0, invocation.deadlineMs - Date.now()),
    };
    const result = await handle(JSON.parse(invocation.event), context);
    return { kind: 'answer', payload: JSON.stringify(result) ?? 'null' };
  } catch (error) {
    return { kind: 'failure', error: toFunctionError(error) };
  }
}

function end(error: FunctionError, code: number) {
  post({ kind: 'crash', error });
  process.exit(code);
}

function toFunctionError(thrown: unknown): FunctionError {
  if (!(thrown instanceof Error)) return { errorType: typeof thrown, errorMessage: String(thrown) };
  const { name, message, stack = '' } = thrown;
  return { errorType: name, errorMessage: message, trace: stack.split('\n') };
}
