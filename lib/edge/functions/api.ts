import { composeApi } from '../../runtime/compose.ts';
import type { Environment } from '../../runtime/config.ts';
import type { Outside } from '../../runtime/outside.ts';
import { httpHandler } from '../http.ts';
import { apiRoutes } from '../routes.ts';

export function apiFunction(env?: Environment, outside?: Outside) {
  const deps = composeApi(env, outside);
  return httpHandler(deps, 'api', apiRoutes(deps));
}
