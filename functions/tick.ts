/** Every minute: rings what is due, finds what was never begun, goes on with sweeps. */
import { tick } from '../lib/app/tick.ts';
import { scheduleHandler } from '../lib/edge/schedule.ts';
import { composeTick } from '../lib/runtime/compose.ts';

const deps = composeTick();

export const handler = scheduleHandler(deps, (remainingMs) => tick(deps, remainingMs));
