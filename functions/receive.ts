/** ANY /in/{source}: verifies a foreign webhook and accepts it as an event. */
import { httpHandler } from '../lib/edge/http.ts';
import { receiveRoutes } from '../lib/edge/routes/receive.ts';
import { composeReceive } from '../lib/runtime/compose.ts';

const deps = composeReceive();

export const handler = httpHandler(deps, 'receive', receiveRoutes(deps));
