import { composeApi } from '../../runtime/compose.ts';
import type { Environment } from '../../runtime/config.ts';
import type { Outside } from '../../runtime/outside.ts';
import { withRefusalsAudited } from '../audited-refusals.ts';
import { auditedRoutes } from '../audited-routes.ts';
import { httpHandler } from '../http.ts';

export function apiFunction(env?: Environment, outside?: Outside) {
  const deps = composeApi(env, outside);
  return withRefusalsAudited(deps, httpHandler(deps, 'api', auditedRoutes(deps)));
}
