import { workBatch } from '../../app/work.ts';
import { parseWork } from '../../domain/messages.ts';
import { composeWork } from '../../runtime/compose.ts';
import type { Environment } from '../../runtime/config.ts';
import type { Outside } from '../../runtime/outside.ts';
import { queueHandler } from '../queue.ts';

export function workFunction(env?: Environment, outside?: Outside) {
  const deps = composeWork(env, outside);
  return queueHandler(deps, 'work', parseWork, (batch, remainingMs) =>
    workBatch(deps, batch, remainingMs),
  );
}
