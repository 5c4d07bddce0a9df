import type { DeliveryRef } from './ports.ts';

/** One text per delivery, to tell those a run has seen. */
export function nameOf({ tenant, eventId, integrationId }: DeliveryRef): string {
  return `${tenant} ${eventId} ${integrationId}`;
}
