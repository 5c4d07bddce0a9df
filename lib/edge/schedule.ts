import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import type { LambdaTelemetry } from '../runtime/telemetry.ts';

/** The middleware stack of what a schedule calls: an error stays one, so that the alarm sees it. */
export function scheduleHandler(
  deps: { readonly telemetry: LambdaTelemetry },
  work: (remainingMs: () => number) => Promise<void>,
): (event: unknown, context: Context) => Promise<void> {
  const handle = async (_event: unknown, context: Context): Promise<void> => {
    try {
      await work(() => context.getRemainingTimeInMillis());
    } catch (error) {
      deps.telemetry.error('schedule.failed', { error });
      throw error;
    }
  };
  return middy(handle, { timeoutEarlyInMillis: 0 }).use([...deps.telemetry.middlewares]);
}
