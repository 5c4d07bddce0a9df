/** Delivery queue: attempts the deliveries of a batch side by side. */
import { deliverBatch } from '../lib/app/deliver-batch.ts';
import { parseDoorbell } from '../lib/domain/messages.ts';
import { queueHandler } from '../lib/edge/queue.ts';
import { composeDeliver } from '../lib/runtime/compose.ts';

const deps = composeDeliver();

export const handler = queueHandler(deps, parseDoorbell, (batch, remainingMs) =>
  deliverBatch(deps, batch, remainingMs),
);
