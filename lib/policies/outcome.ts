import type { Clock } from '../app/ports.ts';

/** What work came to: `'error' in outcome` tells a throw from a value. */
export type Outcome<T> = { readonly error: unknown } | { readonly value: T };

/** It took longer than it may; `cause` is the failure before that, if there was one. */
export class DeadlineError extends Error {
  override readonly name = 'DeadlineError';

  constructor(ms: number) {
    super(`It took longer than ${ms} ms.`);
  }
}

/** Comes to an end as soon as the signal aborts, though the work may not heed it. */
export async function outcomeOf<T>(
  work: () => Promise<T>,
  signal: AbortSignal,
): Promise<Outcome<T>> {
  let stop = () => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
  });
  // Work may abort its own signal before anybody waits for either.
  aborted.catch(() => {});
  try {
    return { value: await Promise.race([work(), aborted]) };
  } catch (error) {
    return { error };
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

export interface Limits {
  /** 1–900000. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

/** What a Lambda function may run. */
export const TIMEOUT_MS_MAX = 900_000;

/** Ends with a DeadlineError after `timeoutMs`; the work's signal aborts then too. */
export async function timedOutcome<T>(
  clock: Pick<Clock, 'after'>,
  { timeoutMs, signal: outer }: Limits,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<Outcome<T>> {
  mustBeWithin('timeoutMs', timeoutMs, 1, TIMEOUT_MS_MAX);
  const deadline = new AbortController();
  const signal = outer ? AbortSignal.any([outer, deadline.signal]) : deadline.signal;
  const cancel = clock.after(timeoutMs, () => deadline.abort(new DeadlineError(timeoutMs)));
  try {
    return await outcomeOf(() => work(signal), signal);
  } finally {
    cancel();
  }
}

export function settled<T>(outcome: Outcome<T>): T {
  if ('error' in outcome) throw outcome.error;
  return outcome.value;
}

/** A mistake in the caller's code, named. */
export function mustBeWithin(field: string, value: number, min: number, max: number): void {
  if (value >= min && value <= max) return;
  throw new RangeError(`${field} must be ${min}–${max}, but is ${value}.`);
}
