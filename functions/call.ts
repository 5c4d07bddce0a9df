/** POST /v1/integrations/{integration}/call: calls a service now, and answers what it says. */
import { callFunction } from '../lib/edge/functions/call.ts';

export const handler = callFunction();
