import { composeAuthorize } from '../../runtime/compose.ts';
import type { Environment } from '../../runtime/config.ts';
import type { Outside } from '../../runtime/outside.ts';
import { authorizerHandler } from '../authorizer.ts';

export function authorizeFunction(env?: Environment, outside?: Outside) {
  return authorizerHandler(composeAuthorize(env, outside));
}
