/** Delivery queues: attempts the deliveries of a batch side by side. */
import { deliverFunction } from '../lib/edge/functions/deliver.ts';

export const handler = deliverFunction();
