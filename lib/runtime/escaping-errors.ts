import { messageOf, stackOf } from './log-fields.ts';

let isWatched = false;

/**
 * What escapes a function is printed by Lambda as it is, past the logger: its message and stack,
 * its causes and whatever hangs on it. From here on it is stripped before anybody prints it, to
 * what a log line would say of it.
 */
export function stripEscapingErrors(): void {
  if (isWatched) return;
  isWatched = true;
  // Before the listeners of the runtime, which print and end the process.
  process.prependListener('uncaughtExceptionMonitor', (error: unknown) => void stripped(error));
  process.prependListener('unhandledRejection', (reason: unknown) => {
    stripped(reason);
    // Where nobody else listens it would end the process: that it must do still.
    if (process.listenerCount('unhandledRejection') === 1) throw reason;
  });
}

const CAUSES_MAX = 4;

/** The same error, with nothing in it that a log line may not say. */
export function stripped<T>(thrown: T, depth = 0): T {
  if (!(thrown instanceof Error)) return thrown;
  const message = messageOf(thrown);
  const stack = `${thrown.name}: ${message}\n${stackOf(thrown)}`;
  const { cause } = thrown;
  try {
    for (const name of Object.keys(thrown))
      if (!KEPT.has(name)) Reflect.deleteProperty(thrown, name);
    Object.defineProperty(thrown, 'message', { value: message, configurable: true });
    Object.defineProperty(thrown, 'stack', { value: stack, configurable: true });
    if (depth < CAUSES_MAX && cause instanceof Error) stripped(cause, depth + 1);
    else if (cause !== undefined) Reflect.deleteProperty(thrown, 'cause');
  } catch {
    // Frozen by whoever threw it: nothing of ours is.
  }
  return thrown;
}

/** What tells of errors by themselves, and holds no value of anybody's. */
const KEPT: ReadonlySet<string> = new Set(['name', 'code', '$fault', '$metadata', 'cause']);
