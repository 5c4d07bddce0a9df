import { composeReceive } from '../../runtime/compose.ts';
import type { Environment } from '../../runtime/config.ts';
import type { Outside } from '../../runtime/outside.ts';
import { httpHandler } from '../http.ts';
import { receiveRoutes } from '../routes/receive.ts';

export function receiveFunction(env?: Environment, outside?: Outside) {
  const deps = composeReceive(env, outside);
  return httpHandler(deps, 'receive', receiveRoutes(deps));
}
