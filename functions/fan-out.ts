/** Fan-out queue: rings for every target of events that have many. */
import { fanOutFunction } from '../lib/edge/functions/fan-out.ts';

export const handler = fanOutFunction();
