/** Fan-out queue: rings for every target of events that have many. */
import { fanOutBatch } from '../lib/app/fan-out.ts';
import { parseEventRef } from '../lib/domain/messages.ts';
import { queueHandler } from '../lib/edge/queue.ts';
import { composeFanOut } from '../lib/runtime/compose.ts';

const deps = composeFanOut();

export const handler = queueHandler(deps, parseEventRef, (batch) => fanOutBatch(deps, batch));
