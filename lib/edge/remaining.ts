import type { Context } from 'aws-lambda';
import type { Clock } from '../app/ports.ts';
import { TIMEOUT_SECONDS } from '../names.ts';

/** An invocation begins with all of its time, give or take what starting takes. */
const OFF_MS = 5_000;

/**
 * What is left of the invocation that begins now, in milliseconds. Lambda gives a deadline, and the
 * context takes the time of this machine from it: where its clock is off by seconds, an instance
 * would be out of time for as long as it lives, and is believed only about what passes.
 */
export function remainingTime(
  clock: Pick<Clock, 'nowMs'>,
  context: Pick<Context, 'getRemainingTimeInMillis'>,
  name: keyof typeof TIMEOUT_SECONDS,
): () => number {
  const startedAtMs = clock.nowMs();
  const allMs = TIMEOUT_SECONDS[name] * 1000;
  const isOff = Math.abs(context.getRemainingTimeInMillis() - allMs) > OFF_MS;
  if (isOff) return () => allMs - (clock.nowMs() - startedAtMs);
  return () => context.getRemainingTimeInMillis();
}
