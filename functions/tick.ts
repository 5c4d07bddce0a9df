/** Every minute: rings what is due, finds what was never begun, goes on with sweeps. */
import { tickFunction } from '../lib/edge/functions/tick.ts';

export const handler = tickFunction();
