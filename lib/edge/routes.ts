import type { RouteOf } from '../names.ts';
import type { Route } from './route.ts';
import { type AuditRoutesDeps, auditRoutes } from './routes/audit.ts';
import { type BreakerRoutesDeps, breakerRoutes } from './routes/breakers.ts';
import { type DeliveryRoutesDeps, deliveryRoutes } from './routes/deliveries.ts';
import { type EventRoutesDeps, eventRoutes } from './routes/events.ts';
import { type HealthRoutesDeps, healthRoutes } from './routes/health.ts';
import {
  type IntegrationHealthRoutesDeps,
  integrationHealthRoutes,
} from './routes/integration-health.ts';
import { type IntegrationRoutesDeps, integrationRoutes } from './routes/integrations.ts';
import { type JobRoutesDeps, jobRoutes } from './routes/jobs.ts';
import { type KeyRoutesDeps, keyRoutes } from './routes/keys.ts';
import { openApiRoutes } from './routes/openapi.ts';
import { type SourceRoutesDeps, sourceRoutes } from './routes/sources.ts';
import { type StatsRoutesDeps, statsRoutes } from './routes/stats.ts';
import { refuseUnrouted } from './unrouted.ts';

export type ApiDeps = EventRoutesDeps &
  DeliveryRoutesDeps &
  IntegrationRoutesDeps &
  BreakerRoutesDeps &
  IntegrationHealthRoutesDeps &
  StatsRoutesDeps &
  SourceRoutesDeps &
  KeyRoutesDeps &
  JobRoutesDeps &
  AuditRoutesDeps &
  HealthRoutesDeps;

/** Every route of the control plane; one that names.ts has and this lacks does not compile. */
export function apiRoutes(deps: ApiDeps) {
  return {
    ...eventRoutes(deps),
    ...deliveryRoutes(deps),
    ...integrationRoutes(deps),
    ...breakerRoutes(deps),
    ...integrationHealthRoutes(deps),
    ...statsRoutes(deps),
    ...sourceRoutes(deps),
    ...keyRoutes(deps),
    ...jobRoutes(deps),
    ...auditRoutes(deps),
    ...healthRoutes(deps),
    ...openApiRoutes(),
    $default: { scope: null, answer: refuseUnrouted },
  } as const satisfies Record<RouteOf<'api'>, Route>;
}
