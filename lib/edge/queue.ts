import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import type { Clock } from '../app/ports.ts';
import type { LambdaTelemetry } from '../runtime/telemetry.ts';
import { remainingTime } from './remaining.ts';
import { stack } from './stack.ts';

/** One message of a batch, parsed. */
export interface QueueMessage<T> {
  readonly messageId: string;
  readonly task: T;
}

/**
 * The one middleware stack of every queue function. `work` returns the ids of the messages to
 * hand back; a message that cannot be read is handed back too, and so ends in the dead letters
 * after its last receive: it is our own fault, never a customer's.
 */
export function queueHandler<T>(
  deps: { readonly telemetry: LambdaTelemetry; readonly clock: Pick<Clock, 'nowMs'> },
  name: 'deliver' | 'fanOut' | 'work',
  parse: (body: string) => T,
  work: (
    batch: readonly QueueMessage<T>[],
    remainingMs: () => number,
  ) => Promise<readonly string[]>,
): (event: SQSEvent, context: Context) => Promise<SQSBatchResponse> {
  const handle = async (event: SQSEvent, context: Context): Promise<SQSBatchResponse> => {
    const remainingMs = remainingTime(deps.clock, context, name);
    const unreadable: string[] = [];
    const batch = event.Records.flatMap(({ messageId, body }) => {
      try {
        return [{ messageId, task: parse(body) }];
      } catch (error) {
        deps.telemetry.error('message.unreadable', { messageId, bytes: body.length, error });
        unreadable.push(messageId);
        return [];
      }
    });
    const failed = await work(batch, remainingMs);
    return {
      batchItemFailures: [...unreadable, ...failed].map((id) => ({ itemIdentifier: id })),
    };
  };
  return stack(deps.telemetry, handle);
}
