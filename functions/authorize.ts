/** The HTTP API's authorizer: an API key to its principal. */
import { authorizeFunction } from '../lib/edge/functions/authorize.ts';

export const handler = authorizeFunction();
