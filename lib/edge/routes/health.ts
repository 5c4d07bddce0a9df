import { type HealthDeps, readinessOf } from '../../app/health.ts';
import { readQuery } from '../query.ts';
import { ok } from '../reply.ts';
import type { Route } from '../route.ts';

export interface HealthRoutesDeps extends HealthDeps {
  /** Of Breakwater. */
  readonly version: string;
}

export function healthRoutes(deps: HealthRoutesDeps) {
  const readiness = readinessOf(deps);
  return {
    'GET /health/live': {
      scope: null,
      answer: (request) => {
        readQuery(request, []);
        return ok({ status: 'ok', version: deps.version });
      },
    },
    'GET /health/ready': {
      scope: null,
      answer: async (request) => {
        readQuery(request, []);
        const body = await readiness();
        return { statusCode: body.status === 'ok' ? 200 : 503, body, headers: retryOf(body) };
      },
    },
  } as const satisfies Record<string, Route>;
}

function retryOf({ status }: { readonly status: 'ok' | 'down' }): Record<string, string> {
  return status === 'ok' ? {} : { 'retry-after': '5' };
}
