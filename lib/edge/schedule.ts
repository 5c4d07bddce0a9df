import type { Context } from 'aws-lambda';
import type { Clock } from '../app/ports.ts';
import type { LambdaTelemetry } from '../runtime/telemetry.ts';
import { remainingTime } from './remaining.ts';
import { stack } from './stack.ts';

/** The middleware stack of what a schedule calls: an error stays one, so that the alarm sees it. */
export function scheduleHandler(
  deps: { readonly telemetry: LambdaTelemetry; readonly clock: Pick<Clock, 'nowMs'> },
  name: 'tick',
  work: (remainingMs: () => number) => Promise<void>,
): (event: unknown, context: Context) => Promise<void> {
  const handle = async (_event: unknown, context: Context): Promise<void> => {
    try {
      await work(remainingTime(deps.clock, context, name));
    } catch (error) {
      deps.telemetry.error('schedule.failed', { error });
      throw error;
    }
  };
  return stack(deps.telemetry, handle);
}
