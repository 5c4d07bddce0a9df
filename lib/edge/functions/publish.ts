import { composePublish } from '../../runtime/compose.ts';
import type { Environment } from '../../runtime/config.ts';
import type { Outside } from '../../runtime/outside.ts';
import { httpHandler } from '../http.ts';
import { publishRoutes } from '../routes/publish.ts';

export function publishFunction(env?: Environment, outside?: Outside) {
  const deps = composePublish(env, outside);
  return httpHandler(deps, 'publish', publishRoutes(deps));
}
