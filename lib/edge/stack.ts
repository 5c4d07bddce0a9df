import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import type { LambdaTelemetry } from '../runtime/telemetry.ts';

/** What every Lambda function has around it, whatever calls it. */
export function stack<Event, Answer>(
  { middlewares }: Pick<LambdaTelemetry, 'middlewares'>,
  handle: (event: Event, context: Context) => Promise<Answer>,
): (event: Event, context: Context) => Promise<Answer> {
  // What is late is each stack's own business: middy's early end would cut off its answer.
  return middy(handle, { timeoutEarlyInMillis: 0 }).use([...middlewares]);
}
