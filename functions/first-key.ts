/** On deployment: sees to it that there is a first admin key, in the registry and in the vault. */
import { firstAdminKey } from '../lib/app/first-key.ts';
import { customResourceHandler } from '../lib/edge/custom-resource.ts';
import { composeFirstKey } from '../lib/runtime/compose.ts';

const deps = composeFirstKey();

export const handler = customResourceHandler(deps, 'first-admin-key', async () =>
  firstAdminKey({ ...deps, pepper: await deps.pepper() }),
);
