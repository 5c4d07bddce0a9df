import { fanOutBatch } from '../../app/fan-out.ts';
import { parseEventRef } from '../../domain/messages.ts';
import { composeFanOut } from '../../runtime/compose.ts';
import type { Environment } from '../../runtime/config.ts';
import type { Outside } from '../../runtime/outside.ts';
import { queueHandler } from '../queue.ts';

export function fanOutFunction(env?: Environment, outside?: Outside) {
  const deps = composeFanOut(env, outside);
  return queueHandler(deps, 'fanOut', parseEventRef, (batch) => fanOutBatch(deps, batch));
}
