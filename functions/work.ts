/** Work queue: steps of drains and jobs, and probes of targets whose breaker is open. */
import { workBatch } from '../lib/app/work.ts';
import { parseWork } from '../lib/domain/messages.ts';
import { queueHandler } from '../lib/edge/queue.ts';
import { composeWork } from '../lib/runtime/compose.ts';

const deps = composeWork();

export const handler = queueHandler(deps, parseWork, (batch, remainingMs) =>
  workBatch(deps, batch, remainingMs),
);
