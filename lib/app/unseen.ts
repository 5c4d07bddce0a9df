import type { DeliveryRef } from './ports-history.ts';

/** Deliveries that one run looks at; the next minute goes on. */
export const SEEN_MAX = 20_000;

/**
 * The next `count` deliveries that this run has not seen, and remembers them as seen. An index
 * may lag and still show what was moved just now: it is read past that.
 */
export async function unseen(
  seen: Set<string>,
  count: number,
  read: (limit: number) => Promise<readonly DeliveryRef[]>,
): Promise<readonly DeliveryRef[]> {
  const shown = await read(count + seen.size);
  const refs = shown.filter((ref) => !seen.has(nameOf(ref))).slice(0, count);
  for (const ref of refs) seen.add(nameOf(ref));
  return refs;
}

function nameOf({ tenant, eventId, integrationId }: DeliveryRef): string {
  return `${tenant} ${eventId} ${integrationId}`;
}
