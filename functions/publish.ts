/** POST /v1/events and /v1/events/batch: accepts events and rings for their deliveries. */
import { publishFunction } from '../lib/edge/functions/publish.ts';

export const handler = publishFunction();
