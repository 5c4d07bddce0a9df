import {
  type DeploymentStatsDeps,
  deploymentStats,
  type IntegrationStatsDeps,
  integrationStats,
} from '../../app/stats.ts';
import { BUCKET_DEFAULT, BUCKETS, type StatsAsked } from '../../domain/stats.ts';
import { callerOf } from '../principal.ts';
import { oneOf, type Query, rangeOf, readQuery } from '../query.ts';
import { ok } from '../reply.ts';
import { type KeyedRequest, param } from '../request.ts';
import type { Route } from '../route.ts';

export type StatsRoutesDeps = DeploymentStatsDeps & IntegrationStatsDeps;

export function statsRoutes(deps: StatsRoutesDeps) {
  return {
    'GET /v1/integrations/{integration}/stats': {
      scope: 'integrations:read',
      answer: async (request) => {
        const { caller, asked } = read(request);
        const body = await integrationStats(deps, caller, param(request, 'integration'), asked);
        return ok(body);
      },
    },
    'GET /v1/stats': {
      scope: 'deliveries:read',
      answer: async (request) => {
        const { caller, asked } = read(request);
        return ok(await deploymentStats(deps, caller, asked));
      },
    },
  } as const satisfies Record<string, Route>;
}

function read(request: KeyedRequest) {
  const query = readQuery(request, ['tenant', 'since', 'until', 'bucket']);
  return { caller: callerOf(request, query), asked: askedOf(query) };
}

function askedOf(query: Query): StatsAsked {
  return { bucket: oneOf(query, 'bucket', BUCKETS) ?? BUCKET_DEFAULT, ...rangeOf(query) };
}
