import { type IntegrationHealthDeps, integrationHealth } from '../../app/integration-health.ts';
import { callerOf } from '../principal.ts';
import { readQuery } from '../query.ts';
import { ok } from '../reply.ts';
import { param } from '../request.ts';
import type { Route } from '../route.ts';

export type IntegrationHealthRoutesDeps = IntegrationHealthDeps;

export function integrationHealthRoutes(deps: IntegrationHealthRoutesDeps) {
  return {
    'GET /v1/integrations/{integration}/health': {
      scope: 'integrations:read',
      answer: async (request) => {
        const caller = callerOf(request, readQuery(request, ['tenant']));
        const body = await integrationHealth(deps, caller, param(request, 'integration'));
        return ok(body);
      },
    },
  } as const satisfies Record<string, Route>;
}
