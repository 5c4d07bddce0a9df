import { tick } from '../../app/tick.ts';
import { composeTick } from '../../runtime/compose.ts';
import type { Environment } from '../../runtime/config.ts';
import type { Outside } from '../../runtime/outside.ts';
import { scheduleHandler } from '../schedule.ts';

export function tickFunction(env?: Environment, outside?: Outside) {
  const deps = composeTick(env, outside);
  return scheduleHandler(deps, 'tick', (remainingMs) => tick(deps, remainingMs));
}
