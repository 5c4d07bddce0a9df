import type { Delivery } from '../domain/delivery.ts';
import { notFound } from '../domain/errors.ts';
import type { EventRecord } from '../domain/event.ts';
import { deliveryId, parseDeliveryId } from '../domain/ids.ts';
import { DEFAULT_TENANT } from '../domain/integration.ts';
import { concurrently } from './concurrently.ts';
import { pendingDelivery } from './history-views.ts';
import type { Integrations } from './ports.ts';
import type { Deliveries, DeliveryRef, Events } from './ports-history.ts';

export interface LocateDeps {
  readonly integrations: Pick<Integrations, 'byId' | 'tenants'>;
  readonly events: Pick<Events, 'get'>;
  readonly deliveries: Pick<Deliveries, 'load'>;
}

/** Tenants that one request looks through when neither its key nor its query names one. */
export const TENANTS_MAX = 100;
const WIDTH = 10;

/** The tenants a request is about: the one it names, else every one that has an integration. */
export async function tenantsFor(
  integrations: Pick<Integrations, 'tenants'>,
  tenant: string | undefined,
): Promise<readonly string[]> {
  if (tenant !== undefined) return [tenant];
  const known = await integrations.tenants();
  return [...new Set([DEFAULT_TENANT, ...known])].slice(0, TENANTS_MAX);
}

/** The event with this id; without a tenant, the default one's first. Else a 404. */
export async function locateEvent(
  deps: LocateDeps,
  eventId: string,
  tenant: string | undefined,
): Promise<EventRecord> {
  const here = await deps.events.get({ tenant: tenant ?? DEFAULT_TENANT, eventId });
  if (here !== undefined) return here;
  const others = tenant === undefined ? await tenantsFor(deps.integrations, undefined) : [];
  const found = await concurrently(others.slice(1), WIDTH, (other) =>
    deps.events.get({ tenant: other, eventId }),
  );
  const event = found.find((one) => one !== undefined);
  if (event === undefined) throw notFound('event', eventId);
  return event;
}

/** The delivery with this id, as it is stored or, before its first attempt, as its event has it. */
export async function locateDelivery(
  deps: LocateDeps,
  id: string,
  tenant: string | undefined,
): Promise<Delivery> {
  const parsed = parseDeliveryId(id);
  if (parsed === undefined) throw notFound('delivery', id);
  const owner = tenant ?? (await deps.integrations.byId(parsed.integrationId))?.tenant;
  // The integration may be gone while its history stays.
  const tenants = owner === undefined ? await tenantsFor(deps.integrations, undefined) : [owner];
  const found = await concurrently(tenants, WIDTH, (one) =>
    deliveryAt(deps, { tenant: one, ...parsed }),
  );
  const delivery = found.find((one) => one !== undefined);
  if (delivery === undefined || idOf(delivery) !== id) throw notFound('delivery', id);
  return delivery;
}

async function deliveryAt(deps: LocateDeps, ref: DeliveryRef): Promise<Delivery | undefined> {
  const stored = await deps.deliveries.load(ref);
  if (stored !== undefined) return stored;
  const event = await deps.events.get(ref);
  if (!event?.targets.includes(ref.integrationId)) return undefined;
  return pendingDelivery(event, ref.integrationId);
}

function idOf({ eventId, acceptedAtMs, integrationId }: Delivery): string {
  return deliveryId(eventId, acceptedAtMs, integrationId);
}
