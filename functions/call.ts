/** POST /v1/integrations/{integration}/call: calls a service now, and answers what it says. */
import { httpHandler } from '../lib/edge/http.ts';
import { callRoutes } from '../lib/edge/routes/call.ts';
import { composeCall } from '../lib/runtime/compose-call.ts';

const deps = composeCall();

export const handler = httpHandler(deps, 'call', callRoutes(deps));
