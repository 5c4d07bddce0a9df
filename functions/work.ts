/** Work queue: steps of drains and jobs, and probes of targets whose breaker is open. */
import { workFunction } from '../lib/edge/functions/work.ts';

export const handler = workFunction();
