/** The control plane: everything that is neither published nor received. */
import { apiFunction } from '../lib/edge/functions/api.ts';

export const handler = apiFunction();
