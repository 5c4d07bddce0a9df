/** The control plane: everything that is neither published nor received. */
import { httpHandler } from '../lib/edge/http.ts';
import { apiRoutes } from '../lib/edge/routes.ts';
import { composeApi } from '../lib/runtime/compose.ts';

const deps = composeApi();

export const handler = httpHandler(deps, 'api', apiRoutes(deps));
