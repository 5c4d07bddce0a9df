import type { Integration } from '../../lib/domain/integration.ts';
import { ADMIN, registryWorld } from '../fakes/registry-world.ts';

export const ME = { principal: ADMIN };
export const BASE = { name: 'erp', endpoint: 'https://erp.example.com/hooks' };
export const BASIC = { type: 'basic', username: 'u', password: 'p4ssw0rd' };

export function setUp() {
  const world = registryWorld();
  const stored = async (name = 'erp', tenant = 'default'): Promise<Integration> => {
    const found = await world.integrations.byName(tenant, name);
    if (found === undefined) throw new Error(`There is no ${name}.`);
    return found;
  };
  /** As another writer would: the integration moves on by one version. */
  const touch = async () => {
    const current = await stored();
    await world.integrations.save({ ...current, description: 'touched' }, current.name);
  };
  return { world, stored, touch };
}
