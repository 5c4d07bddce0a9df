import { firstAdminKey } from '../../app/first-key.ts';
import { composeFirstKey } from '../../runtime/compose.ts';
import type { Environment } from '../../runtime/config.ts';
import type { Outside } from '../../runtime/outside.ts';
import { customResourceHandler } from '../custom-resource.ts';

export function firstKeyFunction(env?: Environment, outside?: Outside) {
  const deps = composeFirstKey(env, outside);
  return customResourceHandler(deps, 'first-admin-key', async () =>
    firstAdminKey({ ...deps, pepper: await deps.pepper() }),
  );
}
