/** The HTTP API's authorizer: an API key to its principal. */
import { authorizerHandler } from '../lib/edge/authorizer.ts';
import { composeAuthorize } from '../lib/runtime/compose.ts';

export const handler = authorizerHandler(composeAuthorize());
