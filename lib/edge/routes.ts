import type { RouteOf } from '../names.ts';
import type { Route } from './route.ts';
import { type DeliveryRoutesDeps, deliveryRoutes } from './routes/deliveries.ts';
import { type EventRoutesDeps, eventRoutes } from './routes/events.ts';
import { type HealthRoutesDeps, healthRoutes } from './routes/health.ts';
import { type IntegrationRoutesDeps, integrationRoutes } from './routes/integrations.ts';
import { type KeyRoutesDeps, keyRoutes } from './routes/keys.ts';
import { type SourceRoutesDeps, sourceRoutes } from './routes/sources.ts';
import { refuseUnrouted } from './unrouted.ts';

export type ApiDeps = EventRoutesDeps &
  DeliveryRoutesDeps &
  IntegrationRoutesDeps &
  SourceRoutesDeps &
  KeyRoutesDeps &
  HealthRoutesDeps;

/** Every route of the control plane; one that names.ts has and this lacks does not compile. */
export function apiRoutes(deps: ApiDeps) {
  return {
    ...eventRoutes(deps),
    ...deliveryRoutes(deps),
    ...integrationRoutes(deps),
    ...sourceRoutes(deps),
    ...keyRoutes(deps),
    ...healthRoutes(deps),
    $default: { scope: null, answer: refuseUnrouted },
  } as const satisfies Record<RouteOf<'api'>, Route>;
}
