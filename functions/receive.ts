/** ANY /in/{source}: verifies a foreign webhook and accepts it as an event. */
import { receiveFunction } from '../lib/edge/functions/receive.ts';

export const handler = receiveFunction();
