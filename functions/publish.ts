/** POST /v1/events and /v1/events/batch: accepts events and rings for their deliveries. */
import { httpHandler } from '../lib/edge/http.ts';
import { publishRoutes } from '../lib/edge/routes/publish.ts';
import { composePublish } from '../lib/runtime/compose.ts';

const deps = composePublish();

export const handler = httpHandler(deps, 'publish', publishRoutes(deps));
