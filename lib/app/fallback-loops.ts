import type { IntegrationId } from '../domain/ids.ts';
import type { Integration } from '../domain/integration.ts';
import { concurrently } from './concurrently.ts';
import type { Integrations } from './ports.ts';

/** Which integrations the chains of others lead to, and whether they lead back. */

/** Integrations that the chains behind one integration may lead to. */
export const WALK_MAX = 50;
const READS_AT_ONCE = 10;

/** Integrations by id: those that chains lead to. */
export type Reached = ReadonlyMap<IntegrationId, Integration>;

/** Every integration that the chains of `first` lead to, `self` left out. */
export async function reach(
  integrations: Pick<Integrations, 'byId'>,
  tenant: string,
  self: IntegrationId,
  first: readonly Integration[],
): Promise<Reached | 'too-many'> {
  const reached = new Map<IntegrationId, Integration>();
  const asked = new Set<IntegrationId>([self, ...first.map(({ id }) => id)]);
  let next = first.filter(({ id }) => id !== self);
  // Ends: each round asks for integrations that none before it asked for.
  while (next.length > 0) {
    for (const integration of next) reached.set(integration.id, integration);
    const ids = [...new Set(next.flatMap(linkedBy))].filter((id) => !asked.has(id));
    for (const id of ids) asked.add(id);
    if (asked.size > WALK_MAX + 1) return 'too-many';
    const found = await concurrently(ids, READS_AT_ONCE, (id) => integrations.byId(id, tenant));
    next = found.filter((one) => one !== undefined);
  }
  return reached;
}

function linkedBy({ fallback }: Integration): readonly IntegrationId[] {
  return fallback.flatMap((link) => (link.type === 'integration' ? [link.integrationId] : []));
}

/** The names on the shortest way from `start` to the integration `self`; undefined: none. */
export function wayBack(
  reached: Reached,
  start: Integration,
  self: IntegrationId,
): readonly string[] | undefined {
  const seen = new Set<IntegrationId>([start.id]);
  const open = [{ at: start, names: [start.name] }];
  for (const { at, names } of open) {
    for (const id of linkedBy(at)) {
      if (id === self) return names;
      const next = reached.get(id);
      if (next === undefined || seen.has(id)) continue;
      seen.add(id);
      open.push({ at: next, names: [...names, next.name] });
    }
  }
  return undefined;
}
