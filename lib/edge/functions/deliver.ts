import { deliverBatch } from '../../app/deliver-batch.ts';
import { parseDoorbell } from '../../domain/messages.ts';
import { composeDeliver } from '../../runtime/compose.ts';
import type { Environment } from '../../runtime/config.ts';
import type { Outside } from '../../runtime/outside.ts';
import { queueHandler } from '../queue.ts';

export function deliverFunction(env?: Environment, outside?: Outside) {
  const deps = composeDeliver(env, outside);
  return queueHandler(deps, 'deliver', parseDoorbell, (batch, remainingMs) =>
    deliverBatch(deps, batch, remainingMs),
  );
}
