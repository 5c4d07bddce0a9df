import { composeCall } from '../../runtime/compose-call.ts';
import type { Environment } from '../../runtime/config.ts';
import type { Outside } from '../../runtime/outside.ts';
import { httpHandler } from '../http.ts';
import { callRoutes } from '../routes/call.ts';

export function callFunction(env?: Environment, outside?: Outside) {
  const deps = composeCall(env, outside);
  return httpHandler(deps, 'call', callRoutes(deps));
}
